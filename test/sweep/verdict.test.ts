import { expect, test } from 'vitest'
import { type KillSwitchError, SecretUnavailable, SweepCutShort } from '../../lambda/errors.ts'
import type { Book, Order } from '../../lambda/kraken/exchange.ts'
import { ExchangeError } from '../../lambda/kraken/exchange-error.ts'
import { ProofOfEmpty } from '../../lambda/sweep/proof.ts'
import { decide, type Findings, isSettled } from '../../lambda/sweep/verdict.ts'

const order = { orderId: 'o', symbol: 'PF_XBTUSD' } as Order
const guard = { ...order, reduceOnly: true }

function book(sentAt: number, orders: readonly Order[], answeredAt = sentAt): Book {
  return { orders, sentAt, answeredAt, serverTime: null, clockSkewMs: null }
}

const proof = ProofOfEmpty.from({
  scope: 'all',
  first: book(10, []),
  second: book(20, []),
  lastAckAt: null,
  quietPeriodMs: 5,
})
const trouble = new ExchangeError('apiLimitExceeded')
const blank: Findings = {
  scope: 'all',
  proof: null,
  book: null,
  lastAckAt: null,
  cancelTrouble: null,
  readTrouble: null,
  told: [],
}

test.each<[string, Partial<Findings>, object]>([
  [
    'one road is not in dispute with itself',
    { proof, told: [order], lastAckAt: 10, book: book(20, []) },
    { kind: 'NOT_EMPTY', open: [order], isDisputed: false },
  ],
  [
    'where something is kept, a read that shows nothing to cancel is UNVERIFIED, though nothing was acknowledged',
    { scope: { symbols: 'all', keep: 'reduceOnly' }, book: book(20, [guard]) },
    { kind: 'UNVERIFIED', wasReadEmpty: true },
  ],
  [
    'where something is kept, a book that was never read is FAILED',
    { scope: { symbols: 'all', keep: 'reduceOnly' }, readTrouble: trouble },
    { kind: 'FAILED', cause: trouble },
  ],
  [
    'where something is kept, an order that was told of and may be reduce-only is NOT_EMPTY',
    { scope: { symbols: 'all', keep: 'reduceOnly' }, proof, told: [{ ...guard, reduceOnly: null }] },
    { kind: 'NOT_EMPTY' },
  ],
  ['a proof is EMPTY', { proof }, { kind: 'EMPTY', proof }],
  ['a proof is EMPTY whatever the acks said', { proof, cancelTrouble: trouble }, { kind: 'EMPTY' }],
  [
    'orders in the last read are NOT_EMPTY',
    { book: book(20, [order]), lastAckAt: 10 },
    { kind: 'NOT_EMPTY', open: [order] },
  ],
  [
    'orders and no ack are NOT_EMPTY, and the refusal is said',
    { book: book(20, [order]), cancelTrouble: trouble },
    { kind: 'NOT_EMPTY', cause: trouble },
  ],
  [
    'a read from before the last ack tells nothing',
    { book: book(9, [order]), lastAckAt: 10 },
    { kind: 'UNVERIFIED', wasReadEmpty: false },
  ],
  [
    'a read from just after the last ack tells',
    { book: book(10, [order]), lastAckAt: 10 },
    { kind: 'NOT_EMPTY', open: [order] },
  ],
  [
    'orders out of scope do not count',
    { book: book(20, [order]), lastAckAt: 10, scope: ['PF_ETHUSD'] },
    { kind: 'UNVERIFIED' },
  ],
  [
    'an ack without a read is UNVERIFIED',
    { lastAckAt: 10, readTrouble: trouble },
    { kind: 'UNVERIFIED', wasReadEmpty: false },
  ],
  [
    'an ack and one empty read are UNVERIFIED',
    { lastAckAt: 10, book: book(20, []) },
    { kind: 'UNVERIFIED', wasReadEmpty: true },
  ],
  [
    'an order told of is NOT_EMPTY, though no read of it tells',
    { lastAckAt: 10, told: [order], readTrouble: trouble },
    { kind: 'NOT_EMPTY', open: [order], isDisputed: false },
  ],
  [
    'of a road that read before the last ack, what it was told of is open, and not what it read',
    { lastAckAt: 10, book: book(9, [{ ...order, orderId: 'p' }]), told: [order] },
    { kind: 'NOT_EMPTY', open: [order] },
  ],
  [
    'no ack and one empty read are FAILED',
    { book: book(20, []), cancelTrouble: trouble },
    { kind: 'FAILED', cause: trouble },
  ],
  [
    'no ack and no read are FAILED, for the reason of the read',
    { readTrouble: trouble },
    { kind: 'FAILED', cause: trouble },
  ],
  ['nothing at all is FAILED', {}, { kind: 'FAILED', cause: expect.any(SweepCutShort) }],
])('%s', (_, findings, verdict) => {
  expect(decide([{ ...blank, ...findings }])).toMatchObject(verdict)
})

