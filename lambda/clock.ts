/** Time, as the sweep sees it: replaced in simulation, and nowhere else. */
export interface Clock {
  /** Monotonic milliseconds; differences only. */
  now(): number
  /** Milliseconds since 1970, as this host believes. */
  wallTime(): number
  sleep(ms: number): Promise<void>
  /** Lets something happen after so many milliseconds. @returns what takes it back; left alone, it keeps a process alive */
  after(ms: number, happen: () => void): () => void
}

/**
 * What the work gives; when it takes longer than so many milliseconds, what `onLate` gives or throws. What the work comes
 * to after that is not heard.
 */
export function within<T, L>(
  clock: Pick<Clock, 'after'>,
  ms: number,
  work: Promise<T>,
  onLate: () => L,
): Promise<T | L> {
  const { promise: late, resolve } = Promise.withResolvers<void>()
  const takeBack = clock.after(ms, resolve)
  work.then(takeBack, takeBack)
  return Promise.race([work, late.then(onLate)])
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, timerMs(ms))),
  after: (ms, happen) => {
    const timer = setTimeout(happen, timerMs(ms))
    return () => clearTimeout(timer)
  },
}

/** Where Node.js is asked for less than nothing, or for more than 24 days, it writes a warning among the lines of the log. */
function timerMs(ms: number): number {
  return Math.min(Math.max(ms, 0), 2 ** 31 - 1)
}
