import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { type Answer, html, json } from '../../../drill/answer.ts'
import { isNamedBy } from '../../../drill/book.ts'
import type { Heard, Misbehaviour } from '../../../drill/exchange.ts'
import type { Said } from '../../../drill/unified-session.ts'
import { systemClock } from '../../../lambda/clock.ts'
import type { CancelAck, Exchange, Order } from '../../../lambda/kraken/exchange.ts'
import { Budget, SPOT_ALLOWANCE } from '../../../lambda/kraken/http/budget.ts'
import { SessionToken } from '../../../lambda/kraken/unified/token.ts'
import { openVenue, type Venue } from '../../venue.ts'

/* The second road over real sockets, against the embedded exchange. */

async function venueFor(orders?: number): Promise<Venue> {
  const venue = await openVenue(orders)
  onTestFinished(() => venue.close())
  return venue
}

const late: CancelAck[] = []
const alone = { atOnce: 1, onLateAck: (ack: CancelAck) => late.push(ack) }
const endpoints = (venue: Venue) => venue.exchange.calls.map(({ endpoint }) => endpoint)

test('token and WebSocket are asked for once, and kept', async () => {
  const venue = await venueFor(3)
  expect(await venue.unified().cancelAll(undefined, alone)).toMatchObject({
    cancelOnly: 'all',
    count: 3,
    orderIds: [],
    orders: [],
  })
  expect((await venue.unified().openOrders()).orders).toEqual([])
  expect((await venue.unified().openOrders()).orders).toEqual([])
  expect(endpoints(venue)).toEqual([
    'GetWebSocketsToken',
    'cancel_all',
    'subscribe executions',
    'unsubscribe executions',
    'subscribe executions',
  ])
  expect(venue.exchange.calls.every(({ isAuthentic }) => isAuthentic)).toBe(true)
})

test('the book is that of the other road: what one places or cancels, the other sees', async () => {
  const venue = await venueFor(40)
  const ids = async (of: 'client' | 'unified') =>
    (await venue[of]().openOrders()).orders.map(
      ({ orderId, symbol, reduceOnly }) => `${orderId} ${symbol} ${reduceOnly}`,
    )
  expect(await ids('unified')).toEqual(await ids('client'))
  await venue.client().cancelAll('PF_XBTUSD', alone)
  const left = await ids('unified')
  expect(left).toEqual(await ids('client'))
  expect(left.length).toBeLessThan(40)
  await venue.unified().cancelAll(undefined, alone)
  expect(await ids('client')).toEqual([])
})

test('it says which orders were called cancelled, by whomever, since the invocation began', async () => {
  const venue = await venueFor(6)
  await venue.unified().openOrders()
  await venue.client().cancelAll(undefined, alone)
  const next = venue.unified()
  expect((await next.openOrders()).orders).toEqual([])
  expect([...(next.toldCancelled?.() ?? [])]).toEqual([])
  const [placed] = [venue.exchange.account.book.place({ symbol: 'PF_SOLUSD' })]
  const client = venue.unified()
  await client.openOrders()
  await client.cancelAll(undefined, alone)
  expect([...(client.toldCancelled?.() ?? [])]).toMatchObject([
    { orderId: placed?.order_id, symbol: 'PF_SOLUSD' },
  ])
})

test.each(['PF_XBTUSD', 'FI_XBTUSD', 'PI_XBTUSD', 'FI_XBTUSD_261225'])(
  'symbols go by the ids of their orders: %s, and no other',
  async (symbol) => {
    const venue = await venueFor(60)
    const { book } = venue.exchange.account
    const wanted = book.orders.filter((order) => isNamedBy(symbol, order))
    const ack = await venue.unified().cancelAll(symbol, alone)
    expect(wanted.length).toBeGreaterThan(0)
    expect([...ack.orderIds].sort()).toEqual(wanted.map(({ order_id }) => order_id).sort())
    expect(book.orders).toHaveLength(60 - wanted.length)
    expect(endpoints(venue)).not.toContain('cancel_all')
  },
)

test('many orders of a symbol go in batches of fifty', async () => {
  const venue = await venueFor(0)
  for (let i = 0; i < 120; i++) venue.exchange.account.book.place({ symbol: 'PF_XBTUSD' })
  const { orderIds } = await venue.unified().cancelAll('PF_XBTUSD', alone)
  expect(new Set(orderIds).size).toBe(120)
  const sizes = venue.exchange.calls
    .filter(({ endpoint }) => endpoint === 'cancel_order')
    .map(({ params }) => params.get('order_id')?.split(',').length)
  expect(sizes).toEqual([50, 50, 20])
})

