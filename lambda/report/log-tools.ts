import { Logger } from '@aws-lambda-powertools/logger'
import { Metrics } from '@aws-lambda-powertools/metrics'
import { environment } from '../init/settings.ts'
import { NAMESPACE, SERVICE } from './metric-names.ts'

/**
 * By these variables the tools are made silent, made to write lines that are no log, or to throw while the function loads:
 * with `POWERTOOLS_LOGGER_LOG_EVENT=1` or `POWERTOOLS_METRICS_DISABLED=maybe` there would be no switch.
 */
const SET_ASIDE = /^(POWERTOOLS_|LOG_LEVEL$|AWS_LAMBDA_LOG_LEVEL$)/

/** What writes the log and the metrics, the same in every environment. */
export const { logger, metrics } = withoutThem(environment(), () => ({
  logger: new Logger({ serviceName: SERVICE, logLevel: 'INFO', sampleRateValue: 0 }),
  metrics: new Metrics({ namespace: NAMESPACE, serviceName: SERVICE }),
}))

/** They look at the environment when they are made, and never again. */
function withoutThem<T>(env: NodeJS.ProcessEnv, make: () => T): T {
  const taken = Object.entries(env).filter(([name]) => SET_ASIDE.test(name))
  for (const [name] of taken) delete env[name]
  try {
    return make()
  } finally {
    Object.assign(env, Object.fromEntries(taken))
  }
}
