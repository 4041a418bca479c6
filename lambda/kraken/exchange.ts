import type { Clock } from '../clock.ts'
import type { Scope } from './scope.ts'

export type { Scope }

/** The ways to the same book: the Derivatives REST API, and the Unified WebSocket. */
export type RoadName = 'rest' | 'unified'

/** One order, open or cancelled, as far as Kraken described it. */
export interface Order {
  readonly orderId: string
  readonly cliOrdId: string | null
  /** Upper case. */
  readonly symbol: string | null
  readonly side: string | null
  /** Kraken's word: `lmt`, `post`, `stop`, `stp`, `take_profit`, `limit`, `stop-loss` … */
  readonly type: string | null
  readonly size: number | null
  readonly limitPrice: number | null
  readonly stopPrice: number | null
  /** Null where Kraken does not tell. */
  readonly reduceOnly: boolean | null
  /** Milliseconds since 1970 by the exchange's clock. */
  readonly placedAt: number | null
}

export interface Position {
  readonly symbol: string | null
  readonly side: string | null
  readonly size: number | null
  readonly price: number | null
}

/** When one answer was asked for and came, and what it says of the exchange's clock. */
export interface Answered {
  /** The request was sent at this time or later; monotonic milliseconds. */
  readonly sentAt: number
  /** The last byte was here; monotonic milliseconds. */
  readonly answeredAt: number
  /** Milliseconds since 1970 by the exchange's clock. */
  readonly serverTime: number | null
  /** The exchange's clock less ours, in milliseconds; positive when theirs is ahead. */
  readonly clockSkewMs: number | null
}

/** What an answer says, before it is known when it came. */
export type Said<T extends Answered> = Omit<T, keyof Answered>

/**
 * When an answer was asked for and came, and how far the exchange's clock is ahead: it looked at it half-way between.
 *
 * @param serverTime milliseconds since 1970; null when the answer does not tell
 */
export function answered(
  clock: Pick<Clock, 'wallTime'>,
  sentAt: number,
  answeredAt: number,
  serverTime: number | null,
): Answered {
  const halfWayMs = (answeredAt - sentAt) / 2
  const clockSkewMs = serverTime === null ? null : Math.round(serverTime - (clock.wallTime() - halfWayMs))
  return { sentAt, answeredAt, serverTime, clockSkewMs }
}

/** Kraken's answer to a cancel. An acknowledgement, never a result: its `status` is not even kept, since it lies. */
export interface CancelAck extends Answered {
  /** `all`, or the symbol as Kraken understood it; null for the cancel of a single order. */
  readonly cancelOnly: string | null
  readonly orderIds: readonly string[]
  /** Of `orderIds`, those that Kraken did not name itself: it said yes to a request that did. */
  readonly unnamedIds?: readonly string[]
  /** Orders of `orderIds` that Kraken described; stops and triggers have no event, so they are missing here. */
  readonly orders: readonly Order[]
  /** How many were cancelled, where Kraken tells that and no ids. */
  readonly count?: number
  /** Orders were cancelled, or may have been, that it tells neither by id nor by number. */
  readonly isIncomplete?: boolean
}

/** The account's open orders: every symbol, every type. */
export interface Book extends Answered {
  readonly orders: readonly Order[]
  /** Something happened to the book since it was read before that this read does not show; where the road tells. */
  readonly wasStirred?: boolean
  /** Orders that it was told of since it was read before, open or gone by now; where the road tells. */
  readonly grownBy?: readonly Order[]
  /**
   * Ids of its orders that the read itself left out, where the road tells, and has not called them gone. It is kept up to
   * date: a read may come in pieces.
   */
  readonly unlisted?: ReadonlyMap<string, ToldWhen>
}

/** When an order was told of that a read left out: since, by the read before it, or only before that. */
export type ToldWhen = 'since' | 'by the last read' | 'before'

export interface Positions extends Answered {
  readonly positions: readonly Position[]
}

/** Kraken's answer to the arming of its timer. Never proof of anything, nor the ack of a cancel. */
export interface TimerAck extends Answered {
  /**
   * When it will cancel everything unless it is armed again; milliseconds since 1970 by the exchange's clock, null when that
   * is not told. Later than asked for where somebody else armed it meanwhile: there is one for the account.
   */
  readonly firesAt: number | null
  /** The exchange's clock when it took the request, as `firesAt` is counted from; null when that is not told. */
  readonly currentTime: number | null
}

