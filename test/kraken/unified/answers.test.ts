import { expect, test } from 'vitest'
import { ExchangeError } from '../../../lambda/kraken/exchange-error.ts'
import {
  readCount,
  readMessage,
  readOrderId,
  readSuccessful,
  readTimeOut,
} from '../../../lambda/kraken/unified/answers.ts'
import { readKeyInfo } from '../../../lambda/kraken/unified/key-info.ts'
import {
  isCancelled,
  isGone,
  readEntries,
  readUnifiedPositions,
  UnifiedOrder,
} from '../../../lambda/kraken/unified/orders.ts'

const good = {
  method: 'cancel_all',
  req_id: 7,
  result: { count: 3 },
  success: true,
  time_out: '2026-11-24T12:00:00.5Z',
}

test.each<[string, string, object]>([
  ['a response', JSON.stringify(good), { kind: 'response', reqId: 7 }],
  [
    'a response without an id',
    JSON.stringify({ ...good, req_id: undefined }),
    { kind: 'response', reqId: null },
  ],
  [
    'a snapshot',
    '{"channel":"executions","type":"snapshot","data":[]}',
    { kind: 'snapshot', channel: 'executions' },
  ],
  ['an update', '{"channel":"executions","type":"update","data":[]}', { kind: 'update' }],
  ['a heartbeat', '{"channel":"heartbeat"}', { kind: 'other' }],
  [
    'a word about orders of a type that is not known',
    '{"channel":"executions","type":"d"}',
    { kind: 'update' },
  ],
  ['a word about orders without a type', '{"channel":"executions","data":[]}', { kind: 'update' }],
  ['a message of a type that is not known', '{"channel":"positions","type":"delta"}', { kind: 'other' }],
  [
    'maintenance',
    '{"channel":"status","data":[{"system":"maintenance"}]}',
    { kind: 'status', isMaintenance: true },
  ],
  [
    'another status',
    '{"channel":"status","data":[{"system":"online"}]}',
    { kind: 'status', isMaintenance: false },
  ],
  ['a status without a word', '{"channel":"status"}', { kind: 'status', isMaintenance: false }],
  ['no JSON', '{"channel":', { kind: 'garbage' }],
  ['a list', '[1]', { kind: 'garbage' }],
  ['a number', '1', { kind: 'garbage' }],
  ['nothing', '', { kind: 'garbage' }],
  ['an object that is about nothing', '{"hello":1}', { kind: 'garbage' }],
])('reads %s', (_, message, expected) => {
  expect(readMessage(message)).toMatchObject(expected)
})

test('only success: true is a success', () => {
  expect(readSuccessful(good)).toBe(good)
  for (const success of [false, undefined, null, 'true', 1, {}]) {
    expect(() => readSuccessful({ ...good, success })).toThrow(ExchangeError)
  }
  expect(() => readSuccessful({ ...good, error: 'EService:Busy' })).toThrow('EService:Busy')
})

test.each([
  ['EGeneral:Permission denied', 'EGeneral:Permission denied', 'stop'],
  ['eapi:invalid TOKEN', 'EAPI:Invalid token', 'wait'],
  ['EService:Throttled:1764000000', 'EService:Throttled', 'wait'],
  ['EOrder:Something new', 'EOrder:Something new', 'wait'],
  ['Currency pair not supported', 'Currency pair not supported', 'wait'],
  ['token abc123== is bad', 'an unknown error code', 'wait'],
  ['', 'an unknown error code', 'wait'],
])('the error %j is %j, and calls for: %s', (error, code, remedy) => {
  const thrown = catchOf(() => readSuccessful({ ...good, success: false, error }))
  expect(thrown).toMatchObject({ code, remedy })
})

function catchOf(work: () => unknown): unknown {
  try {
    return work()
  } catch (error) {
    return error
  }
}

test('reads how many, which order, and when', () => {
  expect([3, '4', 0, -1, null, undefined, 'x', 1.5].map((count) => readCount({ result: { count } }))).toEqual(
    [3, 4, 0, null, null, null, null, 1],
  )
  expect(readCount({})).toBeNull()
  expect(readOrderId({ result: { order_id: 'a' } })).toBe('a')
  expect(readOrderId({ result: null })).toBeNull()
  expect(readTimeOut(good)).toBe(Date.parse('2026-11-24T12:00:00.500Z'))
  expect(readTimeOut({})).toBeNull()
})

