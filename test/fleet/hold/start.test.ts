import { afterEach, beforeEach, expect, test } from 'vitest'
import { json } from '../../../drill/answer.ts'
import { httpEvent, scheduleEvent } from '../../../drill/events.ts'
import { FleetMachine } from '../../../drill/fleet-machine.ts'
import { startExecution } from '../../../drill/hold-engine.ts'
import type { LambdaRuntime } from '../../../drill/runtime.ts'
import { Stage } from '../../../drill/stage.ts'
import { EmbeddedStepFunctions } from '../../../drill/step-functions.ts'
import { EmbeddedTopic } from '../../../drill/topic.ts'
import { holdDefinition } from '../../../infra/hold-definition.ts'
import type { FleetReport } from '../../../lambda/fleet/fleet-report.ts'
import type { Group } from '../../../lambda/init/fleet/roster.ts'

/* The built bundle in processes of its own: what goes on after a pull over many accounts, and how it is asked for. */

const NAMES = ['mm-btc', 'mm-eth', 'arb-1']
const MACHINE = 'arn:aws:states:eu-central-1:123456789012:stateMachine:kill-switch-hold'
const EXECUTION = MACHINE.replace(':stateMachine:', ':execution:')
const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'

let states: EmbeddedStepFunctions
let topic: EmbeddedTopic
let close: () => Promise<void>

beforeEach(async () => {
  states = await EmbeddedStepFunctions.start()
  topic = await EmbeddedTopic.start()
})

afterEach(async () => {
  await close()
  await Promise.all([states.close(), topic.close()])
})

const settings = () => ({
  HOLD_MACHINE_ARN: MACHINE,
  HOLD_PERSIST_MINUTES: '15',
  HOLD_KEEP_SHUT_MINUTES: '10',
  NOTIFY_TOPIC_ARN: TOPIC,
  AWS_ENDPOINT_URL_SFN: states.url,
  AWS_ENDPOINT_URL_SNS: topic.url,
  QUIET_PERIOD_MS: '200',
})

/** Kraken takes every cancel of the first account, and none has an effect. */
const HEEDLESS = {
  answer: ({ endpoint }: { readonly endpoint: string }) =>
    endpoint.startsWith('cancel')
      ? json({ result: 'success', cancelStatus: { cancelledOrders: [] } })
      : undefined,
}

/** A function with one roster, and five orders on each account. */
async function ofOneRoster(own: object = {}): Promise<{ stage: Stage; running: LambdaRuntime }> {
  const stage = await Stage.open({ names: NAMES, countsBy: 'key' })
  close = () => stage.close()
  stage.rest(5)
  const running = await stage.startFunction({
    timeoutMs: 4_000,
    settings: { ...settings(), ACCOUNTS: JSON.stringify(NAMES), ...own },
  })
  return { stage, running }
}

test('one hold for all accounts: the one that is not proven is swept on, the others are kept shut', async () => {
  const { stage, running } = await ofOneRoster()
  await running.initialised
  stage.exchange.misbehave(HEEDLESS)
  expect(await running.invoke({ reason: 'by hand' })).toMatchObject({
    error: { errorType: 'NotProvenEmpty' },
  })
  expect(states.executions).toHaveLength(1)
  const [{ stateMachineArn, name, input } = { name: '' }] = states.executions
  expect(stateMachineArn).toBe(MACHINE)
  const shut = { known: { laps: 0, shutUntil: expect.any(String) }, ended: null }
  expect(input).toMatchObject({
    hold: {
      name,
      pull: { kind: 'invoke', reason: 'by hand' },
      scope: 'all',
      keepShutMinutes: 10,
      group: null,
      accounts: { 'mm-btc': { known: { laps: 0, shutUntil: null } }, 'mm-eth': shut, 'arb-1': shut },
    },
  })
  expect(topic.published.at(-1)?.message).toMatch(
    new RegExp(
      `\\nHOLDING until [\\d:]+ UTC at the latest: mm-btc is swept on until there is proof, and then kept shut for 10 min; mm-eth and arb-1 are kept shut: .*Release it: aws stepfunctions stop-execution --execution-arn ${EXECUTION}:pull-[\\w-]+\\n`,
    ),
  )
})

test('a fleet that is EMPTY is kept shut, and its answer says until when', async () => {
  const { running } = await ofOneRoster()
  const { result } = (await running.invoke(httpEvent('{"accounts":["mm-eth"]}'))) as {
    result: { statusCode: number; body: string }
  }
  expect(result.statusCode).toBe(200)
  const { verdict, hold, warnings } = JSON.parse(result.body) as FleetReport
  expect({ verdict, executionArn: hold?.executionArn }).toEqual({
    verdict: 'EMPTY',
    executionArn: `${EXECUTION}:${states.executions[0]?.name}`,
  })
  expect(warnings[0]).toMatch(/^HOLDING until [\d:]+ UTC: mm-eth is kept shut: whatever is placed in scope/)
})

