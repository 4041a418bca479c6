import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Roads } from '../../drill/account.ts'
import { type Answer, html, json } from '../../drill/answer.ts'
import { openOrdersAnswer } from '../../drill/endpoints.ts'
import type { Heard, Misbehaviour } from '../../drill/exchange.ts'
import type { Fault } from '../../drill/fault.ts'
import { faultNamed } from '../../drill/faults.ts'
import type { Call } from '../../drill/order-desk.ts'
import { TIMER_FAULTS } from '../../drill/timer-faults.ts'
import { UNIFIED_FAULTS } from '../../drill/unified-faults.ts'
import type { Said } from '../../drill/unified-session.ts'
import { systemClock } from '../../lambda/clock.ts'
import { UNIFIED_ERROR_CODES } from '../../lambda/kraken/exchange-error.ts'
import type { Scope } from '../../lambda/kraken/symbol.ts'
import { makeReport, type Report } from '../../lambda/report/report.ts'
import { type Swept, sweepRoads } from '../../lambda/sweep/roads.ts'
import { decide, type Verdict } from '../../lambda/sweep/verdict.ts'
import { isWanted } from '../oracles.ts'
import { type Pulled, pullOver } from '../pull.ts'
import { openVenue, type Venue } from '../venue.ts'

/* The real sweep over both roads, each over real sockets, against one embedded exchange. */

const QUIET_MS = 200

function pull(
  venue: Venue,
  which: Roads,
  scope: Scope = 'all',
  timeMs = 4_000,
  isUncountable = false,
): Promise<Pulled> {
  const roads = (deadlineAt: number) => venue.roads(which, { deadlineAt })
  return pullOver(venue, { scope, timeMs, quietPeriodMs: QUIET_MS, roads, isUncountable })
}

async function venueFor(orders?: number): Promise<Venue> {
  const venue = await openVenue(orders)
  onTestFinished(() => venue.close())
  return venue
}

test.each([...UNIFIED_FAULTS, ...TIMER_FAULTS].map((fault) => [fault.name, fault] as const))(
  '%s: never EMPTY while orders rest',
  async (_, fault) => {
    const venue = await venueFor()
    venue.exchange.misbehave(fault)
    const { verdict } = await pull(venue, fault.roads ?? 'rest')
    expect(fault.verdicts).toContain(verdict.kind)
    if (verdict.kind === 'EMPTY') expect(venue.exchange.account.book.orders).toEqual([])
  },
)

test.each([
  ['unified:closed-as-subscribed', 8],
  ['unified:closed-at-once', 8],
  ['unified:too-many', 3],
])(
  '%s: no more than %d WebSockets in three pulls',
  async (name, most) => {
    const venue = await venueFor()
    const fault = faultNamed(name) as Fault
    const dialledAt: number[] = []
    const upgrade = () => {
      dialledAt.push(performance.now())
      return fault.upgrade?.()
    }
    venue.exchange.misbehave({ ...fault, upgrade })
    for (let pulls = 1; pulls <= 3; pulls++) {
      const startedAt = performance.now()
      await pull(venue, 'unified', 'all', 2_500)
      // A pull waits for none that failed before it.
      const first = dialledAt.find((at) => at >= startedAt) ?? Infinity
      expect(first - startedAt).toBeLessThan(100)
    }
    expect(dialledAt.length).toBeLessThanOrEqual(most)
    // All is well again: so is the next pull, at once.
    venue.exchange.misbehave(null)
    expect((await pull(venue, 'unified', 'all', 2_500)).verdict.kind).toBe('EMPTY')
  },
  15_000,
)

/** Whatever the first road is asked, its answer takes so long. */
const slowFirst = (ms: number) => ({
  answer: async ({ path }: Call, orderly: () => Answer) => {
    if (path.startsWith('/derivatives')) await sleep(ms)
    return orderly()
  },
})
/** The same of the second road. */
const slowSecond = (ms: number) => ({
  message: async (_: Heard, orderly: () => readonly Said[]) => {
    await sleep(ms)
    return { said: orderly() }
  },
})
const callsOf = (venue: Venue, endpoint: string) =>
  venue.exchange.calls.filter((call) => call.endpoint === endpoint)

