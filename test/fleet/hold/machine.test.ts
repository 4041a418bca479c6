import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { json } from '../../../drill/answer.ts'
import { Bot } from '../../../drill/bot.ts'
import { type Execution, startExecution } from '../../../drill/hold-engine.ts'
import { fleetSecret, Stage } from '../../../drill/stage.ts'
import { EmbeddedTopic } from '../../../drill/topic.ts'
import { holdDefinition } from '../../../infra/hold-definition.ts'
import type { FleetHold, HeldAccount } from '../../../lambda/fleet/hold/fleet-hold.ts'
import { type Group, groupsSetting } from '../../../lambda/init/fleet/roster.ts'
import type { Report } from '../../../lambda/report/report.ts'
import { NOTHING_KNOWN } from '../../../lambda/triggers/hold-event.ts'
import { Sandboxes } from '../../sandboxes.ts'

/* The hold of three accounts: the state machine as it is deployed, on a local engine, with the built bundle as its task. */

const NAMES = ['mm-btc', 'mm-eth', 'arb-1']
const MM: Group = { name: 'mm', secret: 'kill-switch/mm', accounts: NAMES.slice(0, 2) }
const ARB: Group = { name: 'arb', secret: 'kill-switch/arb', accounts: NAMES.slice(2) }
const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'
const ALIAS = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'
/** Of the function: so its laps are short. */
const TIMEOUT_MS = 2_500

let stage: Stage
let topic: EmbeddedTopic
let bot: Bot

beforeEach(async () => {
  stage = await Stage.open({ names: NAMES, countsBy: 'key' })
  topic = await EmbeddedTopic.start()
  stage.secrets.put(fleetSecret(stage.exchange.accounts, 'both'))
  for (const { secret, accounts } of [MM, ARB]) {
    const own = new Map([...stage.exchange.accounts].filter(([name]) => accounts.includes(name)))
    stage.secrets.putAs(secret, fleetSecret(own, 'both'))
  }
  bot = new Bot(accountOf('mm-btc').book, { prefix: 'mm7-', everyMs: 250 })
})

afterEach(async () => {
  bot.stop()
  await stage.close()
  await topic.close()
})

function accountOf(name: string) {
  const account = stage.exchange.accounts.get(name)
  if (account === undefined) throw new Error(`no account ${name}`)
  return account
}

const iso = (fromNowMs: number) => new Date(Date.now() + fromNowMs).toISOString()

/** Kept shut for so many milliseconds more, and known to be empty. */
const shutFor = (ms: number): HeldAccount => ({
  known: {
    ...NOTHING_KNOWN,
    emptySince: iso(-50_000),
    shutUntil: iso(ms),
    seenAt: iso(0),
    sentence: 'EMPTY.',
  },
  ended: null,
})

/** Not proven: it is swept until `provenBy`. */
const UNPROVEN: HeldAccount = { known: NOTHING_KNOWN, ended: null }

function holdFor(accounts: Record<string, HeldAccount>, own: Partial<FleetHold> = {}): FleetHold {
  return {
    name: 'pull-0815',
    pull: { kind: 'alarm', by: 'drawdown', reason: null, receivedAt: iso(-60_000) },
    scope: 'all',
    provenBy: iso(0),
    keepShutMinutes: 10,
    fuse: false,
    group: null,
    accounts,
    ...own,
  }
}

const allFor = (ms: number) => Object.fromEntries(NAMES.map((name) => [name, shutFor(ms)]))

function sandboxes(settings: object = { ACCOUNTS: JSON.stringify(NAMES) }): Sandboxes {
  const here = { NOTIFY_TOPIC_ARN: TOPIC, AWS_ENDPOINT_URL_SNS: topic.url, QUIET_PERIOD_MS: '200' }
  return new Sandboxes(() =>
    stage.startFunction({ timeoutMs: TIMEOUT_MS, settings: { ...here, ...settings } }),
  )
}

const OF_GROUPS = { KRAKEN_SECRET_ID: '', FLEET_GROUPS: groupsSetting([MM, ARB]) }

function start(hold: FleetHold, { invoke }: Sandboxes, secondMs = 300): Execution {
  const minutes = { persistMinutes: 1, keepShutMinutes: 1 }
  const definition = holdDefinition({ partition: 'aws', aliasArn: ALIAS, ...minutes })
  return startExecution({ definition, input: { hold }, invoke, secondMs })
}

/** How long each order rested that was placed on that account. */
function rested(name: string): readonly number[] {
  const { changes } = accountOf(name).book
  return changes
    .filter(({ kind }) => kind === 'placed')
    .map(({ at, order }) => {
      const gone = changes.find((one) => one.kind === 'removed' && one.order.order_id === order.order_id)
      return (gone?.at ?? Infinity) - at
    })
}

async function logged(running: Sandboxes): Promise<readonly Record<string, unknown>[]> {
  await sleep(100)
  return running.lines.map((line) => JSON.parse(line))
}

