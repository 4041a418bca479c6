import { afterEach, beforeEach, expect, test } from 'vitest'
import { alarmEvent, alarmRuleEvent, scheduleEvent } from '../../drill/events.ts'
import { faultNamed } from '../../drill/faults.ts'
import type { LambdaRuntime } from '../../drill/runtime.ts'
import { fleetSecret, Stage } from '../../drill/stage.ts'
import { EmbeddedTopic } from '../../drill/topic.ts'
import { type Group, groupsSetting } from '../../lambda/init/fleet/roster.ts'

/* One function for every group of a fleet: what it may be asked for, and what it keeps. */

const MM: Group = { name: 'mm', secret: 'kill-switch/mm', accounts: ['mm-btc', 'mm-eth'] }
const ARB: Group = { name: 'arb', secret: 'kill-switch/arb', accounts: ['arb-1'] }
const FLEET = [...MM.accounts, ...ARB.accounts]
let stage: Stage

beforeEach(async () => {
  stage = await Stage.open({ names: FLEET, countsBy: 'key' })
  for (const { secret, accounts } of [MM, ARB]) {
    const own = new Map([...stage.exchange.accounts].filter(([name]) => accounts.includes(name)))
    stage.secrets.putAs(secret, fleetSecret(own, 'both'))
  }
})
afterEach(() => stage.close())

function start(roads = 'rest', others: object = {}, timeoutMs = 10_000): Promise<LambdaRuntime> {
  const settings = { KRAKEN_SECRET_ID: '', QUIET_PERIOD_MS: '200', KRAKEN_ROADS: roads }
  const FLEET_GROUPS = groupsSetting([MM, ARB])
  return stage.startFunction({ timeoutMs, settings: { ...settings, FLEET_GROUPS, ...others } })
}

const resting = () => [...stage.exchange.accounts.values()].map(({ book }) => book.orders.length)
const asks = (group: Group, event: unknown = {}) => ({ group, fleet: FLEET, event })

test('answers for its group alone, in a few bytes, whatever the verdict', async () => {
  stage.rest(6)
  const running = await start()
  const answer = await running.invoke(asks(MM, alarmEvent()))
  expect(answer).toMatchObject({
    result: {
      group: 'mm',
      verdict: 'EMPTY',
      isRefused: false,
      accounts: { 'mm-btc': { verdict: 'EMPTY', cancelled: 6 }, 'mm-eth': { verdict: 'EMPTY' } },
    },
  })
  expect(JSON.stringify(answer).length).toBeLessThan(600)
  expect(resting()).toEqual([0, 0, 6])
  for (const account of stage.exchange.accounts.values()) account.general = 'READ_ONLY'
  expect(await running.invoke(asks(ARB))).toMatchObject({
    result: { group: 'arb', verdict: 'NOT_PROVEN', accounts: { 'arb-1': { verdict: 'NOT_EMPTY', open: 6 } } },
  })
})

test('reads the secret of the group that is asked for, and of no other; another group gets connections of its own', async () => {
  const running = await start('both')
  await running.initialised
  expect(stage.secrets.asked).toEqual([])
  const own = (group: Group) =>
    group.accounts.map((name) => stage.exchange.accounts.get(name)?.unified.apiKey ?? '')
  for (const group of [MM, ARB, MM]) {
    stage.exchange.misbehave(null)
    expect(await running.invoke(asks(group))).toMatchObject({ result: { verdict: 'EMPTY' } })
    const keys = stage.exchange.calls
      .filter(({ endpoint }) => endpoint === 'GetWebSocketsToken')
      .map(({ credentials }) => credentials.apikey)
    expect(keys.toSorted()).toEqual(own(group).toSorted()) // sessions of before were not kept
  }
  expect(stage.secrets.asked).toEqual([MM.secret, ARB.secret, MM.secret])
})

test('a group that is still swept says so by its name: that mail is its own, and the verdict is not', async () => {
  const topic = await EmbeddedTopic.start()
  try {
    stage.rest(5)
    stage.exchange.misbehave(faultNamed('nothing-cancelled') ?? null)
    const NOTIFY_TOPIC_ARN = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'
    const running = await start('rest', { NOTIFY_TOPIC_ARN, AWS_ENDPOINT_URL_SNS: topic.url }, 14_000)
    await running.invoke(asks(MM))
    const [interim, ...others] = topic.published
    expect(interim?.message).toMatch(
      /^STILL SWEEPING after 10 s: 1 of 2 accounts of the group mm EMPTY; mm-btc \(5 open\)\. /,
    )
    expect(interim?.message).toMatch(/^Accounts: +mm: mm-btc, mm-eth$/m)
    expect(others).toEqual([])
  } finally {
    await topic.close()
  }
}, 30_000)

