import { readFileSync } from 'node:fs'
import {
  type IPolicyValidationContext,
  type IPolicyValidationPlugin,
  type PolicyValidationPluginReport,
  type PolicyViolation,
  Stack,
  Validations,
} from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import { SETTING_NAMES } from '../lambda/init/settings.ts'
import { NAMESPACE } from '../lambda/report/metric-names.ts'
import { HTTP_LIMIT_MS } from '../lambda/triggers/deadline.ts'
import { joinStacks, locate, ofStack, type StackTemplate } from './assembly.ts'
import { readCron } from './cron.ts'
import { skippedTime } from './daylight-saving.ts'
import { holdArnOf, holdMachinesOf, isHold, tooWideForHold, unwatchedHolds } from './hold-in-template.ts'
import { rolesOf, type Statement } from './role-in-template.ts'
import { JOIN_VPC } from './switch-function.ts'
import { qualifierOf, type Switch, switchesOf } from './switch-in-template.ts'
import { type Named, type Reference, refersTo, resourcesOf, type Template, textOf } from './template.ts'

/** What the rules look at. */
interface Stacks {
  /** Every stack of the app in one: what pulls the switch may stand in any of them. */
  readonly all: Template
  /** The switch's own stack. */
  readonly home: Template
  /** Every switch of the app. */
  readonly switches: readonly Switch[]
}

/** One way in which a stack can be unsafe. */
interface Rule {
  readonly name: string
  readonly description: string
  readonly fix: string
  /** The logical ids of what breaks it. */
  readonly broken: (stacks: Stacks, kill: Switch) => string[]
}

const MOST_SCHEDULE_AGE_S = 900
const MOST_EVENT_AGE_S = 300
/** The function sweeps for an HTTPS call no longer than its limit, whatever its own timeout; 3 s are for a silent topic. */
const LEAST_API_WAIT_MS = HTTP_LIMIT_MS + 3_000

