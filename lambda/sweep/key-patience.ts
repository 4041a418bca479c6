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
  #tries = 0

  /**
   * The key was refused; refusals of calls that went out together count once.
   *
   * @param now monotonic milliseconds
   * @returns false when there is no further try
   */
  noteRefusal(now: number): boolean {
    if (this.#firstAt === null) this.#firstAt = now
    else if (!this.isWaiting(now)) this.#tries += 1
    return this.nextAt !== null
  }

  /** The key was taken: what was, was for a while. */
  noteSuccess(): void {
    this.#firstAt = null
    this.#tries = 0
  }

  /** Is it too early to try again? */
  isWaiting(now: number): boolean {
    return this.nextAt !== null && now < this.nextAt
  }

  /** When to try again, in monotonic milliseconds; null when the key was not refused, or was too often. */
  get nextAt(): number | null {
    const afterMs = TRY_AGAIN_AFTER_MS[this.#tries]
    return this.#firstAt === null || afterMs === undefined ? null : this.#firstAt + afterMs
  }
}