test('an order in all its fields, and without any', () => {
  const order = new UnifiedOrder({
    order_id: 'a',
    cl_ord_id: 'mine',
    symbol: 'pf_xbtusd',
    side: 'sell',
    order_type: 'limit',
    order_qty: '3',
    limit_price: '60000.5',
    stop_price: 59_000,
    reduce_only: 'true',
    timestamp: '2026-11-24T12:00:00Z',
  })
  const shownOf = ({ orderId, cliOrdId, symbol, side, type, size, limitPrice, stopPrice }: UnifiedOrder) =>
    [orderId, cliOrdId, symbol, side, type, size, limitPrice, stopPrice] as const
  expect(shownOf(order)).toEqual(['a', 'mine', 'PF_XBTUSD', 'sell', 'limit', 3, 60_000.5, 59_000])
  expect([order.reduceOnly, order.placedAt]).toEqual([true, Date.parse('2026-11-24T12:00:00Z')])
  const blank = new UnifiedOrder({})
  expect(shownOf(blank)).toEqual(['', null, null, null, null, null, null, null])
  expect([blank.reduceOnly, blank.placedAt]).toEqual([null, null])
  expect(new UnifiedOrder({ reduce_only: 'false' }).reduceOnly).toBe(false)
})

test('a later entry changes what it names, and never when the order was placed', () => {
  const placed = new UnifiedOrder({ order_id: 'a', order_qty: 2, timestamp: '2026-11-24T12:00:00Z' })
  const later = placed.with({ cum_qty: 1.5, timestamp: '2026-11-24T13:00:00Z' })
  expect([later.size, later.placedAt]).toEqual([0.5, placed.placedAt])
  expect(new UnifiedOrder({}).with({ timestamp: '2026-11-24T13:00:00Z' }).placedAt).toBe(
    Date.parse('2026-11-24T13:00:00Z'),
  )
})

test.each([
  ['filled', true, false],
  ['canceled', true, true],
  ['cancelled', true, true],
  ['expired', true, false],
  ['filled_in_part', false, false],
  ['canceled_in_part', false, false],
  ['not_canceled', false, false],
  [undefined, false, false],
])('status %s: gone %s, cancelled %s', (order_status, gone, cancelled) => {
  expect([isGone({ order_status }), isCancelled({ order_status })]).toEqual([gone, cancelled])
})

test('what is said in no word of Kraken is named in ours', () => {
  expect(catchOf(() => readSuccessful({ success: false }))).toMatchObject({ code: 'no success' })
  expect(readSuccessful({ success: true, error: null })).toBeTruthy()
  expect(readSuccessful({ success: true, error: '' })).toBeTruthy()
  expect(catchOf(() => readEntries({ data: [], error: { code: 1 } }))).toMatchObject({
    code: 'an unknown error code',
  })
  expect(catchOf(() => readEntries({ data: {} }))).toMatchObject({
    message: 'Kraken sent open orders without a list',
  })
  expect(catchOf(() => readUnifiedPositions({}))).toMatchObject({
    code: 'no positions',
    message: 'Kraken sent no list of positions',
  })
})

test('a list that comes with an error is none', () => {
  expect(readEntries({ data: [{ a: 1 }, null] })).toEqual([{ a: 1 }, {}])
  expect(catchOf(() => readEntries({ data: [], error: 'snapshot_too_large' }))).toMatchObject({
    code: 'snapshot too large',
  })
  expect(catchOf(() => readEntries({}))).toMatchObject({ code: 'no data' })
})

test('positions: futures and options, their side by word or by sign', () => {
  const futures = [
    { symbol: 'pf_xbtusd', size: -2, entry_price: '61000.5' },
    { symbol: 'PF_ETHUSD', size: 3, side: 'sell' },
    'odd',
  ]
  expect(readUnifiedPositions({ data: { futures, options: [{ symbol: 'O', size: 1 }] } })).toEqual([
    { symbol: 'PF_XBTUSD', side: 'short', size: 2, price: 61_000.5 },
    { symbol: 'PF_ETHUSD', side: 'sell', size: 3, price: null },
    { symbol: null, side: null, size: null, price: null },
    { symbol: 'O', side: 'long', size: 1, price: null },
  ])
  for (const message of [
    {},
    { data: [] },
    { data: {} },
    { data: { futures: [] }, error: 'snapshot_too_large' },
  ]) {
    expect(() => readUnifiedPositions(message)).toThrow(ExchangeError)
  }
})

