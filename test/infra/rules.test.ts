import { App, CfnResource, Duration, type Environment, NestedStack, Stack, Stage } from 'aws-cdk-lib'
import { CfnMethod } from 'aws-cdk-lib/aws-apigateway'
import { CfnApi, CfnIntegration, CfnRoute } from 'aws-cdk-lib/aws-apigatewayv2'
import {
  Alarm,
  AlarmRule,
  CfnAlarm,
  type CfnAlarmProps,
  ComparisonOperator,
  CompositeAlarm,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch'
import { LambdaAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { CfnEventInvokeConfig, CfnFunction, CfnPermission, FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager'
import { CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns'
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { expect, test } from 'vitest'
import type { ConfigInput } from '../../infra/config.ts'
import { KillSwitch } from '../../infra/kill-switch.ts'
import { FLEET_RULES } from '../../infra/rules/fleet-rules.ts'
import { RULES } from '../../infra/rules.ts'
import { type Built, buildApp, cdkJson, everyTrigger, synth } from './synth.ts'

test.each([
  ['as cdk.json describes it', cdkJson.context.killSwitch],
  ['with every trigger', everyTrigger],
])('the stack %s breaks no rule', (_, config) => {
  expect(() => synth(buildApp(config))).not.toThrow()
})

type Kind<T> = abstract new (...args: never[]) => T

function all<T>({ stack }: Built, kind: Kind<T>): T[] {
  return stack.node.findAll().filter((node): node is T & typeof node => node instanceof kind)
}

function first<T>(built: Built, kind: Kind<T>, isWanted: (one: T) => boolean = () => true): T {
  return all(built, kind).find(isWanted) as T
}

const isPulling = (alarm: CfnAlarm) => String(alarm.alarmName).includes('-pull-')
const isSession = (schedule: CfnSchedule) => String(schedule.name).endsWith('end-of-session')

function pullOn(built: Built, metric: Metric): Alarm {
  const alarm = new Alarm(built.stack, 'Loop', {
    alarmName: 'kill-switch-pull-loop',
    metric,
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
  })
  alarm.addAlarmAction(new LambdaAction(built.killSwitch.alias, { useUniquePermissionId: true }))
  return alarm
}

/** Somebody else's stack in the same app. */
const elsewhere = ({ app }: Built) => new Stack(app, 'Desk')

const QUIET = { threshold: 1, evaluationPeriods: 1, comparisonOperator: 'GreaterThanThreshold' }
const ON_BOT = { ...QUIET, namespace: 'TradingBot', metricName: 'Drawdown', statistic: 'Sum', period: 60 }
const LIVE = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'
const HOLD = 'arn:aws:states:eu-central-1:123456789012:stateMachine:kill-switch-hold'

/** An alarm in another stack that pulls the switch; the stack permits those that begin with `desk-`. */
function deskAlarm(built: Built, props: Partial<CfnAlarmProps> = {}): CfnAlarm {
  const { alias } = built.killSwitch
  const made = { ...ON_BOT, alarmName: 'desk-drawdown', alarmActions: [alias.functionArn], ...props }
  return new CfnAlarm(elsewhere(built), 'Alarm', made)
}

function permit(built: Built, functionName: string, sourceArn: string): CfnPermission {
  return new CfnPermission(built.stack, 'Permit', {
    action: 'lambda:InvokeFunction',
    principal: 'lambda.alarms.cloudwatch.amazonaws.com',
    sourceAccount: built.stack.account,
    functionName,
    sourceArn,
  })
}

const functionOf = (built: Built) =>
  first(built, CfnFunction, ({ functionName }) => functionName === 'kill-switch')

/** A method of a REST API in another stack; no authorization is NONE. */
function deskMethod(
  built: Built,
  uri: string,
  authorizationType?: string,
  timeoutInMillis?: number,
): CfnMethod {
  return new CfnMethod(elsewhere(built), 'Method', {
    restApiId: 'a1b2c3',
    resourceId: 'd4e5f6',
    httpMethod: 'POST',
    ...(authorizationType === undefined ? {} : { authorizationType }),
    integration: {
      type: 'AWS_PROXY',
      integrationHttpMethod: 'POST',
      uri,
      ...(timeoutInMillis === undefined ? {} : { timeoutInMillis }),
    },
  })
}

const restPath = ({ stack }: Built, arn: string) =>
  `arn:aws:apigateway:${stack.region}:lambda:path/2015-03-31/functions/${arn}/invocations`
const restUri = (built: Built) => restPath(built, built.killSwitch.alias.functionArn)

/** A second switch of that app, in a stack of its own. */
const another = ({ app }: Built, name: string, env: Environment = {}) =>
  new KillSwitch(new Stack(app, 'Another', { env }), 'KillSwitch', { secret: 'x', name })

/** An alarm in the switch's own stack, of a name that no prefix permits. */
function ownAlarm(built: Built, action: string, id = 'Own'): CfnAlarm {
  return new CfnAlarm(built.stack, id, { ...ON_BOT, alarmName: `other-${id}`, alarmActions: [action] })
}

// Each row makes one thing unsafe in a stack that is safe otherwise.
const unsafe: [string, string, (built: Built) => unknown][] = [
  [
    'anonymous-route',
    'a route without authorizer',
    (built) => {
      first(built, CfnRoute).authorizationType = 'NONE'
    },
  ],
  [
    'anonymous-route',
    'a public function URL',
    ({ killSwitch }) => killSwitch.alias.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }),
  ],
  [
    'anonymous-route',
    'a method of a REST API without authorization',
    (built) => deskMethod(built, restUri(built), 'NONE'),
  ],
  [
    'anonymous-route',
    'a method of a REST API that says nothing of authorization, by ARN in plain text',
    (built) => deskMethod(built, restPath(built, LIVE)),
  ],
  ['name-taken', 'a second switch of that name', (built) => another(built, 'kill-switch')],
  [
    'switch-pulls-itself',
    "an alarm on the function's errors pulls it",
    (built) => pullOn(built, built.killSwitch.alias.metricErrors()),
  ],
  [
    'switch-pulls-itself',
    'an alarm on its own metrics pulls it',
    (built) => pullOn(built, new Metric({ namespace: 'KillSwitch', metricName: 'Ready' })),
  ],
  [
    'switch-pulls-itself',
    'a composite of its own alarms pulls it',
    (built) => {
      const watched = first(built, CompositeAlarm)
      const composite = new CompositeAlarm(built.stack, 'Loop', {
        alarmRule: AlarmRule.fromAlarm(watched, 'ALARM' as never),
      })
      composite.addAlarmAction({
        bind: () => ({ alarmActionArn: built.killSwitch.alias.functionArn }),
      })
    },
  ],
  [
    'anonymous-route',
    'a route in another stack without authorizer',
    (built) => {
      const stack = elsewhere(built)
      const api = new CfnApi(stack, 'Api', { name: 'desk', protocolType: 'HTTP' })
      const integration = new CfnIntegration(stack, 'Integration', {
        apiId: api.ref,
        integrationType: 'AWS_PROXY',
        integrationUri: built.killSwitch.alias.functionArn,
        payloadFormatVersion: '2.0',
      })
      new CfnRoute(stack, 'Route', {
        apiId: api.ref,
        routeKey: 'POST /cancel-all',
        target: `integrations/${integration.ref}`,
      })
    },
  ],
  [
    'switch-pulls-itself',
    'an alarm in another stack on its own metrics pulls it',
    (built) => deskAlarm(built, { namespace: 'KillSwitch', metricName: 'Ready' }),
  ],
  [
    'switch-pulls-itself',
    "an alarm in another stack on the function's errors, by its name in plain text, pulls it",
    (built) =>
      deskAlarm(built, {
        namespace: 'AWS/Lambda',
        metricName: 'Errors',
        dimensions: [{ name: 'FunctionName', value: 'kill-switch' }],
      }),
  ],
  [
    'switch-pulls-itself',
    'an alarm in another stack pulls it by its ARN in plain text',
    (built) => deskAlarm(built, { namespace: 'KillSwitch', metricName: 'Ready', alarmActions: [LIVE] }),
  ],
  [
    'switch-pulls-itself',
    'a composite in another stack, of its own alarms by their names, pulls it',
    (built) =>
      new CompositeAlarm(elsewhere(built), 'Loop', {
        compositeAlarmName: 'desk-loop',
        alarmRule: AlarmRule.fromString('ALARM("kill-switch-watch-errors")'),
      }).addAlarmAction({
        bind: () => ({ alarmActionArn: built.killSwitch.alias.functionArn }),
      }),
  ],
  [
    'alarm-not-permitted',
    'an alarm in another stack, which is not permitted, pulls it',
    (built) => deskAlarm(built, { alarmName: 'vendor-drawdown' }),
  ],
  [
    'alarm-not-permitted',
    'the permission is for another alarm',
    (built) => {
      const { functionArn } = built.killSwitch.alias
      ownAlarm(built, functionArn)
      permit(built, functionArn, new CfnAlarm(built.stack, 'Another', ON_BOT).attrArn)
    },
  ],
  [
    'alarm-not-permitted',
    'the permission is for another alarm, whose name begins alike',
    (built) => {
      const { functionArn } = built.killSwitch.alias
      ownAlarm(built, functionArn)
      permit(built, functionArn, ownAlarm(built, functionArn, 'Own2').attrArn)
    },
  ],
  [
    'alarm-not-permitted',
    'the alarm pulls the function, the permission is for its alias',
    (built) => {
      const { attrArn } = functionOf(built)
      permit(built, built.killSwitch.alias.functionArn, ownAlarm(built, attrArn).attrArn)
    },
  ],
  [
    'alarm-not-permitted',
    'the same, with the dot of YAML in its reference',
    (built) => {
      const made = functionOf(built)
      const alarm = ownAlarm(built, made.attrArn)
      alarm.addPropertyOverride('AlarmActions', [
        { 'Fn::GetAtt': `${built.stack.resolve(made.logicalId)}.Arn` },
      ])
    },
  ],
  [
    'alarm-not-permitted',
    'the same, with its name in a Sub',
    (built) => {
      const id = built.stack.resolve(functionOf(built).logicalId)
      const sub = `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:\${${id}}`
      ownAlarm(built, 'x').addPropertyOverride('AlarmActions', [{ 'Fn::Sub': sub }])
    },
  ],
  [
    'heartbeat-ignores-silence',
    'a heartbeat in another stack that takes silence for health',
    (built) => deskAlarm(built, { comparisonOperator: 'LessThanThreshold' }),
  ],
  [
    'schedule-unbounded',
    'a schedule in another stack without bounds',
    (built) =>
      new CfnSchedule(elsewhere(built), 'Schedule', {
        flexibleTimeWindow: { mode: 'OFF' },
        scheduleExpression: 'rate(1 day)',
        target: {
          arn: built.killSwitch.alias.functionArn,
          roleArn: 'arn:aws:iam::123456789012:role/desk',
        },
      }),
  ],
  [
    'alarm-not-permitted',
    'the permission is gone',
    (built) => {
      const permission = first(built, CfnPermission, ({ principal }) => principal.includes('alarms'))
      permission.node.scope?.node.tryRemoveChild(permission.node.id)
    },
  ],
  [
    'alarm-not-permitted',
    'the permission is for any account',
    (built) => {
      first(built, CfnPermission, ({ principal }) => principal.includes('alarms')).sourceAccount = undefined
    },
  ],
  [
    'alarm-not-permitted',
    'the alarm has another name than is permitted',
    (built) => {
      first(built, CfnAlarm, isPulling).alarmName = 'drawdown'
    },
  ],
  [
    'heartbeat-ignores-silence',
    'a heartbeat that takes silence for health',
    (built) => {
      first(built, CfnAlarm, isPulling).treatMissingData = 'notBreaching'
    },
  ],
  [
    'schedule-unbounded',
    'a schedule without retry policy',
    (built) => {
      first(built, CfnSchedule, isSession).addPropertyDeletionOverride('Target.RetryPolicy')
    },
  ],
  [
    'schedule-unbounded',
    'a schedule that may be delivered for a day',
    (built) => {
      first(built, CfnSchedule, isSession).addPropertyOverride(
        'Target.RetryPolicy.MaximumEventAgeInSeconds',
        86_400,
      )
    },
  ],
  [
    'schedule-unbounded',
    'a schedule without dead-letter queue',
    (built) => {
      first(built, CfnSchedule, isSession).addPropertyDeletionOverride('Target.DeadLetterConfig')
    },
  ],
  [
    'schedule-unbounded',
    'a flexible window',
    (built) => {
      first(built, CfnSchedule, isSession).flexibleTimeWindow = {
        mode: 'FLEXIBLE',
        maximumWindowInMinutes: 15,
      }
    },
  ],
  [
    'schedule-in-skipped-hour',
    'a schedule at 02:30 in Berlin',
    (built) => {
      first(built, CfnSchedule, isSession).scheduleExpression = 'cron(30 2 * * ? *)'
    },
  ],
  [
    'api-gives-up-first',
    'an integration that waits for 20 s',
    (built) => {
      first(built, CfnIntegration).timeoutInMillis = 20_000
    },
  ],
  [
    'api-gives-up-first',
    'a method of a REST API that waits for 20 s',
    (built) => deskMethod(built, restUri(built), 'AWS_IAM', 20_000),
  ],
  [
    'no-failure-destination',
    'no on-failure destination',
    (built) => {
      first(built, CfnEventInvokeConfig).destinationConfig = undefined
    },
  ],
  [
    'no-failure-destination',
    'events of up to six hours',
    (built) => {
      first(built, CfnEventInvokeConfig).maximumEventAgeInSeconds = 21_600
    },
  ],
  [
    'no-readiness',
    'readiness switched off',
    (built) => {
      first(built, CfnSchedule, (one) => !isSession(one)).state = 'DISABLED'
    },
  ],
  [
    'no-readiness',
    'a schedule that only speaks of readiness',
    (built) => {
      first(built, CfnSchedule, (one) => !isSession(one)).addPropertyOverride(
        'Target.Input',
        '{"reason":"\\"readiness\\":true"}',
      )
    },
  ],
  [
    'schedule-unbounded',
    'a readiness check that may come an hour late',
    (built) => {
      first(built, CfnSchedule, (one) => !isSession(one)).addPropertyOverride(
        'Target.RetryPolicy.MaximumEventAgeInSeconds',
        3_600,
      )
    },
  ],
  [
    'topic-deaf-to-alarms',
    'a topic policy without CloudWatch',
    (built) => {
      first(built, CfnTopicPolicy).addPropertyOverride('PolicyDocument.Statement', [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 'sns:Publish',
          Resource: '*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ])
    },
  ],
  [
    'topic-deaf-to-alarms',
    'a topic under the key alias/aws/sns',
    (built) => {
      first(built, CfnTopic).kmsMasterKeyId = 'alias/aws/sns'
    },
  ],
  [
    'secret-in-template',
    'a secret in the environment',
    (built) => {
      first(built, CfnFunction).addPropertyOverride(
        'Environment.Variables.KRAKEN_FUTURES_URL',
        Buffer.alloc(64, 7).toString('base64'),
      )
    },
  ],
  [
    'secret-in-template',
    'a secret made by the stack',
    ({ stack }) => new CfnSecret(stack, 'Secret', { secretString: 'x' }),
  ],
  [
    'role-too-wide',
    'a role that may do anything with secrets',
    ({ killSwitch }) => {
      const role = killSwitch.alias.role as Role
      role.addToPolicy(
        new PolicyStatement({ actions: ['secretsmanager:*'], resources: ['arn:aws:secretsmanager:*:*:*'] }),
      )
    },
  ],
  [
    'role-too-wide',
    'a role that may read every secret',
    ({ killSwitch }) => {
      const role = killSwitch.alias.role as Role
      role.addToPolicy(new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: ['*'] }))
    },
  ],
  [
    'role-too-wide',
    'a managed policy',
    (built) => {
      const role = first(
        built,
        CfnResource,
        (one) => one.cfnResourceType === 'AWS::IAM::Role' && one.node.path.includes('/Switch/'),
      )
      role.addPropertyOverride('ManagedPolicyArns', ['arn:aws:iam::aws:policy/ReadOnlyAccess'])
    },
  ],
  [
    'role-too-wide',
    'a role that may start any state machine',
    ({ killSwitch }) => {
      const role = killSwitch.alias.role as Role
      role.addToPolicy(new PolicyStatement({ actions: ['states:StartExecution'], resources: ['*'] }))
    },
  ],
  [
    'role-too-wide',
    'a role that may start the hold of another switch too',
    ({ killSwitch, stack }) => {
      const role = killSwitch.alias.role as Role
      const other = `arn:aws:states:${stack.region}:${stack.account}:stateMachine:kill-switch-2-hold`
      role.addToPolicy(new PolicyStatement({ actions: ['states:StartExecution'], resources: [other] }))
    },
  ],
  [
    'role-too-wide',
    'a role that may stop a hold',
    ({ killSwitch }) => killSwitch.holdMachine?.grantExecution(killSwitch.alias, 'states:StopExecution'),
  ],
  [
    'hold-missing',
    'a state machine of another name',
    (built) => {
      first(built, CfnStateMachine).stateMachineName = 'hold'
    },
  ],
  [
    'hold-missing',
    'a hold without its state machine',
    (built) => {
      first(built, CfnFunction).addPropertyOverride(
        'Environment.Variables.HOLD_MACHINE_ARN',
        HOLD.replace('-hold', '-held'),
      )
    },
  ],
  [
    'hold-too-wide',
    'a role of the hold that may invoke every function',
    ({ killSwitch }) =>
      killSwitch.holdMachine?.addToRolePolicy(
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: ['*'] }),
      ),
  ],
  [
    'hold-too-wide',
    'a role of the hold that may invoke another version of the function',
    (built) =>
      built.killSwitch.holdMachine?.addToRolePolicy(
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionOf(built).attrArn] }),
      ),
  ],
  [
    'hold-too-wide',
    'a role of the hold that may do more with the alias than invoke it',
    ({ killSwitch }) =>
      killSwitch.holdMachine?.addToRolePolicy(
        new PolicyStatement({
          actions: ['lambda:*'],
          resources: [killSwitch.alias.functionArn],
        }),
      ),
  ],
  [
    'hold-too-wide',
    'a managed policy for the hold',
    (built) => {
      const role = first(
        built,
        CfnResource,
        (one) => one.cfnResourceType === 'AWS::IAM::Role' && one.node.path.includes('/Hold/'),
      )
      role.addPropertyOverride('ManagedPolicyArns', ['arn:aws:iam::aws:policy/ReadOnlyAccess'])
    },
  ],
  [
    'hold-too-wide',
    'a log of the hold, for which its role needs rights on everything',
    (built) => {
      const { holdMachine } = built.killSwitch
      holdMachine?.addToRolePolicy(
        new PolicyStatement({ actions: ['logs:CreateLogDelivery'], resources: ['*'] }),
      )
    },
  ],
  ...['Failed', 'TimedOut', 'Aborted'].map((end): [string, string, (built: Built) => unknown] => [
    'hold-unwatched',
    `no alarm on Executions${end}`,
    (built) => {
      const alarm = first(built, CfnAlarm, ({ metricName }) => metricName === `Executions${end}`)
      alarm.metricName = 'ExecutionsStarted'
    },
  ]),
  [
    'hold-unwatched',
    'an alarm on the hold that tells nobody',
    (built) => {
      first(built, CfnAlarm, ({ metricName }) => metricName === 'ExecutionsFailed').alarmActions = []
    },
  ],
  [
    'hold-unwatched',
    'an alarm on the hold of another switch',
    (built) => {
      const alarm = first(built, CfnAlarm, ({ metricName }) => metricName === 'ExecutionsFailed')
      alarm.dimensions = [{ name: 'StateMachineArn', value: HOLD.replace('-hold', '-2-hold') }]
    },
  ],
  [
    'switch-pulls-itself',
    'an alarm on its holds pulls it',
    (built) => pullOn(built, built.killSwitch.holdMachine?.metricFailed() as Metric),
  ],
  [
    'switch-pulls-itself',
    'an alarm in another stack on its holds, by their ARN in plain text, pulls it',
    (built) =>
      deskAlarm(built, {
        namespace: 'AWS/States',
        metricName: 'ExecutionsAborted',
        dimensions: [{ name: 'StateMachineArn', value: HOLD }],
      }),
  ],
  [
    'unknown-setting',
    'a setting that is misspelt',
    (built) => {
      first(built, CfnFunction).addPropertyOverride('Environment.Variables.QUIET_PERIOD', '1000')
    },
  ],
]

