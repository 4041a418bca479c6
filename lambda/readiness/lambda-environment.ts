import type { Environment, Settings } from '../init/settings.ts'
import { environmentWarnings } from './environment.ts'

/** As `environmentWarnings`, with what Lambda alone reads. */
export function lambdaWarnings(env: Environment, settings: Settings): readonly string[] {
  return [...environmentWarnings(env, settings, ['AWS_LAMBDA_EXEC_WRAPPER']), ...logLevel(env)]
}

/** Lambda itself drops the lines below its level, whatever the switch writes. */
function logLevel({ AWS_LAMBDA_LOG_LEVEL: level }: Environment): readonly string[] {
  if (level === undefined || !['WARN', 'ERROR', 'FATAL'].includes(level)) return []
  return [
    `Lambda keeps only lines of level ${level} and above: the report of a pull that went well, and metrics, may not be in the log. Set the function's application log level to INFO.`,
  ]
}
