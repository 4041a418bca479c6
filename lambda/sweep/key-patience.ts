import type { KillSwitchError } from '../errors.ts'
import type { RoadName } from '../kraken/exchange.ts'

/** After the first refusal. Kraken has been seen to call a good key invalid for seconds, and for a quarter of an hour. */
const TRY_AGAIN_AFTER_MS = [1_000, 3_000, 7_000, 15_000] as const

/**
 * When to try again with a key that Kraken refuses: it may be a good one, called invalid for a while. A few times, spread
 * over the time that is left; never hammered, since Kraken locks out who goes on.
 *
 * @see https://github.com/ccxt/ccxt/issues/6002 (fifteen minutes, healed by itself)
 */
export class KeyPatience {
  #firstAt: number | null = null
  #lastAt: number | null = null
  #tries = 0
  #trouble: KillSwitchError | null = null

  /**
   * The key was refused; refusals of calls that went out together count once.
   *
   * @param now monotonic milliseconds
   * @param trouble how it was
   * @returns false when there is no further try
   */
  noteRefusal(now: number, trouble: KillSwitchError | null = null): boolean {
    this.#trouble = trouble ?? this.#trouble
    this.#lastAt = now
    if (this.#firstAt === null) this.#firstAt = now
    else if (!this.isWaiting(now)) this.#tries += 1
    return this.nextAt !== null
  }

  /** The key was taken: what was, was for a while. */
  noteSuccess(): void {
    this.#firstAt = null
    this.#tries = 0
    this.#trouble = null
  }

  /** For who goes on with a key that was refused too often: one more try, when the longest pause is over. */
  resume(): void {
    if (this.#firstAt === null || this.nextAt !== null) return
    this.#firstAt = this.#lastAt
    this.#tries = TRY_AGAIN_AFTER_MS.length - 1
  }

  /** How it was refused last; null when it was not, or was taken since. */
  get trouble(): KillSwitchError | null {
    return this.#trouble
  }

  /** Is it too early to try again? */
  isWaiting(now: number): boolean {
    return this.nextAt !== null && now < this.nextAt
  }

  /** Neither too early nor refused too often. */
  mayTry(now: number): boolean {
    return this.#firstAt === null || (this.nextAt !== null && now >= this.nextAt)
  }

  /** When to try again, in monotonic milliseconds; null when the key was not refused, or was too often. */
  get nextAt(): number | null {
    const afterMs = TRY_AGAIN_AFTER_MS[this.#tries]
    return this.#firstAt === null || afterMs === undefined ? null : this.#firstAt + afterMs
  }
}

/** The key of one road: whoever may not read may yet cancel. */
export interface RoadKey {
  readonly cancels: KeyPatience
  readonly reads: KeyPatience
}

/** How the keys have fared: what was refused in one sweep is not hammered by the next. */
export class KeyRecord {
  readonly #keys = new Map<RoadName, RoadKey>()

  of(road: RoadName): RoadKey {
    const known = this.#keys.get(road)
    if (known !== undefined) return known
    const key = { cancels: new KeyPatience(), reads: new KeyPatience() }
    this.#keys.set(road, key)
    return key
  }

  /** A sweep begins: what was refused too often is tried once more in it, late enough. */
  resume(): void {
    for (const { cancels, reads } of this.#keys.values()) {
      cancels.resume()
      reads.resume()
    }
  }
}
