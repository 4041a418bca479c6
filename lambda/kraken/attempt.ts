import { isRefusal } from './exchange-error.ts'

/** How a request travelled: on a connection dialled at load, used before, dialled beside one of those, or dialled for it. */
export type ConnectionKind = 'early' | 'kept' | 'spare' | 'fresh'

/** One call on one connection, when it has ended. Times are monotonic milliseconds. */
export interface Attempt {
  /** The endpoint, and the symbol where there is one: `cancelallorders PF_XBTUSD`. */
  readonly call: string
  /** It was to cancel orders: once sent it may have, whatever its outcome. */
  readonly isCancel: boolean
  /** Null for what is not a call to the exchange. */
  readonly connection: ConnectionKind | null
  /** Handed to the connection. */
  readonly startedAt: number
  /** The last byte was handed to the network, or may have been before it failed; null when it cannot have been. */
  readonly sentAt: number | null
  readonly endedAt: number
  /** `ok`, or the code of the error. */
  readonly outcome: string
}

/**
 * How many of the cancels that were sent have no usable answer: each may have been carried out, as behind a proxy that
 * answers 502, and what it cancelled is not known.
 *
 * @param sentCount of cancels, on each connection; those that are still under way are among them
 */
export function unansweredCancels(attempts: readonly Attempt[], sentCount: number): number {
  const answered = attempts.filter(
    ({ isCancel, sentAt, outcome }) =>
      isCancel && sentAt !== null && (outcome === 'ok' || isRefusal(outcome)),
  )
  return Math.max(0, sentCount - answered.length)
}
