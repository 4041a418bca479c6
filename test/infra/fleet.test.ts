import { App, Stack } from 'aws-cdk-lib'
import { Annotations, Match } from 'aws-cdk-lib/assertions'
import { CfnRoute } from 'aws-cdk-lib/aws-apigatewayv2'
import {
  Alarm,
  type CfnAlarm,
  type ComparisonOperator,
  Metric,
  type TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { expect, test } from 'vitest'
import { readConfig } from '../../infra/config.ts'
import { fleetDefinition } from '../../infra/fleet-definition.ts'
import { KillSwitch } from '../../infra/kill-switch.ts'
import { switchesOf } from '../../infra/switch-in-template.ts'
import { refersTo, resourcesOf, type Template, textOf } from '../../infra/template.ts'
import { type Group, readGroups } from '../../lambda/init/fleet/roster.ts'
import { SERVICE } from '../../lambda/report/metric-names.ts'
import { readTrigger } from '../../lambda/triggers/trigger.ts'
import { type Built, buildApp, synth } from './synth.ts'

/* A switch for many accounts, as it is configured and deployed. */

const MM = { name: 'mm', secret: 'kill-switch/mm', accounts: ['mm-btc', 'mm-eth'] }
const ARB = { name: 'arb', secret: 'kill-switch/arb', accounts: ['arb-1'] }
const many = {
  fleet: { groups: [MM, ARB] },
  schedules: [{ name: 'eod', cron: '0 22 ? * MON-FRI *', timeZone: 'Europe/Berlin', symbols: ['PF_XBTUSD'] }],
  alarms: [{ kind: 'heartbeat', name: 'bot-heartbeat', namespace: 'TradingBot', metric: 'Heartbeat' }],
  alarmsElsewhere: { prefixes: ['desk-'] },
}
const env = { account: '123456789012', region: 'eu-central-1' }
const templateOf = (config: unknown) => synth(buildApp(config, env))
const template = templateOf(many)
const of = (type: string, from: Template = template) => resourcesOf(from, type)
const variablesOf = (from: Template) => switchesOf(from)[0]?.function.Environment.Variables
const machines = (from?: Template) => of('AWS::StepFunctions::StateMachine', from)
const machineOf = (kind: 'fleet' | 'hold', from?: Template) =>
  machines(from).find(({ properties }) => properties.StateMachineName === `kill-switch-${kind}`)
const machine = machineOf('fleet')
const machineId = machine?.id ?? ''

const groupsOf = (count: number, accounts = 1, length = 6): Group[] =>
  Array.from({ length: count }, (_, g) => ({
    name: `g-${g}`,
    secret: `kill-switch/${g}`,
    accounts: Array.from({ length: accounts }, (_, a) =>
      `a-${g}-${String(a).padStart(2, '0')}`.padEnd(length, 'x'),
    ),
  }))

// Each row differs from a fleet that is right in one place only.
test.each<[string, object, RegExp]>([
  [
    'thirteen accounts',
    { accounts: groupsOf(1, 13)[0]?.accounts, secret: 'x' },
    /killSwitch\.accounts holds 13 accounts, and a function sweeps 12 at most.*fleet\.groups$/m,
  ],
  ['an account twice', { accounts: ['a', 'b', 'a'], secret: 'x' }, /killSwitch\.accounts holds a twice/],
  ['no account', { accounts: [], secret: 'x' }, /killSwitch\.accounts is empty/],
  ['a name that is none', { accounts: ['MM_btc'], secret: 'x' }, /killSwitch\.accounts\.0 is no name/],
  ['accounts without a secret', { accounts: ['a'] }, /killSwitch\.secret is missing/],
  ['nothing', {}, /killSwitch\.secret is missing/],
  ['a secret beside groups', { ...many, secret: 'x' }, /killSwitch\.secret stands beside fleet/],
  ['accounts beside groups', { ...many, accounts: ['a'] }, /Leave accounts out/],
  [
    'thirteen accounts in a group',
    { fleet: { groups: groupsOf(1, 13) } },
    /killSwitch\.fleet\.groups\.0\.accounts holds 13/,
  ],
  [
    'an account twice in a group',
    { fleet: { groups: [{ ...MM, accounts: ['a', 'a'] }] } },
    /groups\.0\.accounts holds a twice/,
  ],
  [
    'an account in two groups',
    { fleet: { groups: [MM, { ...ARB, accounts: ['mm-btc'] }] } },
    /killSwitch\.fleet\.groups holds the account mm-btc in mm and in arb/,
  ],
  [
    'a group twice',
    { fleet: { groups: [MM, { ...ARB, name: 'mm' }] } },
    /killSwitch\.fleet\.groups holds the group mm twice/,
  ],
  [
    'a secret twice',
    { fleet: { groups: [MM, { ...ARB, secret: MM.secret }] } },
    /holds one secret in mm and in arb/,
  ],
  [
    'a secret that is none',
    { fleet: { groups: [{ ...MM, secret: '{"a":1}' }] } },
    /groups\.0\.secret is no name or ARN/,
  ],
  ['no group', { fleet: { groups: [] } }, /killSwitch\.fleet\.groups is empty/],
  [
    'a fixed address',
    { fleet: { groups: groupsOf(2, 7) }, function: { fixedEgress: true } },
    /killSwitch\.function has fixedEgress, and the fleet 14 accounts/,
  ],
  [
    'too little concurrency',
    { fleet: { groups: groupsOf(8) }, function: { reservedConcurrency: 7 } },
    /reserves a concurrency of 7, and 8 groups run at once.*better 16/,
  ],
  [
    'too little time for its waves',
    { fleet: { groups: groupsOf(41) } },
    /killSwitch\.fleet has 41 groups, which run in 2 waves of 40.*Lower function\.timeoutSeconds to 94/,
  ],
  [
    'answers of more than a state',
    { fleet: { groups: groupsOf(120, 12, 10) }, function: { timeoutSeconds: 30 } },
    /fleet\.groups has 1440 accounts in 120 groups, whose answers/,
  ],
  [
    'room for the laps of its groups, and for no pull beside them',
    { fleet: { groups: groupsOf(3) }, function: { reservedConcurrency: 5 } },
    /killSwitch\.function reserves a concurrency of 5: 3 groups that are held take one each, and the next pull 3 more.*Give reservedConcurrency 6 at least, or set/,
  ],
  [
    'more groups that are held than concurrency can be reserved for',
    { fleet: { groups: groupsOf(61) }, function: { reservedConcurrency: 100, timeoutSeconds: 60 } },
    /61 groups that are held take one each, and the next pull 40 more.*Leave reservedConcurrency out, or set/,
  ],
  [
    'too little time for a lap',
    { fleet: { groups: groupsOf(3) }, function: { timeoutSeconds: 20 } },
    /killSwitch\.function ends after 20 timeoutSeconds, and a lap of a hold takes up to 25/,
  ],
  [
    'an alarm by its ARN',
    { ...many, alarmsElsewhere: { arns: ['arn:aws:cloudwatch:eu-central-1:123456789012:alarm:x'] } },
    /killSwitch\.alarmsElsewhere has arns.*Use prefixes/,
  ],
])('refuses %s', (_, config, message) => {
  expect(() => readConfig(config)).toThrow(message)
})

const eod = { name: 'eod', cron: '0 22 ? * MON-FRI *', timeZone: 'Europe/Berlin' }
const beat = { kind: 'heartbeat', name: 'beat', namespace: 'TradingBot', metric: 'Heartbeat' }
const roster = { secret: 'kill-switch/kraken', accounts: ['mm-btc', 'mm-eth'] }

// The words of a pull that no switch of that kind could follow, on a schedule and on an alarm.
test.each<[string, object, object, string]>([
  [
    'an account that is misspelt',
    roster,
    { accounts: ['mm-btc', 'mm-etk'] },
    ', which would pull nobody, since this switch has no account mm-etk. Did you mean mm-eth?',
  ],
  [
    'an account that is like none',
    roster,
    { accounts: ['binance'] },
    ', which would pull nobody, since this switch has no account binance. Use one of mm-btc, mm-eth',
  ],
  [
    'two accounts of groups that are misspelt',
    { fleet: { groups: [MM, ARB] } },
    { accounts: ['mm-btx', 'arb1'] },
    ', which would pull nobody, since this switch has no account mm-btx, arb1. Did you mean mm-btc, arb-1?',
  ],
  [
    'a group that is misspelt',
    { fleet: { groups: [MM, ARB] } },
    { group: 'mn' },
    ', which would pull nobody, since there is no group mn. Did you mean mm?',
  ],
  [
    'a group by a name of its accounts',
    { fleet: { groups: [MM, ARB] } },
    { group: 'mm-btc' },
    ', which would pull nobody, since there is no group mm-btc. Use one of mm, arb',
  ],
  [
    'a group where there is one roster',
    roster,
    { group: 'mm' },
    ' with the group mm, and this switch has one roster and no groups. Name accounts instead',
  ],
  [
    'accounts and a group',
    { fleet: { groups: [MM, ARB] } },
    { accounts: ['mm-btc'], group: 'mm' },
    ' with both accounts and group. Name the accounts alone, or the group',
  ],
  [
    'accounts where there is one',
    { secret: 'x' },
    { accounts: ['mm-btc'] },
    ' with accounts, and this switch has one account. Leave accounts out there',
  ],
  [
    'a group where there is one account',
    { secret: 'x' },
    { group: 'mm' },
    ' with group, and this switch has one account. Leave group out there',
  ],
])('a schedule and an alarm that name %s are refused', (_, config, whom, message) => {
  const refused = (more: object) => expect(() => readConfig({ ...config, ...more }))
  refused({ schedules: [{ ...eod, ...whom }] }).toThrow(`killSwitch.schedules holds eod${message}`)
  refused({ alarms: [{ ...beat, ...whom }] }).toThrow(`killSwitch.alarms holds beat${message}`)
})

test('one synth names every schedule that would pull nobody', () => {
  const schedules = [
    { ...eod, accounts: ['mm-etk'] },
    { ...eod, name: 'noon', accounts: ['mm-btc', 'x'] },
  ]
  expect(() => readConfig({ ...roster, schedules })).toThrow(/holds eod, .*; holds noon, .* no account x\. /)
})

test.each<[string, object, object]>([
  ['accounts of one roster', roster, { accounts: ['mm-eth'], symbols: ['PF_XBTUSD'], reason: 'close' }],
  ['accounts of two groups', { fleet: { groups: [MM, ARB] } }, { accounts: ['mm-btc', 'arb-1'] }],
  ['a group', { fleet: { groups: [MM, ARB] } }, { group: 'mm', keep: 'reduceOnly' }],
])('%s go with what a schedule sends, and into what the function is told of an alarm', (_, config, whom) => {
  const made = templateOf({ ...config, schedules: [{ ...eod, ...whom }], alarms: [{ ...beat, ...whom }] })
  const sent = of('AWS::Scheduler::Schedule', made).map(({ properties }) =>
    JSON.parse(textOf(properties.Target.Input)),
  )
  expect(sent).toContainEqual({ schedule: { name: 'eod', scheduledTime: expect.anything() }, ...whom })
  expect(JSON.parse(variablesOf(made).ALARM_SCOPES)).toEqual({ 'kill-switch-pull-beat': whom })
})

test('a schedule and an alarm that are added may name a group, and no other than there is', () => {
  const { killSwitch } = buildApp({ fleet: { groups: [MM, ARB] } }, env)
  const late = { ...beat, kind: 'heartbeat' } as const
  expect(() => killSwitch.addSchedule({ ...eod, group: 'art' })).toThrow(
    'props.schedules holds eod, which would pull nobody, since there is no group art. Did you mean arb?',
  )
  expect(() => killSwitch.addAlarm({ ...late, accounts: ['arb-2'] })).toThrow(/Did you mean arb-1\?/)
  killSwitch.addSchedule({ ...eod, group: 'arb' })
  killSwitch.addAlarm({ ...late, accounts: ['arb-1'] })
})

test('takes twelve accounts, a fixed address for them, and as much concurrency as groups run at once', () => {
  const twelve = {
    fleet: { groups: groupsOf(3, 4) },
    function: { fixedEgress: true, reservedConcurrency: 6 },
  }
  expect(() => readConfig(twelve)).not.toThrow()
  const accounts = groupsOf(1, 12)[0]?.accounts
  expect(() => readConfig({ secret: 'x', accounts })).not.toThrow()
  const large = {
    fleet: { groups: groupsOf(60, 10) },
    function: { timeoutSeconds: 60, reservedConcurrency: 100 },
  }
  expect(() => readConfig(large)).not.toThrow()
  const unheld = { ...large.function, reservedConcurrency: 40 }
  const hold = { persistMinutes: 0 }
  expect(() => readConfig({ ...large, hold, function: unheld })).not.toThrow()
})

test('a roster of one secret is told to the function, and is held', () => {
  const one = templateOf({ secret: 'kill-switch/kraken', accounts: ['mm-btc', 'mm-eth'] })
  const Variables = variablesOf(one)
  expect(Variables).toMatchObject({ KRAKEN_SECRET_ID: 'kill-switch/kraken', ACCOUNTS: '["mm-btc","mm-eth"]' })
  expect(textOf(Variables.HOLD_MACHINE_ARN)).toMatch(/:stateMachine:kill-switch-hold$/)
  expect(machines(one)).toEqual([machineOf('hold', one)])
})

test('each group is held by the machine of holds, which the function may start and which may invoke the alias alone', () => {
  expect(machineOf('hold')?.properties.StateMachineType).toBe('STANDARD')
  const Variables = variablesOf(templateOf({ ...many, hold: { keepShutMinutes: 5, fuse: true } }))
  expect(Variables).toMatchObject({ HOLD_KEEP_SHUT_MINUTES: '5', HOLD_FUSE: 'true' })
  const started = of('AWS::IAM::Policy')
    .flatMap(({ properties }) => properties.PolicyDocument.Statement)
    .filter(({ Action }) => Action === 'states:StartExecution')
    .map(({ Resource }) => textOf(Resource))
  expect(started).toContainEqual(expect.stringMatching(/:stateMachine:kill-switch-hold$/))
})

test('a schedule of many accounts keeps books shut where it says so, and where they are kept shut at all', () => {
  const keepShut = { ...many, schedules: [{ ...many.schedules[0], keepShut: true }] }
  expect(() => readConfig(keepShut)).toThrow(/keepShutMinutes of hold is 0/)
  const from = templateOf({ ...keepShut, hold: { keepShutMinutes: 5 } })
  const inputs = of('AWS::Scheduler::Schedule', from).map(({ properties }) =>
    JSON.parse(textOf(properties.Target.Input)),
  )
  expect(inputs).toContainEqual(expect.objectContaining({ keepShut: true }))
})

test('the function knows each group by its fingerprint, and may read their secrets and no other', () => {
  const Variables = variablesOf(template)
  expect(readGroups(Variables.FLEET_GROUPS)).toMatchObject({ most: 2 })
  expect(readGroups(Variables.FLEET_GROUPS).fingerprints.size).toBe(2)
  expect(Variables).not.toHaveProperty('KRAKEN_SECRET_ID')
  const read = of('AWS::IAM::Policy')
    .flatMap(({ properties }) => properties.PolicyDocument.Statement)
    .filter(({ Action }) => [Action].flat().includes('secretsmanager:GetSecretValue'))
  expect(read.map(({ Resource }) => [Resource].flat().map((one) => textOf(one)))).toEqual([
    [ARB, MM].map(({ secret }) => expect.stringMatching(new RegExp(`:secret:${secret}-\\?{6}$`))),
  ])
})

test('the dashboard has no button that would press the function itself', () => {
  const widget = of('AWS::Lambda::Function').find(
    ({ properties }) => properties.FunctionName === 'kill-switch-widget',
  )
  expect(widget?.properties.Environment.Variables.SWITCH_ALIAS_ARN).toBe('')
})

test('the machine is Express, logged, and has the definition that is tested', () => {
  expect(machine?.properties).toMatchObject({
    StateMachineName: 'kill-switch-fleet',
    StateMachineType: 'EXPRESS',
    LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: true },
  })
  const text = textOf(machine?.properties.DefinitionString, () => 'ALIAS')
  const groups = [MM, ARB]
  const wanted = fleetDefinition({ partition: 'ALIAS', aliasArn: 'ALIAS', groups, timeoutSeconds: 120 })
  expect(JSON.parse(text.replaceAll('arn:aws:states', 'arn:ALIAS:states'))).toEqual(
    JSON.parse(JSON.stringify(wanted)),
  )
})

