import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { TIMER_FAULTS, type TimerFault } from '../../drill/timer-faults.ts'
import { systemClock } from '../../lambda/clock.ts'
import type { RoadName } from '../../lambda/kraken/exchange.ts'
import { Budget, COST, REST_ALLOWANCE } from '../../lambda/kraken/http/budget.ts'
import { readTimer, timerSeconds } from '../../lambda/kraken/timer.ts'
import { readArmed } from '../../lambda/kraken/unified/answers.ts'
import { openVenue, type Venue } from '../venue.ts'

/* Kraken's own timer, over real sockets on both roads. */

async function venueFor(orders?: number): Promise<Venue> {
  const venue = await openVenue(orders)
  onTestFinished(() => venue.close())
  return venue
}

const ROADS = ['rest', 'unified'] as const satisfies readonly RoadName[]

/** One invocation's client of that road. */
function exchangeOf(venue: Venue, road: RoadName) {
  return road === 'rest' ? venue.client() : venue.unified()
}

const ENDPOINT = { rest: 'cancelallordersafter', unified: 'cancel_all_orders_after' } as const

test.each(ROADS)('over %s it is armed, signed, noted as no cancel, and told when it fires', async (road) => {
  const venue = await venueFor(3)
  const ack = await exchangeOf(venue, road).armTimer(60)
  expect(Number(ack.firesAt) - Number(ack.currentTime)).toBe(60_000)
  expect(ack.clockSkewMs).toBeCloseTo(0, -3)
  const { timer, book } = venue.exchange.account
  expect(timer.calls).toEqual([{ road, seconds: 60, at: expect.any(Number) }])
  expect(Date.parse(timer.status.triggerTime)).toBe(ack.firesAt)
  expect(venue.exchange.calls.at(-1)).toMatchObject({ endpoint: ENDPOINT[road], isAuthentic: true })
  expect(venue.attempts.at(-1)).toMatchObject({
    call: `${ENDPOINT[road]} 60 s`,
    isCancel: false,
    outcome: 'ok',
  })
  expect(venue.cancelsSent).toBe(0)
  expect(book.orders).toHaveLength(3)
})

test.each(ROADS)('over %s it fires, unless it is armed again', async (road) => {
  const venue = await venueFor(3)
  const { timer, book } = venue.exchange.account
  const exchange = exchangeOf(venue, road)
  await exchange.armTimer(1)
  await sleep(600)
  const { firesAt } = await exchange.armTimer(1)
  await sleep(600)
  expect(book.orders).toHaveLength(3)
  await expect.poll(() => book.orders.length).toBe(0)
  expect(timer.firedAt).toHaveLength(1)
  expect(Date.now()).toBeGreaterThanOrEqual(Number(firesAt) - 2) // timers are early by a millisecond or two
})

const NEVER_SENT = [0, -0, -1, 0.5, 60.5, 86_400, 1e9, Number.NaN, Infinity, -Infinity]

test.each(ROADS)('over %s nothing but 1 to 86,399 whole seconds is ever sent', async (road) => {
  const venue = await venueFor(0)
  const exchange = exchangeOf(venue, road)
  for (const seconds of [...NEVER_SENT, '60', '', null, undefined, [], [60], true] as number[]) {
    await expect(exchange.armTimer(seconds), String(seconds)).rejects.toMatchObject({
      name: 'NotTried',
      code: 'timer seconds',
    })
  }
  expect(venue.exchange.calls).toEqual([])
  expect(venue.exchange.account.timer.calls).toEqual([])
  await exchange.armTimer(1)
  await exchange.armTimer(86_399)
  expect(venue.exchange.account.timer.calls.map(({ seconds }) => seconds)).toEqual([1, 86_399])
})

test('the seconds are what they are', () => {
  expect([1, 60, 86_399].map(timerSeconds)).toEqual([1, 60, 86_399])
})

const currentTime = '2018-06-19T16:51:23.839Z'
const triggerTime = '2018-06-19T16:52:23.839Z'
const [current, trigger] = [Date.parse(currentTime), Date.parse(triggerTime)]

