import { expect, test } from 'vitest'
import type { Exchange, Order } from '../../lambda/kraken/exchange.ts'
import { ExchangeError } from '../../lambda/kraken/exchange-error.ts'
import { sweepRoads } from '../../lambda/sweep/roads.ts'
import { VirtualClock } from '../../siege/virtual-time.ts'

/* A road that may neither cancel nor read for a while, and knows of new orders, in virtual time. */

const ORDERS = ['a', 'b'].map((orderId) => ({ orderId, symbol: 'PF_XBTUSD', reduceOnly: false }) as Order)
const HELD_UP_MS = 8_000

/** Time that does not pass is noticed: it ends what waits for it. */
class CountingClock extends VirtualClock {
  readonly pauses: number[] = []

  override sleep = (ms: number): Promise<void> => {
    this.pauses.push(ms)
    if (this.pauses.length > 1_000) throw new Error('no time passes')
    return new Promise((resolve) => void this.after(ms, resolve))
  }
}

test('while its cancels have to wait and its key is refused for reads, it waits, and does not ask itself again and again', async () => {
  const clock = new CountingClock()
  const answered = () => ({
    sentAt: clock.now(),
    answeredAt: clock.now(),
    clockSkewMs: 0,
    serverTime: clock.now(),
  })
  let reads = 0
  const rest = {
    openOrders: async () => {
      await clock.sleep(20)
      reads += 1
      if (reads > 2) throw new ExchangeError('authenticationError')
      return { ...answered(), orders: ORDERS.slice(0, reads) }
    },
    cancelOrders: async () => {
      await clock.sleep(20)
      throw new ExchangeError('apiLimitExceeded', undefined, HELD_UP_MS)
    },
    openPositions: async () => ({ ...answered(), positions: [] }),
  } as unknown as Exchange
  const unified = {
    openOrders: async () => {
      await clock.sleep(20)
      throw new ExchangeError('timeout')
    },
    openPositions: async () => ({ ...answered(), positions: [] }),
  } as unknown as Exchange
  const sweeping = sweepRoads({
    roads: [
      { name: 'rest', exchange: rest },
      { name: 'unified', exchange: unified },
    ],
    clock,
    scope: { symbols: 'all', keep: 'reduceOnly' },
    quietPeriodMs: 200,
    deadlineAt: clock.now() + 5_000,
  })
  await clock.passUntil(sweeping)
  expect(reads).toBeGreaterThan(2)
  expect(clock.pauses.length).toBeLessThan(100)
})
