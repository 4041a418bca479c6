import { expect, test } from 'vitest'
import { time } from '../../../lambda/json.ts'
import { isProtective, type Order } from '../../../lambda/kraken/exchange.ts'
import type { ExchangeError } from '../../../lambda/kraken/exchange-error.ts'
import {
  readApiKeyCheck,
  readBatchAck,
  readBook,
  readCancelAck,
  readPositions,
  readSingleCancelAck,
} from '../../../lambda/kraken/rest/answers.ts'
import recorded from '../../fixtures/recorded-answers.json' with { type: 'json' }

const { statusLies, stopWithoutEvent, openOrders } = recorded

test('believes the list of cancelled orders, not the status that denies it', () => {
  const ack = readCancelAck(statusLies)
  expect(ack.orderIds).toHaveLength(2)
  expect(ack.orders).toEqual([])
  expect(ack.cancelOnly).toBe('all')
})

test('counts a stop that has no event, and describes what has one', () => {
  const ack = readCancelAck(stopWithoutEvent)
  expect(ack.orderIds).toHaveLength(2)
  expect(ack.orders).toEqual([
    expect.objectContaining({
      orderId: '7d1b7f0a-0000-4000-8000-000000000002',
      cliOrdId: null,
      symbol: 'PF_XBTUSD',
      type: 'lmt',
      limitPrice: 10_145,
      size: 900,
      reduceOnly: true,
      placedAt: Date.parse('2019-08-01T15:57:14.003Z'),
    }),
  ])
})

/** The code of the error that reading throws. */
function codeOf(read: () => unknown): string {
  try {
    read()
  } catch (error) {
    return (error as ExchangeError).code
  }
  throw new Error('it was read')
}

test('what is missing is named by the error code, as the report shows it', () => {
  expect(codeOf(() => readCancelAck({}))).toBe('no cancelStatus')
  expect(codeOf(() => readCancelAck({ cancelStatus: {} }))).toBe('no cancelledOrders')
  expect(codeOf(() => readBook({}))).toBe('no openOrders')
  expect(codeOf(() => readPositions({}))).toBe('no openPositions')
  expect(codeOf(() => readApiKeyCheck({}))).toBe('no permissions')
})

test('reads an order in the words of the book, and in those of an event', () => {
  const [read] = readBook({
    openOrders: [
      {
        order_id: 'o-1',
        cliOrdId: 'grid-1',
        symbol: 'pf_xbtusd',
        side: 'sell',
        orderType: 'stop',
        unfilledSize: '0.5',
        limitPrice: 60_000,
        stopPrice: '58000',
        reduceOnly: 'true',
        receivedTime: '2026-11-22T20:00:00.000Z',
      },
    ],
  }).orders
  const whole = {
    orderId: 'o-1',
    cliOrdId: 'grid-1',
    symbol: 'PF_XBTUSD',
    side: 'sell',
    type: 'stop',
    size: 0.5,
    limitPrice: 60_000,
    stopPrice: 58_000,
    reduceOnly: true,
    placedAt: Date.parse('2026-11-22T20:00:00.000Z'),
  }
  expect(read).toMatchObject(whole)
  const order = { symbol: 'PF_ETHUSD', side: 'buy', reduceOnly: false }
  const orderEvents = [
    { uid: 'o-2', order },
    { uid: 'not this', order: { ...order, orderId: 'o-3' } },
  ]
  const { orders } = readCancelAck({ cancelStatus: { cancelledOrders: [], orderEvents } })
  expect(orders.map(({ orderId }) => orderId)).toEqual(['o-2', 'o-3'])
  expect(orders[0]).toMatchObject({ side: 'buy', reduceOnly: false, stopPrice: null })
})

