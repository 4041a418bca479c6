import { type Clock, within } from '../clock.ts'
import type { Exchange } from '../kraken/exchange.ts'
import type { AddressBudget } from '../kraken/http/shared-budget.ts'
import { isKeeping, type Scope } from '../kraken/scope.ts'
import { openInScope } from '../sweep/proof.ts'
import type { Road } from '../sweep/roads.ts'

/*
 *  account 1   cancel ──► answered ······· read ─► …
 *  account 2   cancel ──────► answered ··· read ─► …          reads wait until the last first cancel is written:
 *  account 3   ····· token ─► cancel ──► answered ► read      a book of 20 MB takes the process 100 ms to parse
 *
 *  An account that cannot write its cancel holds nobody up for longer than PATIENCE_MS after the first one that could.
 */

/** As long as a connection may be silent before its spare is used. */
const PATIENCE_MS = 250

/** The first cancels of one pull over many accounts: no book is read before they are written. */
export class FirstCancels {
  readonly #clock: Pick<Clock, 'now' | 'after'>
  readonly #budget: Pick<AddressBudget, 'begin' | 'served'>
  readonly #scope: Scope
  readonly #deadlineAt: number
  readonly #unwritten: Set<string>
  readonly #allWritten = Promise.withResolvers<void>()
  #patience: Promise<unknown> | null = null

  /** @param deadlineAt nobody waits beyond that; monotonic milliseconds */
  constructor(
    clock: Pick<Clock, 'now' | 'after'>,
    budget: Pick<AddressBudget, 'begin' | 'served'>,
    accounts: readonly string[],
    scope: Scope,
    deadlineAt: number,
  ) {
    this.#deadlineAt = deadlineAt
    this.#clock = clock
    this.#budget = budget
    this.#scope = scope
    this.#unwritten = new Set(accounts)
    budget.begin(accounts)
  }

  /** Its cancel is written. */
  written(account: string): void {
    const mostMs = Math.max(0, Math.min(PATIENCE_MS, this.#deadlineAt - this.#clock.now()))
    this.#patience ??= within(this.#clock, mostMs, this.#allWritten.promise, () => {})
    this.#unwritten.delete(account)
    if (this.#unwritten.size === 0) this.#allWritten.resolve()
  }

  /** Its sweep has ended, however: nobody waits for it. */
  ended(account: string): void {
    this.written(account)
    this.#budget.served(account)
  }

  /** The roads of one account, whose reads wait for the cancels of all. */
  over(account: string, roads: readonly Road[]): readonly Road[] {
    if (!roads.some(({ name }) => name === 'rest')) this.#budget.served(account) // it spends nothing of that budget
    return roads.map((road) => ({ ...road, exchange: this.#gated(account, road.exchange) }))
  }

  /** Where something is kept, the book is read first: what it shows is cancelled by id. */
  #gated(account: string, exchange: Exchange): Exchange {
    const scope = this.#scope
    const openOrders = async () => {
      if (!isKeeping(scope)) {
        await this.#patience
        return exchange.openOrders()
      }
      const book = await exchange.openOrders()
      if (openInScope(book, scope).length === 0) this.#budget.served(account)
      return book
    }
    return { ...exchange, openOrders }
  }
}
