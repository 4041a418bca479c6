/** One monotonic clock for all processes of a machine: `performance.now()` begins at each one's own start. */
const startedAt = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/** @param at of this process's `performance.now()`; milliseconds */
export function onTheClock(at: number): number {
  return startedAt + at
}
