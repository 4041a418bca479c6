import type { Clock } from '../../clock.ts'

/** Nanoseconds in a millisecond. */
const NS = 1_000_000n

let lastNonce = 0n

/**
 * A number higher than every one before, in this process and, as far as clocks agree, in any other: nanoseconds since
 * 1970. The part below a millisecond comes from the monotonic clock, so that two processes hardly ever meet.
 *
 * @see https://docs.kraken.com/exchange/guides/rest/authentication (unsigned 64 bits, always increasing)
 */
export function nextNonce(clock: Pick<Clock, 'now' | 'wallTime'>): bigint {
  const fraction = BigInt(Math.floor((clock.now() % 1) * 1_000_000))
  const candidate = BigInt(Math.floor(clock.wallTime())) * NS + fraction
  lastNonce = candidate > lastNonce ? candidate : lastNonce + 1n
  return lastNonce
}
