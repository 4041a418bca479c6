import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import type { Roads } from '../../drill/account.ts'
import { html, json } from '../../drill/answer.ts'
import type { Misbehaviour } from '../../drill/exchange.ts'
import type { Fault } from '../../drill/fault.ts'
import { faultNamed } from '../../drill/faults.ts'
import { systemClock } from '../../lambda/clock.ts'
import type { Scope } from '../../lambda/kraken/symbol.ts'
import { SessionToken } from '../../lambda/kraken/unified/token.ts'
import { holdForALap, type LapInputs } from '../../lambda/sweep/hold.ts'
import { openVenue, type Venue } from '../venue.ts'

/* The hold's sweep over real sockets, in real time, against one embedded exchange. */

const QUIET_MS = 200

async function venueFor(orders?: number): Promise<Venue> {
  const venue = await openVenue(orders)
  onTestFinished(() => venue.close())
  return venue
}

function lap(venue: Venue, which: Roads, lapMs: number, own: Partial<LapInputs> & { scope?: Scope } = {}) {
  const lapEndsAt = performance.now() + lapMs
  return holdForALap({
    roads: venue.roads(which, { deadlineAt: lapEndsAt }),
    clock: systemClock,
    scope: 'all',
    quietPeriodMs: QUIET_MS,
    lapEndsAt,
    provenBy: Infinity,
    keepShutMs: 60_000,
    shutUntil: null,
    emptySince: null,
    fuseSeconds: null,
    ...own,
  })
}

/** How long each order with this id rested, in milliseconds. */
function restedMs(venue: Venue, cliOrdId: string): readonly number[] {
  const { changes } = venue.exchange.account.book
  return changes
    .filter(({ kind, order }) => kind === 'placed' && order.cliOrdId === cliOrdId)
    .map(({ at, order }) => {
      const gone = changes.find((one) => one.kind === 'removed' && one.order.order_id === order.order_id)
      return (gone?.at ?? Infinity) - at
    })
}

/** A bot that goes on placing, so many orders, every so many milliseconds. */
async function placeEvery(venue: Venue, count: number, everyMs: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    venue.exchange.account.book.place({ cliOrdId: 'bot' })
    await sleep(everyMs)
  }
}

test.each<[Roads, number, number]>([
  ['unified', 300, 400],
  ['both', 300, 400],
  ['rest', 700, 1_200],
])('over %s what a bot places is cancelled as it comes', async (which, everyMs, mostMs) => {
  const venue = await venueFor(5)
  const held = lap(venue, which, 4_000)
  await sleep(600)
  await placeEvery(venue, 5, everyMs)
  const { verdict, refills, tally, emptySince, shutUntil } = await held
  expect(verdict.kind).toBe('EMPTY')
  expect(refills).toBeGreaterThan(0)
  expect(refills).toBeLessThanOrEqual(5)
  expect(tally.cancelled().count).toBe(10)
  expect(restedMs(venue, 'bot')).toHaveLength(5)
  expect(Math.max(...restedMs(venue, 'bot'))).toBeLessThan(mostMs)
  const lastPlacedAt = venue.exchange.account.book.changes.findLast(({ kind }) => kind === 'placed')?.at ?? 0
  expect(emptySince).toBeGreaterThan(lastPlacedAt)
  expect(shutUntil).toBeGreaterThan(performance.now() + 50_000)
})

test('a bot that places faster than the quiet period does not make the hold wait for its rounds', async () => {
  const venue = await venueFor(0)
  const held = lap(venue, 'unified', 3_000)
  await sleep(500)
  await placeEvery(venue, 12, 130)
  await held
  // At the ends of pauses most of them would rest longer; one or two may meet a machine that halts.
  expect(restedMs(venue, 'bot').filter((ms) => ms > 200).length).toBeLessThan(3)
})

test('without a time to keep it shut, the hold ends with the proof', async () => {
  const venue = await venueFor(5)
  const startedAt = performance.now()
  const { verdict, refills, emptySince } = await lap(venue, 'both', 4_000, { keepShutMs: 0 })
  expect(verdict.kind).toBe('EMPTY')
  expect(performance.now() - startedAt).toBeLessThan(2_500)
  expect({ refills, isProven: emptySince !== null }).toEqual({ refills: 0, isProven: true })
})

test('it ends at its time with a last sweep, which finds what was placed since the last look', async () => {
  const venue = await venueFor(5)
  const shutUntil = performance.now() + 1_000
  const held = lap(venue, 'rest', 8_000, { shutUntil })
  await sleep(980)
  venue.exchange.account.book.place({ cliOrdId: 'bot' })
  const { verdict, tally } = await held
  expect(verdict.kind).toBe('EMPTY')
  expect(tally.cancelled().count).toBe(6)
  expect(venue.exchange.account.book.orders).toEqual([])
})

