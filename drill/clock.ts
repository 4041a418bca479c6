import { setTimeout as sleep } from 'node:timers/promises'
import { type Clock, systemClock } from '../lambda/clock.ts'

/** Real time, in which nothing that is still to happen keeps a process alive. */
export const exchangeClock: Clock = {
  ...systemClock,
  sleep: (ms) => sleep(ms, undefined, { ref: false }),
}
