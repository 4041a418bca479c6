/** Time, as the sweep sees it: replaced in simulation, and nowhere else. */
export interface Clock {
  /** Monotonic milliseconds; differences only. */
  now(): number
  /** Milliseconds since 1970, as this host believes. */
  wallTime(): number
  sleep(ms: number): Promise<void>
}

/**
 * What the work gives; when it takes longer than so many milliseconds, what `onLate` gives or throws. What the work comes
 * to after that is not heard.
 */
export function within<T, L>(
  clock: Pick<Clock, 'sleep'>,
  ms: number,
  work: Promise<T>,
  onLate: () => L,
): Promise<T | L> {
  let isDone = false
  const end = () => {
    isDone = true
  }
  work.then(end, end)
  const never = new Promise<never>(() => {})
  return Promise.race([work, clock.sleep(ms).then(() => (isDone ? never : onLate()))])
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
