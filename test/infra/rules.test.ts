import { CfnResource, Duration } from 'aws-cdk-lib'
import { CfnIntegration, CfnRoute } from 'aws-cdk-lib/aws-apigatewayv2'
import {
  Alarm,
  AlarmRule,
  CfnAlarm,
  ComparisonOperator,
  CompositeAlarm,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch'
import { LambdaAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam'
import { CfnEventInvokeConfig, CfnFunction, CfnPermission, FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda'
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler'
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager'
import { CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns'
import { expect, test } from 'vitest'
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
  alarm.addAlarmAction(
    new LambdaAction(built.killSwitch.switchFunction.alias, { useUniquePermissionId: true }),
  )
  return alarm
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
    ({ killSwitch }) =>
      killSwitch.switchFunction.alias.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }),
  ],
  [
    'switch-pulls-itself',
    "an alarm on the function's errors pulls it",
    (built) => pullOn(built, built.killSwitch.switchFunction.alias.metricErrors()),
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
        bind: () => ({ alarmActionArn: built.killSwitch.switchFunction.alias.functionArn }),
      })
    },
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
      const role = killSwitch.switchFunction.alias.role as Role
      role.addToPolicy(
        new PolicyStatement({ actions: ['secretsmanager:*'], resources: ['arn:aws:secretsmanager:*:*:*'] }),
      )
    },
  ],
  [
    'role-too-wide',
    'a role that may read every secret',
    ({ killSwitch }) => {
      const role = killSwitch.switchFunction.alias.role as Role
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
    'unknown-setting',
    'a setting that is misspelt',
    (built) => {
      first(built, CfnFunction).addPropertyOverride('Environment.Variables.QUIET_PERIOD', '1000')
    },
  ],
]

test.each(unsafe)('%s: %s does not synthesize', (rule, _, makeUnsafe) => {
  const built = buildApp(everyTrigger)
  makeUnsafe(built)
  expect(() => synth(built)).toThrow(`KillSwitchSafety::${rule}`)
})

test('every rule has a stack that breaks it', () => {
  expect(new Set(unsafe.map(([rule]) => rule))).toEqual(new Set(RULES.map(({ name }) => name)))
})

test('an alarm on something else may pull it', () => {
  const built = buildApp({ ...everyTrigger, api: { enabled: false } })
  pullOn(built, new Metric({ namespace: 'TradingBot', metricName: 'Drawdown', period: Duration.minutes(1) }))
  expect(() => synth(built)).not.toThrow()
})
