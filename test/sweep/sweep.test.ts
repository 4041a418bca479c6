import { describe, expect, onTestFinished, test } from 'vitest'
import { error, html } from '../../drill/answer.ts'
import { openOrdersAnswer } from '../../drill/endpoints.ts'
import type { Fault } from '../../drill/fault.ts'
import { FAULTS, faultNamed } from '../../drill/faults.ts'
import { systemClock } from '../../lambda/clock.ts'
import { KRAKEN_ERROR_CODES } from '../../lambda/kraken/exchange-error.ts'
import type { ApiInputs } from '../../lambda/kraken/http/call.ts'
import type { Scope } from '../../lambda/kraken/symbol.ts'
import { sweepRoads } from '../../lambda/sweep/roads.ts'
import { decide } from '../../lambda/sweep/verdict.ts'
import { isWanted } from '../oracles.ts'
import { type Pulled, pullOver } from '../pull.ts'
import { openVenue, type Venue } from '../venue.ts'

const QUIET_MS = 250

/** Over the first road alone. */
function pull(
  venue: Venue,
  scope: Scope = 'all',
  timeMs = 4_000,
  overrides: Partial<ApiInputs> = {},
): Promise<Pulled> {
  const roads = (deadlineAt: number) => venue.roads('rest', { deadlineAt, ...overrides })
  return pullOver(venue, { scope, timeMs, quietPeriodMs: QUIET_MS, roads })
}

async function venueFor(orders?: number): Promise<Venue> {
  const venue = await openVenue(orders)
  onTestFinished(() => venue.close())
  return venue
}