test('a symbol without orders is looked for afresh, and nothing is sent', async () => {
  const venue = await venueFor(5)
  const ack = await venue.unified().cancelAll('PF_DOGEUSD', alone)
  expect(ack).toMatchObject({ cancelOnly: 'PF_DOGEUSD', orderIds: [], orders: [] })
  expect(endpoints(venue)).toEqual(['GetWebSocketsToken', 'subscribe executions'])
})

test('an order placed since the subscription is found without asking', async () => {
  const venue = await venueFor(0)
  await venue.unified().openOrders()
  venue.exchange.account.book.place({ symbol: 'PF_XBTUSD' })
  await sleep(30)
  expect((await venue.unified().cancelAll('PF_XBTUSD', alone)).orderIds).toHaveLength(1)
  expect(endpoints(venue)).toEqual(['GetWebSocketsToken', 'subscribe executions', 'cancel_order'])
})

test('one order goes by its id, and no other', async () => {
  const venue = await venueFor(4)
  const client = venue.unified()
  const [order] = (await client.openOrders()).orders as [Order]
  const ack = await client.cancelOrder(order, alone)
  expect(ack).toMatchObject({ cancelOnly: null, orderIds: [order.orderId] })
  expect(ack.orders.map(({ symbol }) => symbol)).toEqual([order.symbol])
  expect(venue.exchange.account.book.orders).toHaveLength(3)
  expect(venue.exchange.account.book.orders.map(({ order_id }) => order_id)).not.toContain(order.orderId)
})

test('orders whose id or symbol is not told are cancelled with no symbol', async () => {
  const venue = await venueFor(0)
  const known = venue.exchange.account.book.place({ symbol: 'PF_XBTUSD' })
  venue.exchange.misbehave({
    message: ({ asked, session }, orderly) => {
      if (asked.method !== 'subscribe') return undefined
      const [response] = orderly() as [Said]
      const told = session.snapshot([known]) as { data: object[] }
      return {
        said: [
          response,
          { ...told, data: [...told.data, { order_id: 'nameless' }, { symbol: 'PF_XBTUSD' }] },
        ],
      }
    },
  })
  expect((await venue.unified().openOrders()).orders).toHaveLength(3)
  expect((await venue.unified().cancelAll('PF_XBTUSD', alone)).orderIds).toEqual([known.order_id])
  const asked = venue.exchange.calls.find(({ endpoint }) => endpoint === 'cancel_order')
  expect(asked?.params.get('order_id')).toBe(known.order_id)
})

test('several batches are acknowledged when the last of them is', async () => {
  const venue = await venueFor(0)
  for (let i = 0; i < 120; i++) venue.exchange.account.book.place({ symbol: 'PF_XBTUSD' })
  await venue.unified().openOrders()
  for (const slow of [0, 1, 2]) {
    venue.exchange.misbehave({
      message: async ({ call }, orderly) => {
        await sleep(call.nth === slow ? 60 : 0)
        return { said: orderly() }
      },
    })
    const ack = await venue.unified().cancelAll('PF_XBTUSD', alone)
    expect(ack.answeredAt - ack.sentAt).toBeGreaterThan(50)
    while (venue.exchange.account.book.orders.length < 120)
      venue.exchange.account.book.place({ symbol: 'PF_XBTUSD' })
    await sleep(30)
  }
})

test('every step is noted under its name, with its connection and what came of it', async () => {
  const venue = await venueFor(0)
  for (const symbol of ['PF_XBTUSD', 'PF_ETHUSD']) venue.exchange.account.book.place({ symbol })
  const client = venue.unified()
  await client.cancelAll('PF_XBTUSD', alone)
  const { orders } = await client.openOrders()
  await client.openPositions()
  await client.cancelOrder(orders[0] as Order, alone)
  await client.cancelAll(undefined, alone)
  const noted = venue.attempts.map(({ call, connection, sentAt, outcome }) => [
    call,
    connection,
    sentAt !== null,
    outcome,
  ])
  expect(noted).toEqual([
    ['GetWebSocketsToken', 'fresh', true, 'ok'],
    ['WebSocket', null, false, 'ok'],
    ['cancel_order PF_XBTUSD', 'fresh', true, 'ok'],
    ['executions', 'fresh', true, 'ok'],
    ['positions', 'fresh', true, 'ok'],
    ['cancel_order', 'fresh', true, 'ok'],
    ['cancel_all', 'fresh', true, 'ok'],
  ])
})

