import type { Fields } from '../../json.ts'
import type { Order } from '../exchange.ts'
import type { UnifiedOrder } from './orders.ts'

/** So far the clocks of Kraken and of this machine may be apart. */
const CLOCKS_APART_MS = 60_000

/**
 * Orders that Kraken told of beside the snapshots that were asked for: by updates, and by snapshot messages that nobody
 * waited for.
 *
 * Snapshots may lag behind the book, or come in pieces, so one that leaves out an order told open is no news of it. It stays
 * open until an update calls it gone; or until a cancel of its own was acknowledged, and a snapshot that was asked for
 * after that leaves it out too. Shared by all sessions of a process: what one was told, the next one still knows.
 */
export class ToldOrders {
  readonly #open = new Map<string, UnifiedOrder>()
  /** Their own cancel was acknowledged, and no snapshot was asked for since. */
  readonly #acked = new Set<string>()
  readonly #cancelled = new Map<string, UnifiedOrder>()
  /** In milliseconds since 1970, by the clock of this machine. */
  #forgottenAt = -Infinity
  #next = Promise.withResolvers<void>()

  /** It is open. The last word counts: one that was called gone before is open again. */
  tell(id: string, order: UnifiedOrder): void {
    this.#acked.delete(id)
    this.#open.set(id, order)
    this.#next.resolve()
    this.#next = Promise.withResolvers()
  }

  /** Resolves when it is told of the next one. */
  get next(): Promise<void> {
    return this.#next.promise
  }

  /** A snapshot names it too, and may say more of it than the update that told of it, which may leave out even its symbol. */
  describe(id: string, entry: Fields): void {
    const known = this.#open.get(id)
    if (known !== undefined) this.#open.set(id, known.with(entry))
  }

  /** One that it was told of, and that was not called gone. */
  orderOf(id: string): UnifiedOrder | undefined {
    return this.#open.get(id)
  }

  callGone(id: string): void {
    this.#open.delete(id)
  }

  /**
   * It is gone, since it was cancelled. Of two sessions that say so, one may know nothing more of it.
   *
   * After a freeze, what was said meanwhile is heard when the next invocation has begun: an account's bot may have
   * cancelled thousands of its own.
   *
   * @param at in milliseconds since 1970, by Kraken's clock; null where it is not told
   */
  callCancelled(id: string, order: UnifiedOrder, at: number | null): void {
    this.callGone(id)
    if (at !== null && at < this.#forgottenAt - CLOCKS_APART_MS) return
    if (!this.#cancelled.has(id) || order.symbol !== null) this.#cancelled.set(id, order)
  }

  /** A cancel by their ids was acknowledged: they were cancelled, or are not known to Kraken any more. */
  noteAcked(ids: readonly string[]): void {
    for (const id of ids) this.#acked.add(id)
  }

  /** A snapshot is being asked for: what was acknowledged before is believed to be gone if it leaves it out. */
  beginSnapshot(): void {
    for (const id of this.#acked) this.#open.delete(id)
    this.#acked.clear()
  }

  get open(): Iterable<readonly [string, UnifiedOrder]> {
    return this.#open
  }

  /** Orders that updates called cancelled, by whomever, since they were forgotten. */
  get cancelled(): Iterable<Order> {
    return this.#cancelled.values()
  }

  /** @param now milliseconds since 1970: what is dated long before is not counted either, whenever it is heard */
  forgetCancelled(now: number): void {
    this.#forgottenAt = now
    this.#cancelled.clear()
  }

  /** What a past invocation was told open says nothing of now. */
  forgetOpen(): void {
    this.#open.clear()
    this.#acked.clear()
  }
}