const subjects = () => topic.published.map(({ subject }) => subject)
const messages = () => topic.published.map(({ message }) => message)

test('a bot on one account: that one is kept shut, the others are not touched, and one sentence tells it', async () => {
  const running = sandboxes()
  bot.start()
  setTimeout(() => bot.stop(), 4_500)
  const { outcome } = start(holdFor(allFor(6_000)), running)
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' })
  expect(bot.placed).toBeGreaterThan(10)
  expect(rested('mm-btc').filter((ms) => ms > 1_500)).toEqual([])
  for (const name of NAMES) expect(accountOf(name).book.orders).toEqual([])
  expect(messages().map((message) => message.split('\n')[0])).toEqual([
    expect.stringMatching(
      /^HELD 1 min: mm-btc \(\d+ refills?, \d+ orders cancelled, empty since [\d:]+ UTC\), mm-eth and arb-1 \(0 refills, 0 orders cancelled, empty since [\d:]+ UTC\)\.$/,
    ),
  ])
  const lines = await logged(running)
  const laps = lines.filter(({ lap }) => lap !== undefined)
  expect([...new Set(laps.map(({ account }) => account))]).toEqual(NAMES)
  // The others' books are looked at, and cancelled where the end is near.
  const sweeps = laps
    .filter(({ account }) => account === 'mm-eth')
    .map(({ report }) => (report as Report).attempts.some(({ call }) => call.startsWith('cancel')))
  expect([...sweeps.slice(0, 2), sweeps.at(-1)]).toEqual([false, false, true])
  expect(lines.some(({ account, HoldLap }) => account === 'mm-btc' && HoldLap === 1)).toBe(true)
  expect(lines.some(({ account, HoldLap }) => account === undefined && HoldLap === 1)).toBe(true)
})

