import { expect, test } from 'vitest'
import { ALARM_RULES } from '../../infra/rules/alarm-rules.ts'
import { switchesOf } from '../../infra/switch-in-template.ts'
import type { Template } from '../../infra/template.ts'

/* Which alarms a rule of EventBridge hears of, by its pattern: one on the switch itself must be none of them. */

const MACHINE = { 'Fn::GetAtt': ['Machine', 'Arn'] }
const IN_PLAIN_TEXT = 'arn:aws:states:eu-central-1:123456789012:stateMachine:kill-switch-fleet'
const arnOf = (name: string) => `arn:aws:cloudwatch:eu-central-1:123456789012:alarm:${name}`
const joined = (name: string) => ({
  'Fn::Join': [
    '',
    ['arn:', { Ref: 'AWS::Partition' }, ':cloudwatch:', { Ref: 'AWS::Region' }, `:1:alarm:${name}`],
  ],
})

/** A fleet with an alarm on itself, named desk-loop, and a rule that pulls it. */
function appWith(pattern: object, rule: object = {}, alarm: object = {}): Template {
  const resource = (Type: string, Properties: object) => ({ Type, Properties })
  return {
    Resources: {
      Function: resource('AWS::Lambda::Function', {
        FunctionName: 'kill-switch',
        Environment: { Variables: { FLEET_GROUPS: '{}' } },
      }),
      Machine: resource('AWS::StepFunctions::StateMachine', { StateMachineName: 'kill-switch-fleet' }),
      Loop: resource('AWS::CloudWatch::Alarm', {
        AlarmName: 'desk-loop',
        Namespace: 'KillSwitch',
        MetricName: 'Ready',
        ...alarm,
      }),
      Rule: resource('AWS::Events::Rule', {
        EventPattern: pattern,
        Targets: [{ Id: 'Fleet', Arn: MACHINE }],
        ...rule,
      }),
    },
  }
}

function brokenIn(all: Template): string[] {
  const [kill] = switchesOf(all)
  if (kill === undefined) throw new Error('there is no switch')
  const stacks = { all, home: all, switches: [kill], stackNameOf: () => 'Desk' }
  return ALARM_RULES.flatMap(({ name, broken }) => broken(stacks, kill).map((id) => `${name}: ${id}`))
}

const heard = { source: ['aws.cloudwatch'], 'detail-type': ['CloudWatch Alarm State Change'] }

test.each<[string, object]>([
  ['every change of an alarm', heard],
  ['everything', { account: ['123456789012'] }],
  ['changes of one time series', { ...heard, 'detail-type': ['CloudWatch Alarm Contributor State Change'] }],
  ['names by their beginning', { ...heard, resources: [{ prefix: arnOf('desk-') }] }],
  ['names by their beginning, in parts', { ...heard, resources: [{ prefix: joined('desk-') }] }],
  ['all of an account', { ...heard, resources: [{ prefix: arnOf('') }] }],
  ['all of CloudWatch', { ...heard, resources: [{ prefix: 'arn:aws:cloudwatch:' }] }],
  ['its ARN', { ...heard, resources: [arnOf('vendor'), arnOf('desk-loop')] }],
  ['its ARN by reference', { ...heard, resources: [{ 'Fn::GetAtt': ['Loop', 'Arn'] }] }],
  ['its ARN with a star', { ...heard, resources: [{ wildcard: 'arn:aws:cloudwatch:*:alarm:d*-loop' }] }],
  ['its name', { ...heard, detail: { alarmName: ['desk-loop'] } }],
  ['its name by reference', { ...heard, detail: { alarmName: [{ Ref: 'Loop' }] } }],
  ['the end of its name', { ...heard, detail: { alarmName: [{ suffix: '-loop' }] } }],
  ['its name in capitals', { ...heard, detail: { alarmName: [{ 'equals-ignore-case': 'DESK-LOOP' }] } }],
  ['any name', { ...heard, detail: { alarmName: [{ exists: true }] } }],
  ['all names but another', { ...heard, detail: { alarmName: [{ 'anything-but': ['vendor'] }] } }],
  ['all but others', { ...heard, detail: { alarmName: [{ 'anything-but': { prefix: 'vendor-' } }] } }],
  ['what is not known here', { ...heard, detail: { alarmName: [{ cidr: '10.0.0.0/8' }] } }],
  ['ALARM', { ...heard, detail: { state: { value: ['OK', 'ALARM'] } } }],
])('an alarm on the switch is found where a rule that pulls it hears of %s', (_, pattern) => {
  expect(brokenIn(appWith(pattern))).toEqual(['switch-pulls-itself: Loop'])
})

