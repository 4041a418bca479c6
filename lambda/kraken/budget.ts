import type { Clock } from '../clock.ts'

/**
 * What Kraken charges for a call, in units.
 *
 * @see https://docs.kraken.com/api/docs/guides/futures-rate-limits/
 */
export const COST = { cancelAll: 25, cancelOrder: 10, openOrders: 2, openPositions: 2 } as const

/** 500 units per 10 seconds, under `/derivatives`. */
export const BUDGET_UNITS = 500
/** What cancels leave over: an effect that cannot be read back is not known. */
export const KEPT_FOR_READS = 24
/** Half a second more than Kraken's window: requests travel at different speeds. */
const WINDOW_MS = 10_500

/**
 * Keeps this process's own calls within Kraken's budget.
 *
 * It cannot see what others spend: for that, `apiLimitExceeded` is waited out.
 */
export class Budget {
  readonly #clock: Pick<Clock, 'now'>
  #spent: { readonly at: number; readonly units: number }[] = []

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Milliseconds until so many units are free; 0 when they are free now. */
  waitMs(units: number): number {
    const now = this.#clock.now()
    this.#spent = this.#spent.filter(({ at }) => at > now - WINDOW_MS)
    let used = this.#spent.reduce((sum, spent) => sum + spent.units, 0)
    if (used + units <= BUDGET_UNITS) return 0
    for (const spent of this.#spent) {
      used -= spent.units
      if (used + units <= BUDGET_UNITS) return spent.at + WINDOW_MS - now
    }
    return WINDOW_MS
  }

  /** Spends units, if they are free. */
  trySpend(units: number): boolean {
    if (this.waitMs(units) > 0) return false
    this.#spent.push({ at: this.#clock.now(), units })
    return true
  }
}