const config = { ...everyTrigger, alarmsElsewhere: { prefixes: ['desk-'] } }

test.each(unsafe)('%s: %s does not synthesize', (rule, _, makeUnsafe) => {
  const built = buildApp(config)
  makeUnsafe(built)
  expect(() => synth(built)).toThrow(`KillSwitchSafety::${rule}`)
})

/** The rules of ours that it breaks, in order, as often as they are named. */
function broken(built: Built): string[] {
  try {
    synth(built)
  } catch (error) {
    return [...String(error).matchAll(/KillSwitchSafety::([\w-]+)/g)].map(([, rule]) => String(rule))
  }
  return []
}

test('every rule has a stack that breaks it', () => {
  const own = FLEET_RULES.map(({ name }) => name) // fleet.test.ts has those, of a fleet
  expect(new Set([...unsafe.map(([rule]) => rule), ...own])).toEqual(new Set(RULES.map(({ name }) => name)))
})

test('an alarm on something else may pull it', () => {
  const built = buildApp({ ...everyTrigger, api: { enabled: false } })
  pullOn(built, new Metric({ namespace: 'TradingBot', metricName: 'Drawdown', period: Duration.minutes(1) }))
  expect(() => synth(built)).not.toThrow()
})

// Each row is next to one that is refused.
test.each<[string, (built: Built) => unknown]>([
  ['an alarm in another stack that is permitted', (built) => deskAlarm(built)],
  [
    'an alarm in another stack that is permitted, by ARN in plain text',
    (built) => deskAlarm(built, { alarmActions: [LIVE] }),
  ],
  [
    'an alarm that is permitted by reference',
    (built) => {
      const { functionArn } = built.killSwitch.alias
      permit(built, functionArn, ownAlarm(built, functionArn).attrArn)
    },
  ],
  [
    'an alarm that pulls the function and may',
    (built) => {
      const { attrArn } = functionOf(built)
      permit(built, attrArn, ownAlarm(built, attrArn).attrArn)
    },
  ],
  [
    'an alarm that pulls another function, whose name begins alike',
    (built) => deskAlarm(built, { alarmName: 'x', alarmActions: [LIVE.replace('switch:', 'switch-2:')] }),
  ],
  [
    "an alarm elsewhere that has the same logical id as the switch's own, and watches it",
    (built) => {
      const [own] = all(built, CfnAlarm).filter(isPulling)
      const alarm = deskAlarm(built, { namespace: 'KillSwitch', metricName: 'Ready', alarmActions: [] })
      alarm.overrideLogicalId(built.stack.resolve(own?.logicalId))
    },
  ],
  [
    'an alarm on the hold that is in another stack, and names it in plain text',
    (built) => {
      first(built, CfnAlarm, ({ metricName }) => metricName === 'ExecutionsAborted').metricName =
        'ExecutionTime'
      deskAlarm(built, {
        namespace: 'AWS/States',
        metricName: 'ExecutionsAborted',
        dimensions: [{ name: 'StateMachineArn', value: HOLD }],
        alarmActions: ['arn:aws:sns:eu-central-1:123456789012:pager'],
      })
    },
  ],
  [
    'an alarm on the hold of another switch that pulls this one',
    (built) =>
      deskAlarm(built, {
        namespace: 'AWS/States',
        metricName: 'ExecutionsFailed',
        dimensions: [{ name: 'StateMachineArn', value: HOLD.replace('-hold', '-2-hold') }],
      }),
  ],
  ['a stack with nothing in it', elsewhere],
  ['a method of a REST API with IAM', (built) => deskMethod(built, restUri(built), 'AWS_IAM')],
  [
    'a method of a REST API that waits for 29 s',
    (built) => deskMethod(built, restUri(built), 'AWS_IAM', 29_000),
  ],
  [
    'an impatient method of a REST API that calls another function',
    (built) => deskMethod(built, restPath(built, LIVE.replace('switch:', 'switch-2:')), 'AWS_IAM', 5_000),
  ],
  [
    'an open method of a REST API that calls another function',
    (built) => deskMethod(built, restPath(built, LIVE.replace('switch:', 'switch-2:')), 'NONE'),
  ],
  [
    "another stack's public API, which has nothing to do with it",
    (built) => {
      const stack = elsewhere(built)
      const api = new CfnApi(stack, 'Api', { name: 'desk', protocolType: 'HTTP' })
      new CfnRoute(stack, 'Route', { apiId: api.ref, routeKey: 'GET /status' })
    },
  ],
])('%s breaks no rule', (_, make) => {
  const built = buildApp(config)
  make(built)
  expect(broken(built)).toEqual([])
})