const other = { orderId: 'p', symbol: 'PF_ETHUSD' } as Order
const otherTrouble = new ExchangeError('timeout')
const twins = book(20, [{ ...order, orderId: '' }])

test.each<[string, Partial<Findings>, Partial<Findings>, object]>([
  [
    'one proof, and a road that failed: EMPTY',
    { proof },
    { cancelTrouble: trouble },
    { kind: 'EMPTY', proof },
  ],
  ['one proof, and a road that read the same: EMPTY', { proof }, { book: book(20, []) }, { kind: 'EMPTY' }],
  [
    'one proof, and a road that reads otherwise: NOT_EMPTY',
    { proof, lastAckAt: 10, book: book(20, []) },
    { lastAckAt: 10, book: book(20, [order]) },
    { kind: 'NOT_EMPTY', open: [order], cause: null, isDisputed: true },
  ],
  [
    'one proof, and a road that read otherwise before its last ack: still NOT_EMPTY, it has not taken it back',
    { proof, lastAckAt: 10, book: book(20, []) },
    { lastAckAt: 30, book: book(20, [order]) },
    { kind: 'NOT_EMPTY', isDisputed: true },
  ],
  [
    'one proof, and a road that read otherwise and cannot read any more: EMPTY',
    { proof },
    { book: book(20, [order]), readTrouble: trouble },
    { kind: 'EMPTY' },
  ],
  [
    'one proof, and orders out of scope on the other road: EMPTY',
    { proof },
    { book: book(20, [order]), scope: ['PF_ETHUSD'] },
    { kind: 'EMPTY' },
  ],
  [
    'one proof, and a road that was told of an order since it read: NOT_EMPTY',
    { proof, lastAckAt: 10, book: book(20, []) },
    { lastAckAt: 10, book: book(20, []), told: [order] },
    { kind: 'NOT_EMPTY', open: [order], isDisputed: true },
  ],
  [
    'one proof, and a road that was told of an order and cannot read: NOT_EMPTY',
    { proof, lastAckAt: 10, book: book(20, []) },
    { lastAckAt: 10, readTrouble: trouble, told: [order] },
    { kind: 'NOT_EMPTY', open: [order], isDisputed: true },
  ],
  [
    'no proof, one road reads none, the other was told of an order and cannot read: NOT_EMPTY, disputed',
    { lastAckAt: 10, book: book(20, []) },
    { lastAckAt: 10, readTrouble: trouble, told: [order] },
    { kind: 'NOT_EMPTY', open: [order], isDisputed: true },
  ],
  [
    'no proof, one road reads orders, the other none: NOT_EMPTY, disputed',
    { lastAckAt: 10, book: book(20, []) },
    { lastAckAt: 10, book: book(20, [order]) },
    { kind: 'NOT_EMPTY', open: [order], isDisputed: true },
  ],
  [
    'both read orders: all of them, each once, and no dispute',
    { lastAckAt: 10, book: book(20, [order]) },
    { lastAckAt: 10, book: book(20, [order, other]) },
    { kind: 'NOT_EMPTY', open: [order, other], isDisputed: false },
  ],
  [
    'orders without an id may be the same, or not: they count on each road',
    { lastAckAt: 10, book: twins },
    { lastAckAt: 10, book: twins },
    { kind: 'NOT_EMPTY', open: [...twins.orders, ...twins.orders] },
  ],
  [
    'one ack is enough not to blame the other road',
    { lastAckAt: 10, book: book(20, [order]) },
    { cancelTrouble: trouble },
    { kind: 'NOT_EMPTY', cause: null, isDisputed: false },
  ],
  [
    'an ack on one road, nothing else on either: UNVERIFIED',
    { lastAckAt: 10 },
    { cancelTrouble: trouble, readTrouble: trouble },
    { kind: 'UNVERIFIED', wasReadEmpty: false },
  ],
  [
    'both refused: FAILED, for the reasons of both',
    { cancelTrouble: trouble },
    { readTrouble: otherTrouble },
    {
      kind: 'FAILED',
      cause: {
        name: 'EveryRoadFailed',
        message: `${trouble.message}; and on the other road: ${otherTrouble.message}`,
        whatToDo: trouble.whatToDo,
      },
    },
  ],
  [
    'orders, and no ack anywhere: the refusal is said, whichever road it came from',
    { book: book(20, [order]) },
    { book: book(20, [order]), cancelTrouble: trouble },
    { kind: 'NOT_EMPTY', cause: trouble },
  ],
  [
    'orders, and a road that was acknowledged in part only: what it was refused is said',
    { lastAckAt: 10, book: book(20, [order]), cancelTrouble: trouble },
    { book: book(20, [order]) },
    { kind: 'NOT_EMPTY', cause: trouble },
  ],
  [
    'one refused, of the other nothing is known: FAILED, for the one reason',
    { cancelTrouble: trouble },
    {},
    { kind: 'FAILED', cause: trouble },
  ],
])('two roads: %s', (_, first, second, verdict) => {
  const roads = [
    { ...blank, ...first },
    { ...blank, ...second },
  ] as const
  expect(decide(roads)).toMatchObject(verdict)
})

