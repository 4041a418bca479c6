import { expect, onTestFinished, test } from 'vitest'
import { error } from '../../../drill/answer.ts'
import { systemClock } from '../../../lambda/clock.ts'
import type { CancelAck, Order } from '../../../lambda/kraken/exchange.ts'
import { Budget, REST_ALLOWANCE } from '../../../lambda/kraken/http/budget.ts'
import { openVenue, type Venue } from '../../venue.ts'

const once = { atOnce: 1, onLateAck: () => {} }

async function venueFor(): Promise<Venue> {
  const venue = await openVenue(5)
  onTestFinished(() => venue.close())
  return venue
}

function budgetLess(units: number): Budget {
  const budget = new Budget(systemClock, REST_ALLOWANCE)
  budget.trySpend(units)
  return budget
}

test('a cancel leaves enough of the budget to read the book', async () => {
  const venue = await venueFor()
  const client = venue.client({ budget: budgetLess(452) })
  await expect(client.cancelAll(undefined, once)).rejects.toMatchObject({ code: 'budget', remedy: 'wait' })
  expect((await client.openOrders()).orders).toHaveLength(5)
  const { orderIds } = await venue.client({ budget: budgetLess(451) }).cancelAll(undefined, once)
  expect(orderIds).toHaveLength(5)
})

test('what the budget refuses says when to come again, and is not sent', async () => {
  const venue = await venueFor()
  const client = venue.client({ budget: budgetLess(500) })
  await expect(client.openOrders()).rejects.toMatchObject({ retryAfterMs: expect.closeTo(10_100, -2) })
  expect(venue.exchange.calls).toEqual([])
})

test.each([
  [400, ['spare', 'kept']],
  [440, ['kept']],
])(
  'with %i units spent, a slow answer gets as many requests as the budget allows: %j',
  async (spent, kinds) => {
    const venue = await venueFor()
    await venue.client().openPositions()
    venue.attempts.length = 0
    venue.exchange.misbehave({
      answer: (_, orderly) => {
        const answer = orderly()
        return systemClock.sleep(venue.exchange.calls.length === 1 ? 300 : 0).then(() => answer)
      },
    })
    await venue.client({ budget: budgetLess(spent) }).cancelAll(undefined, once)
    await systemClock.sleep(350)
    expect(venue.attempts.map(({ connection }) => connection)).toEqual(kinds)
  },
)

test('a cancel of one order hears its second answer too, and counts what that one cancelled', async () => {
  const venue = await venueFor()
  await venue.client().openPositions()
  const [order] = (await venue.client().openOrders()).orders
  const late: CancelAck[] = []
  // The first request is carried out and answered late; the second finds nothing left to cancel.
  venue.exchange.misbehave({
    answer: ({ nth }, orderly) => {
      const answer = orderly()
      return systemClock.sleep(nth === 0 ? 300 : 0).then(() => answer)
    },
  })
  const onLateAck = (ack: CancelAck) => late.push(ack)
  const first = await venue.client().cancelOrder(order as Order, { onLateAck })
  await systemClock.sleep(350)
  expect(first.orderIds).toEqual([])
  expect(late.map(({ orderIds }) => orderIds)).toEqual([[order?.orderId]])
})

test('ten at once take fresh connections: so many duplicates would not fit', async () => {
  const venue = await venueFor()
  await venue.client().openPositions()
  venue.attempts.length = 0
  await venue.client().cancelAll('PF_XBTUSD', { ...once, atOnce: 10 })
  await venue.client().cancelAll('PF_XBTUSD', { ...once, atOnce: 9 })
  expect(venue.attempts.map(({ connection }) => connection)).toEqual(['fresh', 'kept'])
})

test('no call lasts beyond the deadline', async () => {
  const venue = await venueFor()
  venue.exchange.misbehave({ answer: () => ({ status: 200, headers: {}, body: '', delivery: 'never' }) })
  const startedAt = performance.now()
  const client = venue.client({ deadlineAt: startedAt + 150, attemptTimeoutMs: 10_000 })
  await expect(client.openOrders()).rejects.toMatchObject({ code: 'timeout' })
  expect(performance.now() - startedAt).toBeLessThan(5_000)
  await systemClock.sleep(5) // timers are early by a millisecond or two
  await expect(client.openOrders()).rejects.toMatchObject({ code: 'deadline' })
})

test('a symbol goes into the body, url-encoded and signed as sent', async () => {
  const venue = await venueFor()
  await venue.client().cancelAll('PF_XBTUSD', once)
  await venue.client().cancelAll(undefined, once)
  const [one, all] = venue.exchange.calls
  expect(one).toMatchObject({ endpoint: 'cancelallorders', isAuthentic: true, nonce: '' })
  expect(one?.params.get('symbol')).toBe('PF_XBTUSD')
  expect([...(all?.params.keys() ?? [])]).toEqual([])
})

test('once there is a verdict, what is under way goes out on no spare', async () => {
  const venue = await venueFor()
  await venue.client().openPositions()
  venue.exchange.misbehave({ answer: (_, orderly) => systemClock.sleep(300).then(orderly) })
  let isOver = false
  const cancelling = venue.client({ isOver: () => isOver }).cancelAll(undefined, once)
  await systemClock.sleep(20)
  isOver = true
  await cancelling
  const cancels = venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelallorders')
  expect(cancels).toHaveLength(1)
})

