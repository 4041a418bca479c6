import { readFileSync } from 'node:fs'
import type {
  IPolicyValidationContext,
  IPolicyValidationPlugin,
  PolicyValidationPluginReport,
  PolicyViolation,
} from 'aws-cdk-lib'
import { HTTP_LIMIT_MS } from '../lambda/deadline.ts'
import { SETTING_NAMES } from '../lambda/settings.ts'
import { readCron } from './cron.ts'
import { skippedTime } from './daylight-saving.ts'
import { JOIN_VPC } from './switch-function.ts'
import {
  type Named,
  refersTo,
  resourcesOf,
  type Switch,
  switchesOf,
  type Template,
  textOf,
} from './template.ts'

/** One way in which a stack can be unsafe. */
interface Rule {
  readonly name: string
  readonly description: string
  readonly fix: string
  /** The logical ids of what breaks it. */
  readonly broken: (template: Template, kill: Switch) => string[]
}

const MOST_SCHEDULE_AGE_S = 900
const MOST_EVENT_AGE_S = 300
/** The function sweeps for an HTTPS call no longer than its limit, whatever its own timeout; 3 s are for a silent topic. */
const LEAST_API_WAIT_MS = HTTP_LIMIT_MS + 3_000

const alarms = (template: Template) => [
  ...resourcesOf(template, 'AWS::CloudWatch::Alarm'),
  ...resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm'),
]
const pulls = ({ aliasId, functionId }: Switch, actions: unknown) =>
  refersTo(actions, aliasId) || refersTo(actions, functionId)
const pullingAlarms = (template: Template, kill: Switch) =>
  alarms(template).filter(({ properties }) => pulls(kill, properties.AlarmActions))
const pullingSchedules = (template: Template, kill: Switch) =>
  resourcesOf(template, 'AWS::Scheduler::Schedule').filter(({ properties }) =>
    pulls(kill, properties.Target?.Arn),
  )
const ids = (found: readonly Named[]) => found.map(({ id }) => id)

