import { expect, test } from 'vitest'
import type { Book, Order, Position } from '../../lambda/kraken/exchange.ts'
import { ExchangeError, NotTried } from '../../lambda/kraken/exchange-error.ts'
import type { KeepingScope, Scope } from '../../lambda/kraken/scope.ts'
import { briefOf } from '../../lambda/report/brief.ts'
import { makeReport, type Report } from '../../lambda/report/report.ts'
import type { RoadFindings } from '../../lambda/sweep/progress.ts'
import { ProofOfEmpty } from '../../lambda/sweep/proof.ts'
import { Tally } from '../../lambda/sweep/tally.ts'
import { decide } from '../../lambda/sweep/verdict.ts'

/* What a report says where reduce-only orders are kept. */

const SCOPE: KeepingScope = { symbols: 'all', keep: 'reduceOnly' }

const position = { symbol: 'PF_XBTUSD', side: 'long', size: 1, price: 2 }

const order = (orderId: string, fields: Partial<Order> = {}) =>
  ({
    orderId,
    symbol: 'PF_XBTUSD',
    side: 'sell',
    type: 'lmt',
    size: 1,
    reduceOnly: false,
    ...fields,
  }) as Order
const guard = (orderId: string) => order(orderId, { type: 'stop', reduceOnly: true })

const bookAt = (at: number, orders: readonly Order[]): Book => ({
  orders,
  sentAt: at,
  answeredAt: at,
  serverTime: null,
  clockSkewMs: null,
})

interface Seen {
  readonly scope?: Scope
  readonly road?: Partial<RoadFindings>
  readonly other?: Partial<RoadFindings>
  /** Orders that an ack names. */
  readonly cancelled?: readonly Order[]
  /** Ids that a read before has shown to stay. */
  readonly keptBefore?: readonly Order[]
  readonly positions?: readonly Position[] | null
}

function reportOf({
  scope = SCOPE,
  road,
  other,
  cancelled = [],
  keptBefore = [],
  positions = [],
}: Seen): Report {
  const tally = new Tally(scope)
  tally.addRead(cancelled)
  tally.addKept(keptBefore)
  const orderIds = cancelled.map(({ orderId }) => orderId)
  const times = { sentAt: 0, answeredAt: 10, serverTime: null, clockSkewMs: null }
  tally.addAck({ ...times, cancelOnly: null, orderIds, orders: cancelled })
  const blank: RoadFindings = {
    name: 'rest',
    scope,
    proof: null,
    book: null,
    lastAckAt: 10,
    firstAckAt: 10,
    cancelTrouble: null,
    readTrouble: null,
    told: [],
    toldKept: [],
    bookReads: 1,
  }
  const roads = [{ ...blank, ...road }, ...(other === undefined ? [] : [{ ...blank, ...other }])]
  return makeReport(
    {
      verdict: decide(roads),
      trigger: { kind: 'invoke', by: 'cli', reason: null, eventAt: null, action: { do: 'fire', scope } },
      invocation: { receivedAt: 0, startedAt: 0, isColdStart: false },
      swept: { roads, tally, exchangeClock: null, positions, restedAt: null, isToldSince: false },
      attempts: [],
      cancelsSent: 0,
      keyAt: null,
      account: null,
    },
    1_000,
  )
}

function proven(orders: readonly Order[]): Partial<RoadFindings> {
  const book = bookAt(512, orders)
  const first = bookAt(20, orders)
  return {
    book,
    proof: ProofOfEmpty.from({ scope: SCOPE, first, second: book, lastAckAt: 10, quietPeriodMs: 250 }),
  }
}

test('EMPTY says what was kept, lists it, and calls no protection removed', () => {
  const kept = [guard('s1'), guard('s2')]
  const report = reportOf({ road: proven(kept), keptBefore: kept, cancelled: [order('a'), order('b')] })
  expect(report.sentence).toBe(
    'EMPTY (verified): 2 orders cancelled, 0 open in scope, 2 reduce-only kept, 512 ms after the trigger was received.',
  )
  expect(report.kept).toMatchObject({
    count: 2,
    orders: [{ orderId: 's1', reduceOnly: true }, { orderId: 's2' }],
  })
  expect(report.scope).toEqual(SCOPE)
  expect(report.warnings).toEqual([])
  const { text } = briefOf(report)
  expect(text).toContain('Scope:      all orders, but reduce-only orders are kept\n')
  expect(text).toContain('Kept:       2 (PF_XBTUSD sell 1, PF_XBTUSD sell 1)\n')
})

test('where everything goes, nothing is said of what was kept', () => {
  const report = reportOf({ scope: 'all', road: { ...proven([]), scope: 'all' } })
  expect(report.kept).toBeNull()
  expect(report.sentence).not.toMatch(/in scope|kept/)
  expect(briefOf(report).text).not.toContain('Kept:')
})

test('a hundred of those that were kept are listed', () => {
  const kept = Array.from({ length: 150 }, (_, i) => guard(`s${i}`))
  expect(reportOf({ road: proven(kept) }).kept).toMatchObject({ count: 150, orders: { length: 100 } })
})

