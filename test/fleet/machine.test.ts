import { afterEach, beforeEach, expect, test } from 'vitest'
import { ALARM_NAME, alarmRuleEvent, scheduleEvent } from '../../drill/events.ts'
import { FleetMachine } from '../../drill/fleet-machine.ts'
import { EmbeddedTopic } from '../../drill/topic.ts'
import type { Group } from '../../lambda/init/fleet/roster.ts'

/* The fleet's state machine as it is deployed, on a local engine, with the built bundle in a process for each group. */

const MM: Group = { name: 'mm', secret: 'kill-switch/mm', accounts: ['mm-btc', 'mm-eth'] }
const ARB: Group = { name: 'arb', secret: 'kill-switch/arb', accounts: ['arb-1'] }
const OPT: Group = { name: 'opt', secret: 'kill-switch/opt', accounts: ['opt-1', 'opt-2'] }
const ALL = [MM, ARB, OPT]

let topic: EmbeddedTopic
let machine: FleetMachine

beforeEach(async () => {
  topic = await EmbeddedTopic.start()
  machine = await FleetMachine.open({
    groups: ALL,
    timeoutMs: 4_000,
    settings: {
      QUIET_PERIOD_MS: '200',
      NOTIFY_TOPIC_ARN: 'arn:aws:sns:eu-central-1:123456789012:kill-switch',
      AWS_ENDPOINT_URL_SNS: topic.url,
    },
  })
  machine.stage.rest(6)
})

afterEach(async () => {
  await machine.close()
  await topic.close()
})

const resting = () => [...machine.stage.exchange.accounts.values()].map(({ book }) => book.orders.length)

test('an alarm empties every account, and one message tells it', async () => {
  const { outcome, told } = await machine.pull(alarmRuleEvent())
  expect(outcome.status).toBe('SUCCEEDED')
  expect(told).toMatchObject({
    verdict: 'EMPTY',
    sentence: /^EMPTY \(verified\): all 5 accounts in 3 groups, 30 orders cancelled, 0 open, \d+ ms after/,
    trigger: { kind: 'alarm', by: ALARM_NAME },
  })
  expect(resting()).toEqual([0, 0, 0, 0, 0])
  expect(topic.published.map(({ subject }) => subject)).toEqual([
    expect.stringMatching(/^EMPTY \(verified\): all 5/),
  ])
})

test('an alarm that recovered does nothing, and that is right', async () => {
  const { outcome, told } = await machine.pull(alarmRuleEvent('OK'))
  expect(outcome.status).toBe('SUCCEEDED')
  expect(told).toMatchObject({ verdict: 'NOT_FIRED' })
  expect(resting()).toEqual([6, 6, 6, 6, 6])
})

test('a schedule, on time and stale', async () => {
  const due = (ageMs: number) => ({
    schedule: { name: 'eod', scheduledTime: new Date(Date.now() - ageMs).toISOString() },
  })
  expect((await machine.pull(due(3_600_000))).told).toMatchObject({
    verdict: 'NOT_FIRED',
    isSettled: true,
    sentence: 'NOT FIRED: the schedule eod was due 60 minutes ago.',
  })
  expect(resting()).toEqual([6, 6, 6, 6, 6])
  expect((await machine.pull(due(1_000))).told).toMatchObject({ verdict: 'EMPTY', trigger: { by: 'eod' } })
})

test.each([
  ['a group', { group: 'mm' }, [0, 0, 6, 6, 6], /: 2 of 5 accounts, as asked/],
  [
    'accounts of two groups',
    { accounts: ['opt-2', 'mm-btc'] },
    [0, 6, 6, 6, 0],
    /: 2 of 5 accounts, as asked/,
  ],
])('%s alone', async (_, event, left, sentence) => {
  const { outcome, told } = await machine.pull(event)
  expect(outcome.status).toBe('SUCCEEDED')
  expect(told?.sentence).toMatch(sentence)
  expect(resting()).toEqual(left)
})

test.each([
  [
    'an account that is not there',
    { accounts: ['mm-btc', 'typo'] },
    /^NOT FIRED: there is no account typo, /,
  ],
  ['a group that is not there', { group: 'typo' }, /^NOT FIRED: there is no group typo, /],
  ['both', { group: 'mm', accounts: ['mm-btc'] }, /^NOT FIRED: both accounts and group/],
  ['a field that is unknown', { acounts: ['mm-btc'] }, /^NOT FIRED: "acounts" is not a field/],
  ['a list', [], /^NOT FIRED: the event is not a JSON object/],
  ['a lap of a hold', { hold: {} }, /^NOT FIRED: /],
])('an event with %s fires no group at all, and fails with what is wrong', async (_, event, cause) => {
  const { outcome } = await machine.pull(event)
  expect(outcome).toEqual({ status: 'FAILED', error: 'InputRefused', cause: expect.stringMatching(cause) })
  expect(resting()).toEqual([6, 6, 6, 6, 6])
})

