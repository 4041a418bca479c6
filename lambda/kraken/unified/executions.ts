import { type Fields, number, text, time } from '../../json.ts'
import type { Order, ToldWhen } from '../exchange.ts'
import { isCancelled, isGone, readEntries, UnifiedOrder } from './orders.ts'
import type { ToldOrders } from './told-orders.ts'

/**
 * The account's open orders, as the `executions` channel tells them: a snapshot, kept current by what comes after it.
 *
 * Updates may come twice, late, or for orders that were never heard of: one that is not known to be gone is open, and of
 * two updates the later one counts.
 *
 * @see https://docs.kraken.com/exchange/api-reference/unified-ws/executions
 */
export class Executions {
  readonly #told: ToldOrders
  #open = new Map<string, UnifiedOrder>()
  /** Of the last message; null when messages are not numbered. */
  #sequence: number | null = null
  #wasStirred = false
  #grownBy: UnifiedOrder[] = []
  #unlisted = new Map<string, ToldWhen>()
  /** Ids of orders that the snapshot has listed, in all of its pieces. */
  #listed = new Set<string>()

  constructor(told: ToldOrders) {
    this.#told = told
  }

  /** A snapshot is being asked for. */
  beginSnapshot(): void {
    this.#told.beginSnapshot()
  }

  /** Begins anew with what the message lists, and what was told beside snapshots. @throws ExchangeError when it is no list */
  takeSnapshot(message: Fields): void {
    const entries = readEntries(message)
    const known = this.#open
    this.#open = new Map()
    const listedBefore = this.#listed
    this.#unlisted = new Map()
    this.#listed = new Set()
    this.#sequence = number(message.sequence)
    for (const entry of entries) {
      if (isGone(entry)) continue
      const id = text(entry.order_id)
      const before = id === null ? undefined : (known.get(id) ?? this.#told.orderOf(id))
      const order = before?.with(entry) ?? new UnifiedOrder(entry)
      this.#open.set(id ?? `without id ${this.#open.size}`, order)
      if (id === null) continue
      this.#listed.add(id)
      this.#told.describe(id, entry)
    }
    for (const [id, order] of this.#told.open) {
      if (this.#open.has(id)) continue
      this.#open.set(id, order)
      this.#unlisted.set(id, listedBefore.has(id) ? 'by the last read' : 'before')
    }
  }

  /** Of an update, or of a snapshot that nobody waits for, which is more of the book. */
  applyUpdate(message: Fields): void {
    this.#noteSequence(number(message.sequence))
    try {
      for (const entry of readEntries(message)) this.#apply(entry, message.type === 'snapshot')
    } catch {
      this.#wasStirred = true
    }
  }

  /** An order that is known stays open, as one that an update told of. */
  holdOpen(id: string): void {
    const known = this.#open.get(id)
    if (known !== undefined) this.#told.tell(id, known)
  }

  #apply(entry: Fields, isListed: boolean): void {
    const id = text(entry.order_id)
    if (id === null) {
      this.#wasStirred = true
      return
    }
    const known = this.#open.get(id)
    // Another session may have been told more of it: whether it is reduce-only, for one.
    const order = (known ?? this.#told.orderOf(id))?.with(entry) ?? new UnifiedOrder(entry)
    if (isGone(entry)) {
      this.#open.delete(id)
      if (isCancelled(entry)) this.#told.callCancelled(id, order, goneAt(entry, order))
      else this.#told.callGone(id)
    } else {
      this.#told.tell(id, order)
      this.#open.set(id, order)
      if (isListed) this.#listed.add(id)
      if (!this.#listed.has(id)) this.#unlisted.set(id, 'since')
      else this.#unlisted.delete(id)
      if (known === undefined) this.#grownBy.push(order)
    }
  }

  /** A number left out is an update that was lost. */
  #noteSequence(sequence: number | null): void {
    const before = this.#sequence
    if (before !== null && sequence !== null && sequence > before + 1) this.#wasStirred = true
    this.#sequence = sequence === null || before === null ? sequence : Math.max(before, sequence)
  }

  /** Something was said that could not be understood, or took back what was said: it may be about an order. */
  stir(): void {
    this.#wasStirred = true
  }

  get open(): readonly Order[] {
    return [...this.#open.values()]
  }

  /** Ids of open orders that the last snapshot left out. */
  get unlisted(): ReadonlyMap<string, ToldWhen> {
    return this.#unlisted
  }

  /** By which orders did the book grow, and was anything lost or not understood, since this was asked before? */
  takeStirred(): { readonly wasStirred: boolean; readonly grownBy: readonly Order[] } {
    const taken = { wasStirred: this.#wasStirred, grownBy: this.#grownBy }
    this.#wasStirred = false
    this.#grownBy = []
    return taken
  }
}

/** When it ended. A time that is that of its beginning, as far as is known, says nothing of its end. */
function goneAt({ timestamp }: Fields, { placedAt }: UnifiedOrder): number | null {
  const at = time(timestamp)
  return at === placedAt ? null : at
}
