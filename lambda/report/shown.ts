import { type KillSwitchError, SweepCutShort } from '../errors.ts'
import type { Attempt } from '../kraken/attempt.ts'
import type { Order, Position, RoadName } from '../kraken/exchange.ts'
import { shown } from '../printable.ts'
import type { RoadFindings } from '../sweep/progress.ts'
import { hadNothingToCancel, openOf } from '../sweep/verdict.ts'

/** Of each list; 100 orders are some 20 KB, and a log event holds 1 MB. */
export const MOST_LISTED = 100

/** An order as a report shows it: text from outside cut short and printable. */
export interface ShownOrder {
  readonly orderId: string
  readonly symbol: string
  readonly side: string | null
  readonly type: string | null
  readonly size: number | null
  readonly price: number | null
  /** Null where Kraken did not tell. */
  readonly reduceOnly: boolean | null
  readonly cliOrdId: string | null
}

/** One call on one connection, or what was done before the first. */
export interface ShownAttempt extends Pick<Attempt, 'call' | 'outcome' | 'connection'> {
  /** After the trigger was received; negative in the init phase. */
  readonly atMs: number
  readonly ms: number
}

/** One road, as a report shows it. Times are milliseconds after the trigger was received; null for what did not happen. */
export interface ShownRoad {
  readonly road: RoadName
  readonly ackMs: number | null
  /** Reads of the book that could be used. */
  readonly reads: number
  /** When the last of them was answered, and how many orders in scope it showed, with those told of since. */
  readonly readMs: number | null
  readonly open: number | 'unknown'
  readonly isProof: boolean
  /** Why it did not work, or not to the end. */
  readonly trouble: string | null
}

export function showPosition({ symbol, side, size, price }: Position): Position {
  return { symbol: symbol && shown(symbol), side: side && shown(side), size, price }
}

export function showOrder(order: Order): ShownOrder {
  return {
    orderId: shown(order.orderId),
    symbol: shown(order.symbol ?? 'symbol unknown'),
    side: order.side && shown(order.side),
    type: order.type && shown(order.type),
    size: order.size,
    price: order.limitPrice ?? order.stopPrice,
    reduceOnly: order.reduceOnly,
    cliOrdId: order.cliOrdId && shown(order.cliOrdId),
  }
}

/** @param ms milliseconds after the trigger was received, of a monotonic time */
export function showRoad(road: RoadFindings, ms: (at: number | null) => number | null): ShownRoad {
  const { name, firstAckAt, bookReads, book, proof } = road
  return {
    road: name,
    ackMs: ms(firstAckAt),
    reads: bookReads,
    readMs: ms(book?.answeredAt ?? null),
    open: book === null ? 'unknown' : openOf([road]).length,
    isProof: proof !== null,
    trouble: troubleOf(road)?.message ?? null,
  }
}

/** Why this road did not work, or not to the end; null when it did. */
export function troubleOf(road: RoadFindings): KillSwitchError | null {
  const { cancelTrouble, readTrouble, lastAckAt } = road
  const isCutShort = lastAckAt === null && !hadNothingToCancel(road)
  return cancelTrouble ?? readTrouble ?? (isCutShort ? new SweepCutShort() : null)
}

/** @param startedAt of the invocation; monotonic milliseconds */
export function showAttempts(attempts: readonly Attempt[], startedAt: number): readonly ShownAttempt[] {
  return attempts.slice(0, MOST_LISTED).map((attempt) => ({
    call: attempt.call,
    atMs: Math.round(attempt.startedAt - startedAt),
    ms: Math.round(attempt.endedAt - attempt.startedAt),
    outcome: attempt.outcome,
    connection: attempt.connection,
  }))
}
