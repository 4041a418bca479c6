import { asReduceOnly, type CancelAck, isProtective, keyOf, type Order } from '../kraken/exchange.ts'
import { inScope, isKeeping, type Scope, symbolsOf } from '../kraken/scope.ts'
import { isKnownSymbol } from '../kraken/symbol.ts'

/** What was cancelled, as it stands at the end. */
export interface Cancelled {
  /** With and without ids. */
  readonly count: number
  readonly orderIds: readonly string[]
  /** Those that Kraken described, in an ack or in a read. */
  readonly described: readonly Order[]
  /** Of these, what guarded a position. */
  readonly protective: readonly Order[]
  /** How many Kraken called cancelled that are open all the same; they are none of the above. */
  readonly deniedCount: number
  /** An ack told of orders neither by id nor by number: there may be more than `count`. */
  readonly hasUncounted: boolean
  /** So many may be among those of which an ack told the number alone: each is counted once, so `count` may be too low by them. */
  readonly perhapsTwo: number
  /** How many a read showed open that are gone, without an answer that names them: cancelled, or filled. */
  readonly vanishedCount: number
  /** Of these, how many of which it was not told whether they were reduce-only. */
  readonly vanishedUntoldCount: number
}

/**
 * What was cancelled, and what is known of the orders: the union over all acks and all reads.
 *
 * A second answer of "no orders to cancel" therefore never hides what the first one cancelled.
 */
