import { expect, test } from 'vitest'
import type { CancelAck, Exchange, Order, RoadName } from '../../lambda/kraken/exchange.ts'
import { ExchangeError } from '../../lambda/kraken/exchange-error.ts'
import { sweepRoads } from '../../lambda/sweep/roads.ts'
import { VirtualClock } from '../../siege/virtual-time.ts'

/* When two roads ask what, in virtual time. */

const clock = new VirtualClock()
let sweepBegan = 0
const ORDER = { orderId: 'o', symbol: 'PF_XBTUSD' } as Order
const toWait = (ms: number) => new ExchangeError('apiLimitExceeded', undefined, ms)

type Asked = 'cancel' | 'read' | 'positions'

/** A road that takes so long for each answer. @param refuse what is refused, the how manieth of its kind */
function roadOf(
  name: RoadName,
  { ms = {}, orders = [], refuse = () => null, toldOpen = () => [], cancelled = [] }: RoadInputs,
): { readonly road: { readonly name: RoadName; readonly exchange: Exchange }; readonly asked: Asking[] } {
  const asked: Asking[] = []
  const answer = async (what: Asked) => {
    const sentAt = clock.now()
    const nth = asked.filter((one) => one.what === what).length
    asked.push({ what, at: sentAt })
    await clock.sleep(ms[what] ?? 10)
    const error = refuse(what, nth)
    if (error !== null) throw error
    return { sentAt, answeredAt: clock.now(), serverTime: null, clockSkewMs: null }
  }
  const ack = async (): Promise<CancelAck> => ({
    ...(await answer('cancel')),
    cancelOnly: 'all',
    orderIds: [...cancelled],
    orders: [],
  })
  const exchange: Exchange = {
    cancelAll: ack,
    cancelOrder: ack,
    cancelOrders: ack,
    openOrders: async () => ({ ...(await answer('read')), orders }),
    openPositions: async () => ({ ...(await answer('positions')), positions: [] }),
    checkApiKey: () => Promise.reject(new Error('never asked')),
    armTimer: () => Promise.reject(new Error('never asked')),
    toldOpen,
  }
  return { road: { name, exchange }, asked }
}

interface RoadInputs {
  readonly ms?: Partial<Record<Asked, number>>
  readonly orders?: readonly Order[]
  readonly toldOpen?: () => readonly Order[]
  /** Ids that the acks name. */
  readonly cancelled?: readonly string[]
  readonly refuse?: (what: Asked, nth: number) => ExchangeError | null
}

interface Asking {
  readonly what: Asked
  readonly at: number
}

async function sweepOver(
  made: readonly ReturnType<typeof roadOf>[],
  onStillSweeping?: () => void,
  timeMs = 30_000,
) {
  const startedAt = clock.now()
  sweepBegan = startedAt
  const sweeping = sweepRoads({
    roads: made.map(({ road }) => road),
    clock,
    scope: 'all',
    deadlineAt: startedAt + timeMs,
    quietPeriodMs: 1_000,
    onStillSweeping,
  })
  await clock.passUntil(sweeping)
  const timesOf = ({ asked }: ReturnType<typeof roadOf>, wanted: Asked) =>
    asked.filter(({ what }) => what === wanted).map(({ at }) => at - startedAt)
  return { swept: await sweeping, timesOf }
}

/** Goes on trying and never gets there. */
const busy = () =>
  roadOf('unified', {
    orders: [ORDER],
    refuse: (what) => (what === 'cancel' ? new ExchangeError('Unavailable') : null),
  })

test('a road that is to wait with its cancels looks at the book each second, and cancels again on time', async () => {
  const limited = roadOf('rest', {
    orders: [ORDER],
    refuse: (what, nth) => (what === 'cancel' && nth === 0 ? toWait(8_000) : null),
  })
  const { timesOf } = await sweepOver([limited, busy()], undefined, 12_000)
  const [first, second] = timesOf(limited, 'cancel')
  expect(first).toBe(0)
  expect(second).toBeGreaterThanOrEqual(8_010)
  expect(second).toBeLessThan(8_050)
  const reads = timesOf(limited, 'read')
  expect(Math.max(...reads.map((at, i) => at - (reads[i - 1] ?? 0)))).toBeLessThanOrEqual(1_020)
})

test('a road whose read is to wait does not look either, whatever the other one does', async () => {
  const limited = roadOf('rest', {
    orders: [ORDER],
    refuse: (what, nth) => (what === 'read' && nth === 0 ? toWait(5_000) : null),
  })
  const { timesOf } = await sweepOver([limited, busy()], undefined, 12_000)
  expect(timesOf(limited, 'read')[1]).toBeGreaterThanOrEqual(5_010)
})

test('a road that is alone looks when it may cancel again', async () => {
  const limited = roadOf('rest', {
    orders: [ORDER],
    refuse: (what, nth) => (what === 'cancel' && nth === 0 ? toWait(5_000) : null),
  })
  const { timesOf } = await sweepOver([limited], undefined, 12_000)
  expect(timesOf(limited, 'cancel')[1]).toBeLessThan(5_050)
  expect(timesOf(limited, 'read').filter((at) => at < 5_010)).toHaveLength(1)
})

test('what has ended is never told to be sweeping still', async () => {
  let told = 0
  const onStillSweeping = () => {
    told += 1
  }
  const { swept } = await sweepOver([roadOf('rest', {})], onStillSweeping)
  expect(swept.roads[0]?.proof).not.toBeNull()
  await clock.passUntil(clock.sleep(20_000))
  expect(told).toBe(0)
  await sweepOver([busy()], onStillSweeping)
  expect(told).toBe(1)
})

test('while the positions are waited for, the slower road reads no book any more, whatever it is told', async () => {
  const endsAt = clock.now() + 2_000
  const fast = roadOf('rest', { ms: { positions: 5_000 } })
  const toldOpen = () => (clock.now() > endsAt ? [ORDER] : [])
  const slow = roadOf('unified', { ms: { cancel: 3_000 }, toldOpen })
  const { swept } = await sweepOver([fast, slow])
  expect(swept.roads[0]?.proof?.at).toBeLessThan(endsAt)
  expect(slow.asked.map(({ what }) => what)).toEqual(['cancel'])
})

test('what one road read as empty before another cancelled an order is no part of a proof', async () => {
  const slow = roadOf('rest', {
    ms: { cancel: 500 },
    cancelled: ['o'],
    refuse: (what) => (what === 'read' ? new ExchangeError('Unavailable') : null),
  })
  const { swept, timesOf } = await sweepOver([roadOf('unified', {}), slow])
  const proven = swept.roads.find(({ name }) => name === 'unified')?.proof
  expect(timesOf(slow, 'cancel')).toEqual([0])
  expect(proven?.at).toBeGreaterThanOrEqual(clock.now() - 50)
  expect(clock.now() - sweepBegan).toBeGreaterThanOrEqual(1_500)
})

test('a cancel of nothing takes nothing back that another road has read', async () => {
  const slow = roadOf('rest', {
    ms: { cancel: 500 },
    refuse: (what) => (what === 'read' ? new ExchangeError('Unavailable') : null),
  })
  await sweepOver([roadOf('unified', {}), slow])
  expect(clock.now() - sweepBegan).toBeLessThan(1_200)
})
