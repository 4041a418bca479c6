import { expect, test } from 'vitest'
import { SweepCutShort } from '../lambda/errors.ts'
import type { Book, Order } from '../lambda/kraken/exchange.ts'
import { ExchangeError } from '../lambda/kraken/exchange-error.ts'
import { ProofOfEmpty } from '../lambda/proof.ts'
import { decide, type Findings, isSettled } from '../lambda/verdict.ts'

const order = { orderId: 'o', symbol: 'PF_XBTUSD' } as Order

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
}

test.each<[string, Partial<Findings>, object]>([
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

test('only a proof and a rightful stand-down may be taken as done', () => {
  expect(isSettled(decide([{ ...blank, proof }]))).toBe(true)
  expect(isSettled({ kind: 'NOT_FIRED', why: 'w', isRefusal: false })).toBe(true)
  expect(isSettled({ kind: 'NOT_FIRED', why: 'w', isRefusal: true })).toBe(false)
  expect(isSettled(decide([{ ...blank, lastAckAt: 1 }]))).toBe(false)
  expect(isSettled(decide([{ ...blank, book: book(1, [order]) }]))).toBe(false)
  expect(isSettled(decide([blank]))).toBe(false)
})