test('schedules, alarms, the API and people pull the machine, and nobody but that the alias', () => {
  const schedules = of('AWS::Scheduler::Schedule')
  expect(schedules).toHaveLength(3)
  for (const { properties } of schedules) expect(refersTo(properties.Target.Arn, machineId)).toBe(true)
  const inputs = schedules.map(({ properties }) => JSON.parse(textOf(properties.Target.Input)))
  expect(inputs).toContainEqual(
    expect.objectContaining({ symbols: ['PF_XBTUSD'], schedule: expect.anything() }),
  )
  expect(inputs).toContainEqual(expect.objectContaining({ readiness: true, groups: ['mm'] }))
  const [rule] = of('AWS::Events::Rule')
  expect(rule?.properties.EventPattern).toMatchObject({
    source: ['aws.cloudwatch'],
    'detail-type': ['CloudWatch Alarm State Change'],
    detail: { state: { value: ['ALARM'] } },
  })
  expect(
    rule?.properties.EventPattern.resources.map((one: { prefix: unknown }) => textOf(one.prefix)),
  ).toEqual([expect.stringMatching(/:alarm:kill-switch-pull-$/), expect.stringMatching(/:alarm:desk-$/)])
  const [target] = rule?.properties.Targets ?? []
  expect(refersTo(target.Arn, machineId)).toBe(true)
  expect(target).toMatchObject({
    RetryPolicy: { MaximumEventAgeInSeconds: 600, MaximumRetryAttempts: 3 },
    DeadLetterConfig: expect.anything(),
  })
  const [integration] = of('AWS::ApiGatewayV2::Integration')
  expect(integration?.properties).toMatchObject({
    IntegrationSubtype: 'StepFunctions-StartSyncExecution',
    RequestParameters: { Input: '$request.body' },
  })
  const [press] = of('AWS::IAM::ManagedPolicy')
  expect(press?.properties.PolicyDocument.Statement[0].Action).toEqual([
    'states:StartExecution',
    'states:StartSyncExecution',
  ])
  const pulling = of('AWS::CloudWatch::Alarm').filter(({ properties }) =>
    String(properties.AlarmName).startsWith('kill-switch-pull-'),
  )
  expect(pulling).toHaveLength(1)
  expect(pulling[0]?.properties).not.toHaveProperty('AlarmActions')
})

