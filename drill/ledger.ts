import type { Clock } from '../lambda/clock.ts'

const WINDOW_MS = 10_000
const WINDOW_UNITS = 500

/** What was spent of Kraken's budget: by one key, or by all that come from one address. Both are said of Kraken. */
export class Ledger {
  readonly #clock: Pick<Clock, 'now'>
  #spent: { at: number; units: number }[] = []

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Charges a call; false when the window's units are spent. */
  charge(units: number): boolean {
    const now = this.#clock.now()
    this.#spent = this.#spent.filter(({ at }) => at > now - WINDOW_MS)
    if (this.unitsSpent + units > WINDOW_UNITS) return false
    this.#spent.push({ at: now, units })
    return true
  }

  /** Somebody else spends what is left, as if so many milliseconds ago. */
  exhaust(msAgo = 0): void {
    this.#spent.push({ at: this.#clock.now() - msAgo, units: WINDOW_UNITS - this.unitsSpent })
  }

  get unitsSpent(): number {
    return this.#spent.reduce((sum, { units }) => sum + units, 0)
  }
}