test.each<[string, object, () => unknown, number]>([
  ['no minutes to keep it shut', { HOLD_KEEP_SHUT_MINUTES: '0' }, () => ({}), 0],
  ['no machine', { HOLD_MACHINE_ARN: '' }, () => ({}), 0],
  ['a schedule', {}, () => scheduleEvent({}), 0],
  ['a schedule that says so', {}, () => scheduleEvent({ keepShut: true }), 1],
  ['a readiness check', {}, () => ({ readiness: true }), 0],
  ['refused input', {}, () => ({ accounts: ['typo'] }), 0],
])('after a proof of all accounts, %s: %j starts as many', async (_, own, event, count) => {
  const { running } = await ofOneRoster(own)
  await running.invoke(event())
  expect(states.executions).toHaveLength(count)
})

test('Step Functions that takes no execution changes no verdict, and is said and counted', async () => {
  states.behaviour = 'refuses'
  const { running } = await ofOneRoster()
  const { result } = (await running.invoke({})) as { result: FleetReport }
  expect(result).toMatchObject({ verdict: 'EMPTY', hold: null })
  expect(result.warnings[0]).toMatch(/^HOLD NOT STARTED: .*\(AccessDeniedException\)/)
  expect(topic.published.at(-1)?.message).toMatch(/\nHOLD NOT STARTED/)
  expect(running.lines.some((line) => /"HoldNotStarted":1/.test(line))).toBe(true)
})

const MM: Group = { name: 'mm', secret: 'kill-switch/mm', accounts: ['mm-btc', 'mm-eth'] }
const ARB: Group = { name: 'arb', secret: 'kill-switch/arb', accounts: ['arb-1'] }

async function ofGroups(own: object = {}): Promise<FleetMachine> {
  const machine = await FleetMachine.open({
    groups: [MM, ARB],
    timeoutMs: 3_000,
    settings: { ...settings(), ...own },
  })
  close = () => machine.close()
  machine.stage.rest(3)
  return machine
}

test('each group starts a hold of its own, one message says how to release them all, and any process may run its laps', async () => {
  const machine = await ofGroups({ HOLD_KEEP_SHUT_MINUTES: '0' })
  machine.stage.exchange.misbehave(HEEDLESS)
  const { told } = await machine.pull({})
  expect(states.executions.map(({ name }) => name)).toEqual([expect.stringMatching(/^pull-mm-[\w-]+$/)])
  expect(told).toMatchObject({ verdict: 'NOT_PROVEN', hold: { groups: ['mm'], notStarted: [] } })
  expect(topic.published.at(-1)?.message).toMatch(
    new RegExp(
      `\\nHOLDING until [\\d:]+ UTC at the latest: 1 group \\(mm\\)\\. Release all of them: for e in .*list-executions --state-machine-arn ${MACHINE} `,
    ),
  )
  machine.stage.exchange.misbehave(null)
  const definition = holdDefinition({
    partition: 'aws',
    aliasArn: 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live',
    persistMinutes: 15,
    keepShutMinutes: 0,
  })
  const invoke = async (payload: unknown) => {
    const answer = await machine.processOf('arb').invoke(payload) // any sandbox may be asked for any group
    if ('result' in answer) return answer.result
    throw new Error(answer.error.errorMessage)
  }
  const { input } = states.executions[0] ?? {}
  expect(await startExecution({ definition, input, invoke }).outcome).toMatchObject({ status: 'SUCCEEDED' })
  const resting = [...machine.stage.exchange.accounts.values()].map(({ book }) => book.orders.length)
  expect(resting).toEqual([0, 0, 0])
  expect(topic.published.at(-1)?.message).toMatch(/^HELD \d min in the group mm: mm-btc \(/)
})

test('groups whose holds are not taken are named, and the fleet is EMPTY all the same', async () => {
  states.behaviour = 'refuses'
  const machine = await ofGroups()
  const { told, outcome } = await machine.pull({})
  expect(outcome.status).toBe('SUCCEEDED')
  expect(told).toMatchObject({ verdict: 'EMPTY', hold: { groups: [], endsBy: null } })
  expect(topic.published.at(-1)?.message).toMatch(/\nHOLD NOT STARTED for 2 groups \(mm, arb\): /)
})