test.each<[string, unknown, object]>([
  ['the documented answer', { currentTime, triggerTime }, { firesAt: trigger, currentTime: current }],
  ['no time of firing', { currentTime }, { firesAt: null, currentTime: current }],
  ['null for it', { currentTime, triggerTime: null }, { firesAt: null }],
  ['words for it', { currentTime, triggerTime: 'soon' }, { firesAt: null }],
  ['an object for it', { currentTime, triggerTime: {} }, { firesAt: null }],
  ['no current time', { triggerTime }, { firesAt: trigger, currentTime: null }],
  ['nothing in it', {}, { firesAt: null, currentTime: null }],
])('what is said of the timer by %s', (_, said, expected) => {
  expect(readTimer(said)).toMatchObject(expected)
})

// Each row differs from the documented answer in one place only.
test.each<[string, unknown, string]>([
  ['"0"', { currentTime, triggerTime: '0' }, 'timer not armed'],
  ['the number 0', { currentTime, triggerTime: 0 }, 'timer not armed'],
  ['"0" without a current time', { triggerTime: '0' }, 'timer not armed'],
  ['the current time', { currentTime, triggerTime: currentTime }, 'timer not armed'],
  ['a time that is over', { currentTime, triggerTime: '2018-06-19T16:51:22.839Z' }, 'timer not armed'],
  ['nothing', undefined, 'no timer'],
  ['null', null, 'no timer'],
  ['a list', [], 'no timer'],
  ['a word', 'armed', 'no timer'],
])('a timer of which %s is said is not armed', (_, said, code) => {
  expect(() => readTimer(said)).toThrow(expect.objectContaining({ code }))
})

const armed = {
  method: 'cancel_all_orders_after',
  req_id: 7,
  result: { currentTime, triggerTime },
  success: true,
}

test.each<[string, object, string]>([
  ['no success', { ...armed, success: undefined }, 'no success'],
  ['success as a word', { ...armed, success: 'true' }, 'no success'],
  ['an error beside it', { ...armed, error: 'EService:Busy' }, 'EService:Busy'],
  ['no result', { ...armed, result: undefined }, 'no timer'],
  [
    'a refused asset_class',
    { error: 'EGeneral:Invalid arguments:asset_class', success: false },
    'no timer here',
  ],
  [
    'an asset_class that is not known',
    {
      error: "Unsupported field: 'asset_class' for the given msg type: cancel_all_orders_after",
      success: false,
    },
    'no timer here',
  ],
])('never takes %s for an armed timer on the second road', (_, response, code) => {
  expect(readArmed(armed as never).firesAt).toBe(trigger)
  expect(() => readArmed(response as never)).toThrow(expect.objectContaining({ code }))
})

const CASES = TIMER_FAULTS.flatMap((fault) =>
  ROADS.filter((road) => fault.roads === 'both' || fault.roads === road).map(
    (road) => [fault.name, road, fault] as const,
  ),
)

test.each(CASES)('%s over %s: armed, or an error by name, and the road goes on', async (_, road, fault) => {
  const venue = await venueFor(3)
  venue.exchange.misbehave(fault)
  const exchange = exchangeOf(venue, road)
  expect(await armingOf(exchange.armTimer(60))).toBe(fault.arming)
  expect(venue.exchange.account.timer.calls).toEqual([expect.objectContaining({ road, seconds: 60 })])
  expect((await exchange.openOrders()).orders).toHaveLength(3)
  await exchange.cancelAll(undefined, { atOnce: 1, onLateAck: () => {} })
  expect(venue.exchange.account.book.orders).toEqual([])
})

async function armingOf(arming: ReturnType<ReturnType<typeof exchangeOf>['armTimer']>): Promise<string> {
  try {
    const { firesAt, currentTime } = await arming
    if (firesAt === null) return 'untold'
    return firesAt - Number(currentTime) > 60_000 ? 'later' : 'told'
  } catch (error) {
    expect(error).toMatchObject({ restingOrders: 'unknown', message: expect.stringMatching(/\w{3}/) })
    return 'error'
  }
}