test('the first cancel leaves on both roads, and neither waits for the other', async () => {
  for (const slow of [slowFirst(2_000), slowSecond(2_000)]) {
    const venue = await venueFor(10)
    await Promise.all([venue.unified().openPositions(), venue.client().openPositions()])
    venue.exchange.misbehave(slow)
    await pull(venue, 'both')
    const [first] = callsOf(venue, 'cancelallorders')
    const [second] = callsOf(venue, 'cancel_all')
    expect(Math.abs((first?.at ?? 0) - (second?.at ?? Infinity))).toBeLessThan(1_500)
  }
})

test.each([
  ['first', slowFirst(2_000), 'unified'],
  ['second', slowSecond(2_000), 'rest'],
] as const)('a %s road that is slow costs nothing: the faster one decides', async (_, slow, faster) => {
  const venue = await venueFor(10)
  await Promise.all([venue.unified().openPositions(), venue.client().openPositions()])
  venue.exchange.misbehave(slow)
  const { swept, verdict, tookMs } = await pull(venue, 'both')
  expect(verdict.kind).toBe('EMPTY')
  expect(tookMs).toBeLessThan(1_500)
  expect(swept.roads.filter(({ proof }) => proof !== null).map(({ name }) => name)).toEqual([faster])
})

test('roads that disagree are NOT_EMPTY, with both readings, and the switch goes on trying', async () => {
  const venue = await venueFor(7)
  venue.exchange.misbehave(faultNamed('both:disagree') as Fault)
  const { swept, verdict } = await pull(venue, 'both', 'all', 1_500)
  expect(verdict).toMatchObject({ kind: 'NOT_EMPTY', isDisputed: true })
  expect(verdict).toHaveProperty('open.length', 7)
  const report = reportOf(swept, verdict, venue)
  expect(report.sentence).toMatch(
    /^NOT EMPTY: 7 orders still open .*The roads disagree: the Derivatives REST API reads 7, the Unified WebSocket reads 0\. Look at the book/,
  )
  expect(report.roads).toMatchObject([
    { road: 'rest', open: 7, isProof: false },
    { road: 'unified', open: 0, isProof: false }, // contradicted, it is none
  ])
  expect(report.remaining).toMatchObject({ count: 7 })
  expect(callsOf(venue, 'cancelallorders').length).toBeGreaterThan(1)
})

test('a disagreement that ends is EMPTY, once the other road reads it so too', async () => {
  const venue = await venueFor(7)
  const stale = venue.exchange.account.book.orders
  const startedAt = performance.now()
  venue.exchange.misbehave({
    answer: ({ endpoint }) =>
      endpoint === 'openorders' && performance.now() - startedAt < 800 ? openOrdersAnswer(stale) : undefined,
  })
  const { verdict, tookMs } = await pull(venue, 'both')
  expect(verdict.kind).toBe('EMPTY')
  expect(tookMs).toBeGreaterThan(790)
})

test('a road that was read, contradicts and then dies does not stand in the way', async () => {
  const venue = await venueFor(7)
  const stale = venue.exchange.account.book.orders
  venue.exchange.misbehave({
    answer: ({ endpoint, nth }) => {
      if (endpoint === 'openorders')
        return nth === 0 ? openOrdersAnswer(stale) : { ...json({}), delivery: 'reset' }
      return undefined
    },
  })
  const { swept, verdict } = await pull(venue, 'both')
  expect(verdict.kind).toBe('EMPTY')
  expect(reportOf(swept, verdict, venue).warnings[0]).toMatch(/^ROAD DOWN: the Derivatives REST API failed\./)
})

test.each<[string, string, RegExp]>([
  [
    'both:retired',
    'rest',
    /^ROAD DOWN: the Derivatives REST API failed\. .*retires it on 1 March 2027.*KRAKEN_ROADS=unified/,
  ],
  [
    'both:second-dead',
    'unified',
    /^ROAD DOWN: the Unified WebSocket failed\. The (connection|WebSocket) to Kraken failed/,
  ],
  [
    'both:second-silent',
    'unified',
    /^ROAD DOWN: the Unified WebSocket failed\. The time was over before Kraken answered/,
  ],
  ['both:first-refuses', 'rest', /^ROAD DOWN: .*Kraken answered accountInactive/],
])('%s costs a line in the report: %s', async (name, road, line) => {
  const venue = await venueFor(10)
  venue.exchange.misbehave(faultNamed(name) as Fault)
  const { swept, verdict, tookMs } = await pull(venue, 'both')
  const { warnings, roads, cancelled } = reportOf(swept, verdict, venue)
  expect(verdict.kind).toBe('EMPTY')
  expect(tookMs).toBeLessThan(2_000)
  expect(warnings.filter((warning) => warning.startsWith('ROAD DOWN'))).toEqual([expect.stringMatching(line)])
  expect(roads.filter(({ trouble }) => trouble !== null).map((one) => one.road)).toEqual([road])
  expect(cancelled.count).toBe(10)
})