export const RULES: readonly Rule[] = [
  {
    name: 'anonymous-route',
    description: 'Anybody on the internet could pull the kill switch.',
    fix: 'Give the route an IAM or JWT authorizer, and the function no public URL.',
    broken: (template) => [
      ...ids(
        resourcesOf(template, 'AWS::ApiGatewayV2::Route').filter(
          ({ properties }) => !['AWS_IAM', 'JWT'].includes(properties.AuthorizationType),
        ),
      ),
      ...ids(
        resourcesOf(template, 'AWS::Lambda::Url').filter(
          ({ properties }) => properties.AuthType !== 'AWS_IAM',
        ),
      ),
      ...ids(
        resourcesOf(template, 'AWS::Lambda::Permission').filter(
          ({ properties }) => properties.Principal === '*',
        ),
      ),
    ],
  },
  {
    name: 'switch-pulls-itself',
    description: 'An alarm on the kill switch pulls the kill switch.',
    fix: 'Let alarms on the switch notify the topic, never the function.',
    broken: (template, kill) =>
      ids(pullingAlarms(template, kill).filter((alarm) => watchesSwitch(template, alarm, kill))),
  },
  {
    name: 'alarm-not-permitted',
    description: 'The alarm may not invoke the function: its action would be lost without a trace.',
    fix: 'Add a permission on the same alias for lambda.alarms.cloudwatch.amazonaws.com with this account and alarm.',
    broken: (template, kill) =>
      ids(pullingAlarms(template, kill).filter((alarm) => !isPermitted(template, alarm, kill))),
  },
  {
    name: 'heartbeat-ignores-silence',
    description: 'The alarm fires when a metric is low, but not when it is silent: a dead bot sends nothing.',
    fix: 'Use the kind heartbeat, or treat missing data as breaching.',
    broken: (template, kill) =>
      ids(
        pullingAlarms(template, kill).filter(
          ({ properties }) =>
            /^LessThan/.test(properties.ComparisonOperator ?? '') &&
            properties.TreatMissingData !== 'breaching',
        ),
      ),
  },
  {
    name: 'schedule-unbounded',
    description: 'The schedule could pull hours late, into the next session, or be lost without a trace.',
    fix: `Set a maximum event age of ${MOST_SCHEDULE_AGE_S} s at most, a dead-letter queue, and no flexible window.`,
    broken: (template, kill) =>
      ids(pullingSchedules(template, kill).filter((schedule) => !isBounded(schedule))),
  },
  {
    name: 'schedule-in-skipped-hour',
    description: 'The schedule is due at a local time that daylight saving skips: it would not fire.',
    fix: 'Choose an hour that always exists, or UTC.',
    broken: (template, kill) => ids(pullingSchedules(template, kill).filter(isSkipped)),
  },
  {
    name: 'api-gives-up-first',
    description: 'API Gateway gives up before the function answers: the caller would hear nothing.',
    fix: `Give the integration ${LEAST_API_WAIT_MS / 1000} s at least.`,
    broken: (template, kill) =>
      ids(
        resourcesOf(template, 'AWS::ApiGatewayV2::Integration').filter(
          ({ properties }) =>
            pulls(kill, properties.IntegrationUri) &&
            properties.TimeoutInMillis < Math.min(LEAST_API_WAIT_MS, kill.function.Timeout * 1000),
        ),
      ),
  },
  {
    name: 'no-failure-destination',
    description: 'An event that fails for good, or waits too long, pages nobody.',
    fix: `Give the alias an on-failure destination and a maximum event age of ${MOST_EVENT_AGE_S} s at most.`,
    broken: (template, kill) =>
      resourcesOf(template, 'AWS::Lambda::EventInvokeConfig').some(
        ({ properties }) =>
          pulls(kill, properties.FunctionName) &&
          properties.DestinationConfig?.OnFailure?.Destination !== undefined &&
          properties.MaximumEventAgeInSeconds <= MOST_EVENT_AGE_S,
      )
        ? []
        : [kill.functionId],
  },
  {
    name: 'no-readiness',
    description: 'Nothing tests the kill switch while it is idle.',
    fix: 'Schedule {"readiness": true, "schedule": {"name", "scheduledTime"}} on the same alias.',
    broken: (template, kill) =>
      pullingSchedules(template, kill).some(
        (schedule) => isCheck(schedule) && schedule.properties.State !== 'DISABLED',
      )
        ? []
        : [kill.functionId],
  },
  {
    name: 'topic-deaf-to-alarms',
    description: 'Alarms may not publish to the topic: nobody would be paged, and nothing would say so.',
    fix: 'Allow cloudwatch.amazonaws.com to sns:Publish, and do not use the key alias/aws/sns.',
    broken: (template) =>
      ids(resourcesOf(template, 'AWS::SNS::Topic').filter((topic) => isDeaf(template, topic))),
  },
  {
    name: 'secret-in-template',
    description: 'A secret value stands in the template, for everybody who may read the stack.',
    fix: 'Store it in Secrets Manager out of band, and name it only.',
    broken: (template) =>
      Object.entries(template.Resources)
        .filter(([, resource]) => holdsSecret(resource.Type, resource.Properties))
        .map(([id]) => id),
  },
  {
    name: 'role-too-wide',
    description: "The function's role may do more than it needs.",
    fix: 'Leave it the secret, its log group, the topic, and the network interfaces of a VPC.',
    broken: tooWide,
  },
  {
    name: 'unknown-setting',
    description: 'The function does not read a setting of that name: it would have no effect.',
    fix: `Use one of ${SETTING_NAMES.join(', ')}.`,
    broken: (_, kill) =>
      Object.keys(kill.function.Environment.Variables).every((name) =>
        SETTING_NAMES.some((known) => known === name),
      )
        ? []
        : [kill.functionId],
  },
]

function watchesSwitch(template: Template, { properties }: Named, { functionId, aliasId }: Switch): boolean {
  if (properties.AlarmRule !== undefined) {
    return alarms(template).some(
      (other) =>
        refersTo(properties.AlarmRule, other.id) &&
        watchesSwitch(template, other, { functionId, aliasId, function: {} }),
    )
  }
  const measured = JSON.stringify([properties.Namespace, properties.Metrics, properties.Dimensions])
  const isOwn = measured.includes('"KillSwitch"')
  return (
    isOwn ||
    (measured.includes('"AWS/Lambda"') &&
      (refersTo(properties, functionId) || dimensionsName(properties, aliasId)))
  )
}

function dimensionsName({ Dimensions, Metrics }: Named['properties'], id: string): boolean {
  return refersTo([Dimensions, Metrics], id)
}

function isPermitted(template: Template, { properties }: Named, { aliasId }: Switch): boolean {
  return resourcesOf(template, 'AWS::Lambda::Permission').some(({ properties: permission }) => {
    if (permission.Principal !== 'lambda.alarms.cloudwatch.amazonaws.com') return false
    if (permission.SourceAccount === undefined || !refersTo(permission.FunctionName, aliasId)) return false
    const pattern = textOf(permission.SourceArn).split(':alarm:').at(-1) ?? ''
    const name = textOf(properties.AlarmName)
    return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
  })
}

function isBounded(schedule: Named): boolean {
  const { FlexibleTimeWindow, Target } = schedule.properties
  const age = Target.RetryPolicy?.MaximumEventAgeInSeconds
  const isKept = Target.DeadLetterConfig?.Arn !== undefined || isCheck(schedule)
  return age <= MOST_SCHEDULE_AGE_S && isKept && FlexibleTimeWindow?.Mode === 'OFF'
}

