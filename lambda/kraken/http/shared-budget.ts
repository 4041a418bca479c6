import type { Clock } from '../../clock.ts'
import { type Allowance, Budget, COST, REST_ALLOWANCE, type Spending } from './budget.ts'

/*
 * Several accounts whose calls come from one address, which Kraken may count together: they share one budget. While one of
 * them waits to send its first cancel, the units of that cancel are kept for it, whatever the others ask for.
 */

/** A read of a proof, a second one, and the positions. */
const READS_OF_ACCOUNT = 3 * COST.openOrders
/** All that a clean sweep reads: 37 units less those of its cancel. Repeated because Kraken is slow, cancels would take them. */
const PROOF_OF_ACCOUNT = 6 * COST.openOrders
/** The least that a cancel costs. */
const LEAST_WRITE = COST.cancelOrder
/** Where nothing but what is kept for others stands in the way, it is asked again so soon. */
const ASK_AGAIN_MS = 100

/** What so many accounts may spend together: all that they have to read is kept for reads, and for the proof that is late. */
export function allowanceFor(accounts: number): Allowance {
  const keptForReads = Math.max(REST_ALLOWANCE.keptForReads, accounts * READS_OF_ACCOUNT)
  return { ...REST_ALLOWANCE, keptForReads, keptForProofs: accounts * PROOF_OF_ACCOUNT }
}

/** Of so many accounts: how many may send their first cancel twice, on a spare, and all the others once. */
export function mostDuplicated(accounts: number): number {
  const { units, keptForReads } = allowanceFor(accounts)
  return Math.floor((units - keptForReads) / COST.cancelAll) - accounts
}

/** The budget of an address, and who of its accounts has yet to send a first cancel. */
export class AddressBudget {
  readonly whole: Budget
  readonly #clock: Pick<Clock, 'now'>
  readonly #waiting = new Set<string>()

  constructor(clock: Pick<Clock, 'now'>, accounts: number) {
    this.#clock = clock
    this.whole = new Budget(clock, allowanceFor(accounts))
  }

  /** The part of one account, which asks for its calls alone. */
  of(account: string): Budget {
    return new AccountBudget(this, account, this.#clock)
  }

  /** A pull of these accounts begins: each of them is to send a cancel before others send a second one. */
  begin(accounts: readonly string[]): void {
    this.#waiting.clear()
    for (const account of accounts) this.#waiting.add(account)
  }

  /** It has sent a cancel, or needs to send none. */
  served(account: string): void {
    this.#waiting.delete(account)
  }

  /** Units that are not for this account. */
  keptFrom(account: string): number {
    const others = this.#waiting.size - (this.#waiting.has(account) ? 1 : 0)
    return others * COST.cancelAll
  }
}

class AccountBudget extends Budget {
  readonly #address: AddressBudget
  readonly #account: string

  constructor(address: AddressBudget, account: string, clock: Pick<Clock, 'now'>) {
    super(clock, address.whole.allowance)
    this.#address = address
    this.#account = account
  }

  override waitMs(units: number): number {
    const { whole } = this.#address
    const ofAllMs = whole.waitMs(units)
    if (ofAllMs > 0) return ofAllMs
    return whole.waitMs(units + this.#kept) > 0 ? ASK_AGAIN_MS : 0
  }

  override get freeUnits(): number {
    return this.#address.whole.freeUnits - this.#kept
  }

  override trySpend(units: number, leftOver = 0): Spending | null {
    const spending = this.#address.whole.trySpend(units, leftOver + this.#kept)
    if (spending !== null && units >= LEAST_WRITE) this.#address.served(this.#account)
    return spending
  }

  get #kept(): number {
    return this.#address.keptFrom(this.#account)
  }
}