test('after a freeze the cancel goes out on a new session too, without waiting for the old one', async () => {
  const venue = await venueFor(3)
  let old: unknown
  venue.exchange.misbehave({
    message: ({ session }) => {
      old = session
      return undefined
    },
  })
  await venue.unified().openOrders()
  venue.exchange.misbehave({ message: ({ session }) => (session === old ? { said: [] } : undefined) })
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_600) // all of this process stands still
  const startedAt = performance.now()
  expect(await venue.unified({ spareAfterMs: 700 }).cancelAll(undefined, alone)).toMatchObject({ count: 3 })
  expect(performance.now() - startedAt).toBeLessThan(600)
})

test('calls at the same moment share the session that is being opened', async () => {
  const venue = await venueFor(3)
  const client = venue.unified()
  const [ack, book] = await Promise.all([client.cancelAll(undefined, alone), client.openOrders()])
  expect([ack.count, book.orders.length]).toEqual([3, 0])
  expect(endpoints(venue).filter((endpoint) => endpoint === 'GetWebSocketsToken')).toHaveLength(1)
})

test('a session that was being opened when the process froze is not waited for', async () => {
  const venue = await venueFor(3)
  let upgrades = 0
  venue.exchange.misbehave({ upgrade: () => (upgrades++ === 0 ? 'ignore' : undefined) })
  const first = venue.unified({ attemptTimeoutMs: 2_500 }).openOrders()
  first.catch(() => {})
  await sleep(30)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_600) // all of this process stands still
  const startedAt = performance.now()
  expect(await venue.unified().cancelAll(undefined, alone)).toMatchObject({ count: 3 })
  expect(performance.now() - startedAt).toBeLessThan(500)
  await expect(first).rejects.toMatchObject({ code: 'timeout' })
})

test('without a token the WebSocket that was opened meanwhile is closed again', async () => {
  const venue = await venueFor(3)
  venue.exchange.misbehave({
    answer: ({ endpoint }) => {
      const refusal = { ...json({ error: ['EAPI:Invalid key'] }), headers: { connection: 'close' } }
      return endpoint === 'GetWebSocketsToken' ? sleep(50, refusal) : undefined
    },
  })
  await expect(venue.unified().openOrders()).rejects.toMatchObject({ code: 'EAPI:Invalid key' })
  await expect.poll(() => venue.exchange.sockets.length).toBe(0)
})

test('a cancel that is refused for good gets no spare', async () => {
  const venue = await venueFor(3)
  await venue.unified().openOrders()
  venue.exchange.account.unified.rights.delete('cancel')
  const cancelling = venue.unified().cancelAll(undefined, alone)
  await expect(cancelling).rejects.toMatchObject({ code: 'EGeneral:Permission denied' })
  await sleep(150)
  expect(endpoints(venue).filter((endpoint) => endpoint === 'GetWebSocketsToken')).toHaveLength(1)
})

/** Counts the WebSockets that are opened, beside what else is wrong. */
function counting(fault: Misbehaviour): Misbehaviour & { readonly opened: () => number } {
  let opened = 0
  const upgrade = () => {
    opened += 1
    return undefined
  }
  return { ...fault, upgrade, opened: () => opened }
}

test.each(['EService:Unavailable', 'EOrder:Rate limit exceeded', 'EGeneral:Something new', 'Nobody knows'])(
  'what Kraken refuses with %s on a session that works is asked for on no other session, with no other token',
  async (code) => {
    const venue = await venueFor(3)
    const fault = counting({ message: ({ asked, session }) => ({ said: [session.failure(asked, code)] }) })
    venue.exchange.misbehave(fault)
    for (const _ of [1, 2, 3]) {
      await expect(venue.unified().cancelAll(undefined, alone)).rejects.toMatchObject({ code })
      await expect(venue.unified().openPositions()).rejects.toMatchObject({ code })
    }
    await sleep(150) // a spare would have gone out by now
    expect(endpoints(venue).filter((endpoint) => endpoint === 'GetWebSocketsToken')).toHaveLength(1)
    expect(fault.opened()).toBe(1)
  },
)

test('where every token is refused, another one is asked for every two seconds, no sooner', async () => {
  const venue = await venueFor(3)
  venue.exchange.misbehave({
    message: ({ asked, session }) => ({ said: [session.failure(asked, 'EAPI:Invalid token')] }),
  })
  for (const _ of [1, 2, 3, 4, 5]) {
    await expect(venue.unified().cancelAll(undefined, alone)).rejects.toMatchObject({
      code: 'EAPI:Invalid token',
    })
  }
  expect(endpoints(venue).filter((endpoint) => endpoint === 'GetWebSocketsToken')).toHaveLength(2)
})