test('a stack with nothing in it hides no unsafe one, and two switches no mistake twice', () => {
  const built = buildApp(config)
  elsewhere(built)
  new KillSwitch(new Stack(built.app, 'Other'), 'KillSwitch', { secret: 'x', name: 'other' })
  expect(broken(built)).toEqual([])
  first(built, CfnSchedule, isSession).addPropertyDeletionOverride('Target.RetryPolicy')
  expect(broken(built)).toEqual(['schedule-unbounded'])
})

test('a switch of another account is not this one', () => {
  const alarm = { ...ON_BOT, alarmName: 'x', alarmActions: [LIVE] }
  const brokenIn = (account: string) => {
    const env = { account, region: 'eu-central-1' }
    const built = buildApp(config, env)
    new CfnAlarm(new Stack(built.app, 'Desk', { env }), 'Alarm', alarm)
    return broken(built)
  }
  expect(brokenIn('123456789012')).toEqual(['alarm-not-permitted'])
  expect(brokenIn('210987654321')).toEqual([])
})

test('two switches of one name are fine in two accounts or regions, and in one are both named', () => {
  const here = { account: '123456789012', region: 'eu-central-1' }
  const brokenBeside = (env: Environment) => {
    const built = buildApp({ secret: 'x' }, here)
    another(built, 'kill-switch', env)
    return broken(built)
  }
  expect(brokenBeside({ ...here, region: 'eu-west-1' })).toEqual([])
  expect(brokenBeside({ ...here, account: '210987654321' })).toEqual([])
  expect(brokenBeside(here)).toContain('name-taken')
})