test('what the lap before knew goes on, unless an order was found since', async () => {
  const venue = await venueFor(0)
  const emptySince = performance.now() - 5_000
  const quiet = await lap(venue, 'unified', 1_500, { emptySince })
  expect(quiet).toMatchObject({ refills: 0, emptySince })
  venue.exchange.account.book.place({ cliOrdId: 'bot' })
  const refilled = await lap(venue, 'unified', 1_500, { emptySince })
  expect(refilled.refills).toBe(1)
  expect(refilled.emptySince).toBeGreaterThan(emptySince)
})

test('it persists until there is proof', async () => {
  const venue = await venueFor(5)
  const since = performance.now()
  const isHeedless = () => performance.now() - since < 1_500
  const heedless: Misbehaviour = {
    message: ({ asked, session }) =>
      asked.method.startsWith('cancel') && isHeedless() ? { said: [session.cancelled(asked, 0)] } : undefined,
  }
  venue.exchange.misbehave(heedless)
  const { verdict } = await lap(venue, 'unified', 6_000, { keepShutMs: 0 })
  expect(verdict.kind).toBe('EMPTY')
  expect(performance.now() - since).toBeGreaterThan(1_500)
})

test('what is refused for good is tried again after ten seconds, and not before', async () => {
  const venue = await venueFor(5)
  venue.exchange.account.unified.rights.clear()
  const { verdict, refills } = await lap(venue, 'unified', 2_000)
  expect(verdict.kind).not.toBe('EMPTY')
  expect(refills).toBe(0)
  expect(venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancel_all').length).toBeLessThan(4)
})

test('nothing out of scope is cancelled', async () => {
  const venue = await venueFor(20)
  const { book } = venue.exchange.account
  const others = book.orders.filter(({ symbol }) => symbol !== 'PF_XBTUSD').length
  const held = lap(venue, 'both', 3_000, { scope: ['PF_XBTUSD'] })
  await sleep(700)
  book.place({ symbol: 'PF_ETHUSD', cliOrdId: 'another' })
  book.place({ cliOrdId: 'bot' })
  const { verdict, refills } = await held
  expect({ kind: verdict.kind, refills }).toEqual({ kind: 'EMPTY', refills: 1 })
  expect(book.orders).toHaveLength(others + 1)
  expect(restedMs(venue, 'bot')[0]).toBeLessThan(1_200)
})

test('a session that breaks makes nobody deaf for long', async () => {
  const venue = await venueFor(3)
  const held = lap(venue, 'unified', 5_000)
  await sleep(900)
  venue.sessions.kept?.close()
  venue.exchange.account.book.place({ cliOrdId: 'bot' })
  const { verdict, refills } = await held
  expect({ kind: verdict.kind, refills }).toEqual({ kind: 'EMPTY', refills: 1 })
  expect(restedMs(venue, 'bot')[0]).toBeLessThan(1_500)
})

test('a session that was never asked for the book tells nothing: it is looked at soon', async () => {
  const venue = await venueFor(3)
  const held = lap(venue, 'unified', 4_000)
  await sleep(900)
  const token = new SessionToken(venue.exchange.account.unified.issueToken())
  await venue.sessions.open(async () => token, 1_000)
  venue.exchange.account.book.place({ cliOrdId: 'bot' })
  await held
  expect(restedMs(venue, 'bot')[0]).toBeLessThan(1_000)
})

test('an order that was seen and is gone before its cancel ends the time since when it is empty', async () => {
  const venue = await venueFor(3)
  const { book } = venue.exchange.account
  const emptySince = performance.now() - 5_000
  const held = lap(venue, 'rest', 3_000, { emptySince, scope: ['PF_SOLUSD'] })
  await sleep(700)
  venue.exchange.misbehave({
    answer: ({ endpoint }) => {
      if (endpoint === 'cancelallorders') book.remove(({ cliOrdId }) => cliOrdId === 'bot') // filled
      return undefined
    },
  })
  book.place({ cliOrdId: 'bot', symbol: 'PF_SOLUSD' })
  const placedAt = performance.now()
  const { verdict, refills, emptySince: since, tally } = await held
  expect([verdict.kind, refills, tally.cancelled().count]).toEqual(['EMPTY', 1, 0])
  expect(since).toBeGreaterThan(placedAt)
})

test('what a slower road cancels after the proof of the other was placed after it', async () => {
  const venue = await venueFor(0)
  venue.exchange.misbehave({
    answer: async ({ endpoint }, orderly) => {
      if (endpoint !== 'GetWebSocketsToken') return orderly()
      await sleep(600) // the first road has its proof by now, and looks again a little later
      venue.exchange.account.book.place({ symbol: 'PF_XBTUSD', cliOrdId: 'bot' })
      return orderly()
    },
  })
  const { verdict, tally, refills, emptySince } = await lap(venue, 'both', 1_500, { scope: ['PF_XBTUSD'] })
  expect(verdict).toMatchObject({ kind: 'EMPTY', proof: { at: expect.any(Number) } })
  expect(tally.cancelled().count).toBe(1)
  expect({ refills, emptySince }).toEqual({ refills: 1, emptySince: null })
})

test('a last sweep that the lap has no time to prove is left to the next lap', async () => {
  const venue = await venueFor(3)
  const shutUntil = performance.now() + 1_950
  const { verdict } = await lap(venue, 'rest', 2_000, { shutUntil })
  expect(verdict.kind).toBe('EMPTY')
  expect(performance.now()).toBeLessThan(shutUntil)
})

test('where no road can look, it does not say that the book is empty', async () => {
  const venue = await venueFor(3)
  const held = lap(venue, 'rest', 4_000)
  await sleep(900)
  venue.exchange.misbehave({ answer: () => ({ status: 503, body: 'down', headers: {} }) as never })
  const { verdict, emptySince } = await held
  expect(verdict.kind).not.toBe('EMPTY')
  expect(emptySince).toBeNull()
})

test.each<Roads>(['rest', 'unified', 'both'])(
  'the fuse is lit over %s once the cancel has left, and never put out',
  async (which) => {
    const venue = await venueFor(5)
    const { fuse, verdict } = await lap(venue, which, 1_500, { fuseSeconds: 60 })
    expect(verdict.kind).toBe('EMPTY')
    const { timer } = venue.exchange.account
    expect(timer.calls.map(({ seconds }) => seconds)).toEqual(which === 'both' ? [60, 60] : [60])
    const firstCancel = venue.exchange.calls.find(({ endpoint }) => /^cancel_?all(orders)?$/.test(endpoint))
    expect(timer.calls[0]?.at).toBeGreaterThan(firstCancel?.at ?? Infinity)
    expect(fuse?.isShared).toBe(false)
    expect(Math.abs((fuse?.firesAt ?? 0) - Date.now() - 60_000)).toBeLessThan(3_000)
  },
)

test('the fuse, which cancels everything, is lit for no other scope', async () => {
  const venue = await venueFor(5)
  const scope = { symbols: 'all', keep: 'reduceOnly' } as const
  const { fuse, verdict } = await lap(venue, 'both', 1_500, { fuseSeconds: 60, scope })
  expect({ fuse, kind: verdict.kind }).toEqual({ fuse: null, kind: 'EMPTY' })
  expect(venue.exchange.account.timer.calls).toEqual([])
})

test('a fuse that fires later than it was lit for is shared with somebody', async () => {
  const venue = await venueFor(5)
  venue.exchange.misbehave(faultNamed('timer:shared') as Fault)
  const { fuse } = await lap(venue, 'unified', 1_500, { fuseSeconds: 60 })
  expect(fuse?.isShared).toBe(true)
})

test('a fuse that Kraken does not take changes nothing else', async () => {
  const venue = await venueFor(5)
  venue.exchange.misbehave(faultNamed('timer:refused') as Fault)
  const { fuse, verdict } = await lap(venue, 'both', 1_500, { fuseSeconds: 60 })
  expect({ fuse, kind: verdict.kind }).toEqual({ fuse: null, kind: 'EMPTY' })
})

test.each<Roads>(['rest', 'unified', 'both'])(
  'blind over %s in the middle of a lap, it does not say that the book stayed empty',
  async (which) => {
    const venue = await venueFor(0)
    const held = lap(venue, which, 7_000, { emptySince: performance.now() - 5_000 })
    await sleep(800)
    const blindAt = performance.now()
    venue.exchange.misbehave({ answer: () => html(503), upgrade: () => 'refuse' })
    venue.sessions.kept?.close()
    const { order_id } = venue.exchange.account.book.place({ cliOrdId: 'bot' })
    await sleep(3_000)
    venue.exchange.account.book.remove((order) => order.order_id === order_id) // filled
    venue.exchange.misbehave(null)
    const { verdict, emptySince, blindMs } = await held
    expect(verdict.kind).toBe('EMPTY')
    expect(emptySince).toBeGreaterThan(blindAt + 3_000)
    expect(blindMs).toBeGreaterThan(2_500)
  },
)

test('against a bot that goes on, the cancels of a road that is asked are spread over its budget', async () => {
  const venue = await venueFor(0)
  const held = lap(venue, 'rest', 4_500)
  await sleep(500)
  await placeEvery(venue, 34, 100)
  await held
  const cancels = venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelallorders')
  const gaps = cancels.slice(1).map(({ at }, i) => at - (cancels[i]?.at ?? 0))
  expect(cancels.length).toBeGreaterThan(4)
  // Of 600 ms each, unless the machine was late with one of two; as they are found, all would come after 100 and 200 ms.
  expect(cancels.length).toBeLessThan(12)
  expect(gaps.filter((ms) => ms < 400).length).toBeLessThan(4)
  const rested = restedMs(venue, 'bot').filter(Number.isFinite) // one that is placed just before the lap ends is the next lap's
  expect(rested.length).toBeGreaterThan(20)
  expect(Math.max(...rested)).toBeLessThan(2_000)
})

/** Calls of one lap, by their names. */
const callsOf = (venue: Venue) => venue.exchange.calls.map(({ endpoint }) => endpoint)

test('among many accounts, a lap over a book that is known to be empty looks before it cancels, and less often', async () => {
  const venue = await venueFor(0)
  const now = performance.now()
  const known = { emptySince: now, shutUntil: now + 60_000, among: { accounts: 12, nth: 0 } }
  const { verdict } = await lap(venue, 'rest', 4_000, known)
  expect(verdict.kind).toBe('EMPTY')
  expect(callsOf(venue).filter((call) => call.startsWith('cancel'))).toEqual([])
  // Three or four for the proof, then one each 1.5 s.
  expect(callsOf(venue).filter((call) => call === 'openorders').length).toBeLessThanOrEqual(6)
})

test.each<[string, { emptySince?: null; shutUntil?: number }]>([
  ['it is not known to be empty', { emptySince: null }],
  ['its time is nearly over', { shutUntil: 1_000 }],
])('among many accounts, it cancels first where %s', async (_, { shutUntil = 60_000, ...own }) => {
  const venue = await venueFor(0)
  const now = performance.now()
  const known = { emptySince: now, shutUntil: now + shutUntil, among: { accounts: 12, nth: 0 }, ...own }
  const { verdict } = await lap(venue, 'rest', 2_000, known)
  expect(verdict.kind).toBe('EMPTY')
  expect(callsOf(venue)[0]).toBe('cancelallorders')
})

test('among many accounts, what is placed before a look is cancelled, and its hold ends with a cancel of its own', async () => {
  const venue = await venueFor(1)
  const now = performance.now()
  const known = { emptySince: now, shutUntil: now + 3_000, among: { accounts: 2, nth: 1 } }
  const { verdict, refills, tally } = await lap(venue, 'rest', 6_000, known)
  expect({ verdict: verdict.kind, refills, count: tally.cancelled().count }).toEqual({
    verdict: 'EMPTY',
    refills: 1,
    count: 1,
  })
  const calls = callsOf(venue)
  expect(calls[0]).toBe('openorders')
  expect(calls.filter((call) => call === 'cancelallorders').length).toBe(2)
})

test('among many accounts, one that stays open leaves the others units to cancel with', async () => {
  const venue = await venueFor(1)
  const nothing = json({ result: 'success', cancelStatus: { cancelledOrders: [] } })
  venue.exchange.misbehave({
    answer: ({ endpoint }) => (endpoint.startsWith('open') ? undefined : nothing),
  })
  const { verdict } = await lap(venue, 'rest', 4_000, { among: { accounts: 2, nth: 0 } })
  expect(verdict.kind).toBe('NOT_EMPTY')
  expect(callsOf(venue).filter((call) => call === 'cancelallorders').length).toBeLessThanOrEqual(3)
})

test('among many accounts, the timers are armed one after the other', async () => {
  const venue = await venueFor(0)
  const startedAt = performance.now()
  await lap(venue, 'rest', 3_000, { fuseSeconds: 60, among: { accounts: 12, nth: 1 } })
  const armed = venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelallordersafter')
  expect(armed).toHaveLength(1)
  expect((armed[0]?.at ?? 0) - startedAt).toBeGreaterThan(1_600)
})

test('among many accounts, a first look that has to wait is not watching: the book is known to be empty since then', async () => {
  const venue = await venueFor(0)
  const now = performance.now()
  const refused = html(503)
  venue.exchange.misbehave({ answer: () => (performance.now() < now + 3_000 ? refused : undefined) })
  const known = { emptySince: now, shutUntil: now + 60_000, among: { accounts: 12, nth: 0 } }
  const { verdict, blindMs, emptySince } = await lap(venue, 'rest', 6_000, known)
  expect(verdict.kind).toBe('EMPTY')
  expect(blindMs).toBeGreaterThan(2_500)
  expect(emptySince).toBeGreaterThan(now + 3_000)
})