test('the same group again finds its keys and connections', async () => {
  const running = await start()
  await running.invoke(asks(ARB))
  await running.invoke(asks(ARB))
  expect(stage.secrets.asked).toEqual([ARB.secret])
})

test.each([
  ['of a name that was not deployed', { ...MM, name: 'mm-2' }],
  ["with another group's secret", { ...MM, secret: ARB.secret }],
  ['with an account less', { ...MM, accounts: ['mm-btc'] }],
  ['with an account of another group', { ...ARB, accounts: ['mm-btc'] }],
])('a group %s is lost: nothing is read, and nothing sent', async (_, group) => {
  const running = await start()
  stage.exchange.misbehave(null)
  expect(await running.invoke(asks(group))).toMatchObject({
    error: { errorType: 'InputRefused', errorMessage: /^no group .* was deployed with this function/ },
  })
  expect(stage.secrets.asked).toEqual([])
  expect(stage.exchange.calls).toEqual([])
})

test.each([
  ['no group', {}, /the event names none/],
  ['a group that is a name', { group: 'mm', event: {} }, /^group /],
  ['a group without an event', { group: MM }, /^event is missing|^"?event/],
  ['a field too many', { ...asks(MM), symbols: ['PF_XBTUSD'] }, /"symbols" is not a field that is known/],
])('an event with %s throws', async (_, event, message) => {
  const running = await start()
  expect(await running.invoke(event)).toMatchObject({ error: { errorMessage: message } })
})

test('accounts of other groups are no mistake, and none of this one is nothing to do', async () => {
  stage.rest(3)
  const running = await start()
  const pull = { accounts: ['mm-eth', 'arb-1'] }
  expect(await running.invoke(asks(MM, pull))).toMatchObject({
    result: { verdict: 'EMPTY', accounts: { 'mm-eth': { verdict: 'EMPTY' } } },
  })
  expect(await running.invoke(asks(ARB, { accounts: ['mm-btc'] }))).toMatchObject({
    result: { verdict: 'NOT_FIRED', isRefused: false, accounts: {} },
  })
  expect(await running.invoke(asks(ARB, { accounts: ['arb-1', 'typo'] }))).toMatchObject({
    result: { verdict: 'NOT_FIRED', isRefused: true, sentence: /there is no account typo/ },
  })
  expect(resting()).toEqual([3, 0, 3])
})

test.each([
  ['the group', { group: 'mm' }, /^EMPTY/, /^NOT FIRED: another group was asked for/],
  ['one of its accounts', { accounts: ['mm-eth'] }, /^EMPTY/, /^NOT FIRED: none of the accounts asked for/],
  ['a group that is not there', { group: 'mn' }, /there is no group mn/, /there is no group mn/],
])('an alarm that the rule hears pulls %s that the stack names for it', async (_, whom, mm, arb) => {
  stage.rest(3)
  const running = await start('rest', { ALARM_SCOPES: JSON.stringify({ 'bot-heartbeat-missing': whom }) })
  const groups = [MM.name, ARB.name]
  for (const [group, sentence] of [[MM, mm] as const, [ARB, arb] as const]) {
    const answer = await running.invoke({ ...asks(group, alarmRuleEvent()), groups })
    expect(answer).toMatchObject({ result: { group: group.name, sentence } })
  }
  expect(resting()[2]).toBe(3)
})

test('readiness of a group is returned, ready or not', async () => {
  const running = await start()
  expect(await running.invoke(asks(MM, { readiness: true }))).toMatchObject({
    result: { ready: true, group: 'mm' },
  })
})

test('a check of other groups is answered at once: secret and connections of this one stay as they are', async () => {
  const running = await start()
  await running.invoke(asks(MM))
  stage.exchange.misbehave(null)
  const check = { readiness: true, groups: ['mm'], ...scheduleEvent() }
  const groups = [MM.name, ARB.name]
  expect(await running.invoke({ ...asks(ARB, check), groups })).toEqual({
    result: { group: 'arb', ready: null, sentence: 'Not checked: other groups are now.' },
  })
  expect(stage.exchange.calls).toEqual([])
  expect(await running.invoke({ ...asks(MM, check), groups })).toMatchObject({
    result: { group: 'mm', ready: true },
  })
  expect(new Set(stage.secrets.asked)).toEqual(new Set([MM.secret]))
})

test('a check of a group that is not there is refused, and checks nothing', async () => {
  const running = await start()
  stage.exchange.misbehave(null)
  const check = { readiness: true, groups: ['mm', 'mn'] }
  expect(await running.invoke({ ...asks(MM, check), groups: [MM.name, ARB.name] })).toMatchObject({
    result: {
      verdict: 'NOT_FIRED',
      isRefused: true,
      sentence: /there is no group mn, so that none was checked/,
    },
  })
  expect(stage.exchange.calls).toEqual([])
})