export class Tally {
  readonly #scope: Scope
  /** Ids by what they are compared by, as they all are here; as they were spelled first. */
  readonly #cancelled = new Map<string, string>()
  readonly #known = new Map<string, Order>()
  /** Orders that a read showed open. */
  readonly #read = new Set<string>()
  /** How many Kraken said that it cancelled, without saying which. */
  #counted = 0
  /** Orders that were seen to be cancelled. */
  readonly #seen = new Set<string>()
  /** Orders whose cancel was acknowledged. */
  readonly #acked = new Set<string>()
  /** Of these, those that the ack itself named: whoever counts instead of naming has not counted these. */
  readonly #named = new Set<string>()
  /** Orders that were to be kept. */
  readonly #kept = new Map<string, string>()
  /** Whether Kraken, over any road, said last that an order is reduce-only. */
  readonly #reduceOnly = new Map<string, boolean>()
  /** Orders in scope that were told of as open. */
  readonly #told = new Set<string>()
  #hasUncounted = false
  #wasScopeIgnored = false
  #startedAt: number | null = null
  readonly #placedSince = new Map<string, Order>()

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Counts an ack, whether it came first or late. */
  addAck(ack: CancelAck): void {
    this.#startedAt ??= ack.serverTime
    this.#counted += ack.count ?? 0
    this.#hasUncounted ||= ack.isIncomplete ?? false
    for (const id of ack.orderIds) {
      const key = keyOf(id)
      this.#noteCancelled(id)
      this.#acked.add(key)
      if (!ack.unnamedIds?.includes(id)) this.#named.add(key)
    }
    for (const order of ack.orders) {
      this.#known.set(keyOf(order.orderId), order)
      this.#noteIfNew(order)
      if (!inScope(this.#scope, order)) this.#wasScopeIgnored = true
    }
    if (this.#scope !== 'all' && ack.cancelOnly?.toLowerCase() === 'all') this.#wasScopeIgnored = true
  }

  /** Notes the orders of a read, in scope: later acks may give no detail of them. */
  addRead(orders: readonly Order[]): void {
    for (const order of orders) {
      this.#known.set(keyOf(order.orderId), order)
      if (order.orderId !== '') this.#read.add(keyOf(order.orderId))
      this.#noteIfNew(order)
    }
  }

  /** Notes orders in scope that were told of: they rested, also where nothing else comes of it. */
  addTold(orders: readonly Order[]): void {
    for (const { orderId } of orders) this.#told.add(keyOf(orderId))
  }

  /** Grows with every order in scope that was cancelled, told of, or seen and is gone: filled, or cancelled by another. */
  get seenCount(): number {
    const { count, vanishedCount } = this.cancelled()
    return count + vanishedCount + this.#told.size
  }

  /** Counts orders, in scope or not, that a road called cancelled unasked since the sweep began. */
  addCancelled(orders: Iterable<Order>): void {
    for (const order of orders) {
      const key = keyOf(order.orderId)
      if (!this.#isSurelyOurs(order) || key === '' || this.#seen.has(key)) continue
      this.#seen.add(key)
      this.#noteCancelled(order.orderId)
      if (!this.#known.has(key)) this.#known.set(key, order)
      this.#noteIfNew(order)
    }
  }

  /** What was to be kept may be another's who cancels, and so may what is not told to be none of it. */
  #isSurelyOurs(order: Order): boolean {
    const scope = this.#scope
    if (scope === 'all') return true
    const isOfSymbols = symbolsOf(scope) === 'all' || isKnownSymbol(order.symbol)
    const isTold = !isKeeping(scope) || order.reduceOnly === false || this.#read.has(keyOf(order.orderId))
    return isOfSymbols && isTold && inScope(scope, order)
  }

  /** Notes what a read showed of the orders that stay. */
  addKept(orders: readonly Order[]): void {
    for (const { orderId } of orders) if (orderId !== '') this.#kept.set(keyOf(orderId), orderId)
  }

  /** Ids of orders that a read showed to stay, and that no ack has named. */
  get kept(): readonly string[] {
    return [...this.#kept].filter(([key]) => !this.#acked.has(key)).map(([, id]) => id)
  }

  /** The order as all roads together tell of it: one may leave out whether it is reduce-only. */
  withTold(order: Order): Order {
    if (!isKeeping(this.#scope) || order.orderId === '') return order
    const key = keyOf(order.orderId)
    if (order.reduceOnly !== null) this.#reduceOnly.set(key, order.reduceOnly)
    else if (this.#reduceOnly.get(key) === true) return asReduceOnly(order)
    return order
  }

  #noteCancelled(id: string): void {
    const key = keyOf(id)
    if (!this.#cancelled.has(key)) this.#cancelled.set(key, id)
  }

  #noteIfNew(order: Order): void {
    const { placedAt } = order
    const isNew = this.#startedAt !== null && placedAt !== null && placedAt > this.#startedAt
    if (isNew) this.#placedSince.set(keyOf(order.orderId), order)
  }

  /**
   * What was cancelled.
   *
   * @param open what is open at the end: that was not cancelled, whatever an ack said of it
   */
  cancelled(open: readonly Order[] = []): Cancelled {
    const openKeys = new Set(open.map(({ orderId }) => keyOf(orderId)))
    const gone = [...this.#cancelled].filter(([key]) => !openKeys.has(key))
    const orderIds = gone.map(([, id]) => id)
    const described = gone.map(([key]) => this.#known.get(key)).filter((order) => order !== undefined)
    const isStaying = (key: string) => openKeys.has(key) || this.#reduceOnly.get(key) === true
    const vanished = [...this.#read].filter((key) => !this.#cancelled.has(key) && !isStaying(key))
    const perhapsCounted = [...this.#cancelled.keys()].filter((key) => !this.#named.has(key))
    const unnamed = perhapsCounted.filter((key) => this.#acked.has(key)).length
    return {
      count: orderIds.length + Math.max(0, this.#counted - perhapsCounted.length),
      orderIds,
      described,
      protective: described.filter(isProtective),
      deniedCount: this.#cancelled.size - orderIds.length,
      hasUncounted: this.#hasUncounted,
      perhapsTwo: Math.min(this.#counted, unnamed),
      vanishedCount: vanished.length,
      vanishedUntoldCount: vanished.filter((key) => this.#known.get(key)?.reduceOnly === null).length,
    }
  }

  /** Symbols were asked for, and Kraken cancelled others too. */
  get wasScopeIgnored(): boolean {
    return this.#wasScopeIgnored
  }

  /** Orders in scope that were placed after the first cancel, by the exchange's own clock: somebody keeps placing. */
  get placedSince(): readonly Order[] {
    return [...this.#placedSince.values()]
  }
}
