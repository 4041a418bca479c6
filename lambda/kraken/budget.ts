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
/** Kraken's window, and a hair more: its clock is not ours. */
const WINDOW_MS = 10_100
/** A request that nobody answered may still be under way, and be charged when it arrives. */
const UNANSWERED_MS = 1_000

/** What one request costs, from the moment when it is sent. */
export class Spending {
  readonly units: number
  readonly #clock: Pick<Clock, 'now'>
  /** Charged at this time at the latest; null while the request is under way. */
  #chargedBy: number | null = null

  constructor(units: number, clock: Pick<Clock, 'now'>) {
    this.units = units
    this.#clock = clock
  }

  /** The request has ended. Kraken charged it before its answer was here. */
  end(wasAnswered: boolean): void {
    this.#chargedBy ??= this.#clock.now() + (wasAnswered ? 0 : UNANSWERED_MS)
  }

  /** When it counts no more, in monotonic milliseconds; while it is under way, as if it ended now. */
  get freeAt(): number {
    return (this.#chargedBy ?? this.#clock.now()) + WINDOW_MS
  }
}

/**
 * Keeps this process's own calls within Kraken's budget, however long they travel.
 *
 * It cannot see what others spend: for that, `apiLimitExceeded` is waited out.
 */
export class Budget {
  readonly #clock: Pick<Clock, 'now'>
  #spendings: Spending[] = []

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Milliseconds until so many units are free; 0 when they are free now. */
  waitMs(units: number): number {
    const now = this.#clock.now()
    this.#spendings = this.#spendings.filter(({ freeAt }) => freeAt > now).sort((a, b) => a.freeAt - b.freeAt)
    let used = this.#spendings.reduce((sum, spending) => sum + spending.units, 0)
    if (used + units <= BUDGET_UNITS) return 0
    for (const spending of this.#spendings) {
      used -= spending.units
      if (used + units <= BUDGET_UNITS) return spending.freeAt - now
    }
    return WINDOW_MS
  }

  /** Spends units, if they are free and so many are left over; null when they are not. */
  trySpend(units: number, leftOver = 0): Spending | null {
    if (this.waitMs(units + leftOver) > 0) return null
    const spending = new Spending(units, this.#clock)
    this.#spendings.push(spending)
    return spending
  }
}
