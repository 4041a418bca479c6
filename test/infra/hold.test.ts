import { beforeAll, expect, test } from 'vitest'
import { holdDefinition } from '../../infra/hold-definition.ts'
import { switchesOf } from '../../infra/switch-in-template.ts'
import { type Named, refersTo, resourcesOf, type Template, textOf } from '../../infra/template.ts'
import { buildApp, everyTrigger, synth } from './synth.ts'

/* What a hold is in the template, and what its own is. */

const place = { account: '123456789012', region: 'eu-central-1' }
const hold = { persistMinutes: 12, keepShutMinutes: 10, fuse: true }
const schedules = [
  { name: 'close', cron: '0 22 ? * MON-FRI *', timeZone: 'Europe/Berlin' },
  { name: 'weekend', cron: '0 23 ? * FRI *', timeZone: 'UTC', keepShut: true },
]

let template: Template
beforeAll(() => {
  template = synth(buildApp({ ...everyTrigger, schedules, hold }, place))
})

const of = (type: string, from = template) => resourcesOf(from, type)
const theSwitch = () => switchesOf(template)[0] as ReturnType<typeof switchesOf>[number]
const machine = () => of('AWS::StepFunctions::StateMachine')[0] as Named
const ALIAS = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'

test.each([
  ['the region that is known', place],
  ['any region', {}],
])('in %s, the machine that is deployed is the one that tests and drill run', (_, env) => {
  const made = synth(buildApp({ secret: 'x', hold }, env))
  const [found] = of('AWS::StepFunctions::StateMachine', made)
  const { aliasId } = switchesOf(made)[0] as ReturnType<typeof switchesOf>[number]
  const spelt = { [aliasId]: ALIAS, 'AWS::Partition': 'aws' } as Readonly<Record<string, string>>
  const text = textOf(found?.properties.DefinitionString, ({ id }) => spelt[id] ?? '*')
  const { persistMinutes, keepShutMinutes } = hold
  const wanted = holdDefinition({ partition: 'aws', aliasArn: ALIAS, persistMinutes, keepShutMinutes })
  expect(JSON.parse(text)).toEqual(wanted)
  expect(found?.properties.StateMachineType).toBe('STANDARD')
})

test('the function is told the name of that machine, and may start it and no other', () => {
  const arn = theSwitch().function.Environment.Variables.HOLD_MACHINE_ARN
  expect(arn).toBe(
    `arn:aws:states:eu-central-1:123456789012:stateMachine:${machine().properties.StateMachineName}`,
  )
  const starting = statements().filter(({ Action }) => [Action].flat().some((one) => /^states:/.test(one)))
  expect(starting).toEqual([{ Action: 'states:StartExecution', Effect: 'Allow', Resource: arn }])
})