test('a switch in a stage is guarded with the rest of the app', () => {
  const app = new App({ context: cdkJson.context, analyticsReporting: false })
  const stack = new Stack(new Stage(app, 'Prod'), 'Switch')
  const killSwitch = new KillSwitch(stack, 'KillSwitch', config as ConfigInput)
  new CfnAlarm(new Stack(app, 'Desk'), 'Alarm', { ...ON_BOT, alarmName: 'x', alarmActions: [LIVE] })
  expect(() => app.synth()).toThrow('KillSwitchSafety::alarm-not-permitted')
  expect(killSwitch.node.root).toBe(app)
})

/** What the CDK says of a synth that it refuses. */
function report(built: Built): string {
  try {
    synth(built)
  } catch (error) {
    return String(error)
  }
  return ''
}

test('the construct that is unsafe is named by its path', () => {
  const built = buildApp(config)
  first(built, CfnSchedule, isSession).addPropertyDeletionOverride('Target.RetryPolicy')
  expect(report(built)).toContain('Test/KillSwitch/Schedules/Schedule-end-of-session/Resource')
})

// What a nested stack has of its parent comes by parameters, and the other way by outputs.
test('an alarm in a nested stack, which is not permitted, is seen and named', () => {
  const built = buildApp(config)
  const { functionArn } = built.killSwitch.alias
  const nested = new NestedStack(built.stack, 'Nested')
  new CfnAlarm(nested, 'Alarm', { ...ON_BOT, alarmName: 'vendor', alarmActions: [functionArn] })
  expect(broken(built)).toEqual(['alarm-not-permitted'])
  expect(report(built)).toContain('Test/Nested/Alarm')
})

