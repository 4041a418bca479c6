import type { Clock } from '../lambda/clock.ts'
import type { RoadName } from '../lambda/kraken/exchange.ts'

/** One request to set the timer, whatever came of it. */
export interface TimerCall {
  readonly road: RoadName
  /** 0 is to disarm it; NaN is no number. */
  readonly seconds: number
  /** Monotonic milliseconds. */
  readonly at: number
}

/** Kraken takes less than a day. */
const MOST_SECONDS = 86_399

/** The account's one timer, whoever sets it and over which road: when it fires, everything is cancelled, once. */
export class Timer {
  readonly calls: TimerCall[] = []
  /** Each time that it fired; monotonic milliseconds. */
  readonly firedAt: number[] = []
  /** It fires so much later than it says. */
  lateMs = 0
  readonly #clock: Clock
  readonly #fire: () => void
  /** Milliseconds since 1970; null when it is not armed. */
  #firesAt: number | null = null
  /** When it was set last; milliseconds since 1970. */
  #setAt = 0
  #timesSet = 0

  constructor(clock: Clock, fire: () => void) {
    this.#clock = clock
    this.#fire = fire
  }

  /** @param timeout as it was sent */
  note(road: RoadName, timeout: unknown): void {
    this.calls.push({ road, seconds: readSeconds(timeout), at: this.#clock.now() })
  }

  /**
   * Arms it, in place of what it was set to before; 0 disarms it.
   *
   * @param timeout as it was sent
   * @returns false when that is no number of seconds that Kraken takes; then it is as it was
   */
  set(timeout: unknown): boolean {
    const seconds = readSeconds(timeout)
    if (Number.isNaN(seconds) || seconds > MOST_SECONDS) return false
    this.#timesSet += 1
    this.#setAt = this.#clock.wallTime()
    this.#firesAt = seconds === 0 ? null : this.#setAt + seconds * 1_000
    if (seconds > 0) void this.#countDown(seconds, this.#timesSet)
    return true
  }

  async #countDown(seconds: number, time: number): Promise<void> {
    await this.#clock.sleep(seconds * 1_000 + this.lateMs)
    if (time !== this.#timesSet) return // set anew meanwhile
    this.#firesAt = null
    this.firedAt.push(this.#clock.now())
    this.#fire()
  }

  /** As both roads show it when it is set. */
  get status(): { readonly currentTime: string; readonly triggerTime: string } {
    return {
      currentTime: new Date(this.#setAt).toISOString(),
      triggerTime: this.#firesAt === null ? '0' : new Date(this.#firesAt).toISOString(),
    }
  }
}

function readSeconds(timeout: unknown): number {
  return /^\d{1,9}$/.test(String(timeout)) ? Number(timeout) : Number.NaN
}
