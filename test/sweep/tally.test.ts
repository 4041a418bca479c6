import { expect, test } from 'vitest'
import type { CancelAck, Order } from '../../lambda/kraken/exchange.ts'
import { Tally } from '../../lambda/sweep/tally.ts'

const order = (orderId: string, fields: Partial<Order> = {}) =>
  ({ orderId, symbol: 'PF_XBTUSD', reduceOnly: false, type: 'lmt', placedAt: null, ...fields }) as Order

const ack = (fields: Partial<CancelAck>): CancelAck => ({
  sentAt: 0,
  answeredAt: 10,
  serverTime: 5_000,
  clockSkewMs: null,
  cancelOnly: 'all',
  orderIds: [],
  orders: [],
  ...fields,
})

test('what a read saw to be cancelled counts once, under the id that it has', () => {
  const tally = new Tally('all')
  tally.addCancelled([order('a'), order('a'), order(''), order('b', { symbol: null })])
  tally.addCancelled([order('b')])
  expect(tally.cancelled()).toMatchObject({ count: 2, orderIds: ['a', 'b'] })
})

test('where symbols were named, the orders of others are not ours, whoever cancelled them', () => {
  const tally = new Tally(['PF_XBTUSD'])
  tally.addCancelled([order('a'), order('b', { symbol: 'PF_ETHUSD' }), order('c', { symbol: null })])
  tally.addCancelled([order('d', { symbol: 'XBT/USD:PERP' })])
  expect(tally.cancelled()).toMatchObject({ count: 1, orderIds: ['a'] })
})

test('what is seen of a cancelled order does not replace what was known of it', () => {
  const tally = new Tally('all')
  tally.addRead([order('a', { type: 'stop' })])
  tally.addCancelled([order('a', { type: null }), order('b', { type: 'take_profit' })])
  expect(tally.cancelled().protective.map(({ orderId }) => orderId)).toEqual(['a', 'b'])
})

test('a number without ids is what is cancelled beside the orders that were seen to be', () => {
  const tally = new Tally('all')
  tally.addAck(ack({ count: 3 }))
  expect(tally.cancelled()).toMatchObject({ count: 3, orderIds: [] })
  tally.addCancelled([order('a')])
  expect(tally.cancelled().count).toBe(3)
  tally.addCancelled(['b', 'c', 'd'].map((id) => order(id)))
  expect(tally.cancelled().count).toBe(4)
})

test('an order that an ack names is not among those that another ack counted', () => {
  const tally = new Tally('all')
  tally.addAck(ack({ count: 30 }))
  tally.addAck(ack({ orderIds: ['stop'] }))
  tally.addCancelled([order('stop'), order('a')])
  expect(tally.cancelled().count).toBe(31)
})

test('an order whose cancel was acknowledged without its name may be among those that another ack counted', () => {
  const tally = new Tally('all')
  tally.addAck(ack({ count: 51 }))
  tally.addAck(ack({ orderIds: ['a', 'b'], unnamedIds: ['a', 'b'] }))
  expect(tally.cancelled()).toMatchObject({ count: 51, perhapsTwo: 2 })
  tally.addCancelled([order('a'), order('c')])
  expect(tally.cancelled()).toMatchObject({ count: 51, perhapsTwo: 2 })
  // Named at last, it is one more for sure; and what was only seen may be of those.
  tally.addAck(ack({ orderIds: ['a'] }))
  expect(tally.cancelled()).toMatchObject({ count: 52, perhapsTwo: 1 })
})

test.each<[string, Partial<CancelAck>]>([
  ['nothing was counted', {}],
  ['one was counted', { count: 1 }],
])('no more orders are in doubt than were counted: %s', (_, { count = 0 }) => {
  const tally = new Tally('all')
  tally.addAck(ack({ count }))
  tally.addAck(ack({ orderIds: ['a', 'b'], unnamedIds: ['a', 'b'] }))
  expect(tally.cancelled()).toMatchObject({ count: 2, perhapsTwo: count })
})