test('calls for a token are counted: the sixteenth within 45 seconds is not made', async () => {
  const venue = await venueFor(0)
  venue.exchange.misbehave({
    answer: ({ endpoint }) =>
      endpoint === 'GetWebSocketsToken' ? json({ error: ['EService:Unavailable'] }) : undefined,
  })
  const budget = new Budget(systemClock, SPOT_ALLOWANCE)
  const codes: unknown[] = []
  for (let i = 0; i < 17; i++)
    await venue
      .unified({ budget })
      .openOrders()
      .catch(({ code }) => codes.push(code))
  expect(codes).toEqual([...Array(15).fill('EService:Unavailable'), 'budget', 'budget'])
  expect(endpoints(venue)).toHaveLength(15)
})

test.each<[string, () => Answer, object]>([
  ['no token', () => json({ error: [], result: {} }), { code: 'no token' }],
  ['a token that is a number', () => json({ error: [], result: { token: 7 } }), { code: 'no token' }],
  ['a token of two words', () => json({ error: [], result: { token: 'not a token' } }), { code: 'no token' }],
  [
    'a token in letters of another kind',
    () => json({ error: [], result: { token: 'ключключ' } }),
    { code: 'no token' },
  ],
  [
    'a short token',
    () => json({ error: [], result: { token: 'short' } }),
    { message: 'Kraken answered without a WebSocket token' },
  ],
  [
    'no result',
    () => json({ error: [] }),
    { code: 'no result', message: 'Kraken answered without a result' },
  ],
  [
    'a result with HTTP 202',
    () => json({ error: [], result: { token: 'TOKENTOKENTOKEN' } }, 202),
    { code: 'no result' },
  ],
  ['a web page', () => html(404), { name: 'ExchangeError', message: 'Kraken answered a web page' }],
  [
    'words before a token',
    () => json({ error: [], result: { token: 'is wordsoftoken' } }),
    { code: 'no token' },
  ],
  [
    'words after a token',
    () => json({ error: [], result: { token: 'wordsoftoken is' } }),
    { code: 'no token' },
  ],
  ['an error', () => json({ error: ['EService:Busy'] }), { message: 'Kraken answered EService:Busy' }],
])('the call for a token is answered with %s: an error that says so', async (_, said, error) => {
  const venue = await venueFor(0)
  venue.exchange.misbehave({
    answer: ({ endpoint }) => (endpoint === 'GetWebSocketsToken' ? said() : undefined),
  })
  await expect(venue.unified().openOrders()).rejects.toMatchObject(error)
})

test('orders that are gone already are no error, and not counted', async () => {
  const venue = await venueFor(0)
  const { book } = venue.exchange.account
  const [kept, lost] = [book.place({}), book.place({})]
  await venue.unified().openOrders()
  venue.exchange.misbehave({ update: () => [] })
  book.remove(({ order_id }) => order_id === lost.order_id)
  expect((await venue.unified().cancelAll('PF_XBTUSD', alone)).orderIds).toEqual([kept.order_id])
})

test.each(['EOrder:Unknown order', 'EOrder:Invalid order'])(
  '%s is an order that is gone already',
  async (code) => {
    const venue = await venueFor(2)
    const client = venue.unified()
    const { orders } = await client.openOrders()
    venue.exchange.misbehave({
      message: ({ asked, session }) =>
        asked.method === 'cancel_order' ? { said: [session.failure(asked, code)] } : undefined,
    })
    expect((await client.cancelOrder(orders[0] as Order, alone)).orderIds).toEqual([])
  },
)

test('one answer for all of a batch is an answer', async () => {
  const venue = await venueFor(5)
  venue.exchange.misbehave({
    message: ({ asked, session }: Heard, orderly) => {
      if (asked.method !== 'cancel_order') return undefined
      orderly()
      return { said: [session.success(asked, { count: 5 })] }
    },
  })
  expect((await venue.unified().cancelAll('PF_XBTUSD', alone)).orderIds).toHaveLength(5)
})

test('an answer to cancel_all that does not say how many says that it tells not all', async () => {
  const venue = await venueFor(5)
  venue.exchange.misbehave({
    message: ({ asked, session }, orderly) => {
      if (asked.method !== 'cancel_all') return undefined
      orderly()
      return { said: [session.success(asked, {})] }
    },
  })
  const ack = await venue.unified().cancelAll(undefined, alone)
  expect(ack).toMatchObject({ isIncomplete: true })
  expect(ack.count).toBeUndefined()
})