/** What Kraken says of the key that signed the request. */
export interface ApiKeyCheck extends Answered {
  readonly accountUid: string | null
  /** Orders and positions: `NO_ACCESS`, `READ_ONLY`, `FULL_ACCESS`, or what Kraken says instead; `unknown` when it does not. */
  readonly general: string
  /** Withdrawals and transfers, in the same words. */
  readonly transfer: string
  /** Addresses that may use the key; empty when there is no list. */
  readonly allowedCidrBlocks: readonly string[]
  /** Kraken's number of the account (IIBAN), without spaces; null when it is not told. Never shown whole. */
  readonly iban: string | null
  /** When the key ends, in milliseconds since 1970; null when it does not, or that is not told. */
  readonly validUntil: number | null
  /** Rights that cancelling does not need, as Kraken names them; without those to withdraw. */
  readonly needless: readonly string[]
  /** Is it told that the key may open the WebSocket? */
  readonly mayConnect?: boolean
}

export interface CancelOptions {
  /** Hears another answer to the same cancel, after the first one: the request may go out twice. */
  readonly onLateAck: (ack: CancelAck) => void
}

export interface CancelOrdersOptions extends CancelOptions {
  /** In one batch; the exchange may take fewer. */
  readonly mostInOne: number
}

export interface CancelAllOptions extends CancelOptions {
  /** How many cancels are sent together with this one, itself included. */
  readonly atOnce: number
}

/**
 * What the sweep and the readiness check need of an exchange.
 *
 * Every call is bounded in time, stays within the exchange's budget, and fails with an `ExchangeError`.
 */
export interface Exchange {
  /**
   * Cancels every order of a symbol or margin account, or of the account.
   *
   * @param symbol undefined for all
   */
  cancelAll(symbol: string | undefined, options: CancelAllOptions): Promise<CancelAck>
  /** Cancels one order; the ack holds its id only if Kraken says that it was cancelled. */
  cancelOrder(order: Order, options: CancelOptions): Promise<CancelAck>
  /**
   * Cancels orders by their ids: as many at once as the exchange's budget allows, from the first on. Where not all of them
   * were cancelled, `onLateAck` hears of those that were, and it fails with why the others were not.
   *
   * @param orders at least one, each with its id
   */
  cancelOrders(orders: readonly Order[], options: CancelOrdersOptions): Promise<CancelAck>
  openOrders(): Promise<Book>
  openPositions(): Promise<Positions>
  checkApiKey(): Promise<ApiKeyCheck>
  /**
   * Arms the account's one timer at Kraken, which cancels every order when it fires. Where that fails it may have been armed
   * all the same.
   *
   * @param seconds from now; whole, from 1 to 86,399. Anything else is not sent: 0 would disarm it, whoever relies on it
   */
  armTimer(seconds: number): Promise<TimerAck>
  /**
   * Orders, in scope or not, that it told of unasked and has not called gone; null while nobody would hear of another.
   * Absent where the road does not tell. Asks nobody.
   */
  toldOpen?(): readonly Order[] | null
  /** Would it tell of an order that is placed now? Absent where the road does not tell. Asks nobody. */
  isTelling?(): boolean
  /** Resolves when it tells of the next one; never rejects. Absent where the road does not tell. */
  nextTold?(): Promise<void>
  /** Orders, in scope or not, that it called cancelled unasked, by whomever, since the invocation began; where the road tells. */
  toldCancelled?(): Iterable<Order>
}

/** What an id is compared by: one road may spell it in other case than the other. */
export function keyOf(id: string): string {
  return id.toLowerCase()
}

/** The same order, known to be reduce-only. */
export function asReduceOnly(order: Order): Order {
  const { orderId, cliOrdId, symbol, side, type, size, limitPrice, stopPrice, placedAt } = order
  return { orderId, cliOrdId, symbol, side, type, size, limitPrice, stopPrice, placedAt, reduceOnly: true }
}

const PROTECTIVE_TYPES = /stop|stp|take[_-]profit|trigger/i

/** Reduce-only orders, stops and take-profits: without them an open position is unprotected. */
export function isProtective(order: Order): boolean {
  return order.reduceOnly === true || (order.type !== null && PROTECTIVE_TYPES.test(order.type))
}