/** All of them at once, each against an exchange of its own, over the second road. */
async function verdictOfEach(
  faultOf: (code: string) => Misbehaviour,
  isUncountable = false,
): Promise<(readonly [string, Verdict])[]> {
  return Promise.all(
    UNIFIED_ERROR_CODES.map(async (code) => {
      const venue = await venueFor(5)
      venue.exchange.misbehave(faultOf(code))
      const { verdict } = await pull(venue, 'unified', 'all', 2_400, isUncountable) // with room for a machine that halts
      return [code, verdict] as const
    }),
  )
}

test('each code of the second road, from a cancel that was not done: NOT_EMPTY, and the code is said', async () => {
  const verdicts = await verdictOfEach((code) => ({
    message: ({ asked, session }) =>
      asked.method.startsWith('cancel') ? { said: [session.failure(asked, `${code}:detail`)] } : undefined,
  }))
  expect(verdicts).toHaveLength(22)
  for (const [code, verdict] of verdicts) {
    expect(verdict).toMatchObject({ kind: 'NOT_EMPTY', cause: { code, message: `Kraken answered ${code}` } })
  }
})

test('each code of the second road, from a cancel that was done all the same: EMPTY', async () => {
  const verdicts = await verdictOfEach(
    (code) => ({
      message: ({ asked, session }, orderly) => {
        if (!asked.method.startsWith('cancel')) return undefined
        orderly()
        return { said: [session.failure(asked, code)] }
      },
    }),
    true,
  )
  expect(verdicts.map(([, { kind }]) => kind)).toEqual(Array(22).fill('EMPTY'))
})

test('each code of the second road, from the call for its token: FAILED, and the code is said', async () => {
  const verdicts = await verdictOfEach((code) => ({
    answer: ({ endpoint }) => (endpoint === 'GetWebSocketsToken' ? json({ error: [code] }) : undefined),
  }))
  for (const [code, verdict] of verdicts) {
    expect(verdict).toMatchObject({ kind: 'FAILED', cause: { code } })
  }
})

test('both roads dead: FAILED, with the reasons of both', async () => {
  const venue = await venueFor(10)
  venue.exchange.misbehave({
    ...(faultNamed('unified:refused') as Fault),
    answer: ({ path }) => (path.startsWith('/deriv') ? html(404) : undefined),
  })
  const { swept, verdict } = await pull(venue, 'both', 'all', 1_200)
  expect(reportOf(swept, verdict, venue).sentence).toMatch(
    /^FAILED: nothing was acknowledged\. Kraken's Derivatives REST API .*; and on the other road: The WebSocket to Kraken failed/,
  )
})

test('after the verdict nothing more leaves on the road that was not waited for', async () => {
  const venue = await venueFor(10)
  venue.exchange.misbehave(faultNamed('both:first-silent') as Fault)
  const startedAt = performance.now()
  const deadlineAt = startedAt + 4_000
  let isOver = false
  const roads = venue.roads('both', { deadlineAt, isOver: () => isOver })
  await sweepRoads({ roads, clock: systemClock, scope: 'all', deadlineAt, quietPeriodMs: QUIET_MS })
  isOver = true
  const { length } = venue.exchange.calls
  await sleep(1_200)
  expect(venue.exchange.calls.slice(length)).toEqual([])
})

test('what both roads cancelled is added up, each order once, and described as far as either tells', async () => {
  const venue = await venueFor(37)
  await venue.unified().openOrders()
  const { swept, verdict } = await pull(venue, 'both')
  const { cancelled } = reportOf(swept, verdict, venue)
  expect(cancelled).toMatchObject({ count: 37, withoutDetail: 0, protectiveCount: 21 })
})

test('without a subscription before it, the second road counts what it cancelled, and says that it knows no more', async () => {
  const venue = await venueFor(37)
  const { swept, verdict } = await pull(venue, 'unified')
  const { cancelled, warnings } = reportOf(swept, verdict, venue)
  expect(cancelled).toMatchObject({ count: 37, orderIds: [], withoutDetail: 37 })
  expect(warnings).toContainEqual(expect.stringMatching(/no detail of 37 orders/))
})