test.each([
  ['no cancelStatus', { ...statusLies, cancelStatus: undefined }, /cancelStatus/],
  ['a cancelStatus that is null', { ...statusLies, cancelStatus: null }, /cancelStatus/],
  ['a cancelStatus that is a list', { ...statusLies, cancelStatus: [] }, /cancelStatus/],
  [
    'no list of orders',
    { ...statusLies, cancelStatus: { ...statusLies.cancelStatus, cancelledOrders: undefined } },
    /list/,
  ],
  [
    'an object for the list',
    { ...statusLies, cancelStatus: { ...statusLies.cancelStatus, cancelledOrders: {} } },
    /list/,
  ],
])('never takes %s for an acknowledgement', (_, answer, message) => {
  expect(() => readCancelAck(answer)).toThrow(message)
})

test('takes ids in whatever form they come, and no events at all', () => {
  const cancelStatus = {
    cancelledOrders: [{ order_id: 7 }, { cliOrdId: 'mine' }, 'bare', null, {}, { order_id: '7' }],
  }
  const ack = readCancelAck({ result: 'success', cancelStatus })
  expect(ack.orderIds).toEqual(['7', 'mine', 'bare', '7'])
  expect(ack.orders).toEqual([])
})

const batch = ['a', 'b', 'c'].map((orderId) => ({ orderId }) as Order)
const entry = (order_id: unknown, status: unknown = 'cancelled') => ({ order_id, status, orderEvents: [] })

// Recorded: https://github.com/ccxt/ccxt/pull/19638 (an unknown id is `notFound`, and the entries are in another order).
test.each<[string, unknown[], string[], boolean]>([
  ['all were cancelled', [entry('c'), entry('b'), entry('a')], ['c', 'b', 'a'], false],
  ['one is not found', [entry('b', 'notFound'), entry('a'), entry('c', 'filled')], ['a'], false],
  ['none is found', ['a', 'b', 'c'].map((id) => entry(id, 'notFound')), [], false],
  ['one is not told', [entry('a'), entry('b')], ['a', 'b'], true],
  ['one is in a word that is not known', [entry('a'), entry('b'), entry('c', 'queued')], ['a', 'b'], true],
  ['one has no word', [entry('a'), entry('b'), entry('c', null)], ['a', 'b'], true],
  ['one is a stranger', [entry('a'), entry('b'), entry('z')], ['a', 'b'], true],
  ['one has no id', [entry('a'), entry('b'), entry(null)], ['a', 'b'], true],
  ['one is no object', [entry('a'), entry('b'), null], ['a', 'b'], true],
  ['one is spelt in capitals', [entry('A'), entry('b'), entry('c')], ['a', 'b', 'c'], false],
  ['one is told twice', [entry('a'), entry('a'), entry('b'), entry('c')], ['a', 'b', 'c'], false],
  [
    'the words stand in a cancelStatus',
    ['a', 'b', 'c'].map((order_id) => ({ order_id, cancelStatus: { status: 'CANCELLED' } })),
    ['a', 'b', 'c'],
    false,
  ],
])('of a batch of which %s', (_, batchStatus, cancelled, isIncomplete) => {
  const ack = readBatchAck({ result: 'success', batchStatus }, batch)
  expect(ack.orderIds).toEqual(cancelled)
  expect(ack.orders.map(({ orderId }) => orderId)).toEqual(cancelled)
  expect(ack.isIncomplete ?? false).toBe(isIncomplete)
})

test.each([{}, { batchStatus: null }, { batchStatus: {} }, { cancelStatus: { status: 'cancelled' } }])(
  'the answer %j to a batch acknowledges nothing',
  (answer) => expect(() => readBatchAck(answer, batch)).toThrow(/batch of cancels/),
)

test('reads the book with every type of order, with and without fields', () => {
  const { orders } = readBook(openOrders)
  expect(orders.map(({ symbol, type, size }) => [symbol, type, size])).toEqual([
    ['PI_XBTUSD', 'lmt', 304],
    ['PI_XBTUSD', 'take_profit', null],
  ])
  expect(orders.every(isProtective)).toBe(true)
})

test('an order that cannot be read is still an order', () => {
  const { orders } = readBook({ openOrders: [null, 5, {}, { order_id: 'x' }] })
  expect(orders).toHaveLength(4)
  expect(orders[0]).toMatchObject({ orderId: '', symbol: null })
})