test('a timer that Kraken does not answer for costs the second road neither its session nor a token', async () => {
  const venue = await venueFor(3)
  const exchange = venue.unified()
  await exchange.openOrders()
  const { kept } = venue.sessions
  venue.exchange.misbehave(TIMER_FAULTS.find(({ name }) => name === 'timer:silent') as TimerFault)
  await expect(exchange.armTimer(60)).rejects.toMatchObject({ code: 'timeout' })
  expect(venue.sessions.kept).toBe(kept)
  expect(venue.exchange.calls.map(({ endpoint }) => endpoint)).toEqual(['cancel_all_orders_after'])
  expect(venue.exchange.account.timer.status.triggerTime).not.toBe('0') // armed all the same
})

test('over the second road it goes out once, whatever comes of its session', async () => {
  const venue = await venueFor(0)
  const exchange = venue.unified()
  await exchange.openPositions()
  venue.exchange.misbehave({ message: () => ({ said: [], isCut: true }) })
  await expect(exchange.armTimer(60)).rejects.toMatchObject({ code: 'broken connection' })
  await sleep(50)
  expect(venue.exchange.calls.map(({ endpoint }) => endpoint)).toEqual(['cancel_all_orders_after'])
})

test('a timer that comes too late fires too late', async () => {
  const venue = await venueFor(3)
  venue.exchange.misbehave(TIMER_FAULTS.find(({ name }) => name === 'timer:late') as TimerFault)
  await venue.client().armTimer(1)
  await sleep(1_200)
  expect(venue.exchange.account.book.orders).toHaveLength(3)
  await expect.poll(() => venue.exchange.account.book.orders.length, { timeout: 4_000 }).toBe(0)
})

test('a token that is no longer good is replaced for the timer too', async () => {
  const venue = await venueFor(0)
  const exchange = venue.unified()
  await exchange.openPositions()
  venue.exchange.account.unified.tokens.length = 0
  expect((await exchange.armTimer(60)).firesAt).not.toBeNull()
})

test('the timer leaves enough of the budget for a cancel and the reads after it', async () => {
  const venue = await venueFor(0)
  const budgetLess = (units: number) => {
    const budget = new Budget(systemClock, REST_ALLOWANCE)
    budget.trySpend(units)
    return budget
  }
  const least = COST.armTimer + COST.cancelAll + REST_ALLOWANCE.keptForReads
  await expect(venue.client({ budget: budgetLess(501 - least) }).armTimer(60)).rejects.toMatchObject({
    code: 'budget',
    retryAfterMs: expect.any(Number),
  })
  expect(venue.exchange.calls).toEqual([])
  const client = venue.client({ budget: budgetLess(500 - least) })
  await client.armTimer(60)
  await client.cancelAll(undefined, { atOnce: 1, onLateAck: () => {} })
  await expect(client.armTimer(60)).rejects.toMatchObject({ code: 'budget' })
})

test('over the first road it goes out once, on a connection that cannot be dead', async () => {
  const venue = await venueFor(0)
  await venue.client().openPositions()
  venue.exchange.misbehave({
    answer: async (_, orderly) => {
      await sleep(200) // SPARE_AFTER_MS is 100 here
      return orderly()
    },
  })
  await venue.client().armTimer(60)
  expect(venue.attempts.at(-1)).toMatchObject({ connection: 'fresh', outcome: 'ok' })
  expect(venue.exchange.calls).toHaveLength(1)
  expect(venue.exchange.calls[0]?.units).toBe(25)
})

test.each(ROADS)(
  'over %s it lasts no longer than the deadline, and nothing leaves once it is over',
  async (road) => {
    const venue = await venueFor(0)
    const inputs = { deadlineAt: performance.now() + 150, attemptTimeoutMs: 10_000 }
    const exchange = road === 'rest' ? venue.client(inputs) : venue.unified(inputs)
    venue.exchange.misbehave({
      answer: (call, orderly) =>
        call.endpoint === ENDPOINT.rest ? { ...orderly(), delivery: 'never' } : undefined,
      message: () => ({ said: [] }),
    })
    await expect(exchange.armTimer(60)).rejects.toMatchObject({ code: 'timeout' })
    await sleep(20)
    await expect(exchange.armTimer(60)).rejects.toMatchObject({ code: 'deadline' })
    expect(venue.exchange.account.timer.calls).toHaveLength(1)
  },
)