test.each<Roads>(['unified', 'both'])('a scope of symbols over %s leaves the others', async (which) => {
  const venue = await venueFor(60)
  const { verdict } = await pull(venue, which, ['PF_XBTUSD', 'FI_XBTUSD'])
  expect(verdict.kind).toBe('EMPTY')
  const { orders } = venue.exchange.account.book
  expect(orders.some(isWanted(['PF_XBTUSD', 'FI_XBTUSD']))).toBe(false)
  expect(orders.length).toBeGreaterThan(0)
})

test('an order that comes and goes between two looks begins the quiet period anew', async () => {
  const venue = await venueFor(3)
  const { book } = venue.exchange.account
  const startedAt = performance.now()
  const comeAndGo = () => {
    const { order_id } = book.place({ symbol: 'PF_SOLUSD' })
    book.remove((order) => order.order_id === order_id)
  }
  venue.exchange.misbehave({
    message: ({ call }) => {
      if (call.endpoint === 'subscribe executions' && call.nth === 0) setTimeout(comeAndGo, 50)
      return undefined
    },
  })
  const { verdict } = await pull(venue, 'unified', 'all', 4_000, true)
  expect(verdict.kind).toBe('EMPTY')
  const [first] = callsOf(venue, 'cancel_all')
  const placedAt =
    book.changes.find(({ order }) => order.symbol === 'PF_SOLUSD' && order.cliOrdId === null)?.at ?? 0
  expect(placedAt).toBeGreaterThan(first?.at ?? Infinity)
  expect(verdict.kind === 'EMPTY' ? verdict.proof.at : 0).toBeGreaterThan(placedAt + QUIET_MS)
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

test('a cancel that is still under way at the end may have cancelled more', async () => {
  const venue = await venueFor(10)
  venue.exchange.misbehave(faultNamed('both:second-silent') as Fault)
  const { swept, verdict } = await pullOver(venue, {
    scope: 'all',
    timeMs: 4_000,
    quietPeriodMs: QUIET_MS,
    roads: (deadlineAt) => venue.roads('both', { deadlineAt, attemptTimeoutMs: 4_000 }),
  })
  expect(venue.attempts.filter(({ call }) => call === 'cancel_all')).toEqual([]) // it has not ended
  const { cancelled, sentence } = reportOf(swept, verdict, venue)
  expect(cancelled).toMatchObject({ count: 10, isLowerBound: true })
  expect(sentence).toMatch(
    /^EMPTY \(verified\): at least 10 orders cancelled, 0 open, .*; an unanswered cancel may have cancelled more\.$/,
  )
})

// A spare takes over after 100 ms.
test.each([
  ['on one session', 50],
  ['and a spare takes the place of the session that saw it', 400],
])(
  'what the second road sees to be cancelled is told, though the first road lost its answer: %s',
  async (_, cancelMs) => {
    const venue = await venueFor(10)
    await venue.unified().openOrders() // subscribed, as from init
    venue.exchange.misbehave({
      answer: (call, orderly) => {
        if (call.endpoint !== 'cancelallorders' || call.nth > 0) return undefined
        orderly()
        return html(502)
      },
      message: async ({ asked }, orderly) => {
        if (asked.method === 'cancel_all') await sleep(cancelMs)
        return { said: orderly() }
      },
    })
    const { swept, verdict } = await pull(venue, 'both')
    const { cancelled, sentence } = reportOf(swept, verdict, venue)
    expect(cancelled).toMatchObject({ count: 10, isLowerBound: true, withoutDetail: 0 })
    expect(sentence).toContain('at least 10 orders cancelled, 0 open')
  },
)

function reportOf(swept: Swept, verdict: Verdict, venue: Venue): Report {
  const trigger = {
    kind: 'http',
    by: 'desk',
    reason: null,
    eventAt: null,
    action: { do: 'fire', scope: 'all' },
  } as const
  const invocation = { receivedAt: Date.now(), startedAt: performance.now(), isColdStart: false }
  const { attempts, cancelsSent } = venue
  const inputs = { verdict, trigger, invocation, swept, attempts, cancelsSent, keyAt: null, account: null }
  return makeReport(inputs, performance.now())
}

test('what one road is told of between its reads stands in the way of the proof on the other, and goes', async () => {
  const venue = await venueFor(3)
  const { book } = venue.exchange.account
  const isKnown = ({ cliOrdId }: { readonly cliOrdId: string | null }) => cliOrdId !== 'late'
  const { promise: placed, resolve: notePlaced } = Promise.withResolvers<void>()
  const placeLate = () => {
    book.place({ cliOrdId: 'late' })
    notePlaced()
  }
  venue.exchange.misbehave({
    // The first road never shows the late order; the second one is told by an update, and reads slowly.
    answer: async ({ endpoint, nth }, orderly) => {
      if (endpoint !== 'openorders') return orderly()
      if (nth > 0) await placed
      orderly()
      return openOrdersAnswer(book.orders.filter(isKnown))
    },
    message: async ({ call }, orderly) => {
      if (call.endpoint !== 'subscribe executions' || call.nth === 0) return undefined
      await sleep(1) // after the unsubscription
      const said = orderly()
      if (call.nth === 1) setTimeout(placeLate, 20)
      await sleep(400)
      return { said }
    },
  })
  const { verdict } = await pull(venue, 'both')
  expect(verdict.kind).toBe('EMPTY')
  expect(book.changes.map(({ order }) => order.cliOrdId)).toContain('late')
  expect(book.orders).toEqual([])
})

test('what comes while the second road waits is cancelled as it is told of, and not at the end of the pause', async () => {
  const venue = await venueFor(3)
  const { book } = venue.exchange.account
  const placing = setInterval(() => book.place({ cliOrdId: 'bot' }), 130)
  setTimeout(() => clearInterval(placing), 2_000)
  const { verdict } = await pull(venue, 'unified')
  expect(verdict.kind).toBe('EMPTY')
  const placed = book.changes.filter(({ kind, order }) => kind === 'placed' && order.cliOrdId === 'bot')
  const restedMs = placed.map(({ at, order: { order_id } }) => {
    const gone = book.changes.find(({ kind, order }) => kind === 'removed' && order.order_id === order_id)
    return (gone?.at ?? Infinity) - at
  })
  expect(placed.length).toBeGreaterThan(5)
  // Of 130 ms each: at the ends of pauses, which grow to 400 ms, half of them would rest longer.
  expect(restedMs.filter((ms) => ms > 200).length).toBeLessThan(3) // a machine may halt for a moment
})

test('a road that may read but not cancel goes on reading while the other one empties the book', async () => {
  const venue = await venueFor(7)
  venue.exchange.account.unified.rights.delete('cancel')
  venue.exchange.misbehave(slowFirst(300)) // the second road reads the full book first
  const { verdict } = await pull(venue, 'both')
  expect(verdict.kind).toBe('EMPTY')
})

test('where neither road may cancel, both say so at once', async () => {
  const venue = await venueFor(7)
  venue.exchange.account.unified.rights.delete('cancel')
  venue.exchange.account.general = 'READ_ONLY'
  const { verdict, tookMs } = await pull(venue, 'both')
  expect(verdict).toMatchObject({ kind: 'NOT_EMPTY', isDisputed: false })
  expect(tookMs).toBeLessThan(2_000)
})

test('interrupted, it ends at once with what is known, asks nothing more, and is no proof', async () => {
  const venue = await venueFor(5)
  venue.exchange.misbehave({
    start: ({ account }) => {
      const timer = setInterval(() => account.book.place({}), 20)
      return () => clearInterval(timer)
    },
  })
  const startedAt = performance.now()
  const deadlineAt = startedAt + 8_000
  let isOver = false
  const swept = await sweepRoads({
    roads: venue.roads('rest', { deadlineAt, isOver: () => isOver }),
    clock: systemClock,
    scope: 'all',
    deadlineAt,
    quietPeriodMs: QUIET_MS,
    interrupted: sleep(300),
  })
  isOver = true
  expect(performance.now() - startedAt).toBeLessThan(1_000)
  expect(swept.positions).toBeNull()
  expect(swept.tally.cancelled().count).toBeGreaterThanOrEqual(5)
  expect(['NOT_EMPTY', 'UNVERIFIED']).toContain(decide(swept.roads).kind)
  await sleep(50) // what was under way
  const asked = venue.exchange.calls.length
  await sleep(400)
  expect(venue.exchange.calls).toHaveLength(asked)
})

test('a bot that goes on in another symbol stands in the way of no proof', async () => {
  const venue = await venueFor(20)
  const { book } = venue.exchange.account
  const placing = setInterval(() => book.place({ symbol: 'PF_SOLUSD', cliOrdId: 'another' }), 50)
  onTestFinished(() => clearInterval(placing))
  const { verdict, tookMs } = await pull(venue, 'unified', ['PF_XBTUSD'])
  expect(verdict.kind).toBe('EMPTY')
  expect(tookMs).toBeLessThan(2_000)
})