test('what was cancelled before a refusal is handed over, of its batch and of the others', async () => {
  const venue = await venueFor(0)
  for (let i = 0; i < 120; i++) venue.exchange.account.book.place({ symbol: 'PF_XBTUSD' })
  await venue.unified().openOrders()
  venue.exchange.misbehave({
    message: async ({ asked, session, call }, orderly) => {
      if (asked.method !== 'cancel_order') return undefined
      await sleep(call.nth === 2 ? 60 : 0) // the last batch is answered when the first has failed
      const said = orderly()
      return {
        said:
          call.nth === 0 ? [...said.slice(1), session.failure(asked, 'EGeneral:Permission denied')] : said,
      }
    },
  })
  const parts: CancelAck[] = []
  const listening = { atOnce: 1, onLateAck: (ack: CancelAck) => parts.push(ack) }
  const cancelling = venue.unified().cancelAll('PF_XBTUSD', listening)
  await expect(cancelling).rejects.toMatchObject({ code: 'EGeneral:Permission denied' })
  await expect.poll(() => parts.map(({ orderIds }) => orderIds.length)).toEqual([49, 50, 20])
})

test('a cancel is sent when it is, and not when its orders are looked for', async () => {
  const venue = await venueFor(0)
  const client = venue.unified()
  await client.cancelAll('PF_XBTUSD', alone)
  expect(venue.attempts.at(-1)).toMatchObject({
    call: 'cancel_order PF_XBTUSD',
    isCancel: true,
    sentAt: null,
  })
  expect(venue.cancelsSent).toBe(0)
  for (let i = 0; i < 120; i++) venue.exchange.account.book.place({ symbol: 'PF_XBTUSD' })
  await client.cancelAll('PF_XBTUSD', alone)
  expect(venue.attempts.at(-1)?.sentAt).not.toBeNull()
  expect(venue.cancelsSent).toBe(1)
})

test('orders of a batch that Kraken did not name itself are told apart', async () => {
  const venue = await venueFor(0)
  for (let i = 0; i < 60; i++) venue.exchange.account.book.place({ symbol: 'PF_XBTUSD' })
  let batches = 0
  venue.exchange.misbehave({
    message: ({ asked, session }, orderly) => {
      if (asked.method !== 'cancel_order' || ++batches > 1) return undefined
      orderly()
      return { said: [session.success(asked, {})] }
    },
  })
  const ack = await venue.unified().cancelAll('PF_XBTUSD', alone)
  expect(ack.orderIds).toHaveLength(60)
  expect(ack.unnamedIds).toEqual(ack.orderIds.slice(0, 50))
})

test('a refusal of a batch is an error, though it names no order', async () => {
  const venue = await venueFor(5)
  venue.exchange.account.unified.rights.delete('cancel')
  await expect(venue.unified().cancelAll('PF_XBTUSD', alone)).rejects.toMatchObject({
    code: 'EGeneral:Permission denied',
    remedy: 'stop',
  })
})

test('a batch that is refused for its rate, in one answer that names no order, is not waited for', async () => {
  const venue = await venueFor(5)
  venue.exchange.misbehave({
    message: ({ asked, session }) =>
      asked.method === 'cancel_order'
        ? { said: [session.failure(asked, 'EOrder:Rate limit exceeded')] }
        : undefined,
  })
  const startedAt = performance.now()
  await expect(venue.unified().cancelAll('PF_XBTUSD', alone)).rejects.toMatchObject({
    code: 'EOrder:Rate limit exceeded',
  })
  expect(performance.now() - startedAt).toBeLessThan(700)
})

test('an order that may not be cancelled stays open, though snapshots leave it out from then on', async () => {
  const venue = await venueFor(2)
  const client = venue.unified()
  const [order] = (await client.openOrders()).orders as [Order]
  venue.exchange.misbehave({
    message: ({ asked, session }, orderly) => {
      if (asked.method === 'subscribe') return { said: [orderly()[0] as Said, session.snapshot([])] }
      if (asked.method !== 'cancel_order') return undefined
      const refusal = session.failure(asked, 'EOrder:Cannot cancel order') as object
      return { said: [{ ...refusal, order_id: order.orderId }] }
    },
  })
  await expect(client.cancelOrder(order, alone)).rejects.toMatchObject({ code: 'EOrder:Cannot cancel order' })
  expect((await client.openOrders()).orders.map(({ orderId }) => orderId)).toEqual([order.orderId])
})