test('an alarm in a nested stack that is permitted breaks no rule', () => {
  const built = buildApp(config)
  const alarm = { ...ON_BOT, alarmName: 'desk-x', alarmActions: [built.killSwitch.alias.functionArn] }
  new CfnAlarm(new NestedStack(built.stack, 'Nested'), 'Alarm', alarm)
  expect(broken(built)).toEqual([])
})

test('a switch in a nested stack is guarded, against its parent too', () => {
  const app = new App({ context: cdkJson.context, analyticsReporting: false })
  const stack = new Stack(app, 'Test')
  const nested = new NestedStack(stack, 'Nested')
  const killSwitch = new KillSwitch(nested, 'KillSwitch', config as ConfigInput)
  const actions = [killSwitch.alias.functionArn]
  new CfnAlarm(stack, 'Alarm', { ...ON_BOT, alarmName: 'vendor', alarmActions: actions })
  expect(broken({ app, stack, killSwitch })).toEqual(['alarm-not-permitted'])
})

test('a public API of the desk in the very stack is not the switch’s business', () => {
  const built = buildApp(config)
  const api = new CfnApi(built.stack, 'Status', { name: 'desk', protocolType: 'HTTP' })
  new CfnRoute(built.stack, 'Route', { apiId: api.ref, routeKey: 'GET /status' })
  expect(broken(built)).toEqual([])
})

test('a topic under a key that lets no alarms in is deaf', () => {
  const deaf = (letsIn: boolean) => {
    const built = buildApp(config)
    const key = new Key(built.stack, 'Key')
    if (letsIn) {
      const principals = [new ServicePrincipal('cloudwatch.amazonaws.com')]
      const actions = ['kms:Decrypt', 'kms:GenerateDataKey*']
      key.addToResourcePolicy(new PolicyStatement({ principals, actions, resources: ['*'] }))
    }
    first(built, CfnTopic).kmsMasterKeyId = key.keyArn
    return broken(built)
  }
  expect(deaf(false)).toEqual(['topic-deaf-to-alarms'])
  expect(deaf(true)).toEqual([])
})