test('every group is checked by a schedule, each with an alarm that its silence puts on', () => {
  const made = templateOf({ fleet: { groups: groupsOf(12) }, readinessMinutes: 10 })
  const checks = of('AWS::Scheduler::Schedule', made)
  expect(checks).toHaveLength(5)
  const inputs = checks.map(({ properties }) => JSON.parse(textOf(properties.Target.Input)))
  expect(inputs.flatMap(({ groups }) => groups).toSorted()).toEqual(
    groupsOf(12)
      .map(({ name }) => name)
      .toSorted(),
  )
  const alarms = of('AWS::CloudWatch::Alarm', made).filter(
    ({ properties }) => properties.MetricName === 'Ready',
  )
  for (const { properties } of alarms) {
    expect(properties).toMatchObject({ TreatMissingData: 'breaching', Period: 21 * 60, Statistic: 'Minimum' })
    expect(properties.AlarmActions).toHaveLength(1)
  }
  const dimensions = (one: readonly { readonly Name: string; readonly Value: unknown }[]) =>
    Object.fromEntries(one.map(({ Name, Value }) => [Name, Value]))
  const watched = alarms.map(({ properties }) => dimensions(properties.Dimensions))
  const wanted = checks.map(({ properties: { Name } }) => ({
    service: SERVICE,
    function: 'kill-switch',
    schedule: Name,
  }))
  expect(watched).toHaveLength(wanted.length)
  expect(watched).toEqual(expect.arrayContaining(wanted))
  for (const { schedule } of inputs) {
    const trigger = readTrigger(
      { readiness: true, schedule: { ...schedule, scheduledTime: '2026-12-01T03:00:00Z' } },
      'r1',
    )
    expect(wanted.map((one) => one.schedule)).toContain(trigger.by) // the dimension that the function counts under
  }
})