test('a warning beside a token is no refusal', async () => {
  const venue = await venueFor(2)
  venue.exchange.misbehave({
    answer: ({ endpoint }, orderly) =>
      endpoint === 'GetWebSocketsToken'
        ? json({ ...JSON.parse(orderly().body), error: ['WGeneral:Deprecated'] })
        : undefined,
  })
  expect((await venue.unified().openOrders()).orders).toHaveLength(2)
})

test('an answer that comes for some of a batch only is no answer', async () => {
  const venue = await venueFor(5)
  venue.exchange.misbehave({
    message: ({ asked }, orderly) =>
      asked.method === 'cancel_order' ? { said: orderly().slice(0, 2) } : undefined,
  })
  await expect(venue.unified({ attemptTimeoutMs: 300 }).cancelAll('PF_XBTUSD', alone)).rejects.toMatchObject({
    code: 'timeout',
  })
})

test.each([
  ['cancel_all', (client: Exchange) => client.cancelAll(undefined, alone), { count: 4 }, { count: 0 }],
  [
    'cancel_order',
    async (client: Exchange) => client.cancelOrder(((await client.openOrders()).orders as [Order])[0], alone),
    { orderIds: [expect.any(String)] },
    { orderIds: [] },
  ],
])(
  'a silent session gets a spare for %s after SPARE_AFTER_MS, and the late answer is heard too',
  async (endpoint, cancel, first, second) => {
    const venue = await venueFor(4)
    await venue.unified().openOrders()
    late.length = 0
    const { promise: answered, resolve } = Promise.withResolvers<void>()
    venue.exchange.misbehave({
      message: async ({ call }, orderly) => {
        if (call.endpoint !== endpoint || call.nth > 0) return undefined
        await answered
        return { said: orderly() }
      },
    })
    expect(await cancel(venue.unified())).toMatchObject(first)
    resolve()
    await expect.poll(() => late).toMatchObject([second])
    expect(endpoints(venue).filter((asked) => !asked.endsWith('executions'))).toEqual([
      endpoint,
      'GetWebSocketsToken', // what silences a session may lie with its token
      endpoint,
    ])
  },
)

test('a spare that comes when there is an answer already sends nothing, and takes no place', async () => {
  const venue = await venueFor(4)
  await venue.unified().openPositions()
  const before = venue.sessions.kept
  const spareBegan = Promise.withResolvers<void>()
  const answered = Promise.withResolvers<void>()
  venue.exchange.misbehave({
    answer: async (_, orderly) => {
      spareBegan.resolve()
      await answered.promise
      return orderly()
    },
    message: async (_, orderly) => {
      await spareBegan.promise
      return { said: orderly() }
    },
  })
  expect(await venue.unified().cancelAll(undefined, alone)).toMatchObject({ count: 4 })
  answered.resolve()
  await expect.poll(() => endpoints(venue)).toEqual(['cancel_all', 'GetWebSocketsToken'])
  await sleep(50)
  expect(venue.sessions.kept).toBe(before)
  expect(endpoints(venue)).toEqual(['cancel_all', 'GetWebSocketsToken'])
})

test('a read does not wait for a session that was cut: it is opened again', async () => {
  const venue = await venueFor(2)
  await venue.unified().openOrders()
  for (const socket of venue.exchange.sockets) socket.destroy()
  await sleep(20)
  expect((await venue.unified().openOrders()).orders).toHaveLength(2)
})

test('a snapshot that nobody waits for any more is not taken for the next one', async () => {
  const venue = await venueFor(2)
  venue.exchange.misbehave({
    message: async ({ call }, orderly) => {
      if (call.endpoint !== 'subscribe executions' || call.nth > 0) return undefined
      const [response, snapshot] = orderly() as [object, object]
      void sleep(250).then(() => venue.exchange.account.book.remove(() => true))
      await sleep(500)
      return { said: [response, snapshot] }
    },
  })
  await expect(venue.unified({ attemptTimeoutMs: 200 }).openOrders()).rejects.toMatchObject({
    code: 'timeout',
  })
  await sleep(100)
  expect((await venue.unified().openOrders()).orders).toEqual([])
})

test('where it is subscribed already, the book is read on a session of its own', async () => {
  const venue = await venueFor(2)
  await venue.unified().openOrders()
  venue.exchange.misbehave({
    message: ({ asked }) => (asked.method === 'unsubscribe' ? { said: [] } : undefined),
  })
  expect((await venue.unified().openOrders()).orders).toHaveLength(2)
  expect(venue.attempts.map(({ outcome }) => outcome)).toContain('Already subscribed to executions channel')
  expect(endpoints(venue).slice(-2)).toEqual(['subscribe executions', 'subscribe executions'])
})