test('an account that is not proven is swept on, while the others are kept shut', async () => {
  const accounts = { 'mm-btc': shutFor(4_500), 'mm-eth': UNPROVEN, 'arb-1': shutFor(4_500) }
  stage.rest(0)
  accountOf('mm-eth').book.place({})
  const hold = holdFor(accounts, { provenBy: iso(4_000), keepShutMinutes: 0 })
  const { outcome } = start(hold, sandboxes())
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' })
  expect(accountOf('mm-eth').book.orders).toEqual([])
  expect(messages()[0]).toMatch(/^HELD 1 min: .*\(0 refills, 1 order cancelled/)
})

test('an account whose key goes bad in mid-hold is lost by name; the others are held to their end', async () => {
  const running = sandboxes({ ACCOUNTS: JSON.stringify(NAMES), KRAKEN_ROADS: 'rest' })
  const { outcome } = start(holdFor(allFor(5_000)), running)
  await sleep(1_500)
  stage.exchange.misbehave({
    answer: ({ credentials: { apikey } }) =>
      apikey === accountOf('mm-btc').apiKey
        ? json({ result: 'error', error: 'authenticationError' })
        : undefined,
  })
  accountOf('arb-1').book.place({})
  expect(await outcome).toMatchObject({
    status: 'FAILED',
    error: 'HoldLost',
    cause:
      /^HOLD LOST: mm-btc \(not proven empty when its time was over; last known: .*authenticationError.*; HELD 1 min: arb-1 \(1 refill, 1 order cancelled, .*mm-eth \(0 refills/,
  })
  expect(accountOf('arb-1').book.orders).toEqual([])
  const last = messages().at(-1) ?? ''
  expect(last).toMatch(/\nmm-btc: +HOLD LOST: /)
  expect(last).toMatch(/\nmm-eth: +HELD 1 min: /)
}, 30_000)

test('a lap whose process is killed is tried again, and every account is held on', async () => {
  const running = sandboxes()
  running.onInvoke = (process, nth) => {
    if (nth === 1) setTimeout(() => process.kill(), 500)
  }
  const { outcome } = start(holdFor(allFor(5_000)), running)
  await sleep(3_000)
  for (const name of NAMES) accountOf(name).book.place({})
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' })
  for (const name of NAMES) expect(accountOf(name).book.orders).toEqual([])
})

test('where no lap comes through any more, it fails, and names every account', async () => {
  const running = sandboxes()
  running.throttled = Array.from({ length: 12 }, (_, i) => i) // all tries of two minutes
  const { outcome } = start(holdFor(allFor(60_000)), running, 50)
  const lost = 'no lap came through any more \\(Lambda\\.TooManyRequestsException\\); last known: EMPTY'
  expect(await outcome).toMatchObject({
    status: 'FAILED',
    error: 'HoldLost',
    cause: new RegExp(`^HOLD LOST: mm-btc \\(${lost}\\), mm-eth \\(${lost}\\), arb-1 \\(${lost}\\)\\.$`),
  })
  expect(subjects()).toHaveLength(1)
})

test('a hold that is stopped sends nothing after the lap that was running', async () => {
  const { outcome, stop } = start(holdFor(allFor(60_000)), sandboxes())
  await sleep(2_500)
  stop()
  expect(await outcome).toEqual({ status: 'ABORTED' })
  await sleep(TIMEOUT_MS)
  const { length } = stage.exchange.calls
  for (const name of NAMES) accountOf(name).book.place({})
  await sleep(1_000)
  expect(stage.exchange.calls).toHaveLength(length)
  expect(topic.published).toEqual([])
})

test('two accounts with one key are never held, whatever was seen', async () => {
  const { accounts } = JSON.parse(fleetSecret(stage.exchange.accounts))
  stage.secrets.put(JSON.stringify({ accounts: { ...accounts, 'mm-eth': accounts['mm-btc'] } }))
  const { outcome } = start(holdFor(allFor(1_000)), sandboxes())
  const why = 'mm-btc and mm-eth hold the same key, so that one of their books was never looked at'
  expect(await outcome).toMatchObject({
    status: 'FAILED',
    cause: new RegExp(`^HOLD LOST: mm-btc \\(${why}; .*mm-eth \\(${why}; .*HELD 1 min: arb-1 \\(`),
  })
})

test("a group's hold reads its secret alone, sweeps its accounts alone, and says which it is", async () => {
  stage.rest(2)
  const accounts = { 'mm-btc': UNPROVEN, 'mm-eth': UNPROVEN }
  const hold = holdFor(accounts, { group: MM, provenBy: iso(3_000), keepShutMinutes: 0 })
  const running = sandboxes(OF_GROUPS)
  const { outcome } = start(hold, running)
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' })
  expect(NAMES.map((name) => accountOf(name).book.orders.length)).toEqual([0, 0, 2])
  expect([...new Set(stage.secrets.asked)]).toEqual([MM.secret])
  expect(messages()[0]).toMatch(/^HELD 1 min in the group mm: mm-btc and mm-eth \(0 refills, 4 orders/)
})

test.each<[string, object, Partial<FleetHold>, RegExp]>([
  [
    "another group's secret",
    OF_GROUPS,
    { group: { ...MM, secret: ARB.secret } },
    /no group mm with that secret/,
  ],
  ['a shorter roster', OF_GROUPS, { group: { ...MM, accounts: ['mm-btc'] } }, /no group mm with that secret/],
  ['no group, where there are some', OF_GROUPS, { group: null }, /serves groups of accounts/],
  ['a group, where there is one roster', {}, { group: MM }, /has one roster, and no groups/],
  ['an account that is not there', {}, { accounts: { typo: UNPROVEN } }, /there is no account typo to hold/],
  [
    "another group's account",
    OF_GROUPS,
    { group: MM, accounts: { 'mm-btc': UNPROVEN, 'arb-1': UNPROVEN } },
    /there is no account arb-1 to hold/,
  ],
  ['no accounts', {}, { accounts: {} }, /hold\.accounts names none/],
  ['what a hold of one account has', {}, { known: NOTHING_KNOWN } as object, /"hold\.known" is not a field/],
  [
    'a fuse over some symbols',
    {},
    { fuse: true, scope: ['PF_XBTUSD'] },
    /has a fuse, which cancels everything/,
  ],
])('a lap with %s is refused, sends nothing, and is not tried again', async (_, settings, own, cause) => {
  stage.rest(2)
  const running = sandboxes({
    ...('FLEET_GROUPS' in settings ? {} : { ACCOUNTS: JSON.stringify(NAMES) }),
    ...settings,
  })
  const accounts = { 'mm-btc': UNPROVEN }
  const { outcome } = start(holdFor(accounts, own), running)
  expect(await outcome).toMatchObject({ status: 'FAILED', error: 'HoldRefused', cause })
  expect(running.invocations).toHaveLength(1)
  expect(stage.exchange.calls).toEqual([])
  if ('FLEET_GROUPS' in settings) expect(stage.secrets.asked).toEqual([])
})

test('what an account knows that cannot be read is forgotten, and its book is not', async () => {
  stage.rest(1)
  const accounts = { 'mm-btc': { known: { laps: 'many' }, ended: null }, 'mm-eth': shutFor(500) }
  const hold = holdFor(accounts as never, { provenBy: iso(2_000), keepShutMinutes: 0 })
  const { outcome } = start(hold, sandboxes())
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' })
  expect(accountOf('mm-btc').book.orders).toEqual([])
})

test('each account arms a timer of its own in every lap', async () => {
  const running = sandboxes({ ACCOUNTS: JSON.stringify(NAMES), KRAKEN_ROADS: 'rest' })
  const hold = holdFor({ 'mm-btc': shutFor(4_000) }, { fuse: true })
  const { outcome } = start(hold, running)
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' })
  const armed = stage.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelallordersafter')
  expect(armed.length).toBeGreaterThanOrEqual(2)
  expect(new Set(armed.map(({ credentials }) => credentials.apikey))).toEqual(
    new Set([accountOf('mm-btc').apiKey]),
  )
})