interface Statement {
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

function statements(): Statement[] {
  return of('AWS::IAM::Policy').flatMap(({ properties }) => properties.PolicyDocument.Statement)
}

test('the machine may invoke the alias and nothing else, and only for this account', () => {
  const [role] = of('AWS::IAM::Role').filter(({ id }) => refersTo(machine().properties.RoleArn, id))
  const own = of('AWS::IAM::Policy').filter(({ properties }) => refersTo(properties.Roles, String(role?.id)))
  expect(own.flatMap(({ properties }) => properties.PolicyDocument.Statement)).toEqual([
    { Action: 'lambda:InvokeFunction', Effect: 'Allow', Resource: { Ref: theSwitch().aliasId } },
  ])
  expect(role?.properties).not.toHaveProperty('ManagedPolicyArns')
  const [trust] = role?.properties.AssumeRolePolicyDocument.Statement ?? []
  expect(trust.Principal).toEqual({ Service: 'states.amazonaws.com' })
  expect(trust.Condition).toEqual({ StringEquals: { 'aws:SourceAccount': '123456789012' } })
})

test('the machine is made once its role may invoke', () => {
  const made = template.Resources[machine().id] as { readonly DependsOn?: readonly string[] }
  const policy = of('AWS::IAM::Policy').find(({ id }) => id.includes('HoldRole'))
  expect(made.DependsOn).toContain(policy?.id)
})

test('a lost hold, one that ran out of time, and one that was stopped page with three different sentences', () => {
  const topic = of('AWS::SNS::Topic')[0]?.id ?? ''
  const alarms = of('AWS::CloudWatch::Alarm').filter(
    ({ properties }) => properties.Namespace === 'AWS/States',
  )
  expect(alarms.map(({ properties }) => [properties.MetricName, properties.AlarmName])).toEqual([
    ['ExecutionsFailed', 'kill-switch-watch-hold-lost'],
    ['ExecutionsTimedOut', 'kill-switch-watch-hold-timed-out'],
    ['ExecutionsAborted', 'kill-switch-watch-hold-released'],
  ])
  for (const { properties } of alarms) {
    expect(properties).toMatchObject({ Threshold: 1, Statistic: 'Sum', TreatMissingData: 'notBreaching' })
    expect(refersTo(properties.Dimensions[0].Value, machine().id)).toBe(true)
    expect(refersTo(properties.AlarmActions, topic)).toBe(true)
    expect(refersTo(properties.AlarmActions, theSwitch().aliasId)).toBe(false)
  }
  const says = alarms.map(({ properties }) => String(properties.AlarmDescription))
  expect(new Set(says).size).toBe(3)
  expect(says[0]).toContain('Look at the open orders now')
  expect(says[1]).toContain('Look at the open orders now')
  expect(says[2]).toContain('For information')
})

test('a hold that a person stopped is no reason to distrust the switch; one that failed is', () => {
  const { AlarmRule } = of('AWS::CloudWatch::CompositeAlarm')[0]?.properties ?? {}
  const distrusted = of('AWS::CloudWatch::Alarm')
    .filter(({ id, properties }) => properties.Namespace === 'AWS/States' && refersTo(AlarmRule, id))
    .map(({ properties }) => properties.MetricName)
  expect(distrusted).toEqual(['ExecutionsFailed', 'ExecutionsTimedOut'])
})

test('the dashboard shows what holds began, how they ended, and that laps are running', () => {
  const body = textOf(of('AWS::CloudWatch::Dashboard')[0]?.properties.DashboardBody)
  for (const name of ['Started', 'Succeeded', 'Failed', 'TimedOut', 'Aborted']) {
    expect(body).toContain(`["AWS/States","Executions${name}","StateMachineArn"`)
  }
  expect(body).toContain('["KillSwitch","HoldLap"')
})

test('a schedule says that its book may be kept shut only where it does', () => {
  const inputs = of('AWS::Scheduler::Schedule').map(({ properties }) => JSON.parse(properties.Target.Input))
  const keepShut = inputs.map((input) => [input.schedule.name, input.keepShut])
  expect(keepShut).toEqual(
    expect.arrayContaining([
      ['close', undefined],
      ['weekend', true],
    ]),
  )
})

test('without minutes there is no machine, no right, no setting, no alarm and no widget of one', () => {
  const { killSwitch, ...built } = buildApp({ ...everyTrigger, hold: { persistMinutes: 0 } }, place)
  const off = synth(built)
  expect(killSwitch.holdMachine).toBeNull()
  expect(of('AWS::StepFunctions::StateMachine', off)).toEqual([])
  expect(JSON.stringify(off).match(/(?<!thres)hold|states:|AWS\/States/gi)).toBeNull()
})

test('without the block a pull persists for a quarter of an hour, and nothing is kept shut', () => {
  const made = synth(buildApp({ secret: 'x' }))
  const { Variables } = switchesOf(made)[0]?.function.Environment ?? {}
  expect(Variables).toMatchObject({ HOLD_PERSIST_MINUTES: '15' })
  expect(Object.keys(Variables).filter((name) => /KEEP_SHUT|FUSE/.test(name))).toEqual([])
  expect(of('AWS::StepFunctions::StateMachine', made)).toHaveLength(1)
})