test('once there is a verdict nothing leaves, and it is said that the time was over, not the budget', async () => {
  const venue = await venueFor()
  const client = venue.client({ isOver: () => true })
  await expect(client.cancelAll(undefined, once)).rejects.toMatchObject({
    name: 'NotTried',
    code: 'deadline',
  })
  expect(venue.exchange.calls).toEqual([])
})

const asOrders = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ orderId: `order-${i}`, symbol: 'PF_XBTUSD' }) as Order)

test('orders go by their ids in batches of 50, as JSON in a field of the form', async () => {
  const venue = await venueFor()
  const { book } = venue.exchange.account
  for (let i = 0; i < 60; i++) book.place({})
  const orders = book.orders.map(({ order_id }) => ({ orderId: order_id }) as Order)
  const ack = await venue.client().cancelOrders(orders, { mostInOne: 1_000, onLateAck: () => {} })
  expect(new Set(ack.orderIds)).toEqual(new Set(orders.map(({ orderId }) => orderId)))
  expect(ack.orders).toHaveLength(65)
  const batches = venue.exchange.calls.filter(({ endpoint }) => endpoint === 'batchorder')
  expect(batches.map(({ units }) => units)).toEqual([59, 24])
  expect(JSON.parse(batches[1]?.params.get('json') ?? '').batchOrder[0]).toEqual({
    order: 'cancel',
    order_id: orders[50]?.orderId,
  })
  expect(venue.attempts.map(({ call }) => call).toSorted()).toEqual(['batchorder 15', 'batchorder 50'])
})

test.each<[number, number, string[]]>([
  [0, 400, Array(8).fill('batchorder 50')],
  [5, 400, Array(7).fill('batchorder 50')],
  [240, 400, Array(4).fill('batchorder 50')],
  [417, 400, ['batchorder 50']],
  [452, 15, ['batchorder 15']],
])('with %i units spent, of %i orders so many batches leave: %j', async (spent, count, calls) => {
  const venue = await venueFor()
  const cancelling = venue
    .client({ budget: budgetLess(spent) })
    .cancelOrders(asOrders(count), { mostInOne: 50, onLateAck: () => {} })
  if (calls.length * 50 >= count) expect((await cancelling).orderIds).toEqual([])
  else
    await expect(cancelling).rejects.toMatchObject({
      code: 'budget',
      retryAfterMs: expect.closeTo(10_100, -3),
    })
  expect(venue.attempts.map(({ call }) => call)).toEqual(calls)
  expect(new Set(venue.attempts.map(({ connection }) => connection))).toEqual(new Set(['fresh']))
})

test.each([
  [150, ['kept', 'kept', 'fresh']],
  [400, ['kept', ...Array(7).fill('fresh')]],
])('of the batches of %i orders such connections are used: %j', async (count, connections) => {
  const venue = await venueFor()
  const client = venue.client({ budget: budgetLess(0) })
  await Promise.all([client.openOrders(), client.openOrders()])
  venue.attempts.length = 0
  await client.cancelOrders(asOrders(count), { mostInOne: 50, onLateAck: () => {} })
  expect(venue.attempts.map(({ connection }) => connection).toSorted()).toEqual(connections.toSorted())
})

test('where no batch fits into the budget nothing leaves', async () => {
  const venue = await venueFor()
  const client = venue.client({ budget: budgetLess(460) })
  const options = { mostInOne: 50, onLateAck: () => {} }
  await expect(client.cancelOrders(asOrders(20), options)).rejects.toMatchObject({
    code: 'budget',
    message: expect.stringContaining('20 cancels by id have to wait'),
  })
  expect(venue.exchange.calls).toEqual([])
})

test('another key is looked for no longer than there is time', async () => {
  const venue = await venueFor()
  venue.exchange.misbehave({ answer: () => error('authenticationError') })
  const { current } = venue.credentials.of('rest')
  const keys = { current, replacementFor: () => new Promise<never>(() => {}) }
  const client = venue.client({ keys, deadlineAt: systemClock.now() + 300 })
  await expect(client.openOrders()).rejects.toMatchObject({ code: 'authenticationError' })
}, 2_000)

test('what was cancelled counts, where another batch failed', async () => {
  const venue = await venueFor()
  const { book } = venue.exchange.account
  for (let i = 0; i < 95; i++) book.place({})
  const orders = book.orders.map(({ order_id }) => ({ orderId: order_id }) as Order)
  venue.exchange.misbehave({
    answer: ({ endpoint, params }) =>
      endpoint === 'batchorder' && params.get('json')?.includes(orders[0]?.orderId ?? '')
        ? error('marketUnavailable')
        : undefined,
  })
  const acks: CancelAck[] = []
  const onLateAck = (ack: CancelAck) => acks.push(ack)
  await expect(venue.client().cancelOrders(orders, { mostInOne: 50, onLateAck })).rejects.toMatchObject({
    code: 'marketUnavailable',
  })
  expect(acks.map(({ orderIds }) => orderIds.length)).toEqual([50])
})

test('an exchange that is far away is asked once, and not on a spare too', async () => {
  const venue = await venueFor()
  venue.exchange.misbehave({ answer: (_, orderly) => systemClock.sleep(160).then(orderly) }) // a spare goes out after 100 ms
  const client = venue.client()
  await client.openOrders()
  await client.openOrders() // on the connection that was kept: on two, since its distance is not known yet
  for (let i = 0; i < 3; i++) await client.cancelAll(undefined, once)
  await systemClock.sleep(200)
  const cancels = venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelallorders')
  expect(cancels).toHaveLength(3)
})
