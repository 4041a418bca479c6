import { createHash, createHmac } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Account } from '../../drill/account.ts'
import { fill } from '../../drill/book.ts'
import { Bot } from '../../drill/bot.ts'
import { ENDPOINTS } from '../../drill/endpoints.ts'
import { EmbeddedExchange } from '../../drill/exchange.ts'
import { type Said, UnifiedSession } from '../../drill/unified-session.ts'
import { VirtualClock } from '../../siege/virtual-time.ts'
import facts from '../fixtures/openapi-facts.json' with { type: 'json' }

/*
 * The embedded exchange is what the switch is held against, so it is held against Kraken's own document here,
 * with a signer of this test's own.
 */

let exchange: EmbeddedExchange

beforeEach(async () => {
  exchange = await EmbeddedExchange.start(null)
})
afterEach(() => exchange.close())

interface CallInputs {
  readonly query?: string
  readonly body?: string
  readonly nonce?: string
  readonly headers?: Readonly<Record<string, string>>
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into freely here
async function call(method: string, path: string, inputs: CallInputs = {}): Promise<any> {
  const { query = '', body = '', nonce = '', headers = {} } = inputs
  const { origin } = new URL(exchange.url)
  const { apiKey, apiSecret } = exchange.account
  const digest = createHash('sha256')
    .update(query + body + nonce + path.replace('/derivatives', ''))
    .digest()
  const authent = createHmac('sha512', Buffer.from(apiSecret, 'base64')).update(digest).digest('base64')
  const response = await fetch(`${origin}${path}${query === '' ? '' : `?${query}`}`, {
    method,
    headers: { APIKey: apiKey, Authent: authent, ...(nonce === '' ? {} : { Nonce: nonce }), ...headers },
    ...(body === '' ? {} : { body }),
  })
  return { status: response.status, ...((await response.json()) as object) }
}

const API = '/derivatives/api/v3'

interface TimerStatus {
  readonly currentTime: string
  readonly triggerTime: string
}

test('cancelallorders has every field that the OpenAPI requires, with its values', async () => {
  fill(exchange.account.book, 10)
  const answer = await call('POST', `${API}/cancelallorders`)
  expect(Object.keys(answer)).toEqual(expect.arrayContaining(facts.success.required))
  expect(facts.success.result).toContain(answer.result)
  const { cancelStatus } = answer
  expect(Object.keys(cancelStatus)).toEqual(expect.arrayContaining(facts.cancelStatus.required))
  expect(facts.cancelStatus.status).toContain(cancelStatus.status)
  expect(cancelStatus.cancelledOrders).toHaveLength(10)
  for (const event of cancelStatus.orderEvents) {
    expect(Object.keys(event)).toEqual(expect.arrayContaining(facts.cancelEvent.required))
    expect(facts.cancelEvent.type).toContain(event.type)
    expect(Object.keys(event.order)).toEqual(expect.arrayContaining(facts.order.required))
    expect(facts.order.type).toContain(event.order.type)
    expect(facts.order.side).toContain(event.order.side)
  }
})

test('stops and take-profits are cancelled, but have no event', async () => {
  fill(exchange.account.book, 10)
  const { cancelStatus } = await call('POST', `${API}/cancelallorders`)
  expect(cancelStatus.orderEvents).toHaveLength(6)
})

test('an error has every field that the OpenAPI requires, with HTTP 200', async () => {
  const answer = await call('POST', `${API}/cancelallorders`, { headers: { Authent: 'forged' } })
  expect(answer.status).toBe(200)
  expect(Object.keys(answer)).toEqual(expect.arrayContaining(facts.error.required))
  expect(facts.error.result).toContain(answer.result)
  expect(facts.error.error).toContain(answer.error)
})

test.each([
  ['no parameters', {}],
  ['a symbol in the query', { query: 'symbol=PF_XBTUSD' }],
  ['a symbol in the body', { body: 'symbol=PF_XBTUSD' }],
  ['a nonce', { nonce: '1700000000000' }],
])('takes a request with %s, signed as sent', async (_, inputs) => {
  expect((await call('POST', `${API}/cancelallorders`, inputs)).result).toBe('success')
})

test.each([
  ['another key', { headers: { APIKey: 'x' } }],
  ['another signature', { headers: { Authent: 'x' } }],
  ['a nonce that was not signed', { headers: { Nonce: '5' } }],
])('refuses a request with %s, and does nothing', async (_, inputs) => {
  fill(exchange.account.book, 3)
  expect((await call('POST', `${API}/cancelallorders`, inputs)).error).toBe('authenticationError')
  expect(exchange.account.book.orders).toHaveLength(3)
})

test('cancels a symbol, a margin account, and nothing for a symbol without orders', async () => {
  fill(exchange.account.book, 50)
  const count = async (symbol: string) => {
    const { cancelStatus } = await call('POST', `${API}/cancelallorders`, { body: `symbol=${symbol}` })
    expect(cancelStatus.cancelOnly).toBe(symbol)
    return cancelStatus.cancelledOrders.length
  }
  expect(await count('pf_xbtusd')).toBe(10)
  expect(await count('FI_XBTUSD')).toBe(20)
  expect(await count('PF_NONEUSD')).toBe(0)
  expect(exchange.account.book.orders).toHaveLength(20)
})

test('places, shows and cancels one order', async () => {
  const body = 'orderType=lmt&symbol=pf_xbtusd&side=sell&size=2&limitPrice=1&cliOrdId=mine&reduceOnly=true'
  const { sendStatus } = await call('POST', `${API}/sendorder`, { body })
  const { openOrders } = await call('GET', `${API}/openorders`)
  expect(openOrders).toEqual([
    expect.objectContaining({
      order_id: sendStatus.order_id,
      symbol: 'PF_XBTUSD',
      cliOrdId: 'mine',
      reduceOnly: true,
    }),
  ])
  const cancel = () => call('POST', `${API}/cancelorder`, { body: `order_id=${sendStatus.order_id}` })
  expect((await cancel()).cancelStatus.status).toBe('cancelled')
  expect((await cancel()).cancelStatus.status).toBe('notFound')
})

const batchOf = (...ids: string[]) =>
  new URLSearchParams({
    json: JSON.stringify({ batchOrder: ids.map((order_id) => ({ order: 'cancel', order_id })) }),
  }).toString()

// Recorded: https://github.com/ccxt/ccxt/pull/19638
test('a batch cancels what is there, says of the rest that it is not found, and answers in another order', async () => {
  const { book } = exchange.account
  const [limit, stop] = [book.place({}), book.place({ orderType: 'stop', reduceOnly: true })]
  const other = book.place({})
  const body = batchOf(limit.order_id, 'invalid', stop.order_id)
  const { result, batchStatus } = await call('POST', `${API}/batchorder`, { body })
  expect(result).toBe('success')
  expect(batchStatus).toEqual([
    { status: 'cancelled', order_id: stop.order_id, orderEvents: [] },
    { status: 'notFound', order_id: 'invalid', orderEvents: [] },
    {
      status: 'cancelled',
      order_id: limit.order_id,
      orderEvents: [expect.objectContaining({ type: 'CANCEL', uid: limit.order_id })],
    },
  ])
  expect(book.orders).toEqual([other])
  expect(exchange.account.unitsSpent).toBe(9 + 3)
})

test.each([
  ['without its field', 'batchOrder=[]', 'requiredArgumentMissing'],
  ['that is no JSON', 'json={', 'Json Parse Error'],
  ['without its list', 'json={}', 'Json Parse Error'],
  ['that places an order', 'json={"batchOrder":[{"order":"send"}]}', 'invalidArgument'],
])('a batch %s is refused', async (_, body, code) => {
  expect((await call('POST', `${API}/batchorder`, { body })).error).toBe(code)
})

test.each([
  ['no timeout', '', 'requiredArgumentMissing'],
  ['a timeout in words', 'timeout=soon', 'invalidArgument'],
  ['half a second', 'timeout=0.5', 'invalidArgument'],
  ['less than nothing', 'timeout=-1', 'invalidArgument'],
  ['a day', 'timeout=86400', 'invalidArgument'],
])('a timer with %s is refused, and stays as it was', async (_, body, code) => {
  const { timer } = exchange.account
  await call('POST', `${API}/cancelallordersafter`, { body: 'timeout=60' })
  const { triggerTime } = timer.status
  expect((await call('POST', `${API}/cancelallordersafter`, { body })).error).toBe(code)
  expect(timer.status.triggerTime).toBe(triggerTime)
})

test('there is one timer for both roads, and every request to set it is remembered', () => {
  const { account } = exchange
  const said: Said[] = []
  const session = new UnifiedSession(account, (one) => said.push(one))
  const ask = (method: string, params: object) =>
    session.answer({
      method,
      params: { token, ...params },
      reqId: 1,
    })[0] as { readonly success: boolean; readonly error?: string; readonly result?: TimerStatus }
  const token = account.unified.issueToken()
  const derivatives = { asset_class: 'derivatives' }
  account.timer.set('30')
  const { success, result } = ask('cancel_all_orders_after', { ...derivatives, timeout: 60 })
  expect(success).toBe(true)
  expect(result).toEqual(account.timer.status)
  expect(Date.parse(String(result?.triggerTime)) - Date.parse(String(result?.currentTime))).toBe(60_000)
  expect(ask('cancel_all_orders_after', { timeout: 60 }).error).toBe('EGeneral:Invalid arguments:asset_class')
  expect(ask('cancel_all_orders_after', derivatives).error).toBe('EGeneral:Invalid arguments:timeout')
  expect(ask('cancel_all_orders_after', { ...derivatives, timeout: 0 }).result?.triggerTime).toBe('0')
  account.unified.rights.delete('cancel')
  expect(ask('cancel_all_orders_after', { ...derivatives, timeout: 60 }).error).toBe(
    'EGeneral:Permission denied',
  )
  session.close()
})

test('a timer that fires cancels everything once, and tells every order of it to who is subscribed', async () => {
  const clock = new VirtualClock()
  const account = new Account(clock)
  fill(account.book, 3)
  const told: object[] = []
  const session = new UnifiedSession(account, (one) => told.push(one as object))
  const params = { channel: 'executions', asset_class: 'derivatives', token: account.unified.issueToken() }
  session.answer({ method: 'subscribe', params, reqId: 1 })
  const restingAfter = async (ms: number) => {
    await clock.passUntil(clock.sleep(ms))
    return account.book.orders.length
  }
  account.timer.set('10')
  expect(await restingAfter(9_000)).toBe(3)
  account.timer.set('20') // armed again
  expect(await restingAfter(19_999)).toBe(3)
  expect(account.timer.status.triggerTime).not.toBe('0')
  expect(await restingAfter(2)).toBe(0)
  expect(account.timer.status.triggerTime).toBe('0')
  expect(account.timer.firedAt).toEqual([29_000])
  expect(told).toHaveLength(3)
  for (const one of told)
    expect(one).toMatchObject({ type: 'update', data: [{ order_status: 'canceled', exec_type: 'canceled' }] })
  fill(account.book, 2)
  expect(await restingAfter(60_000)).toBe(2)
  account.timer.set('1')
  account.timer.set('0') // disarmed
  expect(await restingAfter(60_000)).toBe(2)
  session.close()
})

test('the dead man’s switch counts down, cancels all, and can be disarmed', async () => {
  fill(exchange.account.book, 3)
  const { status } = await call('POST', `${API}/cancelallordersafter`, { body: 'timeout=1' })
  expect(Date.parse(status.triggerTime)).toBeGreaterThan(Date.parse(status.currentTime))
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(exchange.account.book.orders).toEqual([])
  fill(exchange.account.book, 3)
  await call('POST', `${API}/cancelallordersafter`, { body: 'timeout=1' })
  expect((await call('POST', `${API}/cancelallordersafter`, { body: 'timeout=0' })).status.triggerTime).toBe(
    '0',
  )
  await new Promise((resolve) => setTimeout(resolve, 1_200))
  expect(exchange.account.book.orders).toHaveLength(3)
})

test('enforces 500 units in 10 s', async () => {
  for (let i = 0; i < 20; i++) expect((await call('POST', `${API}/cancelallorders`)).result).toBe('success')
  expect((await call('GET', `${API}/openorders`)).error).toBe('apiLimitExceeded')
})

test('the key check shows permissions, and answers 401 to a key it does not know', async () => {
  const path = '/api/auth/v1/api-keys/v3/check'
  expect(await call('GET', path)).toMatchObject({
    status: 200,
    apiKey: exchange.account.apiKey,
    permissions: { general: 'FULL_ACCESS', transfer: 'NO_ACCESS' },
    allowedCidrBlocks: [],
  })
  expect(await call('GET', path, { headers: { APIKey: 'x' } })).toMatchObject({
    status: 401,
    error: 'Unauthorized',
  })
})

test('says of the second key what Kraken documents', () => {
  const { body } =
    ENDPOINTS['/0/private/GetApiKeyInfo']?.answer(exchange.account, new URLSearchParams()) ?? {}
  const { error, result } = JSON.parse(body ?? '')
  expect(error).toEqual([])
  expect(result).toMatchObject({
    permissions: ['create-ws-token', 'query-open-trades', 'close-trades'],
    iban: expect.stringMatching(/^AA\w{2} \w{4} \w{4} \w{4}$/),
    validUntil: '0',
    nonceWindow: 0,
    ipAllowlist: [],
  })
})

test('a read-only key may look, not cancel', async () => {
  exchange.account.general = 'READ_ONLY'
  expect((await call('POST', `${API}/cancelallorders`)).error).toBe('insufficientPrivileges')
  expect((await call('GET', `${API}/openpositions`)).result).toBe('success')
})

test('a bot places orders under its prefix until it is stopped, whatever is cancelled', async () => {
  const { book } = exchange.account
  const bot = new Bot(book, { prefix: 'mm7-', everyMs: 5, order: { symbol: 'PF_ETHUSD' } })
  bot.start()
  await expect.poll(() => bot.placed).toBeGreaterThan(2)
  book.remove(() => true)
  await expect.poll(() => book.orders.length).toBeGreaterThan(0)
  bot.stop()
  const { placed } = bot
  const names = book.changes.filter(({ kind }) => kind === 'placed').map(({ order }) => order)
  expect(names.map(({ cliOrdId }) => cliOrdId)).toEqual(
    Array.from({ length: placed }, (_, i) => `mm7-${i + 1}`),
  )
  expect(new Set(names.map(({ symbol }) => symbol))).toEqual(new Set(['PF_ETHUSD']))
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(bot.placed).toBe(placed)
})

describe('the book remembers', () => {
  test('what rested when', async () => {
    const { book } = exchange.account
    const before = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 5))
    const order = book.place({})
    const between = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 5))
    book.remove(() => true)
    const after = performance.now()
    const any = () => true
    expect(book.ordersAt(before)).toEqual([])
    expect(book.ordersAt(between)).toEqual([order])
    expect(book.wasEmptyThroughout(before, after, any)).toBe(false)
    expect(book.wasEmptyThroughout(between, after, any)).toBe(false)
    expect(book.wasEmptyThroughout(after, after + 1, any)).toBe(true)
    expect(book.wasEmptyThroughout(before, after, () => false)).toBe(true)
  })
})