// Each row differs in one place only from a rule that hears of it.
test.each<[string, object, object?, object?]>([
  ['other sources', { ...heard, source: ['aws.ec2'] }],
  ['other events', { ...heard, 'detail-type': ['CloudWatch Alarm Configuration Change'] }],
  ['other beginnings', { ...heard, resources: [{ prefix: arnOf('vendor-') }] }],
  ['another ARN', { ...heard, resources: [arnOf('desk-loop-2')] }],
  ["another alarm's ARN by reference", { ...heard, resources: [{ 'Fn::GetAtt': ['Other', 'Arn'] }] }],
  ['other endings', { ...heard, detail: { alarmName: [{ suffix: '-drawdown' }] } }],
  ['all names but its own', { ...heard, detail: { alarmName: [{ 'anything-but': ['desk-loop'] }] } }],
  ['all but its beginning', { ...heard, detail: { alarmName: [{ 'anything-but': { prefix: 'desk-' } }] } }],
  ['what has no name', { ...heard, detail: { alarmName: [{ exists: false }] } }],
  ['recoveries', { ...heard, detail: { state: { value: ['OK'] } } }],
  ['it, and is off', heard, { State: 'DISABLED' }],
  ['it, and pulls something else', heard, { Targets: [{ Arn: `${IN_PLAIN_TEXT}-2` }] }],
  ['the clock', heard, { EventPattern: undefined, ScheduleExpression: 'rate(5 minutes)' }],
  ['it, but the alarm is on a bot', heard, {}, { Namespace: 'TradingBot' }],
])('nothing is found where a rule hears of %s', (_, pattern, rule, alarm) => {
  expect(brokenIn(appWith(pattern, rule, alarm))).toEqual([])
})

test.each<[string, object]>([
  ['its machine by its ARN in plain text', { Targets: [{ Arn: IN_PLAIN_TEXT }] }],
  ['the function itself', { Targets: [{ Arn: { 'Fn::GetAtt': ['Function', 'Arn'] } }] }],
])('an alarm on the switch is found where a rule pulls %s', (_, rule) => {
  expect(brokenIn(appWith(heard, rule))).toEqual(['switch-pulls-itself: Loop'])
})

test.each<[string, unknown]>([
  ['by reference', { Ref: 'Machine' }],
  ['by its ARN in plain text', IN_PLAIN_TEXT],
])('an alarm on the machine of the fleet, %s, is one on the switch', (_, Value) => {
  const onMachine = {
    Namespace: 'AWS/States',
    MetricName: 'ExecutionsFailed',
    Dimensions: [{ Name: 'StateMachineArn', Value }],
  }
  expect(brokenIn(appWith(heard, {}, onMachine))).toEqual(['switch-pulls-itself: Loop'])
})

test('a heartbeat that a rule hears of has to take silence for death', () => {
  const beat = { Namespace: 'TradingBot', ComparisonOperator: 'LessThanThreshold' }
  expect(brokenIn(appWith(heard, {}, { ...beat, TreatMissingData: 'missing' }))).toEqual([
    'heartbeat-ignores-silence: Loop',
  ])
  expect(brokenIn(appWith(heard, {}, { ...beat, TreatMissingData: 'breaching' }))).toEqual([])
})

test('an alarm without a name is known by the beginning that CloudFormation gives it', () => {
  const unnamed = { AlarmName: undefined }
  const byStack = (prefix: string) =>
    appWith({ ...heard, resources: [{ prefix: arnOf(prefix) }] }, {}, unnamed)
  expect(brokenIn(byStack('Desk-'))).toHaveLength(1)
  expect(brokenIn(byStack('Other-'))).toEqual([])
})