test('what is said of both roads is the same whichever is named first', () => {
  const disputed = [
    { ...blank, proof, lastAckAt: 10 },
    { ...blank, lastAckAt: 10, book: book(20, [order]) },
  ]
  expect(decide(disputed.toReversed())).toEqual(decide(disputed))
  const proven = [
    { ...blank, proof },
    { ...blank, readTrouble: trouble },
  ]
  expect(decide(proven.toReversed())).toEqual(decide(proven))
})

test('both roads failed: nothing was touched only if neither can have touched it', () => {
  const untouched = new SecretUnavailable('timeout')
  const verdictOf = (...causes: KillSwitchError[]) =>
    decide(causes.map((cancelTrouble) => ({ ...blank, cancelTrouble })))
  expect(verdictOf(untouched, untouched)).toMatchObject({ cause: { restingOrders: 'untouched' } })
  expect(verdictOf(untouched, new SweepCutShort())).toMatchObject({ cause: { restingOrders: 'unknown' } })
})

test('only a proof and a rightful stand-down may be taken as done', () => {
  expect(isSettled(decide([{ ...blank, proof }]))).toBe(true)
  expect(isSettled({ kind: 'NOT_FIRED', why: 'w', isRefusal: false })).toBe(true)
  expect(isSettled({ kind: 'NOT_FIRED', why: 'w', isRefusal: true })).toBe(false)
  expect(isSettled(decide([{ ...blank, lastAckAt: 1 }]))).toBe(false)
  expect(isSettled(decide([{ ...blank, book: book(1, [order]) }]))).toBe(false)
  expect(isSettled(decide([blank]))).toBe(false)
})