test('a token that is no longer good is replaced, at once', async () => {
  const venue = await venueFor(3)
  await venue.unified().openPositions()
  venue.exchange.account.unified.tokens.length = 0
  expect(await venue.unified().cancelAll(undefined, alone)).toMatchObject({ count: 3 })
  expect(endpoints(venue).slice(-3)).toEqual(['cancel_all', 'GetWebSocketsToken', 'cancel_all'])
})

test('a rotated key works without a restart', async () => {
  const venue = await venueFor(3)
  await venue.credentials.current()
  venue.exchange.account.unified.rotate()
  expect(await venue.unified().cancelAll(undefined, alone)).toMatchObject({ count: 3 })
})

test('nonces survive invocations at the same moment', async () => {
  const venue = await venueFor(0)
  const checks = await Promise.all(Array.from({ length: 8 }, () => venue.unified().checkApiKey()))
  expect(checks.map(({ general }) => general)).toEqual(Array(8).fill('FULL_ACCESS'))
})

test('the key check: what Kraken says, or unknown where it says nothing', async () => {
  const venue = await venueFor(0)
  expect(await venue.unified().checkApiKey()).toMatchObject({ general: 'FULL_ACCESS', transfer: 'NO_ACCESS' })
  venue.exchange.account.unified.rights.add('withdraw').delete('cancel')
  expect(await venue.unified().checkApiKey()).toMatchObject({ general: 'READ_ONLY', transfer: 'FULL_ACCESS' })
  venue.exchange.misbehave({
    answer: ({ endpoint }) =>
      endpoint === 'GetApiKeyInfo' ? { status: 404, headers: {}, body: '', delivery: 'whole' } : undefined,
  })
  expect(await venue.unified().checkApiKey()).toMatchObject({
    general: 'unknown',
    transfer: 'unknown',
    allowedCidrBlocks: [],
  })
  venue.exchange.account.unified.rights.delete('websocket')
  await expect(venue.unified().checkApiKey()).rejects.toMatchObject({ code: 'EGeneral:Permission denied' })
})

test('positions, with their side by sign', async () => {
  const venue = await venueFor(5)
  venue.exchange.account.book.positions.push({ side: 'short', symbol: 'PF_ETHUSD', price: 3_000, size: 2 })
  expect((await venue.unified().openPositions()).positions).toEqual([
    { symbol: 'PF_XBTUSD', side: 'long', size: 0.4, price: 61_250 },
    { symbol: 'PF_ETHUSD', side: 'short', size: 2, price: 3_000 },
  ])
})

test('nothing leaves once it is over, not even on a spare', async () => {
  const venue = await venueFor(3)
  await venue.unified().openPositions()
  venue.exchange.misbehave({ message: () => ({ said: [] }) })
  let isOver = false
  const cancelling = venue.unified({ isOver: () => isOver }).cancelAll(undefined, alone)
  await sleep(30)
  isOver = true
  await expect(cancelling).rejects.toThrow()
  expect(endpoints(venue).filter((endpoint) => endpoint === 'cancel_all')).toHaveLength(1)
  await expect(venue.unified({ isOver: () => true }).openOrders()).rejects.toMatchObject({ code: 'deadline' })
})

test('a read that waited for its turn is not begun once it is over', async () => {
  const venue = await venueFor(3)
  await venue.unified().openPositions()
  venue.exchange.misbehave({
    message: async ({ asked }, orderly) => {
      await sleep(100)
      return asked.method === 'subscribe' ? { said: orderly() } : undefined
    },
  })
  let isOver = false
  const first = venue.unified().openOrders()
  const second = venue.unified({ isOver: () => isOver }).openOrders()
  second.catch(() => {})
  isOver = true
  expect((await first).orders).toHaveLength(3)
  await expect(second).rejects.toMatchObject({ code: 'deadline' })
  await sleep(20)
  expect(endpoints(venue)).toEqual(['subscribe executions'])
})

test('a token cannot be printed or serialised', () => {
  const token = new SessionToken('TOKENTOKENTOKEN')
  const printed = `${inspect(token, { showHidden: true, depth: 9 })} ${JSON.stringify(token)} ${String(token)}`
  expect(printed).not.toContain('TOKENTOKEN')
})

