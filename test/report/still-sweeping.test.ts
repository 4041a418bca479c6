import { expect, test } from 'vitest'
import type { Order } from '../../lambda/kraken/exchange.ts'
import { ExchangeError } from '../../lambda/kraken/exchange-error.ts'
import { interimOf } from '../../lambda/report/still-sweeping.ts'
import type { RoadFindings } from '../../lambda/sweep/progress.ts'
import { STILL_AFTER_MS, type StillSweeping, sweepRoads } from '../../lambda/sweep/roads.ts'
import { Tally } from '../../lambda/sweep/tally.ts'
import { VirtualClock } from '../../siege/virtual-time.ts'

const order = (orderId: string, placedAt: number | null = null) =>
  ({ orderId, symbol: 'PF_XBTUSD', cliOrdId: `grid-${orderId}`, placedAt }) as Order
const book = (orders: Order[]) => ({ orders, sentAt: 0, answeredAt: 0, serverTime: null, clockSkewMs: null })
const road: RoadFindings = {
  name: 'rest',
  scope: 'all',
  proof: null,
  book: null,
  lastAckAt: null,
  cancelTrouble: null,
  readTrouble: null,
  told: [],
  toldKept: [],
  bookReads: 0,
  firstAckAt: null,
}
const inputs = {
  trigger: {
    kind: 'alarm',
    by: 'drawdown',
    reason: null,
    eventAt: null,
    action: { do: 'fire', scope: 'all' },
  },
  scope: 'all',
  invocation: { receivedAt: Date.UTC(2026, 10, 25, 14, 0, 0), startedAt: 500, isColdStart: false },
  deadlineAt: 500 + 118_500,
  account: 'kill-switch/kraken',
} as const
const sentenceOf = (known: Partial<StillSweeping>) =>
  interimOf({ roads: [road], tally: new Tally('all'), ...known }, inputs).sentence

test('what is open, who places, and until when the switch goes on', () => {
  const tally = new Tally('all')
  tally.addAck({ ...book([]), serverTime: 1_000, cancelOnly: 'all', orderIds: [] })
  tally.addRead([order('1', 2_000), order('2', 3_000)])
  expect(sentenceOf({ roads: [{ ...road, book: book([order('1'), order('2')]) }], tally })).toBe(
    'STILL SWEEPING after 10 s: 2 orders open at the last read (PF_XBTUSD 2). A bot keeps placing: 2 since the first cancel, 1.0 a second (the cliOrdId of most begins with grid-). Stop it. The switch goes on until 14:01:58 UTC at the latest.',
  )
})

test('a book that could not be read is not said to be empty', () => {
  const readTrouble = new ExchangeError('Unavailable')
  expect(
    sentenceOf({
      roads: [
        { ...road, readTrouble },
        { ...road, name: 'unified' },
      ],
    }),
  ).toMatch(
    /^STILL SWEEPING after 10 s: the open orders could not be read yet \(the Derivatives REST API: Kraken answered Unavailable; the Unified WebSocket: /,
  )
})

test('an empty read is no proof', () => {
  expect(sentenceOf({ roads: [{ ...road, book: book([]) }] })).toContain(
    'no order was open at the last read, which is not proven yet.',
  )
})

test.each([
  [9_000, 0],
  [12_000, 1],
  [60_000, 1],
])('a sweep of %d ms says so %d times', async (timeMs, times) => {
  const clock = new VirtualClock()
  const heard: StillSweeping[] = []
  const refuse = async () => {
    await clock.sleep(20)
    throw new ExchangeError('Unavailable')
  }
  const exchange = {
    cancelAll: refuse,
    cancelOrder: refuse,
    cancelOrders: refuse,
    openOrders: refuse,
    openPositions: refuse,
    checkApiKey: refuse,
    armTimer: refuse,
  }
  const sweeping = sweepRoads({
    roads: [{ name: 'rest', exchange }],
    clock,
    scope: 'all',
    deadlineAt: timeMs,
    quietPeriodMs: 1_000,
    onStillSweeping: (known) => {
      expect(clock.now()).toBe(STILL_AFTER_MS)
      heard.push(known)
    },
  })
  await clock.passUntil(sweeping)
  expect(heard).toHaveLength(times)
  await clock.passUntil(clock.sleep(STILL_AFTER_MS))
  expect(heard).toHaveLength(times)
})