test('a group whose process dies is FAILED by name; the others are empty', async () => {
  machine.processOf('arb').kill()
  const { outcome, told } = await machine.pull({})
  expect(outcome).toMatchObject({
    status: 'FAILED',
    error: 'NotProvenEmpty',
    cause: 'NOT PROVEN: 4 of 5 accounts EMPTY; the group arb FAILED (1 account; Runtime.ExitError).',
  })
  expect(told).toMatchObject({ warnings: [/^LOST: the group arb gave no answer \(Runtime.ExitError\)/] })
  expect(resting()).toEqual([0, 0, 6, 0, 0])
})

test('a group whose secret holds another roster is told, and the fleet is not EMPTY', async () => {
  const accounts = Object.fromEntries(
    [...machine.stage.exchange.accounts].map(([name, account]) => [name, JSON.parse(account.secret)]),
  )
  const { 'arb-1': arb, 'mm-btc': btc } = accounts
  machine.stage.secrets.putAs(ARB.secret, JSON.stringify({ accounts: { 'arb-1': arb, 'arb-2': btc } }))
  const { outcome } = await machine.pull({})
  expect(outcome).toMatchObject({
    status: 'FAILED',
    cause: 'NOT PROVEN: 5 of 5 accounts EMPTY; the group arb doubts its own accounts.',
  })
  expect(topic.published[0]?.message).toMatch(/arb: ROSTER: the secret holds arb-2/)
})

test('a key that stands in the secrets of two groups is told: one of the two books was never looked at', async () => {
  const btc = machine.stage.exchange.accounts.get('mm-btc')
  const accounts = { 'arb-1': JSON.parse(btc?.secret ?? '') }
  machine.stage.secrets.putAs(ARB.secret, JSON.stringify({ accounts }))
  const { outcome } = await machine.pull({})
  expect(outcome).toMatchObject({
    status: 'FAILED',
    cause: 'NOT PROVEN: 5 of 5 accounts EMPTY; mm-btc and arb-1 hold the same key.',
  })
  expect(resting()).toEqual([0, 0, 6, 0, 0])
})

test('readiness is that of every group', async () => {
  const { outcome } = await machine.pull({ readiness: true })
  expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: { sentence: 'READY: all 3 groups are.' } })
  for (const account of machine.stage.exchange.accounts.values()) account.general = 'READ_ONLY'
  const { outcome: after } = await machine.pull({ readiness: true })
  expect(after).toMatchObject({
    status: 'FAILED',
    error: 'NotReady',
    cause: /^NOT READY: 0 of 3 groups are ready. mm: /,
  })
})

test('readiness of one group is that of it alone, and its schedule has a metric of its own', async () => {
  const due = scheduleEvent()
  for (const [name, account] of machine.stage.exchange.accounts)
    if (name !== 'arb-1') account.general = 'READ_ONLY'
  const { outcome } = await machine.pull({ readiness: true, groups: ['arb'], ...due })
  expect(outcome).toMatchObject({
    status: 'SUCCEEDED',
    output: { ready: true, sentence: 'READY: 1 of 3 groups, as asked, are.' },
  })
  expect(machine.stage.secrets.asked).toEqual([ARB.secret])
  expect(await readyOf()).toEqual([
    [1, undefined],
    [1, 'end-of-session'],
  ])
})

test('a group that is lost is not ready, though it was not asked: a pull would lose it, too', async () => {
  machine.processOf('opt').kill()
  const { outcome } = await machine.pull({ readiness: true, groups: ['arb'] })
  expect(outcome).toMatchObject({
    error: 'NotReady',
    cause: /^NOT READY: 1 of 1 groups are ready. opt: it is lost/,
  })
})

test('a check of a group that is not there fails as refused', async () => {
  const { outcome } = await machine.pull({ readiness: true, groups: ['arb', 'art'] })
  expect(outcome).toMatchObject({
    error: 'InputRefused',
    cause: 'NOT FIRED: there is no group art, so that none was checked.',
  })
  expect(machine.stage.exchange.calls).toEqual([])
})

/** What the last task counted of readiness, and under which schedule. */
async function readyOf(): Promise<readonly (readonly [number, unknown])[]> {
  await new Promise((resolve) => setTimeout(resolve, 100))
  const lines = ALL.flatMap(({ name }) => machine.processOf(name).lines).map((line) => JSON.parse(line))
  return lines
    .filter((line) => line.Ready !== undefined && line.account === undefined)
    .map(({ Ready, schedule }) => [Ready, schedule] as const)
}
