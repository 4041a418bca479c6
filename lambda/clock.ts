/** Time, as the sweep sees it: replaced in simulation, and nowhere else. */
export interface Clock {
  /** Monotonic milliseconds; differences only. */
  now(): number
  /** Milliseconds since 1970, as this host believes. */
  wallTime(): number
  sleep(ms: number): Promise<void>
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
}
