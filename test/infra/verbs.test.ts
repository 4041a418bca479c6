import { App, type Environment, NestedStack, Stack } from 'aws-cdk-lib'
import {
  Alarm,
  type AlarmProps,
  AlarmRule,
  type CfnAlarm,
  CompositeAlarm,
  type IAlarm,
  Metric,
} from 'aws-cdk-lib/aws-cloudwatch'
import { ArnPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { expect, test } from 'vitest'
import { KillSwitch, type KillSwitchProps } from '../../infra/kill-switch.ts'
import { resourcesOf, type Template, textOf } from '../../infra/template.ts'
import { cdkJson } from './synth.ts'

const HERE = { account: '123456789012', region: 'eu-central-1' }
const OTHER = { account: '210987654321', region: 'eu-central-1' }

interface Desk {
  readonly app: App
  readonly home: Stack
  readonly killSwitch: KillSwitch
}

function makeDesk(env: Environment = HERE, props: Partial<KillSwitchProps> = {}): Desk {
  const app = new App({ context: cdkJson.context, analyticsReporting: false })
  const home = new Stack(app, 'Home', { env })
  return { app, home, killSwitch: new KillSwitch(home, 'KillSwitch', { secret: 'x', ...props }) }
}

const metric = new Metric({ namespace: 'Bot', metricName: 'Drawdown' })

function alarmIn(scope: Stack, alarmName?: string, props: Partial<AlarmProps> = {}): Alarm {
  const named = alarmName === undefined ? {} : { alarmName }
  return new Alarm(scope, 'Drawdown', { metric, threshold: 5, evaluationPeriods: 1, ...named, ...props })
}

function templateOf({ app }: Desk, stack: Stack): Template {
  return app.synth().getStackArtifact(stack.artifactId).template as Template
}

const permissions = (template: Template) =>
  resourcesOf(template, 'AWS::Lambda::Permission')
    .filter(({ properties }) => properties.Principal === 'lambda.alarms.cloudwatch.amazonaws.com')
    .map(({ properties }) => [textOf(properties.SourceAccount), textOf(properties.SourceArn)])

const LIVE = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'
const arnOf = (name: string, { account } = HERE) => `arn:aws:cloudwatch:eu-central-1:${account}:alarm:${name}`

test.each<[string, Environment, string | undefined, string]>([
  ['of a name', HERE, 'desk-drawdown', 'desk-drawdown'],
  ['without a name', HERE, undefined, 'Desk-Drawdown*-*'],
  ['of another account', OTHER, 'desk-drawdown', 'desk-drawdown'],
])(
  'an alarm of another stack %s pulls by the action, and neither stack imports',
  (_, env, name, permitted) => {
    const desk = makeDesk()
    const stack = new Stack(desk.app, 'Desk', { env })
    alarmIn(stack, name).addAlarmAction(desk.killSwitch.alarmAction)
    const [home, there] = [templateOf(desk, desk.home), templateOf(desk, stack)]
    expect(resourcesOf(there, 'AWS::CloudWatch::Alarm')[0]?.properties.AlarmActions.map(textOf)).toEqual([
      LIVE,
    ])
    const [[account, arn] = []] = permissions(home)
    expect(account).toBe(env.account)
    expect(arn?.replace(/Drawdown[0-9A-F]{8}/, 'Drawdown*')).toBe(arnOf(permitted, env as typeof HERE))
    expect(JSON.stringify([home, there])).not.toMatch(/Fn::ImportValue|Fn::GetStackOutput/)
    expect(stack.dependencies).toEqual([])
    expect(desk.home.dependencies).toEqual([])
  },
)

test('where no account is known, alarm and switch are taken to be of the same', () => {
  const desk = makeDesk({})
  const stack = new Stack(desk.app, 'Desk')
  alarmIn(stack, 'desk-drawdown').addAlarmAction(desk.killSwitch.alarmAction)
  const [alarm] = resourcesOf(templateOf(desk, stack), 'AWS::CloudWatch::Alarm')
  expect(alarm?.properties.AlarmActions.map((one: unknown) => textOf(one))).toEqual([
    'arn:*:lambda:*:*:function:kill-switch:live',
  ])
})

test('an alarm of the switch’s own stack is permitted before it is made, once', () => {
  const desk = makeDesk()
  const alarm = alarmIn(desk.home)
  alarm.addAlarmAction(desk.killSwitch.alarmAction)
  alarm.addOkAction(desk.killSwitch.alarmAction)
  const template = templateOf(desk, desk.home)
  expect(permissions(template)).toHaveLength(1)
  const [permission] = resourcesOf(template, 'AWS::Lambda::Permission').filter(({ id }) => /Alarm/.test(id))
  const made = template.Resources[desk.home.resolve((alarm.node.defaultChild as CfnAlarm).logicalId)]
  expect((made as { DependsOn?: unknown }).DependsOn).toContain(permission?.id)
})

test('what a prefix permits already takes no room in the resource policy', () => {
  const desk = makeDesk(HERE, { alarmsElsewhere: { prefixes: ['desk-'] } })
  alarmIn(new Stack(desk.app, 'Desk', { env: HERE }), 'desk-drawdown').addAlarmAction(
    desk.killSwitch.alarmAction,
  )
  expect(permissions(templateOf(desk, desk.home))).toEqual([[HERE.account, arnOf('desk-*')]])
})

test('a composite alarm pulls too', () => {
  const desk = makeDesk()
  const stack = new Stack(desk.app, 'Desk', { env: HERE })
  const composite = new CompositeAlarm(stack, 'Both', {
    compositeAlarmName: 'desk-both',
    alarmRule: AlarmRule.fromAlarm(alarmIn(stack), 'ALARM' as never),
  })
  composite.addAlarmAction(desk.killSwitch.alarmAction)
  expect(permissions(templateOf(desk, desk.home))).toEqual([[HERE.account, arnOf('desk-both')]])
})

test('an alarm of another region is refused with what to do', () => {
  const desk = makeDesk()
  const stack = new Stack(desk.app, 'Desk', { env: { ...HERE, region: 'us-east-1' } })
  expect(() => alarmIn(stack).addAlarmAction(desk.killSwitch.alarmAction)).toThrow(
    'Desk/Drawdown is in us-east-1, but the kill switch in eu-central-1: CloudWatch pulls nothing in another region. Make the alarm in eu-central-1',
  )
})

test('an alarm whose name nobody can know is refused with what to do', () => {
  const desk = makeDesk()
  const nested = new NestedStack(new Stack(desk.app, 'Desk', { env: HERE }), 'Nested')
  expect(() => alarmIn(nested).addAlarmAction(desk.killSwitch.alarmAction)).toThrow(
    'Give Desk/Nested/Drawdown an alarmName in plain text',
  )
})

test('more actions than the resource policy holds are refused by their bytes', () => {
  const desk = makeDesk()
  const stack = new Stack(desk.app, 'Desk', { env: HERE })
  const alarms: IAlarm[] = Array.from({ length: 60 }, (_, i) => {
    const alarm = new Alarm(stack, `A${i}`, { metric, threshold: 1, evaluationPeriods: 1 })
    alarm.addAlarmAction(desk.killSwitch.alarmAction)
    return alarm
  })
  expect(alarms).toHaveLength(60)
  expect(() => desk.app.synth()).toThrow(
    /The kill switch kill-switch may need 2\d{4} bytes of the function's/,
  )
})

const beat = { kind: 'heartbeat', name: 'late', namespace: 'Bot', metric: 'Beat' } as const

test('an alarm that is added is told to the function with its scope, and pages when it is blind', () => {
  const desk = makeDesk(HERE, { alarms: [{ ...beat, name: 'first', reason: 'first' }] })
  desk.killSwitch.addAlarm({ ...beat, symbols: ['pf_xbtusd'] })
  const template = templateOf(desk, desk.home)
  const [made] = resourcesOf(template, 'AWS::Lambda::Function')
  expect(JSON.parse(made?.properties.Environment.Variables.ALARM_SCOPES)).toEqual({
    'kill-switch-pull-first': { reason: 'first' },
    'kill-switch-pull-late': { symbols: ['PF_XBTUSD'] },
  })
  expect(permissions(template)).toEqual([[HERE.account, arnOf('kill-switch-pull-*')]])
  const alarm = resourcesOf(template, 'AWS::CloudWatch::Alarm').find(
    ({ properties }) => properties.AlarmName === 'kill-switch-pull-late',
  )
  expect(alarm?.properties.InsufficientDataActions).toHaveLength(1)
})

test('what is added wrongly is named as what is written wrongly, and adds nothing', () => {
  const { killSwitch } = makeDesk(HERE, { alarms: [beat] })
  expect(() => killSwitch.addAlarm(beat)).toThrow('props.alarms holds late twice. Leave one of them out')
  expect(() => killSwitch.addSchedule({ name: 'close', cron: '0 22 * * *', timeZone: 'Berlin' })).toThrow(
    /props\.schedules\.0\.cron "0 22 \* \* \*" has 5 fields.*\n.*props\.schedules\.0\.timeZone is no time zone\. /,
  )
  expect(() => killSwitch.addAlarm({ ...beat, name: 'other' })).not.toThrow()
})

test('a session that is added ends as one that is written', () => {
  const desk = makeDesk()
  desk.killSwitch.addSchedule({ name: 'close', cron: '0 22 ? * MON-FRI *', timeZone: 'Europe/Berlin' })
  const schedules = resourcesOf(templateOf(desk, desk.home), 'AWS::Scheduler::Schedule')
  expect(schedules.map(({ properties }) => properties.Name)).toContain('kill-switch-pull-close')
})

test('who is granted it may invoke the alias and call the route, and nothing else', () => {
  const desk = makeDesk()
  const role = new Role(desk.home, 'Trader', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })
  desk.killSwitch.grantPress(role)
  const [policy] = resourcesOf(templateOf(desk, desk.home), 'AWS::IAM::Policy').filter(({ id }) =>
    id.startsWith('Trader'),
  )
  const { Statement } = policy?.properties.PolicyDocument ?? {}
  expect(Statement.map(({ Action }: { Action: string }) => Action)).toEqual([
    'lambda:InvokeFunction',
    'execute-api:Invoke',
  ])
  expect(textOf(Statement[1].Resource)).toMatch(/^arn:aws:execute-api:.*\/POST\/cancel-all$/)
})

