import { SettingInvalid } from '../errors.ts'
import { type AwsEnvironment, readAws, readEndpoint } from '../init/function-settings.ts'
import { type Environment, environment } from '../init/settings.ts'

/** The widget's own settings, by environment name: the stack sets these and no others. */
export const WIDGET_SETTING_NAMES = ['SWITCH_LOG_GROUP', 'SWITCH_ALIAS_ARN'] as const

export interface WidgetSettings {
  /** That the switch writes to. */
  readonly logGroup: string
  /** What the button calls; null for no button. */
  readonly aliasArn: string | null
  readonly aws: AwsEnvironment
  /** `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`. */
  readonly logsEndpoint: URL
}

/** @throws SettingInvalid naming the setting and the fix */
export function readWidgetSettings(env: Environment = environment()): WidgetSettings {
  const aws = readAws(env)
  return {
    logGroup: readLogGroup(env),
    aliasArn: readAlias(env),
    aws,
    logsEndpoint: readEndpoint(env, 'AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', `logs.${aws.region}`),
  }
}

function readLogGroup({ SWITCH_LOG_GROUP: name = '' }: Environment): string {
  if (/^[\w./#-]{1,512}$/.test(name)) return name
  throw new SettingInvalid('SWITCH_LOG_GROUP', 'is no name of a log group', 'Set it to that of the switch')
}

function readAlias({ SWITCH_ALIAS_ARN: arn = '' }: Environment): string | null {
  if (arn === '') return null
  if (/^arn:[\w-]+:lambda:[\w-]+:\d{12}:function:[\w-]{1,64}:[\w-]{1,128}$/.test(arn)) return arn
  throw new SettingInvalid(
    'SWITCH_ALIAS_ARN',
    'is no ARN of an alias',
    'Leave it unset, or set it to the ARN',
  )
}