test('an opening that another began with more time holds no call beyond its own', async () => {
  const venue = await venueFor(1)
  venue.sessions.open(() => new Promise(() => {}), 20_000).catch(() => {})
  await expect(venue.unified({ attemptTimeoutMs: 200 }).openOrders()).rejects.toMatchObject({
    code: expect.stringMatching(/^(timeout|deadline)$/),
  })
}, 5_000)

test('a read that another began with more time holds no call beyond its own', async () => {
  const venue = await venueFor(1)
  await venue.unified().openPositions()
  venue.exchange.misbehave({ message: () => ({ said: [] }) })
  venue.sessions.kept?.bookSoon(20_000).catch(() => {})
  await expect(venue.unified({ attemptTimeoutMs: 200 }).openOrders()).rejects.toMatchObject({
    code: expect.stringMatching(/^(timeout|deadline)$/),
  })
}, 5_000)

test('where the session is silent and its spare cannot be opened, another is opened within the same call', async () => {
  const venue = await venueFor(3)
  await venue.unified().openPositions()
  const [old] = venue.exchange.account.unified.tokens
  let upgrades = 0
  venue.exchange.misbehave({
    message: ({ asked }) => (asked.params.token === old?.token ? { said: [] } : undefined),
    upgrade: () => (upgrades++ < 2 ? 'refuse' : undefined),
  })
  expect(await venue.unified({ attemptTimeoutMs: 5_000 }).cancelAll(undefined, alone)).toMatchObject({
    count: 3,
  })
  expect(upgrades).toBe(3)
})

test('where the session is silent and Kraken refuses the token of a spare, none is asked for again within the call', async () => {
  const venue = await venueFor(3)
  await venue.unified().openPositions()
  venue.exchange.misbehave({
    message: () => ({ said: [] }),
    answer: ({ endpoint }) =>
      endpoint === 'GetWebSocketsToken' ? json({ error: ['EGeneral:Permission denied'] }) : undefined,
  })
  await expect(venue.unified().cancelAll(undefined, alone)).rejects.toThrow()
  expect(endpoints(venue).filter((endpoint) => endpoint === 'GetWebSocketsToken')).toHaveLength(1)
})

test('a session whose token is not known is used no more, though no other could be opened', async () => {
  const venue = await venueFor(1)
  let refusals = 0
  let upgrades = 0
  venue.exchange.misbehave({
    message: ({ asked, session }) =>
      asked.method === 'cancel_all' && refusals++ === 0
        ? { said: [session.failure(asked, 'EAPI:Invalid token')] }
        : undefined,
    upgrade: () => (upgrades++ === 1 ? 'refuse' : undefined),
  })
  await expect(venue.unified().cancelAll(undefined, alone)).rejects.toThrow()
  expect(venue.sessions.kept).toBeNull()
  expect(await venue.unified().cancelAll(undefined, alone)).toMatchObject({ count: 1 })
  expect(upgrades).toBe(3)
})

test('an exchange that is far away is not taken to be silent: no spare, and no token for it', async () => {
  const venue = await venueFor(3)
  await venue.unified().openPositions()
  venue.exchange.misbehave({
    message: async (_, orderly) => {
      await systemClock.sleep(160) // a spare would be opened after 100 ms
      return { said: orderly() }
    },
  })
  await venue.unified().openPositions()
  const { issued } = venue.exchange.account.unified
  const tokens = issued.size
  // The quickest answer counts: one that was nearer, before, says nothing of this distance.
  venue.sessions.kept?.close()
  await venue.unified().openPositions()
  for (let i = 0; i < 3; i++) await venue.unified().cancelAll(undefined, alone)
  expect(venue.attempts.filter(({ call }) => call === 'cancel_all')).toHaveLength(3)
  expect(issued.size).toBe(tokens)
})

test('an exchange that is far away is not taken to be silent by the first cancel on a session that was opened before', async () => {
  const venue = await venueFor(3)
  const { unified } = venue.exchange.account
  const far = async () => void (await systemClock.sleep(160)) // a spare would be opened after 100 ms
  venue.exchange.misbehave({
    upgrade: far,
    message: async (_, orderly) => {
      await far()
      return { said: orderly() }
    },
  })
  await venue.sessions.open(async () => new SessionToken(unified.issueToken()), 1_000)
  expect(await venue.unified().cancelAll(undefined, alone)).toMatchObject({ count: 3 })
  expect(venue.attempts.map(({ call }) => call)).toEqual(['cancel_all'])
  expect(unified.issued.size).toBe(1)
})
