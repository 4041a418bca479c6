import type { Book } from '../kraken/exchange.ts'
import { inScope, type Scope } from '../kraken/scope.ts'

export interface Evidence {
  readonly scope: Scope
  readonly first: Book
  readonly second: Book
  /** When the last cancel was answered; monotonic milliseconds. Null when none was. */
  readonly lastAckAt: number | null
  readonly quietPeriodMs: number
}

/**
 * Two reads of the book, both sent after the last cancel was answered, a quiet period apart, both empty in scope.
 *
 * Only `ProofOfEmpty.from` makes one, and the verdict EMPTY needs one.
 */
export class ProofOfEmpty {
  /** Nominal: no other object passes for a proof. */
  readonly #brand = true
  readonly quietPeriodMs: number
  /** When the second read was answered; monotonic milliseconds. */
  readonly at: number

  private constructor(quietPeriodMs: number, at: number) {
    this.quietPeriodMs = quietPeriodMs
    this.at = at
  }

  /** The proof that these two reads are; null when they are none. */
  static from({ scope, first, second, lastAckAt, quietPeriodMs }: Evidence): ProofOfEmpty | null {
    const isAfterLastAck = lastAckAt === null || (first.sentAt >= lastAckAt && second.sentAt >= lastAckAt)
    const isApart = second.sentAt - first.answeredAt >= quietPeriodMs
    const isNewAnswer = !isRepeated(first, second)
    const isEmpty = openInScope(first, scope).length === 0 && openInScope(second, scope).length === 0
    if (!isAfterLastAck || !isApart || !isNewAnswer || !isEmpty) return null
    return new ProofOfEmpty(quietPeriodMs, second.answeredAt)
  }

  static isProof(value: unknown): value is ProofOfEmpty {
    return typeof value === 'object' && value !== null && #brand in value
  }
}

/** A second answer that the exchange dates no later than the first is the first one again, from a cache. */
function isRepeated(first: Book, second: Book): boolean {
  return first.serverTime !== null && second.serverTime !== null && second.serverTime <= first.serverTime
}

/** The orders of the book that the switch was to cancel. */
export function openInScope(book: Book, scope: Scope) {
  return book.orders.filter((order) => inScope(scope, order))
}