const l1 = (built: Built) => built.killSwitch.fleetMachine?.node.defaultChild as CfnStateMachine

test.each<[string, (built: Built) => void]>([
  [
    'fleet-too-wide',
    ({ killSwitch }) =>
      killSwitch.fleetMachine?.addToRolePolicy(
        new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: ['*'] }),
      ),
  ],
  [
    'fleet-unwatched',
    ({ killSwitch }) => {
      const alarm = killSwitch.node.findChild('Watch').node.findChild('fleet-timed-out').node.defaultChild
      ;(alarm as CfnAlarm).alarmActions = []
    },
  ],
  ['fleet-unlogged', (built) => l1(built).addPropertyOverride('LoggingConfiguration.Level', 'OFF')],
  ['fleet-missing', (built) => l1(built).addPropertyOverride('StateMachineName', 'other')],
  [
    'anonymous-route',
    ({ stack }) => {
      for (const route of stack.node.findAll().filter((one) => one instanceof CfnRoute))
        route.authorizationType = 'NONE'
    },
  ],
])('does not synthesize what breaks %s', (rule, breaks) => {
  const built = buildApp(many, env)
  breaks(built)
  expect(() => synth(built)).toThrow(`KillSwitchSafety::${rule}`)
})

/** An alarm of a desk, in another stack, that the fleet's rule hears of by its name. */
function deskAlarm({ app }: Built, name: string, metric: Metric, silence = 'breaching'): void {
  new Alarm(new Stack(app, 'Desk', { env }), 'Alarm', {
    alarmName: name,
    metric,
    threshold: 1,
    evaluationPeriods: 1,
    comparisonOperator: 'LessThanThreshold' as ComparisonOperator,
    treatMissingData: silence as TreatMissingData,
  })
}