/** The example in Kraken's own documentation. */
const DOCUMENTED = {
  apiKeyName: 'my-api-key',
  apiKey: '4/SDrDBcOOPnm3nPlNfEMMJDeRcIVqPz+QhRxIodyZbI9po/aVRiHsgX',
  nonce: '1772627060997',
  nonceWindow: 0,
  permissions: ['query-funds', 'withdraw-funds', 'query-open-trades', 'modify-trades'],
  iban: 'AA88 N84G WOAK NMOI',
  validUntil: '0',
  queryFrom: '0',
  queryTo: '0',
  createdTime: '1772542900',
  modifiedTime: '1772543095',
  ipAllowlist: [],
  lastUsed: '1772627061',
}

test.each<[string, object, object]>([
  [
    'names that say cancel',
    { permissions: ['query-open-trades', 'close-trades'] },
    { general: 'FULL_ACCESS', transfer: 'NO_ACCESS' },
  ],
  [
    'flags',
    { permissions: { cancel_orders: true, withdraw_funds: false } },
    { general: 'FULL_ACCESS', transfer: 'NO_ACCESS' },
  ],
  ['a right to withdraw', { permissions: ['cancel', 'withdraw-funds'] }, { transfer: 'FULL_ACCESS' }],
  ['a right to read alone', { permissions: ['query-open-trades'] }, { general: 'READ_ONLY' }],
  ['words that nobody knows', { permissions: ['P7', 'P9'] }, { general: 'unknown', transfer: 'unknown' }],
  ['nothing', {}, { general: 'unknown', transfer: 'unknown', allowedCidrBlocks: [] }],
  [
    'lists of odd things',
    { permissions: [1, null, 'cancel'], ip_allowlist: [{}, '192.0.2.1'] },
    { general: 'FULL_ACCESS', allowedCidrBlocks: ['192.0.2.1'] },
  ],
  ['no list of addresses', { permissions: ['cancel'], ip_allowlist: 'any' }, { allowedCidrBlocks: [] }],
  ['a right to query open orders', { permissions: ['query-all-open-orders'] }, { general: 'READ_ONLY' }],
  ['a right to open orders', { permissions: ['open and closed orders'] }, { general: 'READ_ONLY' }],
  [
    'a right to query closed orders',
    { permissions: ['query-open-trades', 'query-closed-trades'] },
    { general: 'READ_ONLY' },
  ],
  [
    'an address list',
    { permissions: ['cancel'], ip_allowlist: ['192.0.2.1'] },
    { allowedCidrBlocks: ['192.0.2.1'] },
  ],
  ['the documented list', DOCUMENTED, { general: 'FULL_ACCESS', transfer: 'FULL_ACCESS', mayConnect: false }],
  ['its other rights', DOCUMENTED, { needless: ['query-funds', 'modify-trades'] }],
  [
    'its address list',
    { ...DOCUMENTED, ipAllowlist: ['192.0.2.0/24'] },
    { allowedCidrBlocks: ['192.0.2.0/24'] },
  ],
  ['its account', DOCUMENTED, { iban: 'AA88N84GWOAKNMOI' }],
  ['an account in another form', { ...DOCUMENTED, iban: 'DE88 1234' }, { iban: null }],
  ['no end', DOCUMENTED, { validUntil: null }],
  ['its end', { ...DOCUMENTED, validUntil: '1795000000' }, { validUntil: 1_795_000_000_000 }],
  ['an end that no clock can show', { ...DOCUMENTED, validUntil: '1e300' }, { validUntil: null }],
  [
    'just what is needed',
    { permissions: ['create-ws-token', 'query-open-trades', 'close-trades'] },
    { general: 'FULL_ACCESS', transfer: 'NO_ACCESS', needless: [], mayConnect: true },
  ],
  [
    'a right to modify alone',
    { permissions: ['create-ws-token', 'query-open-trades', 'modify-trades'] },
    { general: 'FULL_ACCESS', transfer: 'NO_ACCESS', needless: ['modify-trades'] },
  ],
  [
    'documented names, none of which cancels',
    { permissions: ['create-ws-token', 'query-funds'] },
    { general: 'NO_ACCESS', transfer: 'NO_ACCESS' },
  ],
  [
    'a name that nobody knows among them',
    { permissions: ['create-ws-token', 'query-funds', 'P7'] },
    { general: 'unknown', transfer: 'unknown', needless: ['query-funds'] },
  ],
  ['an empty list, though there was a token', { permissions: [] }, { general: 'unknown' }],
])('what is said of a key by %s', (_, info, expected) => {
  expect(readKeyInfo(info as never)).toMatchObject(expected)
})