test('a kept order that is gone at the end is said, with what it may have guarded', () => {
  const report = reportOf({
    road: proven([guard('s1')]),
    keptBefore: [guard('s1'), guard('s2')],
    positions: [position],
  })
  expect(report.kept).toMatchObject({ count: 1 })
  expect(report.warnings).toEqual([
    'KEPT, AND GONE: 1 order of those that were to be kept is not in the last read of the book: filled, cancelled, or left out by Kraken; 1 reduce-only order is kept.',
  ])
})

test('one that the read left out, and that was told of long before, is not said to be kept', () => {
  const unlisted = new Map([
    ['dead', 'before'],
    ['piece', 'by the last read'],
    ['new', 'since'],
  ] as const)
  const orders = ['s1', 'dead', 'piece', 'new'].map(guard)
  const toldKept = ['dead', 'NEW', 'newer'].map(guard)
  const { proof } = proven([])
  const report = reportOf({
    road: { proof, toldKept, book: { ...bookAt(500, [...orders, guard('s1')]), unlisted } },
    keptBefore: [guard('dead'), guard('s1')],
  })
  expect(report.kept).toMatchObject({ count: 4 })
  expect(JSON.stringify(report.kept)).not.toContain('dead')
  expect(report.warnings).toEqual([expect.stringMatching(/^KEPT, AND GONE: 1 order .*not in the last read/)])
})

test('the read that proves tells what was kept, and not a later one of a road that shows less', () => {
  const other = { name: 'unified', book: bookAt(600, [guard('s1')]) } as const
  const report = reportOf({
    road: proven([guard('s1'), guard('s2')]),
    other,
    keptBefore: [guard('s1'), guard('s2')],
  })
  expect(report.kept).toMatchObject({ count: 2 })
  expect(report.warnings).toEqual([])
})

test('an order that went without a word on whether it was reduce-only is said, and so is a stop that opens risk', () => {
  const cancelled = [order('a', { reduceOnly: null }), order('b', { type: 'stop' })]
  expect(reportOf({ road: proven([]), cancelled, positions: [position] }).warnings).toEqual([
    'PROTECTION REMOVED: 1 of the cancelled orders were stops or take-profits that Kraken did not call reduce-only, so that they might open risk; nothing limits the loss of the open position now.',
    'NOT KEPT: of 1 order that went Kraken did not tell whether it was reduce-only: it may have guarded a position.',
  ])
})

test('NOT EMPTY names what is open in scope, what was kept, and what cannot be cancelled by an id', () => {
  const book = bookAt(20, [order('a'), order(''), guard('s1')])
  const report = reportOf({ road: { book } })
  expect(report.sentence).toBe(
    "NOT EMPTY: 2 orders still open in scope (PF_XBTUSD 2), 1 reduce-only kept. Cancel them by hand in Kraken's own interface, and press again.",
  )
  expect(report.remaining).toMatchObject({ count: 2 })
  expect(report.warnings).toEqual([
    'WITHOUT ID: Kraken gave no id of 1 order that is open: cancel it by hand.',
  ])
})

test('where the budget was spent, it says that not every cancel was acknowledged, and why', () => {
  const cancelTrouble = new NotTried(
    'budget',
    "4600 cancels by id have to wait: Kraken's API budget takes some 400 in 10 s",
  )
  const report = reportOf({ road: { book: bookAt(20, [order('a')]), cancelTrouble } })
  expect(report.sentence).toContain(
    "Not every cancel was acknowledged: 4600 cancels by id have to wait: Kraken's API budget takes some 400 in 10 s.",
  )
})

test('a book that was never read is FAILED, kept is unknown, and nothing was cancelled', () => {
  const readTrouble = new ExchangeError('Unavailable')
  const report = reportOf({ road: { lastAckAt: null, firstAckAt: null, readTrouble } })
  expect(report.sentence).toMatch(/^FAILED: nothing was acknowledged\. Kraken answered Unavailable\./)
  expect(report.kept).toBe('unknown')
  expect(report.warnings).toEqual([
    expect.stringMatching(/^NOTHING CANCELLED: .* never falls back to cancelling all/),
  ])
  expect(briefOf(report).text).toContain('Kept:       unknown\n')
})

test('UNVERIFIED claims no acknowledgement where there was nothing to cancel', () => {
  const nothing = reportOf({ road: { lastAckAt: null, firstAckAt: null, book: bookAt(20, [guard('s1')]) } })
  expect(nothing.sentence).toBe(
    'UNVERIFIED: no order in scope was open at the last read, but not for long enough to prove it.',
  )
  expect(nothing.roads[0]?.trouble).toBeNull()
  const acked = reportOf({ road: { book: bookAt(20, []) } })
  expect(acked.sentence).toContain('acknowledged the cancel and the open orders in scope read empty')
})

test('a road that had nothing to cancel is not down, and one that could not read is', () => {
  const idle = { ...proven([guard('s1')]), lastAckAt: null, firstAckAt: null }
  const other = {
    name: 'unified',
    lastAckAt: null,
    firstAckAt: null,
    readTrouble: new ExchangeError('timeout'),
  } as const
  const { warnings, roads } = reportOf({ road: idle, other })
  expect(roads.map(({ trouble }) => trouble)).toEqual([null, 'Kraken answered timeout'])
  expect(warnings).toEqual([expect.stringMatching(/^ROAD DOWN: the Unified WebSocket/)])
})