test('cancels all, proves it, and counts what Kraken described and what it did not', async () => {
  const venue = await venueFor(37)
  const { swept, verdict } = await pull(venue)
  expect(verdict.kind).toBe('EMPTY')
  expect(venue.exchange.account.book.orders).toEqual([])
  expect(swept.tally.cancelled().orderIds).toHaveLength(37)
  expect(swept.tally.cancelled().described).toHaveLength(23)
  expect(swept.tally.cancelled().protective).toHaveLength(7)
  expect(swept.positions).toHaveLength(1)
  expect(venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelallorders')).toHaveLength(1)
})

test('an empty book is proven empty', async () => {
  const { swept, verdict } = await pull(await venueFor(0))
  expect(verdict.kind).toBe('EMPTY')
  expect(swept.tally.cancelled().orderIds).toEqual([])
})

test.each<[string, Scope]>([
  ['one symbol', ['PF_XBTUSD']],
  ['two symbols', ['PF_ETHUSD', 'PI_XBTUSD']],
  ['a margin account', ['FI_XBTUSD']],
])('cancels %s and leaves the others alone', async (_, scope) => {
  const venue = await venueFor(50)
  const { book } = venue.exchange.account
  const others = book.orders.filter((order) => !isWanted(scope)(order))
  const { verdict, swept } = await pull(venue, scope)
  expect(verdict.kind).toBe('EMPTY')
  expect(book.orders).toEqual(others)
  expect(swept.tally.cancelled().orderIds).toHaveLength(50 - others.length)
  expect(swept.tally.wasScopeIgnored).toBe(false)
})

test('cancels 19 symbols in parallel', async () => {
  const venue = await venueFor(0)
  const { book } = venue.exchange.account
  const scope = Array.from({ length: 19 }, (_, i) => `PF_COIN${i}USD`)
  for (const symbol of scope) book.place({ symbol })
  const { verdict } = await pull(venue, scope)
  expect(verdict.kind).toBe('EMPTY')
  const cancels = venue.attempts.filter(({ call }) => call.startsWith('cancelallorders'))
  expect(cancels.filter(({ startedAt }) => startedAt < (cancels[0]?.endedAt ?? 0))).toHaveLength(19)
})

describe.concurrent('a fault of the exchange leads to the verdict it must', () => {
  test.each(FAULTS.map((fault) => [fault.name, fault] as const))('%s', async (_, fault) => {
    await expectVerdict(fault, 4_500)
  })
  test('none, with a twentieth symbol: it waits until Kraken allows another cancel', async () => {
    const venue = await openVenue(0)
    const scope = Array.from({ length: 20 }, (_, i) => `PF_COIN${i}USD`)
    for (const symbol of scope) venue.exchange.account.book.place({ symbol })
    // Beside the other tests it must not run into a timeout: then the nineteen would be cancelled again.
    const { verdict, tookMs } = await pull(venue, scope, 16_000, { attemptTimeoutMs: 5_000 })
    await venue.close()
    expect(verdict.kind).toBe('EMPTY')
    expect(tookMs).toBeGreaterThan(10_000)
  })
  test.each(['live-bot:5', 'live-bot:10', 'live-bot:50'])('%s', async (name) => {
    await expectVerdict(faultNamed(name) as Fault, 2_500)
  })
})

/** Its last round ends long before, so that a machine that halts for a moment answers with the code all the same. */
const CODE_MS = 2_400
const codes = KRAKEN_ERROR_CODES.flatMap((code) => [200, 400, 500].map((status) => `error:${code}@${status}`))

describe.concurrent('an error code never leads to EMPTY while orders rest', () => {
  test.each(codes)('%s', async (name) => {
    const { verdict } = await expectVerdict(faultNamed(name) as Fault, CODE_MS)
    expect(verdict).toMatchObject({ kind: 'NOT_EMPTY', cause: { code: name.slice(6, -4) } })
  })
})

describe.concurrent('an error code on an empty book leads to EMPTY: the operator has the answer', () => {
  test.each(['error:Server Error@500', 'error:accountInactive@200', 'error:authenticationError@200'])(
    '%s',
    async (name) => {
      const venue = await openVenue(0)
      try {
        venue.exchange.misbehave(faultNamed(name) ?? null)
        expect((await pull(venue, 'all', 2_000)).verdict.kind).toBe('EMPTY')
        // While the book is being proven empty, nothing is cancelled: an ack would begin the proof anew.
        expect(venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelallorders')).toHaveLength(1)
      } finally {
        await venue.close()
      }
    },
  )
})

async function expectVerdict(fault: Fault, timeMs: number): Promise<Pulled> {
  const venue = await openVenue()
  try {
    venue.exchange.misbehave(fault)
    const pulled = await pull(venue, fault.name === 'scope-ignored' ? ['PF_XBTUSD'] : 'all', timeMs)
    expect(fault.verdicts).toContain(pulled.verdict.kind)
    return pulled
  } finally {
    await venue.close()
  }
}

test('a refusal for good is told at once, not at the deadline', async () => {
  const venue = await venueFor()
  venue.exchange.account.general = 'READ_ONLY'
  const { verdict, tookMs } = await pull(venue, 'all', 10_000)
  expect(verdict).toMatchObject({ kind: 'NOT_EMPTY', cause: { code: 'insufficientPrivileges' } })
  expect(tookMs).toBeLessThan(5_000)
  // One order by id shows that this is refused as well.
  expect(venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelorder')).toHaveLength(1)
})

test('a refused cancel-all still lets orders go by id', async () => {
  const venue = await venueFor(30)
  const refusal = faultNamed('error:Bad Request@400') as Fault
  venue.exchange.misbehave({
    ...refusal,
    answer: (call, ...rest) =>
      call.endpoint === 'cancelorder' ? undefined : refusal.answer?.(call, ...rest),
  })
  const { verdict, swept } = await pull(venue)
  expect(verdict.kind).toBe('EMPTY')
  expect(swept.tally.cancelled().orderIds).toHaveLength(30)
  expect(swept.tally.cancelled().described).toHaveLength(30)
})

test('stubborn stops go by id, after two cancels that left them', async () => {
  const venue = await venueFor(37)
  venue.exchange.misbehave(faultNamed('stubborn-stops') ?? null)
  const { swept } = await pull(venue)
  const calls = venue.exchange.calls.map(({ endpoint }) => endpoint)
  expect(calls.filter((endpoint) => endpoint === 'cancelorder')).toHaveLength(7)
  expect(calls.slice(0, calls.indexOf('cancelorder')).filter((e) => e === 'cancelallorders')).toHaveLength(3)
  expect(swept.tally.cancelled().orderIds).toHaveLength(37)
})

/** A kept connection that answers its cancel late: the spare's answer, "no orders to cancel", comes first. */
function slowFirstCancel(readMs: number): Fault {
  return {
    name: 'slow first cancel',
    about: '',
    verdicts: ['EMPTY'],
    answer: ({ endpoint, nth }, orderly) => {
      const answer = orderly()
      if (endpoint === 'cancelallorders' && nth === 0) return systemClock.sleep(250).then(() => answer)
      // The read, and its duplicate: a slow read gets one too.
      if (endpoint === 'openorders' && nth < 2) return systemClock.sleep(readMs).then(() => answer)
      return answer
    },
  }
}

test.each([
  ['after the read', 0],
  ['while the book is being read', 300],
])('what two answers to one cancel say is added up, the second %s', async (_, readMs) => {
  const venue = await venueFor(20)
  await venue.client().openPositions()
  venue.exchange.misbehave(slowFirstCancel(readMs))
  const { verdict, swept } = await pull(venue)
  const cancels = venue.attempts.filter(({ call }) => call === 'cancelallorders')
  expect(cancels.map(({ connection }) => connection)).toEqual(['spare', 'kept'])
  expect(verdict.kind).toBe('EMPTY')
  expect(swept.tally.cancelled().orderIds).toHaveLength(20)
  // No read that was sent before the second answer is part of the proof.
  expect((swept.roads[0]?.proof?.at ?? 0) - QUIET_MS).toBeGreaterThan(cancels[1]?.endedAt ?? 0)
})

test('a copy of the book from before the positions is no read, also where no cancel was answered', async () => {
  const venue = await venueFor(6)
  const lagMs = 3 * QUIET_MS
  const filledAt = Date.now()
  venue.exchange.misbehave({
    answer: ({ endpoint }, _, { account }) => {
      if (endpoint !== 'openorders') return undefined
      const copiedAt = Date.now() - lagMs
      const orders = copiedAt < filledAt ? [] : account.book.orders
      return openOrdersAnswer(orders, new Date(copiedAt).toISOString())
    },
  })
  const { verdict } = await pull(venue, { symbols: 'all', keep: 'reduceOnly' })
  expect(verdict.kind).toBe('EMPTY')
  expect(venue.exchange.account.book.orders.every(({ reduceOnly }) => reduceOnly)).toBe(true)
})

test('a late order is found and cancelled before the quiet period is over', async () => {
  const venue = await venueFor(3)
  venue.exchange.misbehave(faultNamed('late-order') ?? null)
  const { swept } = await pull(venue)
  expect(swept.tally.cancelled().orderIds).toHaveLength(4)
  expect(swept.tally.placedSince).toHaveLength(1)
  const late = venue.exchange.account.book.changes.filter(({ order }) => order.cliOrdId === 'late-1')
  expect((late[1]?.at ?? 0) - (late[0]?.at ?? 0)).toBeLessThan(QUIET_MS)
})

test('a rotated key works without a restart: one more try with the new one', async () => {
  const venue = await venueFor(10)
  const { account, calls } = venue.exchange
  await venue.credentials.current()
  account.rotate()
  const startedAt = performance.now()
  const exchange = venue.client({ deadlineAt: startedAt + 3_000 })
  const swept = await sweepRoads({
    roads: [{ name: 'rest', exchange }],
    clock: systemClock,
    scope: 'all',
    deadlineAt: startedAt + 3_000,
    quietPeriodMs: QUIET_MS,
  })
  expect(decide(swept.roads).kind).toBe('EMPTY')
  expect(swept.tally.cancelled().orderIds).toHaveLength(10)
  expect(calls.filter(({ isAuthentic }) => !isAuthentic)).toHaveLength(1)
})

test('leaves Kraken alone for as long as it asks', async () => {
  const venue = await venueFor(5)
  venue.exchange.misbehave({
    answer: ({ endpoint, nth }) =>
      endpoint === 'cancelallorders' && nth === 0
        ? { ...html(503), headers: { 'retry-after': '1' } }
        : undefined,
  })
  const { verdict } = await pull(venue)
  expect(verdict.kind).toBe('EMPTY')
  const [first, second] = venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelallorders')
  expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(990)
})

test('sends no nonce, but one that rises to an exchange that insists', async () => {
  const venue = await venueFor(50)
  venue.exchange.misbehave({
    answer: ({ nonce }) => (nonce === '' ? error('nonceBelowThreshold') : undefined),
  })
  const { verdict } = await pull(venue, ['PF_XBTUSD', 'PF_ETHUSD', 'PF_SOLUSD'])
  expect(verdict.kind).toBe('EMPTY')
  const nonces = venue.exchange.calls.map(({ nonce }) => nonce).filter((nonce) => nonce !== '')
  expect(new Set(nonces).size).toBe(nonces.length)
  expect(venue.exchange.calls[0]?.nonce).toBe('')
})

test('a rejected key that was not replaced is tried again after 1 and 3 s, and what to do is said', async () => {
  const venue = await venueFor(10)
  await venue.credentials.current()
  const key = venue.exchange.account.apiKey
  venue.exchange.account.apiKey = 'another'
  const { account } = venue.exchange
  const secret = JSON.stringify({ apiKey: key, apiSecret: account.apiSecret })
  const { Credentials } = await import('../../lambda/init/credentials.ts')
  const startedAt = performance.now()
  const deadlineAt = startedAt + 5_000
  const exchange = venue.client({ deadlineAt, keys: new Credentials(async () => secret).of('rest') })
  const swept = await sweepRoads({
    roads: [{ name: 'rest', exchange }],
    clock: systemClock,
    scope: 'all',
    deadlineAt,
    quietPeriodMs: QUIET_MS,
  })
  expect(decide(swept.roads)).toMatchObject({ kind: 'FAILED', cause: { code: 'authenticationError' } })
  expect(venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelallorders')).toHaveLength(3)
  expect(account.book.orders).toHaveLength(10)
})

test('a fault of the program itself leaves what is known: cancelled, and not proven', async () => {
  const venue = await venueFor(5)
  const deadlineAt = performance.now() + 2_000
  const clock = { ...systemClock, sleep: () => Promise.reject(new TypeError('broken')) }
  const exchange = venue.client({ deadlineAt })
  const swept = await sweepRoads({
    roads: [{ name: 'rest', exchange }],
    clock,
    scope: 'all',
    deadlineAt,
    quietPeriodMs: QUIET_MS,
  })
  expect(swept.roads[0]?.readTrouble).toMatchObject({ name: 'InternalFault', message: /TypeError/ })
  expect(decide(swept.roads)).toEqual({ kind: 'UNVERIFIED', wasReadEmpty: true })
  expect(swept.tally.cancelled().orderIds).toHaveLength(5)
})

test('with no time at all it still ends, and claims nothing', async () => {
  const venue = await venueFor(5)
  expect((await pull(venue, 'all', -1)).verdict.kind).toBe('FAILED')
})

test('without time for a proof, the last look is as late as can be', async () => {
  const venue = await venueFor(5)
  const deadlineAt = performance.now() + 2_400
  // The looks before are at 0.1, 0.3, 0.7 and 1.5 s.
  setTimeout(() => venue.exchange.account.book.place({ symbol: 'PF_SOLUSD' }), 1_900)
  const exchange = venue.client({ deadlineAt })
  const swept = await sweepRoads({
    roads: [{ name: 'rest', exchange }],
    clock: systemClock,
    scope: 'all',
    deadlineAt,
    quietPeriodMs: 5_000,
  })
  expect(decide(swept.roads)).toMatchObject({ kind: 'NOT_EMPTY', open: [{ symbol: 'PF_SOLUSD' }] })
})

test('too little time for a proof is not a proof', async () => {
  const venue = await venueFor(5)
  const { verdict } = await pull(venue, 'all', 200)
  expect(verdict).toEqual({ kind: 'UNVERIFIED', wasReadEmpty: true })
  expect(venue.exchange.account.book.orders).toEqual([])
})
