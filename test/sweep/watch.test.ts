import { expect, test } from 'vitest'
import type { Exchange, Order } from '../../lambda/kraken/exchange.ts'
import { KeyRecord } from '../../lambda/sweep/key-patience.ts'
import { Tally } from '../../lambda/sweep/tally.ts'
import { watch } from '../../lambda/sweep/watch.ts'
import { VirtualClock } from '../../siege/virtual-time.ts'

/* What ends the watch over a held book where stops are kept, in virtual time. */

const SCOPE = { symbols: 'all', keep: 'reduceOnly' } as const
const STOP = { orderId: 'a', symbol: 'PF_XBTUSD', reduceOnly: null } as Order

/** Over a road that lists the stop, or tells of it, and never whether it is reduce-only. */
async function watched(how: 'listed' | 'told', reduceOnly: boolean | null) {
  const clock = new VirtualClock()
  const tally = new Tally(SCOPE)
  tally.withTold({ ...STOP, reduceOnly })
  const exchange = {
    openOrders: async () => ({ orders: how === 'listed' ? [STOP] : [] }),
    toldOpen: () => (how === 'told' ? [STOP] : []),
    nextTold: () => new Promise<void>(() => {}),
  } as unknown as Exchange
  const roads = [{ name: 'unified' as const, exchange }]
  const watching = watch({ roads, clock, scope: SCOPE, keys: new KeyRecord(), tally }, clock.now() + 3_000)
  await clock.passUntil(watching)
  return (await watching).end
}

test.each(['listed', 'told'] as const)(
  'a stop that is %s stays, where another road tells that it is one',
  async (how) => {
    expect(await watched(how, true)).toBe('time')
  },
)

test.each(['listed', 'told'] as const)(
  'an order that is %s, and that no road tells to be reduce-only, is open',
  async (how) => {
    expect(await watched(how, null)).toBe('open')
  },
)
