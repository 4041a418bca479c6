import { expect, test } from 'vitest'
import type { Book, CancelAck, Order } from '../../lambda/kraken/exchange.ts'
import { ExchangeError } from '../../lambda/kraken/exchange-error.ts'
import { Progress } from '../../lambda/sweep/progress.ts'

const QUIET_MS = 1_000

const answered = (sentAt: number, serverTime: number | null) => ({
  sentAt,
  answeredAt: sentAt + 10,
  serverTime,
  clockSkewMs: null,
})
const ack = (sentAt: number, serverTime: number | null): CancelAck => ({
  ...answered(sentAt, serverTime),
  cancelOnly: 'all',
  orderIds: [],
  orders: [],
})
const empty = (sentAt: number, serverTime: number | null): Book => ({
  ...answered(sentAt, serverTime),
  orders: [],
})

/** Is there a proof after this ack and two empty reads, a quiet period apart? */
function isProven(ackTime: number | null, readTimes: readonly (number | null)[]): boolean {
  const progress = new Progress('rest', 'all')
  progress.addAck(ack(0, ackTime))
  for (const [i, time] of readTimes.entries()) progress.addBook(empty(20 + i * 1_100, time), QUIET_MS)
  return progress.proof !== null
}

test.each<[string, number | null, readonly (number | null)[]]>([
  ['all are dated', 5_000, [5_010, 6_120]],
  ['the reads are not dated', 5_000, [null, null]],
  ['the ack is not dated', null, [5_010, 6_120]],
  ['nothing is dated', null, [null, null]],
  ['the first read bears the very time of the ack', 5_000, [5_000, 6_120]],
])('two empty reads after the ack are proof, where %s', (_, ackTime, readTimes) => {
  expect(isProven(ackTime, readTimes)).toBe(true)
})

test('a read that the exchange dates before the latest ack is none, and is counted as none', () => {
  const progress = new Progress('rest', 'all')
  progress.addAck(ack(0, 5_000))
  progress.addAck(ack(5, 4_000))
  expect(() => progress.addBook(empty(20, 4_999), QUIET_MS)).toThrow(
    expect.objectContaining({ code: 'stale read', message: 'Kraken answered with an old book' }),
  )
  expect(progress).toMatchObject({ bookReads: 0, book: null, firstEmpty: null })
})

test('a read that was sent before the last ack begins no proof', () => {
  const progress = new Progress('rest', 'all')
  progress.addAck(ack(90, null))
  progress.addBook(empty(99, null), QUIET_MS)
  expect(progress.firstEmpty).toBeNull()
  progress.addBook(empty(100, null), QUIET_MS)
  expect(progress.firstEmpty).toMatchObject({ sentAt: 100 })
})

test('of the calls of one round the longest wish to be left alone counts, and of no round before', () => {
  const progress = new Progress('rest', 'all')
  for (const ms of [3_000, 5_000, 1_000, null])
    progress.noteTrouble(new ExchangeError('apiLimitExceeded', undefined, ms))
  expect(progress.retryAfterMs).toBe(5_000)
  progress.beginRound()
  expect(progress.retryAfterMs).toBe(0)
})

test('orders that a read finds where the one before had none are new, also where that one began no quiet period', () => {
  const progress = new Progress('unified', 'all')
  const full = (sentAt: number): Book => ({ ...empty(sentAt, null), orders: [{ orderId: 'a' } as Order] })
  const found = (book: Book) => {
    progress.beginRound()
    progress.addBook(book, QUIET_MS)
    return progress.isRefilled
  }
  expect(found(full(0))).toBe(false)
  progress.addAck(ack(30, null))
  expect(found(empty(20, null))).toBe(false) // asked for before the cancel was answered
  expect(progress.firstEmpty).toBeNull()
  expect(found(full(100))).toBe(true)
  expect(found(full(200))).toBe(false)
})