const onBot = new Metric({ namespace: 'TradingBot', metricName: 'Heartbeat' })
const onSwitch = new Metric({ namespace: 'KillSwitch', metricName: 'Ready' })

test.each<[string, string, object, (built: Built) => void]>([
  ['switch-pulls-itself', 'its own watch by a prefix', { prefixes: ['kill-switch-watch'] }, () => {}],
  ['switch-pulls-itself', 'all of its alarms by a prefix', { prefixes: ['kill-'] }, () => {}],
  [
    'switch-pulls-itself',
    "a desk's alarm on its readiness",
    { prefixes: ['desk-'] },
    (built) => deskAlarm(built, 'desk-ready', onSwitch),
  ],
  [
    'switch-pulls-itself',
    "a desk's alarm on its executions",
    { prefixes: ['desk-'] },
    (built) => deskAlarm(built, 'desk-failed', built.killSwitch.fleetMachine?.metricFailed() as Metric),
  ],
  [
    'heartbeat-ignores-silence',
    "a desk's heartbeat that takes silence for health",
    { prefixes: ['desk-'] },
    (built) => deskAlarm(built, 'desk-beat', onBot, 'notBreaching'),
  ],
])('%s: a fleet whose rule hears of %s does not synthesize', (rule, _, alarmsElsewhere, makeUnsafe) => {
  const built = buildApp({ ...many, alarmsElsewhere }, env)
  makeUnsafe(built)
  expect(() => synth(built)).toThrow(`KillSwitchSafety::${rule}`)
})

test.each<[string, string, Metric]>([
  ['on a bot', 'desk-beat', onBot],
  ['that its rule does not hear of, on itself', 'vendor-ready', onSwitch],
])('an alarm %s may stand beside a fleet', (_, name, metric) => {
  const built = buildApp(many, env)
  deskAlarm(built, name, metric)
  expect(() => synth(built)).not.toThrow()
})

test('says what more than 40 groups cost', () => {
  const stack = new Stack(new App(), 'Waves', { env })
  new KillSwitch(stack, 'KillSwitch', { fleet: { groups: groupsOf(50) }, function: { timeoutSeconds: 60 } })
  Annotations.fromStack(stack).hasWarning(
    '*',
    Match.stringLikeRegexp('50 groups.*40 at once: 10 of them begin when'),
  )
})

test('an alarm action of the desk cannot pull a fleet, and says how it can', () => {
  const { stack, killSwitch } = buildApp(many, env)
  const metric = new Metric({ namespace: 'Bot', metricName: 'Drawdown' })
  const alarm = new Alarm(stack, 'A', { metric, threshold: 1, evaluationPeriods: 1 })
  expect(() => alarm.addAlarmAction(killSwitch.alarmAction)).toThrow(/alarmsElsewhere\.prefixes/)
})
