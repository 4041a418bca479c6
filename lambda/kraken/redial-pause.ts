import type { Clock } from '../clock.ts'
import { ExchangeError } from './exchange-error.ts'

/** After so many failures in a row; the last one repeats. One that dies young may be chance: the next is opened at once. */
const PAUSES_MS = [0, 250, 500, 1_000, 2_000, 4_000] as const
/** After one that could not be opened: the calls of one round would be refused alike. */
const LEAST_AFTER_REFUSAL_MS = 50
/** Failures that are further apart are not in a row. */
const MOST_APART_MS = 30_000

/**
 * How long no connection is opened after some that came to nothing: those that were refused, and those that the other end
 * closed before they were of use. Connections are counted, by Kraken and by what stands in front of it.
 *
 * Knows no invocation: what failed in one lap of a hold fails in the next.
 */
export class RedialPause {
  readonly #clock: Pick<Clock, 'now'>
  #inARow = 0
  #failedAt = -Infinity
  #until = -Infinity
  #error: unknown = null

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Why the last one came to nothing, while it is too early for the next; else null. */
  get error(): unknown {
    return this.#clock.now() < this.#until ? this.#error : null
  }

  /** One could not be opened, for want of a token or by itself. */
  noteRefusal(error: unknown): void {
    const isTooMany = error instanceof ExchangeError && error.code === 'HTTP 429'
    this.#note(error, LEAST_AFTER_REFUSAL_MS, isTooMany ? PAUSES_MS.length : 1)
  }

  /** One was opened, and closed by the other end before it was of use. */
  noteEarlyEnd(): void {
    this.#note(
      new ExchangeError('broken connection', 'Kraken closed the WebSocket as soon as it was open'),
      0,
    )
  }

  /** One is of use: the next may be opened at once, should this one end. */
  forget(): void {
    this.#inARow = 0
    this.#until = -Infinity
  }

  /** One may be opened now, whatever came before; if it comes to nothing too, the pause goes on growing. */
  allowOne(): void {
    this.#until = -Infinity
  }

  #note(error: unknown, leastMs: number, steps = 1): void {
    const now = this.#clock.now()
    const before = now - this.#failedAt > MOST_APART_MS ? 0 : this.#inARow
    this.#inARow = Math.min(before + steps, PAUSES_MS.length)
    this.#failedAt = now
    this.#error = error
    this.#until = now + Math.max(leastMs, PAUSES_MS[this.#inARow - 1] ?? 0)
  }
}
