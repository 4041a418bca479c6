import { readFileSync } from 'node:fs'
import { App, type Environment, Stack, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import type { ConfigInput } from '../../infra/config.ts'
import { KillSwitch } from '../../infra/kill-switch.ts'
import type { Template } from '../../infra/template.ts'

export const cdkJson = JSON.parse(readFileSync('cdk.json', 'utf8')) as {
  readonly context: Readonly<Record<string, unknown>> & { readonly killSwitch: ConfigInput }
}

/** With one of each trigger that a rule is about. */
export const everyTrigger = {
  ...cdkJson.context.killSwitch,
  schedules: [{ name: 'end-of-session', cron: '0 22 ? * MON-FRI *', timeZone: 'Europe/Berlin' }],
  alarms: [{ kind: 'heartbeat', name: 'bot-heartbeat', namespace: 'TradingBot', metric: 'Heartbeat' }],
}

export interface Built {
  readonly app: App
  readonly stack: Stack
  readonly killSwitch: KillSwitch
}

/** An app as `npx cdk synth` makes it, with the configuration of cdk.json or another; for anywhere, or an environment. */
export function buildApp(config: unknown = cdkJson.context.killSwitch, env: Environment = {}): Built {
  const app = new App({ context: cdkJson.context, analyticsReporting: false })
  const stack = new Stack(app, 'Test', { env })
  const killSwitch = new KillSwitch(stack, 'KillSwitch', config as ConfigInput)
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return { app, stack, killSwitch }
}

/** @throws when a rule is broken */
export function synth({ app, stack }: Pick<Built, 'app' | 'stack'>): Template {
  return app.synth().getStackByName(stack.stackName).template as Template
}
