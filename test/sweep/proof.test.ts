import { expect, test } from 'vitest'
import type { Book, Order } from '../../lambda/kraken/exchange.ts'
import { type Evidence, openInScope, ProofOfEmpty } from '../../lambda/sweep/proof.ts'

const order: Order = {
  orderId: 'o',
  cliOrdId: null,
  symbol: 'PF_XBTUSD',
  side: 'buy',
  type: 'lmt',
  size: 1,
  limitPrice: 1,
  stopPrice: null,
  reduceOnly: false,
  placedAt: null,
}

function book(overrides: Partial<Book>): Book {
  return { orders: [], sentAt: 0, answeredAt: 0, serverTime: null, clockSkewMs: null, ...overrides }
}

const good: Evidence = {
  scope: 'all',
  first: book({ sentAt: 110, answeredAt: 120, serverTime: 5_000 }),
  second: book({ sentAt: 1_120, answeredAt: 1_130, serverTime: 6_000 }),
  lastAckAt: 100,
  quietPeriodMs: 1_000,
}

test('two empty reads after the last ack, a quiet period apart, are proof', () => {
  expect(ProofOfEmpty.from(good)).toMatchObject({ quietPeriodMs: 1_000, at: 1_130 })
  expect(ProofOfEmpty.from({ ...good, lastAckAt: null })).not.toBeNull()
  expect(ProofOfEmpty.from({ ...good, lastAckAt: 110 })).not.toBeNull()
})

// Each row differs from the good evidence in one place only, so each guard is needed.
test.each<[string, Partial<Evidence>]>([
  ['the first read was sent before the ack', { lastAckAt: 111 }],
  ['both reads were sent before the ack', { lastAckAt: 2_000 }],
  ['the reads are less than a quiet period apart', { quietPeriodMs: 1_001 }],
  ['the first read shows an order', { first: { ...good.first, orders: [order] } }],
  ['the second read shows an order', { second: { ...good.second, orders: [order] } }],
  [
    'the second read shows an order without a symbol',
    { second: { ...good.second, orders: [{ ...order, symbol: null }] } },
  ],
  ['the second answer is the first one again', { second: { ...good.second, serverTime: 5_000 } }],
  ['the second answer is older than the first', { second: { ...good.second, serverTime: 4_999 } }],
])('no proof: %s', (_, overrides) => {
  expect(ProofOfEmpty.from({ ...good, ...overrides })).toBeNull()
})

test('an order out of scope does not stand in the way', () => {
  const first = { ...good.first, orders: [order] }
  expect(ProofOfEmpty.from({ ...good, first, scope: ['PF_ETHUSD'] })).not.toBeNull()
  expect(openInScope(first, ['PF_XBTUSD'])).toEqual([order])
})

test('nothing else passes for a proof', () => {
  const proof = ProofOfEmpty.from(good)
  expect(ProofOfEmpty.isProof(proof)).toBe(true)
  expect(ProofOfEmpty.isProof({ ...proof })).toBe(false)
  expect(ProofOfEmpty.isProof(null)).toBe(false)
})
