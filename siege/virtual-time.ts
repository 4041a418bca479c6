import type { Clock } from '../lambda/clock.ts'

const DAY_MS = 24 * 3_600_000

interface Event {
  readonly at: number
  readonly happen: () => void
}

/** Where the virtual day begins: the exchange's clock shows dates, and a time of 0 would be none. */
const EPOCH = Date.UTC(2026, 10, 24, 12)

/**
 * Time that passes only when nothing else is left to do: a sweep of 28 s takes a millisecond, and the same plan always
 * takes the same course.
 */
export class VirtualClock implements Clock {
  #now = 0
  /** Earliest last. */
  readonly #events: Event[] = []

  now = (): number => this.#now

  wallTime = (): number => EPOCH + this.#now

  sleep = (ms: number): Promise<void> => new Promise((resolve) => void this.after(ms, resolve))

  /** What happens at the same time happens in the order in which it was asked for. */
  after = (ms: number, happen: () => void): (() => void) => {
    const event = { at: this.#now + Math.max(0, ms), happen }
    let low = 0
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#events[middle] as Event).at > event.at) low = middle + 1
      else high = middle
    }
    this.#events.splice(low, 0, event)
    return () => {
      const at = this.#events.indexOf(event)
      if (at >= 0) this.#events.splice(at, 1)
    }
  }

  /**
   * Lets time pass until the work is done.
   *
   * @throws Error when nothing is left that could happen, or a day has passed, and the work is not done
   */
  async passUntil(work: Promise<unknown>): Promise<void> {
    let isDone = false
    const done = () => {
      isDone = true
    }
    work.then(done, done)
    for (;;) {
      await new Promise<void>((resolve) => process.nextTick(resolve)) // runs once no promise can go on
      if (isDone) return
      const event = this.#events.pop()
      if (event === undefined || event.at > DAY_MS)
        throw new Error('It waits for something that never happens.')
      this.#now = event.at
      event.happen()
    }
  }
}