/** A readiness check cancels nothing: if it is lost, its metric is missing, and that pages. */
function isCheck({ properties: { Target } }: Named): boolean {
  try {
    return JSON.parse(textOf(Target?.Input)).readiness === true
  } catch {
    return false
  }
}

function isSkipped({ properties }: Named): boolean {
  const cron = /^cron\((.*)\)$/.exec(textOf(properties.ScheduleExpression))?.[1]
  if (cron === undefined) return false
  return skippedTime(readCron(cron), properties.ScheduleExpressionTimezone ?? 'UTC', Date.now()) !== null
}

/** Whom an alarm tells, of whatever. */
const tells = ({ AlarmActions, OKActions, InsufficientDataActions }: Named['properties']) => [
  AlarmActions,
  OKActions,
  InsufficientDataActions,
]

function isDeaf(template: Template, { id, properties }: Named): boolean {
  if (!alarms(template).some(({ properties }) => refersTo(tells(properties), id))) return false
  if (/alias\/aws\/sns/.test(textOf(properties.KmsMasterKeyId ?? ''))) return true
  const policies = resourcesOf(template, 'AWS::SNS::TopicPolicy').filter((policy) =>
    refersTo(policy.properties.Topics, id),
  )
  if (policies.length === 0) return false // the default policy lets this account's alarms in
  return !policies.some(({ properties: { PolicyDocument } }) =>
    PolicyDocument.Statement.some(
      (statement: { Effect: string; Principal?: { Service?: unknown }; Action: unknown }) =>
        statement.Effect === 'Allow' &&
        [statement.Principal?.Service].flat().includes('cloudwatch.amazonaws.com') &&
        [statement.Action].flat().includes('sns:Publish'),
    ),
  )
}

/** 64 bytes in base64, as Kraken's secrets are; a JSON secret; or a secret that the template makes. */
function holdsSecret(type: string, properties: unknown): boolean {
  if (
    type === 'AWS::SecretsManager::Secret' &&
    (properties as { SecretString?: unknown })?.SecretString !== undefined
  ) {
    return true
  }
  return /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==|apiSecret/.test(JSON.stringify(properties ?? null))
}

const NEEDED = /^(logs:(CreateLogStream|PutLogEvents)|secretsmanager:GetSecretValue|sns:Publish|kms:Decrypt)$/

function tooWide(template: Template, { function: { Role } }: Switch): string[] {
  const roles = resourcesOf(template, 'AWS::IAM::Role').filter(({ id }) => refersTo(Role, id))
  return roles.flatMap(({ id, properties }) => {
    const attached = [
      ...resourcesOf(template, 'AWS::IAM::Policy'),
      ...resourcesOf(template, 'AWS::IAM::ManagedPolicy'),
    ]
    const own = attached.filter((policy) => refersTo(policy.properties.Roles, id))
    const inline = (properties.Policies ?? []).map(
      (policy: { PolicyDocument: unknown }) => policy.PolicyDocument,
    )
    const documents = [...own.map((policy) => policy.properties.PolicyDocument), ...inline]
    const isWide = documents.some(({ Statement }) => Statement.some(isWideStatement))
    return isWide || properties.ManagedPolicyArns !== undefined ? [id] : []
  })
}

function isWideStatement({ Action, Resource }: { Action: unknown; Resource: unknown }): boolean {
  const actions = [Action].flat().map(String)
  if (actions.every((action) => JOIN_VPC.includes(action))) return false
  return !actions.every((action) => NEEDED.test(action)) || [Resource].flat().includes('*')
}

/** Refuses unsafe stacks at synth, each rule with its fix. */
export class SafetyRules implements IPolicyValidationPlugin {
  readonly name = 'KillSwitchSafety'
  readonly ruleIds = RULES.map((rule) => rule.name)

  validate({ templatePaths }: IPolicyValidationContext): PolicyValidationPluginReport {
    const violations = templatePaths.flatMap((path) =>
      violationsOf(JSON.parse(readFileSync(path, 'utf8')), path),
    )
    return { success: violations.length === 0, violations }
  }
}

function violationsOf(template: Template, templatePath: string): PolicyViolation[] {
  return switchesOf(template).flatMap((kill) =>
    RULES.flatMap(({ name, description, fix, broken }) => {
      const violatingResources = broken(template, kill).map((resourceLogicalId) => ({
        resourceLogicalId,
        locations: [],
        templatePath,
      }))
      return violatingResources.length === 0
        ? []
        : [{ ruleName: name, description, fix, severity: 'error', violatingResources }]
    }),
  )
}
