import { expect, test } from 'vitest'
import type { CancelAck, Exchange } from '../../lambda/kraken/exchange.ts'
import { AckRelay, sweepRoads } from '../../lambda/sweep/roads.ts'
import { decide } from '../../lambda/sweep/verdict.ts'
import { VirtualClock } from '../../siege/virtual-time.ts'

/* What a sweep of a hold knows of the cancels of the sweep before, in virtual time. */

const ACKED_AT = Date.UTC(2026, 11, 1, 12)

/** A sweep that finds nothing to cancel by its id, after one whose cancel the exchange dated. */
async function verdictOver(datedMs: number): Promise<string> {
  const clock = new VirtualClock()
  const answered = () => ({ sentAt: clock.now(), answeredAt: clock.now(), clockSkewMs: 0 })
  const acks = new AckRelay()
  const before = { ...answered(), serverTime: ACKED_AT, orderIds: ['a'], orders: [] }
  acks.tell('rest', before as unknown as CancelAck)
  const exchange = {
    openOrders: async () => ({ ...answered(), orders: [], serverTime: ACKED_AT + datedMs + clock.now() }),
    openPositions: async () => ({ ...answered(), positions: [], serverTime: null }),
  } as unknown as Exchange
  const roads = [{ name: 'rest' as const, exchange }]
  const sweeping = sweepRoads({
    roads,
    clock,
    scope: { symbols: 'all', keep: 'reduceOnly' },
    quietPeriodMs: 200,
    deadlineAt: clock.now() + 3_000,
    acks,
  })
  await clock.passUntil(sweeping)
  return decide((await sweeping).roads).kind
}

test('a book that is older than the cancels of the sweep before proves nothing', async () => {
  expect(await verdictOver(-10_000)).not.toBe('EMPTY')
})

test('a book from after them does', async () => {
  expect(await verdictOver(0)).toBe('EMPTY')
})
