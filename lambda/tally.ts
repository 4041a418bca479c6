import { type CancelAck, isProtective, type Order } from './kraken/exchange.ts'
import { inScope, type Scope } from './kraken/symbol.ts'

/**
 * What was cancelled, and what is known of the orders: the union over all acks and all reads.
 *
 * A second answer of "no orders to cancel" therefore never hides what the first one cancelled.
 */
export class Tally {
  readonly #scope: Scope
  readonly #cancelled = new Set<string>()
  readonly #known = new Map<string, Order>()
  /** Asked for several times by one report; null when it has to be gone through again. */
  #described: readonly Order[] | null = null
  /** How many Kraken said that it cancelled, without saying which. */
  #counted = 0
  /** Ids of orders that were seen to be cancelled on the road that counts. */
  readonly #seen = new Set<string>()
  #wasScopeIgnored = false
  #startedAt: number | null = null
  readonly #placedSince = new Map<string, Order>()

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Counts an ack, whether it came first or late. */
  addAck(ack: CancelAck): void {
    this.#described = null
    this.#startedAt ??= ack.serverTime
    this.#counted += ack.count ?? 0
    for (const id of ack.orderIds) this.#cancelled.add(id)
    for (const order of ack.orders) {
      this.#known.set(order.orderId, order)
      if (!inScope(this.#scope, order.symbol)) this.#wasScopeIgnored = true
    }
    if (this.#scope !== 'all' && ack.cancelOnly?.toLowerCase() === 'all') this.#wasScopeIgnored = true
  }

  /** Notes the orders of a read, in scope: later acks may give no detail of them. */
  addRead(orders: readonly Order[]): void {
    this.#described = null
    for (const order of orders) {
      this.#known.set(order.orderId, order)
      const { placedAt } = order
      const isNew = this.#startedAt !== null && placedAt !== null && placedAt > this.#startedAt
      if (isNew) this.#placedSince.set(order.orderId, order)
    }
  }

  /** Counts orders, in scope or not, that a read saw to be cancelled since the sweep began. */
  addCancelled(orders: readonly Order[]): void {
    for (const order of orders) {
      const isOurs = this.#scope === 'all' || (order.symbol !== null && inScope(this.#scope, order.symbol))
      if (!isOurs || order.orderId === '' || this.#seen.has(order.orderId)) continue
      this.#described = null
      this.#seen.add(order.orderId)
      this.#cancelled.add(order.orderId)
      if (!this.#known.has(order.orderId)) this.#known.set(order.orderId, order)
    }
  }

  /** How many were cancelled, with and without ids. */
  get count(): number {
    return this.#cancelled.size + Math.max(0, this.#counted - this.#seen.size)
  }

  get orderIds(): readonly string[] {
    return [...this.#cancelled]
  }

  /** Cancelled orders that Kraken described, in an ack or in a read. */
  get described(): readonly Order[] {
    this.#described ??= this.orderIds.map((id) => this.#known.get(id)).filter((order) => order !== undefined)
    return this.#described
  }

  get protective(): readonly Order[] {
    return this.described.filter(isProtective)
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