test.each([[{}], [{ openOrders: null }], [{ openOrders: {} }], [{ openOrders: 'none' }]])(
  'never takes %j for an empty book',
  (answer) => {
    expect(() => readBook(answer)).toThrow(/list of orders/)
  },
)

test.each([
  ['cancelled', 1],
  ['CANCELLED', 1],
  ['filled', 0],
  ['notFound', 0],
  [undefined, 0],
])('the cancel of one order with status %s cancelled %i', (status, count) => {
  const [order] = readBook(openOrders).orders
  const ack = readSingleCancelAck({ cancelStatus: { status } }, order as Order)
  expect(ack.orderIds).toHaveLength(count)
  expect(ack.orders).toHaveLength(count)
})

test.each([
  ['cancelled', undefined],
  ['filled', undefined],
  ['notFound', undefined],
  [undefined, true],
  ['unknown', true],
])('the cancel of one order with status %s leaves open whether it was cancelled: %s', (status, isOpen) => {
  const [order] = readBook(openOrders).orders
  const ack = readSingleCancelAck({ cancelStatus: { status } }, order as Order)
  expect(ack.isIncomplete).toBe(isOpen)
})

test('an ack whose list names an order by no id says that it tells not all', () => {
  const ackOf = (cancelledOrders: unknown[]) => readCancelAck({ cancelStatus: { cancelledOrders } })
  expect(ackOf([{ order_id: 'a' }, 'b'])).toMatchObject({ orderIds: ['a', 'b'] })
  expect(ackOf([{ order_id: 'a' }, 'b']).isIncomplete).toBeUndefined()
  expect(ackOf([{ order_id: 'a' }, {}])).toMatchObject({ orderIds: ['a'], isIncomplete: true })
})

test('the cancel of one order without a cancelStatus is no ack', () => {
  const [order] = readBook(openOrders).orders
  expect(() => readSingleCancelAck({ result: 'success' }, order as Order)).toThrow(/cancelStatus/)
})

test('reads positions, and refuses a degraded answer without them', () => {
  const openPositions = [{ side: 'long', symbol: 'pf_xbtusd', price: '61250', size: 0.4 }, null]
  expect(readPositions({ openPositions }).positions).toEqual([
    { side: 'long', symbol: 'PF_XBTUSD', price: 61_250, size: 0.4 },
    { side: null, symbol: null, price: null, size: null },
  ])
  expect(() => readPositions({ result: 'success' })).toThrow(/positions/)
})

test('reads what a key may do', () => {
  const answer = {
    accountUid: 'u',
    permissions: { general: 'READ_ONLY', transfer: 'FULL_ACCESS' },
    allowedCidrBlocks: ['192.0.2.0/24', 7, null],
    iiban: 'AA08 N84G CPAR UN7A',
  }
  expect(readApiKeyCheck(answer)).toEqual({
    accountUid: 'u',
    general: 'READ_ONLY',
    transfer: 'FULL_ACCESS',
    allowedCidrBlocks: ['192.0.2.0/24', '7'],
    iban: 'AA08N84GCPARUN7A',
    validUntil: null,
    needless: [],
  })
  expect(readApiKeyCheck({ permissions: {} })).toMatchObject({
    general: 'unknown',
    transfer: 'unknown',
    allowedCidrBlocks: [],
  })
  expect(() => readApiKeyCheck({})).toThrow(/permissions/)
})

test.each([
  ['2026-11-22T20:00:00.000Z', 1_795_377_600_000],
  ['soon', null],
  [5, null],
  [undefined, null],
])('reads the server time %s as %s', (serverTime, expected) => {
  expect(time(serverTime)).toBe(expected)
})

test.each([
  ['lmt', false, false],
  ['lmt', true, true],
  ['stop', false, true],
  ['stp', false, true],
  ['take_profit', false, true],
  ['trailing_stop', false, true],
  ['post', false, false],
  [null, false, false],
])('an order of type %s, reduce-only %s, is protective: %s', (type, reduceOnly, expected) => {
  const [order] = readBook({ openOrders: [{ orderType: type, reduceOnly }] }).orders
  expect(isProtective(order as Order)).toBe(expected)
})
