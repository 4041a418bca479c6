import { randomUUID } from 'node:crypto'
import { type Clock, systemClock } from '../lambda/clock.ts'

/** A resting order, in the words of `/openorders`. */
export interface RestingOrder {
  readonly order_id: string
  readonly cliOrdId: string | null
  readonly symbol: string
  readonly side: 'buy' | 'sell'
  readonly orderType: 'lmt' | 'post' | 'stop' | 'take_profit'
  readonly limitPrice?: number
  readonly stopPrice?: number
  readonly filledSize: number
  readonly unfilledSize: number
  readonly reduceOnly: boolean
  readonly status: 'untouched' | 'partiallyFilled'
  readonly receivedTime: string
  readonly lastUpdateTime: string
}

export interface RestingPosition {
  readonly side: 'long' | 'short'
  readonly symbol: string
  readonly price: number
  readonly size: number
}

export interface Change {
  /** Monotonic milliseconds. */
  readonly at: number
  readonly kind: 'placed' | 'removed'
  readonly order: RestingOrder
}

/** The orders of one account, with all that ever happened to them: what a claim of "empty" is held against. */
export class Book {
  readonly positions: RestingPosition[] = []
  readonly changes: Change[] = []
  /** Who hears of every change, as it happens. */
  readonly listeners = new Set<(change: Change) => void>()
  readonly #orders = new Map<string, RestingOrder>()
  readonly #clock: Pick<Clock, 'now' | 'wallTime'>

  constructor(clock: Pick<Clock, 'now' | 'wallTime'> = systemClock) {
    this.#clock = clock
  }

  place(wanted: Partial<RestingOrder>): RestingOrder {
    const now = new Date(this.#clock.wallTime()).toISOString()
    const order: RestingOrder = {
      order_id: randomUUID(),
      cliOrdId: null,
      symbol: 'PF_XBTUSD',
      side: 'buy',
      orderType: 'lmt',
      ...(wanted.orderType === 'stop' || wanted.orderType === 'take_profit'
        ? { stopPrice: 58_000 }
        : { limitPrice: 60_000 }),
      filledSize: 0,
      unfilledSize: 1,
      reduceOnly: false,
      status: 'untouched',
      receivedTime: now,
      lastUpdateTime: now,
      ...wanted,
    }
    this.#orders.set(order.order_id, order)
    this.#note('placed', order)
    return order
  }

  /** Takes orders off the book, and gives them. */
  remove(isWanted: (order: RestingOrder) => boolean): RestingOrder[] {
    const removed = this.orders.filter(isWanted)
    for (const order of removed) {
      this.#orders.delete(order.order_id)
      this.#note('removed', order)
    }
    return removed
  }

  #note(kind: Change['kind'], order: RestingOrder): void {
    const change = { at: this.#clock.now(), kind, order }
    this.changes.push(change)
    for (const listener of this.listeners) listener(change)
  }

  get orders(): RestingOrder[] {
    return [...this.#orders.values()]
  }

  /** The orders that rested at a time in the past. */
  ordersAt(at: number): RestingOrder[] {
    const resting = new Map<string, RestingOrder>()
    for (const change of this.changes) {
      if (change.at > at) break
      if (change.kind === 'placed') resting.set(change.order.order_id, change.order)
      else resting.delete(change.order.order_id)
    }
    return [...resting.values()]
  }

  /** Did no wanted order rest at any moment of that span? */
  wasEmptyThroughout(from: number, to: number, isWanted: (order: RestingOrder) => boolean): boolean {
    const placedMeanwhile = this.changes.some(
      ({ at, kind, order }) => kind === 'placed' && at >= from && at <= to && isWanted(order),
    )
    return !placedMeanwhile && !this.ordersAt(from).some(isWanted)
  }
}

/** Does a symbol or margin account, as sent to cancel-all, name that order? */
export function isNamedBy(wanted: string, { symbol }: Pick<RestingOrder, 'symbol'>): boolean {
  const [kind, pair, expiry] = wanted.toUpperCase().split('_')
  const isMarginAccount = kind === 'FI' && expiry === undefined
  if (!isMarginAccount) return symbol === wanted.toUpperCase()
  return symbol === `PI_${pair}` || symbol.startsWith(`FI_${pair}_`)
}

const KINDS = [
  { orderType: 'lmt' },
  { orderType: 'post', side: 'sell' },
  { orderType: 'lmt', reduceOnly: true, side: 'sell' },
  { orderType: 'stop', reduceOnly: true, side: 'sell' },
  { orderType: 'take_profit', side: 'sell' },
] as const satisfies readonly Partial<RestingOrder>[]
const SYMBOLS = ['PF_XBTUSD', 'PF_ETHUSD', 'PF_SOLUSD', 'PI_XBTUSD', 'FI_XBTUSD_261225'] as const

/** A trading bot's usual book: every kind of order on several symbols, and a position. */
export function fill(book: Book, orders: number): void {
  for (let i = 0; i < orders; i++) {
    const kind = KINDS[i % KINDS.length]
    const symbol = SYMBOLS[Math.floor(i / KINDS.length) % SYMBOLS.length] ?? 'PF_XBTUSD'
    book.place({ ...kind, symbol, cliOrdId: i % 3 === 0 ? null : `maker-${i}` })
  }
  if (book.positions.length === 0) {
    book.positions.push({ side: 'long', symbol: 'PF_XBTUSD', price: 61_250, size: 0.4 })
  }
}
