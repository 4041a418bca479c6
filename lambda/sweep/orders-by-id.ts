import type { KillSwitchError } from '../errors.ts'
import type { Book, CancelAck, Order } from '../kraken/exchange.ts'
import { ExchangeError, NotTried } from '../kraken/exchange-error.ts'
import { inScope, type KeepingScope, symbolsOf } from '../kraken/scope.ts'
import { isKnownSymbol } from '../kraken/symbol.ts'
import { KeyPatience } from './key-patience.ts'
import { isAboutKey, isFinal } from './targets.ts'

/**
 * In one batch. Where Kraken refuses a batch for good it may be too long, or hold an order that it does not like: then
 * shorter ones are tried, at last each order alone.
 */
const MOST_IN_ONE = [50, 10, 1] as const

/** What a read of the book shows, as far as it matters here. */
type OpenBook = Pick<Book, 'orders' | 'answeredAt' | 'unlisted'>

/** So long an order that a read left out may yet be told of. */
const UNTOLD_WAIT_MS = 250

/**
 * What has to be cancelled yet where something is to be kept: each order by its id, as the last read shows it. Its sibling
 * is `Targets`, for where everything goes.
 *
 * Never by a cancel-all, not even by one of a symbol of which nothing is kept: what is placed between the read and the
 * cancel may be reduce-only, and would go with it.
 */
export class OrdersById {
  readonly #scope: KeepingScope
  /** Open by the last read, or told of since; without those that cannot be cancelled by their ids. */
  #due = new Map<string, Order>()
  /** Acknowledged since the last read: they wait for the next one. */
  readonly #acked = new Set<string>()
  /** A cancel was sent for them, or was to be. */
  #asked = new Set<string>()
  readonly #patience: KeyPatience
  #trouble: KillSwitchError | null = null
  /** Which of `MOST_IN_ONE` it has come to. */
  #step = 0
  /** Alone, they were refused for good. */
  readonly #refusedIds = new Set<string>()
  /** By id: since when reads leave out what should have been told by them, whether it is reduce-only. */
  readonly #leftOutFrom = new Map<string, number>()
  #works = false
  /** An order was cancelled since the cancels were sent last. */
  #isGettingOn = false
  /** The first order alone was refused for good: so will be the others. */
  #isRefused = false

  /** @param patience with a key that cancels are refused with */
  constructor(scope: KeepingScope, patience = new KeyPatience()) {
    this.#scope = scope
    this.#patience = patience
  }

  /** The orders to cancel now, all at once. @param now monotonic milliseconds */
  due(now: number): readonly Order[] {
    if (this.#isRefused || this.#patience.isWaiting(now)) return []
    const due = [...this.#due.values()]
    // Where a whole batch was refused, one shorter one shows whether others will be.
    return this.#step > 0 && !this.#works ? due.slice(0, this.mostInOne) : due
  }

  get mostInOne(): number {
    return MOST_IN_ONE[this.#step] ?? 1
  }

  /** Their cancels are being sent. */
  asked(orders: readonly Order[]): void {
    this.#isGettingOn = false
    for (const { orderId } of orders) this.#asked.add(orderId)
  }

  /** Kraken cancelled some of them, whatever becomes of the others. */
  heardAck({ orderIds }: Pick<CancelAck, 'orderIds'>): void {
    if (orderIds.length === 0) return
    if (!this.#works && this.#step > 0) this.#asked.clear() // the others need not wait: shorter batches are taken
    this.#works = true
    this.#isGettingOn = true
    for (const id of orderIds) this.#noteAcked(id)
  }

  acked(orders: readonly Order[]): void {
    this.#patience.noteSuccess()
    this.#trouble = null
    for (const { orderId } of orders) this.#noteAcked(orderId)
  }

  #noteAcked(id: string): void {
    this.#due.delete(id)
    this.#acked.add(id)
  }

  failed(orders: readonly Order[], error: KillSwitchError, now: number): void {
    // What Kraken said before tells more than that our time or budget is over.
    if (!(error instanceof NotTried) || this.#trouble === null) this.#trouble = error
    if (isAboutKey(error)) this.#isRefused = !this.#patience.noteRefusal(now, error)
    else if (!(error instanceof ExchangeError)) this.#isRefused = true
    else if (isFinal(error) && !this.#isGettingOn) this.#stepDown(orders)
  }

  #stepDown(orders: readonly Order[]): void {
    if (this.#step < MOST_IN_ONE.length - 1) {
      this.#step += 1
      return
    }
    this.#isRefused = !this.#works
    for (const { orderId } of orders) this.#refusedIds.add(orderId)
    this.#step = 0
  }

  /**
   * These are open, and no others: what is among them is due again.
   *
   * One that an update told of without a word on whether it is reduce-only, and that the read left out, may have been placed
   * after the read, or be in a part of it that is to come: it waits for a later read, and for no more.
   */
  foundOpen({ orders, answeredAt, unlisted }: OpenBook): void {
    this.#acked.clear()
    const open = orders.filter((order) => inScope(this.#scope, order))
    const untold = open.filter(({ orderId, reduceOnly }) => reduceOnly === null && unlisted?.has(orderId))
    for (const { orderId: id } of untold) {
      if (!this.#leftOutFrom.has(id)) this.#leftOutFrom.set(id, answeredAt)
    }
    const isWaiting = (from: number | undefined) => from !== undefined && answeredAt < from + UNTOLD_WAIT_MS
    const waiting = new Set(
      untold.map(({ orderId }) => orderId).filter((id) => isWaiting(this.#leftOutFrom.get(id))),
    )
    const due = open.filter((order) => !waiting.has(order.orderId) && this.#canTry(order))
    this.#due = new Map(due.map((order) => [order.orderId, order]))
    this.#asked = new Set([...this.#asked].filter((id) => this.#due.has(id)))
    // Whoever cancelled the rest, it is not this road that was in the way.
    if (open.length === 0 && this.#trouble instanceof NotTried) this.#trouble = null
  }

  /**
   * There is at least one of these. One that was told of without a word on whether it is reduce-only waits for the next
   * read, which says more than an update does.
   */
  hearOpen(told: readonly Order[]): void {
    for (const order of told) {
      if (order.reduceOnly === null || this.#acked.has(order.orderId) || !this.#canTry(order)) continue
      this.#due.set(order.orderId, order)
    }
  }

  /** Kraken has refused for good to cancel each of these. One without an id may yet get one. */
  isHopeless(open: readonly Order[]): boolean {
    return this.#isRefused || open.every(({ orderId }) => this.#refusedIds.has(orderId))
  }

  get trouble(): KillSwitchError | null {
    return this.#trouble ?? this.#patience.trouble
  }

  /** Now, or when the key is to be tried again. */
  get hasDue(): boolean {
    return !this.#isRefused && this.#due.size > 0
  }

  /** Orders are due that no cancel was sent for yet: there is nothing to wait for. */
  hasFresh(now: number): boolean {
    return this.due(now).some(({ orderId }) => !this.#asked.has(orderId))
  }

  /** When to try the key again, in monotonic milliseconds; null while nothing waits for that. */
  get keyAt(): number | null {
    return this.#patience.nextAt
  }

  /** An order whose symbol does not tell counts as open, but may be another's: it is not cancelled by its id. */
  #canTry({ orderId, symbol }: Order): boolean {
    if (orderId === '' || this.#refusedIds.has(orderId)) return false
    return symbolsOf(this.#scope) === 'all' || isKnownSymbol(symbol)
  }
}
