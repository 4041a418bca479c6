import { expect, test } from 'vitest'
import type { Exchange, Order } from '../../lambda/kraken/exchange.ts'
import { sweepRoads } from '../../lambda/sweep/roads.ts'
import { VirtualClock } from '../../siege/virtual-time.ts'

/* The end of a sweep whose positions are slow, in virtual time: what is told of an order meanwhile. */

const ORDER = { orderId: 'a', symbol: 'PF_XBTUSD', reduceOnly: false } as Order
const POSITIONS_MS = 2_000
const TOLD_AT = 800

async function swept(isHeld: boolean, rests: readonly Order[] = []) {
  const clock = new VirtualClock()
  const answered = () => ({ sentAt: clock.now(), answeredAt: clock.now(), clockSkewMs: 0 })
  const told = Promise.withResolvers<void>()
  clock.after(TOLD_AT, () => told.resolve())
  const exchange = {
    cancelAll: async () => ({ ...answered(), orderIds: [], orders: [], serverTime: null }),
    openOrders: async () => ({ ...answered(), orders: rests, serverTime: null }),
    openPositions: async () => {
      await clock.sleep(POSITIONS_MS)
      return { ...answered(), positions: [], serverTime: null }
    },
    toldOpen: () => (clock.now() < TOLD_AT ? [] : [ORDER]),
    nextTold: () => (clock.now() < TOLD_AT ? told.promise : new Promise<void>(() => {})),
  } as unknown as Exchange
  const roads = [{ name: 'unified' as const, exchange }]
  const sweeping = sweepRoads({
    roads,
    clock,
    scope: 'all',
    quietPeriodMs: 200,
    deadlineAt: clock.now() + 5_000,
    isHeld,
  })
  await clock.passUntil(sweeping)
  const { positions, isToldSince } = await sweeping
  return { positions, isToldSince, endedAt: clock.now() }
}

test('in a hold it is heard at once, and the positions wait', async () => {
  expect(await swept(true)).toEqual({ positions: null, isToldSince: true, endedAt: TOLD_AT })
})

test('where there is no proof, the positions are told in a hold as after a pull', async () => {
  const { positions, isToldSince } = await swept(true, [{ ...ORDER, orderId: 'b' }])
  expect({ positions, isToldSince }).toEqual({ positions: [], isToldSince: false })
})

test('after a pull the positions are waited for', async () => {
  const { positions, isToldSince, endedAt } = await swept(false)
  expect({ positions, isToldSince }).toEqual({ positions: [], isToldSince: false })
  expect(endedAt).toBeGreaterThanOrEqual(POSITIONS_MS)
})