const alarms = (template: Template) => [
  ...resourcesOf(template, 'AWS::CloudWatch::Alarm'),
  ...resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm'),
]
const pulls = (kill: Switch, called: unknown) =>
  [called].flat().some((one) => qualifierOf(one, kill) !== null)
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
    broken: anonymous,
  },
  {
    name: 'switch-pulls-itself',
    description: 'An alarm on the kill switch pulls the kill switch.',
    fix: 'Let alarms on the switch notify the topic, never the function.',
    broken: ({ all }, kill) =>
      ids(pullingAlarms(all, kill).filter((alarm) => watchesSwitch(all, alarm, kill))),
  },
  {
    name: 'alarm-not-permitted',
    description: 'The alarm may not invoke the function: its action would be lost without a trace.',
    fix: 'Add a permission on the same alias for lambda.alarms.cloudwatch.amazonaws.com with this account and alarm.',
    broken: ({ all }, kill) =>
      ids(pullingAlarms(all, kill).filter((alarm) => !isPermitted(all, alarm, kill))),
  },
  {
    name: 'heartbeat-ignores-silence',
    description: 'The alarm fires when a metric is low, but not when it is silent: a dead bot sends nothing.',
    fix: 'Use the kind heartbeat, or treat missing data as breaching.',
    broken: ({ all }, kill) =>
      ids(
        pullingAlarms(all, kill).filter(
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
    broken: ({ all }, kill) => ids(pullingSchedules(all, kill).filter((schedule) => !isBounded(schedule))),
  },
  {
    name: 'schedule-in-skipped-hour',
    description: 'The schedule is due at a local time that daylight saving skips: it would not fire.',
    fix: 'Choose an hour that always exists, or UTC.',
    broken: ({ all }, kill) => ids(pullingSchedules(all, kill).filter(isSkipped)),
  },
  {
    name: 'api-gives-up-first',
    description: 'API Gateway gives up before the function answers: the caller would hear nothing.',
    fix: `Give the integration ${LEAST_API_WAIT_MS / 1000} s at least.`,
    broken: impatient,
  },
  {
    name: 'no-failure-destination',
    description: 'An event that fails for good, or waits too long, pages nobody.',
    fix: `Give the alias an on-failure destination and a maximum event age of ${MOST_EVENT_AGE_S} s at most.`,
    broken: ({ all }, kill) =>
      resourcesOf(all, 'AWS::Lambda::EventInvokeConfig').some(
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
    broken: ({ all }, kill) =>
      pullingSchedules(all, kill).some(
        (schedule) => isCheck(schedule) && schedule.properties.State !== 'DISABLED',
      )
        ? []
        : [kill.functionId],
  },
  {
    name: 'topic-deaf-to-alarms',
    description: 'Alarms may not publish to the topic: nobody would be paged, and nothing would say so.',
    fix: 'Allow cloudwatch.amazonaws.com to sns:Publish, and do not use the key alias/aws/sns.',
    broken: ({ all, home }) =>
      ids(resourcesOf(home, 'AWS::SNS::Topic').filter((topic) => isDeaf(all, topic))),
  },
  {
    name: 'secret-in-template',
    description: 'A secret value stands in the template, for everybody who may read the stack.',
    fix: 'Store it in Secrets Manager out of band, and name it only.',
    broken: ({ home }) =>
      Object.entries(home.Resources)
        .filter(([, resource]) => holdsSecret(resource.Type, resource.Properties))
        .map(([id]) => id),
  },
  {
    name: 'role-too-wide',
    description: "The function's role may do more than it needs.",
    fix: 'Leave it the secret, its log group, the topic, the start of its hold, and the network interfaces of a VPC.',
    broken: tooWide,
  },
  {
    name: 'hold-missing',
    description:
      'The function is told to start a state machine that its stack does not have: no pull is held.',
    fix: 'Leave the state machine of the hold in the stack and its name as it is, or set both minutes of hold to 0.',
    broken: ({ home }, kill) =>
      holdArnOf(kill) === null || holdMachinesOf(home, kill).length > 0 ? [] : [kill.functionId],
  },
  {
    name: 'hold-too-wide',
    description: 'The role of the hold may do more than invoke the alias of the switch.',
    fix: 'Leave it lambda:InvokeFunction on that alias, and nothing else.',
    broken: ({ all, home }, kill) => tooWideForHold(all, home, kill),
  },
  {
    name: 'hold-unwatched',
    description: 'A hold could fail, run out of time or be stopped, and nobody would be told.',
    fix: 'Let alarms on its ExecutionsFailed, ExecutionsTimedOut and ExecutionsAborted tell somebody.',
    broken: ({ all, home }, kill) => unwatchedHolds(all, home, kill),
  },
  {
    name: 'name-taken',
    description: 'Another switch of the app has the same name in the same account and region.',
    fix: 'Give one of them another name.',
    broken: ({ switches }, kill) =>
      switches.some((other) => other.functionId !== kill.functionId && isNamesake(other, kill))
        ? [kill.functionId]
        : [],
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

function isNamesake(one: Switch, other: Switch): boolean {
  return (
    typeof one.function.FunctionName === 'string' &&
    one.function.FunctionName === other.function.FunctionName &&
    one.where.account === other.where.account &&
    one.where.region === other.where.region
  )
}

/** Of a method of a REST API; without one it is NONE. */
const REST_AUTHORIZATION = ['AWS_IAM', 'COGNITO_USER_POOLS', 'CUSTOM']

function anonymous({ all, home }: Stacks, kill: Switch): string[] {
  const integrations = resourcesOf(all, 'AWS::ApiGatewayV2::Integration').filter(({ properties }) =>
    pulls(kill, properties.IntegrationUri),
  )
  const isConcerned = ({ id, properties }: Named) =>
    Object.hasOwn(home.Resources, id) ||
    pulls(kill, properties.TargetFunctionArn ?? properties.FunctionName) ||
    integrations.some((integration) => refersTo(properties.Target, integration.id))
  const open = (type: string, isOpen: (properties: Named['properties']) => boolean) =>
    resourcesOf(all, type).filter((one) => isOpen(one.properties) && isConcerned(one))
  const methods = resourcesOf(all, 'AWS::ApiGateway::Method').filter(
    ({ properties }) =>
      !REST_AUTHORIZATION.includes(properties.AuthorizationType) && pulls(kill, properties.Integration?.Uri),
  )
  return ids([
    ...methods,
    ...open('AWS::ApiGatewayV2::Route', (route) => !['AWS_IAM', 'JWT'].includes(route.AuthorizationType)),
    ...open('AWS::Lambda::Url', (url) => url.AuthType !== 'AWS_IAM'),
    ...open('AWS::Lambda::Permission', (permission) => permission.Principal === '*'),
  ])
}

/** What waits for less than the function may take; unset it is 30 s, or 29 of a REST API. */
function impatient({ all }: Stacks, kill: Switch): string[] {
  const leastMs = Math.min(LEAST_API_WAIT_MS, kill.function.Timeout * 1000)
  const integrations = resourcesOf(all, 'AWS::ApiGatewayV2::Integration').filter(
    ({ properties }) => properties.TimeoutInMillis < leastMs && pulls(kill, properties.IntegrationUri),
  )
  const methods = resourcesOf(all, 'AWS::ApiGateway::Method').filter(
    ({ properties: { Integration } }) =>
      Integration?.TimeoutInMillis < leastMs && pulls(kill, Integration.Uri),
  )
  return ids([...integrations, ...methods])
}

function watchesSwitch(template: Template, { properties }: Named, kill: Switch): boolean {
  if (properties.AlarmRule !== undefined) {
    return alarms(template).some(
      (other) => speaksOf(properties.AlarmRule, other) && watchesSwitch(template, other, kill),
    )
  }
  return metricsOf(properties).some(
    ({ Namespace, Dimensions = [] }) =>
      Namespace === NAMESPACE ||
      (Namespace === 'AWS/Lambda' && Dimensions.some(({ Value }) => pulls(kill, Value))) ||
      (Namespace === 'AWS/States' && Dimensions.some(({ Value }) => isHold(template, Value, kill))),
  )
}

interface Metric {
  readonly Namespace?: string
  readonly Dimensions?: readonly { readonly Value: unknown }[]
}

function metricsOf({ Namespace, Dimensions, Metrics = [] }: Named['properties']): readonly Metric[] {
  return [
    { Namespace, Dimensions },
    ...Metrics.map((one: Named['properties']) => one.MetricStat?.Metric ?? {}),
  ]
}

/** By reference, or by its name or ARN in quotes. */
function speaksOf(rule: unknown, { id, properties }: Named): boolean {
  const said = textOf(rule).split(/["']/)
  const name = textOf(properties.AlarmName)
  return refersTo(rule, id) || said.some((part) => part === name || part.endsWith(`:alarm:${name}`))
}

/** For each version or alias that it pulls: a permission for one of them is none for another. */
function isPermitted(template: Template, alarm: Named, kill: Switch): boolean {
  const permissions = resourcesOf(template, 'AWS::Lambda::Permission').filter(
    ({ properties }) =>
      properties.Principal === 'lambda.alarms.cloudwatch.amazonaws.com' &&
      properties.SourceAccount !== undefined &&
      allows(properties.SourceArn, alarm),
  )
  const permitted = permissions.map(({ properties }) => qualifierOf(properties.FunctionName, kill))
  const pulled = [alarm.properties.AlarmActions].flat().map((action) => qualifierOf(action, kill))
  return pulled.every((qualifier) => qualifier === null || permitted.includes(qualifier))
}

/** Does the source of a permission take in that alarm? A reference to another one does not. */
function allows(sourceArn: unknown, { id, properties }: Named): boolean {
  const name = properties.AlarmName === undefined ? id : textOf(properties.AlarmName)
  const spell = (reference: Reference) => {
    if (reference.id !== id) return reference.id.includes('#') ? 'another' : '*'
    return reference.attribute === null ? name : `:alarm:${name}`
  }
  const pattern = textOf(sourceArn, spell).split(':alarm:').at(-1) ?? ''
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
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

function tooWide({ all }: Stacks, kill: Switch): string[] {
  return rolesOf(all, kill.function.Role)
    .filter(
      ({ statements, hasManaged }) =>
        hasManaged || statements.some((statement) => isWideStatement(statement, kill)),
    )
    .map(({ id }) => id)
}

function isWideStatement({ Action, Resource }: Statement, kill: Switch): boolean {
  const actions = [Action].flat().map(String)
  const resources = [Resource].flat()
  if (actions.every((action) => JOIN_VPC.includes(action))) return false
  if (actions.every((action) => action === 'states:StartExecution')) {
    return !resources.every((resource) => textOf(resource) === holdArnOf(kill))
  }
  return !actions.every((action) => NEEDED.test(action)) || resources.includes('*')
}

const guarded = new WeakSet<IConstruct>()

/** Refuses unsafe stacks at synth, each rule with its fix. */
export class SafetyRules implements IPolicyValidationPlugin {
  readonly name = 'KillSwitchSafety'
  readonly ruleIds = RULES.map((rule) => rule.name)

  /** Guards the app of that construct, all of its stacks; once, however many switches it has. */
  static guard(scope: IConstruct): void {
    const app = scope.node.root
    if (!guarded.has(app)) Validations.of(app).addPlugins(new SafetyRules())
    guarded.add(app)
  }

  validate({ stackTemplates, appConstruct }: IPolicyValidationContext): PolicyValidationPluginReport {
    const names = new Map(
      appConstruct.node.findAll().map((one) => [one.node.path, Stack.isStack(one) ? one.stackName : '']),
    )
    const stacks = stackTemplates.map(({ templatePath, stackConstructPath, accountId, region }) => ({
      path: templatePath,
      stackName: names.get(stackConstructPath) ?? '',
      template: JSON.parse(readFileSync(templatePath, 'utf8')),
      account: accountId,
      region,
    }))
    const all = joinStacks(stacks)
    const switches = stacks.flatMap((stack) => switchesOf(ofStack(all, stack), stack))
    const violations = stacks.flatMap((stack) => violationsOf(all, stack, switches))
    return { success: violations.length === 0, violations }
  }
}

/** Of the switches in that stack. */
function violationsOf(all: Template, stack: StackTemplate, switches: readonly Switch[]): PolicyViolation[] {
  const home = ofStack(all, stack)
  return switchesOf(home, stack).flatMap((kill) =>
    RULES.flatMap(({ name, description, fix, broken }) => {
      const violatingResources = broken({ all, home, switches }, kill).map((id) => ({
        ...locate(id),
        locations: [],
      }))
      return violatingResources.length === 0
        ? []
        : [{ ruleName: name, description, fix, severity: 'error', violatingResources }]
    }),
  )
}