test('an ack that neither names nor counts what it cancelled leaves the number open', () => {
  const tally = new Tally('all')
  tally.addAck(ack({ count: 3 }))
  expect(tally.cancelled().hasUncounted).toBe(false)
  tally.addAck(ack({ isIncomplete: true }))
  tally.addAck(ack({ orderIds: ['a'] }))
  expect(tally.cancelled()).toMatchObject({ count: 4, hasUncounted: true })
})

test('what was read as open and is gone without an ack has vanished', () => {
  const tally = new Tally('all')
  tally.addRead([order('a'), order('b'), order('c'), order('d'), order('')])
  tally.addAck(ack({ orderIds: ['a'], orders: [order('x')] }))
  tally.addCancelled([order('b')])
  expect(tally.cancelled([order('c')]).vanishedCount).toBe(1)
})

test('an order was placed since the first cancel if its time is after that of the ack, and both are told', () => {
  const placed = (at: number | null) => order(`${at}`, { placedAt: at })
  const tally = new Tally('all')
  tally.addRead([placed(9_000)])
  tally.addAck(ack({ serverTime: 5_000 }))
  tally.addAck(ack({ serverTime: 7_000 }))
  tally.addRead([placed(4_999), placed(5_000), placed(5_001), placed(null)])
  expect(tally.placedSince.map(({ orderId }) => orderId)).toEqual(['5001'])
})

test('an order that only the ack of its cancel tells of was placed since the first one all the same', () => {
  const tally = new Tally('all')
  tally.addAck(ack({ serverTime: 5_000, orderIds: ['a'], orders: [order('a', { placedAt: 4_000 })] }))
  tally.addAck(ack({ serverTime: 7_000, orderIds: ['b'], orders: [order('b', { placedAt: 6_000 })] }))
  expect(tally.placedSince.map(({ orderId }) => orderId)).toEqual(['b'])
})

const guarding = { symbols: 'all', keep: 'reduceOnly' } as const

test('two roads that spell an id in other case speak of one order', () => {
  const tally = new Tally(guarding)
  tally.addRead([order('AB')])
  tally.addAck(ack({ orderIds: ['ab'] }))
  tally.addCancelled([order('Ab')])
  tally.addKept([order('S'), order('s')])
  expect(tally.cancelled()).toMatchObject({ count: 1, orderIds: ['ab'], vanishedCount: 0 })
  expect(tally.cancelled([order('aB')])).toMatchObject({ count: 0, deniedCount: 1 })
  expect(tally.kept).toEqual(['s'])
})

test('whether an order is reduce-only is known by the road that tells it, until another word is said', () => {
  const tally = new Tally(guarding)
  const untold = order('A', { reduceOnly: null })
  expect(tally.withTold(untold)).toBe(untold)
  tally.withTold(order('a', { reduceOnly: true }))
  expect(tally.withTold(untold)).toMatchObject({ orderId: 'A', symbol: 'PF_XBTUSD', reduceOnly: true })
  tally.withTold(order('a', { reduceOnly: false }))
  expect(tally.withTold(untold)).toBe(untold)
  expect(new Tally('all').withTold(order('a', { reduceOnly: true }))).toMatchObject({ orderId: 'a' })
})

test('an order that turns out to stay has not vanished', () => {
  const tally = new Tally(guarding)
  tally.addRead([order('a', { reduceOnly: null }), order('b', { reduceOnly: null })])
  tally.withTold(order('a', { reduceOnly: true }))
  expect(tally.cancelled()).toMatchObject({ vanishedCount: 1, vanishedUntoldCount: 1 })
})

test('an order that was told of was seen, though nothing else comes of it', () => {
  const tally = new Tally('all')
  tally.addTold([order('a'), order('A')])
  expect(tally.seenCount).toBe(1)
})