test('somebody of another account is let in by the resource policy', () => {
  const desk = makeDesk()
  desk.killSwitch.grantPress(new ArnPrincipal(`arn:aws:iam::${OTHER.account}:role/trader`))
  const made = resourcesOf(templateOf(desk, desk.home), 'AWS::Lambda::Permission')
  expect(made.map(({ properties }) => properties.Principal)).toContain(
    `arn:aws:iam::${OTHER.account}:role/trader`,
  )
})

test('its metrics are those that the function reports', () => {
  const { killSwitch } = makeDesk()
  expect(killSwitch.metricVerdict('NOT_EMPTY')).toMatchObject({
    namespace: 'KillSwitch',
    metricName: 'VerdictNotEmpty',
    statistic: 'Sum',
    dimensions: { service: 'kraken-futures-kill-switch', function: 'kill-switch' },
  })
  expect(killSwitch.metricReady({ statistic: 'Average' })).toMatchObject({
    metricName: 'Ready',
    statistic: 'Average',
  })
})

test('a topic of the desk’s stack, whose alarm pulls the switch, makes no cycle', () => {
  const app = new App({ context: cdkJson.context, analyticsReporting: false })
  const stack = new Stack(app, 'Desk', { env: HERE })
  const home = new Stack(app, 'Home', { env: HERE })
  const topic = new Topic(stack, 'Pager', { enforceSSL: true })
  const killSwitch = new KillSwitch(home, 'KillSwitch', { secret: 'x', topic })
  alarmIn(stack).addAlarmAction(killSwitch.alarmAction)
  const template = app.synth().getStackArtifact(stack.artifactId).template as Template
  const [policy] = resourcesOf(template, 'AWS::SNS::TopicPolicy')
  expect(JSON.stringify(policy?.properties)).toContain('cloudwatch.amazonaws.com')
})
