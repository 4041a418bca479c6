import type { Clock } from '../../clock.ts'

/**
 * What Kraken charges for a call, in units.
 *
 * @see https://docs.kraken.com/api/docs/guides/futures-rate-limits/
 */
export const COST = { cancelAll: 25, cancelOrder: 10, armTimer: 25, openOrders: 2, openPositions: 2 } as const

/** Of one batch of so many cancels; a single one costs as much either way. */
export function batchCost(orders: number): number {
  return 9 + orders
}

/** How many units an API allows in which time. */
export interface Allowance {
  readonly units: number
  readonly windowMs: number
  /** What writes leave over: an effect that cannot be read back is not known. */
  readonly keptForReads: number
  /** What a request leaves over that is repeated because its answer is slow. */
  readonly keptForProofs: number
}

/** 500 units per 10 seconds, under `/derivatives`; and a hair more, since Kraken's clock is not ours. */
export const REST_ALLOWANCE: Allowance = { units: 500, windowMs: 10_100, keptForReads: 24, keptForProofs: 0 }

/**
 * Private calls of the Spot REST API, the token's among them. A counter of 15 that loses 0.33 a second: so many in 45
 * seconds never fill it. Going on when it is full lengthens the lock.
 *
 * @see https://docs.kraken.com/exchange/guides/rest/ratelimits
 */
export const SPOT_ALLOWANCE: Allowance = {
  units: 15,
  windowMs: 45_500,
  keptForReads: 0,
  keptForProofs: 0,
}
/** A request that nobody answered may still be under way, and be charged when it arrives. */
const UNANSWERED_MS = 1_000

/** What one request costs, from the moment when it is sent. */
export class Spending {
  readonly units: number
  readonly #windowMs: number
  readonly #clock: Pick<Clock, 'now'>
  /** Charged at this time at the latest; null while the request is under way. */
  #chargedBy: number | null = null

  constructor(units: number, windowMs: number, clock: Pick<Clock, 'now'>) {
    this.units = units
    this.#windowMs = windowMs
    this.#clock = clock
  }

  /** The request has ended. Kraken charged it before its answer was here. */
  end(wasAnswered: boolean): void {
    this.#chargedBy ??= this.#clock.now() + (wasAnswered ? 0 : UNANSWERED_MS)
  }

  /** When it counts no more, in monotonic milliseconds; while it is under way, as if it ended now. */
  get freeAt(): number {
    return (this.#chargedBy ?? this.#clock.now()) + this.#windowMs
  }
}

/**
 * Keeps this process's own calls to one API within what Kraken allows, however long they travel.
 *
 * It cannot see what others spend: for that, `apiLimitExceeded` is waited out.
 */
export class Budget {
  readonly allowance: Allowance
  readonly #clock: Pick<Clock, 'now'>
  #spendings: Spending[] = []

  constructor(clock: Pick<Clock, 'now'>, allowance: Allowance) {
    this.#clock = clock
    this.allowance = allowance
  }

  /** Milliseconds until so many units are free; 0 when they are free now. */
  waitMs(units: number): number {
    const now = this.#clock.now()
    this.#spendings = this.#spendings.filter(({ freeAt }) => freeAt > now).sort((a, b) => a.freeAt - b.freeAt)
    let used = this.#spendings.reduce((sum, spending) => sum + spending.units, 0)
    if (used + units <= this.allowance.units) return 0
    for (const spending of this.#spendings) {
      used -= spending.units
      if (used + units <= this.allowance.units) return spending.freeAt - now
    }
    return this.allowance.windowMs
  }

  /** Units that may be spent now. */
  get freeUnits(): number {
    const now = this.#clock.now()
    const used = this.#spendings.reduce((sum, { units, freeAt }) => sum + (freeAt > now ? units : 0), 0)
    return this.allowance.units - used
  }

  /** Spends units, if they are free and so many are left over; null when they are not. */
  trySpend(units: number, leftOver = 0): Spending | null {
    if (this.waitMs(units + leftOver) > 0) return null
    const spending = new Spending(units, this.allowance.windowMs, this.#clock)
    this.#spendings.push(spending)
    return spending
  }
}
