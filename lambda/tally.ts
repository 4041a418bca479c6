import { type CancelAck, isProtective, type Order } from './kraken/exchange.ts'
import { inScope, type Scope } from './kraken/symbol.ts'

/**
 * What was cancelled, and what is known of the orders: the union over all acks and all reads.
 *
 * A second answer of "no orders to cancel" therefore never hides what the first one cancelled.
 */
export class Tally {
  readonly #scope: Scope
  /** By id; null for an order of which nothing else is known. */
  readonly #cancelled = new Map<string, Order | null>()
  /** Orders that a read of the book described: later acks may give no detail of them. */
  readonly #read = new Map<string, Order>()
  /** Gone through once for the whole report; null when it has to be again. */
  #described: readonly Order[] | null = null
  #protective: readonly Order[] | null = null
  #wasScopeIgnored = false
  #startedAt: number | null = null
  readonly #placedSince = new Map<string, Order>()

  constructor(scope: Scope) {
    this.#scope = scope
  }

  /** Counts an ack, whether it came first or late. */
  addAck(ack: CancelAck): void {
    const cancelled = this.#cancelled
    this.#startedAt ??= ack.serverTime
    this.#forget()
    for (const id of ack.orderIds) {
      if (!cancelled.has(id)) cancelled.set(id, this.#read.get(id) ?? null)
    }
    for (const order of ack.orders) {
      const { orderId } = order
      if (cancelled.has(orderId)) cancelled.set(orderId, order)
      if (this.#scope !== 'all' && !inScope(this.#scope, order.symbol)) this.#wasScopeIgnored = true
    }
    if (this.#scope !== 'all' && ack.cancelOnly?.toLowerCase() === 'all') this.#wasScopeIgnored = true
  }

  /** Notes the orders of a read, in scope. */
  addRead(orders: readonly Order[]): void {
    this.#forget()
    for (const order of orders) {
      this.#read.set(order.orderId, order)
      if (this.#cancelled.has(order.orderId)) this.#cancelled.set(order.orderId, order)
      if (this.#isNew(order)) this.#placedSince.set(order.orderId, order)
    }
  }

  #forget(): void {
    this.#described = null
    this.#protective = null
  }

  #isNew({ placedAt }: Order): boolean {
    return this.#startedAt !== null && placedAt !== null && placedAt > this.#startedAt
  }

  get orderIds(): readonly string[] {
    return [...this.#cancelled.keys()]
  }

  /** Cancelled orders that Kraken described, in an ack or in a read. */
  get described(): readonly Order[] {
    this.#described ??= [...this.#cancelled.values()].filter((order) => order !== null)
    return this.#described
  }

  get protective(): readonly Order[] {
    this.#protective ??= this.described.filter(isProtective)
    return this.#protective
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
