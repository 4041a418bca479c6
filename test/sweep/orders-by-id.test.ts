import { beforeEach, expect, test } from 'vitest'
import { SecretUnavailable } from '../../lambda/errors.ts'
import type { Order } from '../../lambda/kraken/exchange.ts'
import { ExchangeError, NotTried } from '../../lambda/kraken/exchange-error.ts'
import { OrdersById } from '../../lambda/sweep/orders-by-id.ts'

const order = (orderId: string, fields: Partial<Order> = {}) =>
  ({ orderId, symbol: 'PF_XBTUSD', reduceOnly: false, ...fields }) as Order
const many = (count: number) => Array.from({ length: count }, (_, i) => order(`o${i}`))
const book = (orders: readonly Order[], answeredAt = 0, unlisted: readonly string[] = []) => ({
  orders,
  answeredAt,
  unlisted: new Map(unlisted.map((id) => [id, 'before'] as const)),
})
const refused = new ExchangeError('invalidArgument')

let byId: OrdersById
beforeEach(() => {
  byId = new OrdersById({ symbols: 'all', keep: 'reduceOnly' })
})
const due = () => byId.due(0).map(({ orderId }) => orderId)
const send = () => {
  const sent = byId.due(0)
  byId.asked(sent)
  return sent
}

test('before a read nothing is due, and after it what it shows', () => {
  expect(due()).toEqual([])
  byId.foundOpen(book([order('a'), order('b'), order('a')]))
  expect(due()).toEqual(['a', 'b'])
  expect([byId.hasDue, byId.hasFresh(0)]).toEqual([true, true])
})

test('what was acknowledged waits for the next read, which may show it again', () => {
  byId.foundOpen(book(many(2)))
  byId.acked(send())
  expect([due(), byId.hasDue]).toEqual([[], false])
  byId.foundOpen(book(many(1)))
  expect([due(), byId.hasFresh(0)]).toEqual([['o0'], false])
})

test('what is told of is due at once; without a word on whether it is reduce-only it waits for a read', () => {
  byId.hearOpen([order('a'), order('b', { reduceOnly: null })])
  expect(due()).toEqual(['a'])
  byId.acked(send())
  byId.hearOpen([order('a')])
  expect(due()).toEqual([])
  byId.foundOpen(book([order('b', { reduceOnly: null })]))
  expect(due()).toEqual(['b'])
})

test('what is told of without a word on whether it is reduce-only, and left out of a read, waits for a later one', () => {
  const untold = order('a', { reduceOnly: null })
  byId.foundOpen(book([untold], 1_000, ['a']))
  expect(due()).toEqual([])
  expect(byId.isHopeless([untold])).toBe(false)
  byId.foundOpen(book([untold], 1_249, ['a']))
  expect(due()).toEqual([])
  byId.foundOpen(book([untold], 1_250, ['a']))
  expect(due()).toEqual(['a'])
})

test('what a read left out, and that is known to open risk, is due at once', () => {
  byId.foundOpen(book([order('a')], 1_000, ['a']))
  expect(due()).toEqual(['a'])
})

test('an order without an id, or of an unknown symbol where symbols are named, is not cancelled by its id', () => {
  const named = new OrdersById({ symbols: ['PF_XBTUSD'], keep: 'reduceOnly' })
  for (const one of [byId, named]) one.foundOpen(book([order(''), order('x', { symbol: null })]))
  expect(due()).toEqual(['x'])
  expect(named.due(0)).toEqual([])
  expect(named.isHopeless([order('x', { symbol: null })])).toBe(false)
})

test('a batch that is refused for good is tried in shorter ones, one at first, then each order alone', () => {
  byId.foundOpen(book(many(60)))
  const steps: [number, number][] = []
  for (let i = 0; i < 3; i++) {
    const sent = send()
    steps.push([sent.length, byId.mostInOne])
    byId.failed(sent, refused, 0)
  }
  expect(steps).toEqual([
    [60, 50],
    [10, 10],
    [1, 1],
  ])
  expect([due(), byId.isHopeless(many(60)), byId.trouble]).toEqual([[], true, refused])
})

test('once a shorter batch is taken, the others go without a pause', () => {
  byId.foundOpen(book(many(60)))
  byId.failed(send(), refused, 0)
  const probe = send()
  byId.heardAck({ orderIds: probe.map(({ orderId }) => orderId) })
  byId.acked(probe)
  byId.foundOpen(book(many(60).slice(10)))
  expect([due().length, byId.mostInOne, byId.hasFresh(0)]).toEqual([50, 10, true])
})

test('a refusal beside orders that were cancelled is no reason for shorter batches', () => {
  byId.foundOpen(book(many(60)))
  const sent = send()
  byId.heardAck({ orderIds: ['o0'] })
  byId.failed(sent, refused, 0)
  expect([byId.mostInOne, due().length]).toEqual([50, 59])
})

test('one order alone that is refused for good is left alone, and the others go on in batches', () => {
  byId.foundOpen(book(many(2)))
  send()
  byId.heardAck({ orderIds: ['o0'] })
  for (let i = 0; i < 3; i++) {
    byId.foundOpen(book([order('o1')]))
    byId.failed(send(), refused, 0)
  }
  expect(byId.isHopeless([order('o1')])).toBe(true)
  byId.foundOpen(book([order('o1'), order('new')]))
  expect([due(), byId.mostInOne]).toEqual([['new'], 50])
})

test('what Kraken said tells more than that the budget is spent, which is no trouble once nothing is open', () => {
  const budget = new NotTried('budget', 'spent', 1_000)
  byId.foundOpen(book(many(1)))
  byId.failed(send(), budget, 0)
  expect(byId.trouble).toBe(budget)
  const busy = new ExchangeError('Unavailable')
  byId.failed(send(), busy, 0)
  byId.failed(send(), budget, 0)
  expect(byId.trouble).toBe(busy)
  byId.acked(send())
  expect(byId.trouble).toBeNull()
  byId.foundOpen(book(many(1)))
  byId.failed(send(), budget, 0)
  byId.foundOpen(book([]))
  expect(byId.trouble).toBeNull()
})

test('a key that is refused is tried a few more times, and one that is not there is not', () => {
  byId.foundOpen(book(many(1)))
  byId.failed(send(), new ExchangeError('authenticationError'), 0)
  expect([due(), byId.keyAt]).toEqual([[], 1_000])
  expect(byId.due(1_000)).toHaveLength(1)
  byId.failed(many(1), new SecretUnavailable('AccessDeniedException'), 1_000)
  expect([byId.due(60_000), byId.hasDue]).toEqual([[], false])
})
