import type { Cron, LocalTime } from './cron.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const YEARS_AHEAD = 3

/**
 * The first local time within three years at which the expression should fire, but which the clocks of that zone skip.
 * EventBridge Scheduler does not fire then.
 *
 * @param from milliseconds since 1970
 * @returns `2027-03-28 02:30`; null when there is none
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#daylist-savings-time
 */
export function skippedTime(cron: Cron, timeZone: string, from: number): string | null {
  const local = localTimeIn(timeZone)
  const until = from + YEARS_AHEAD * 366 * 24 * HOUR_MS
  for (let at = Math.floor(from / HOUR_MS) * HOUR_MS; at < until; at += HOUR_MS) {
    // More than an hour by the clock: some of it was skipped.
    const isJump = toUtc(local(at + HOUR_MS)) - toUtc(local(at)) > HOUR_MS
    const found = isJump ? firstSkipped(cron, local, at) : null
    if (found !== null) return found
  }
  return null
}

/** Looks at every local minute that the clocks leave out within the hour from then. */
function firstSkipped(cron: Cron, local: (at: number) => LocalTime, from: number): string | null {
  for (let at = from; at < from + HOUR_MS; at += MINUTE_MS) {
    const next = toUtc(local(at + MINUTE_MS))
    for (let skipped = toUtc(local(at)) + MINUTE_MS; skipped < next; skipped += MINUTE_MS) {
      const time = localTimeIn('UTC')(skipped)
      if (cron(time)) return new Date(skipped).toISOString().slice(0, 16).replace('T', ' ')
    }
  }
  return null
}

/** The local time as if it were UTC, to reckon with. */
function toUtc({ year, month, day, hour, minute }: LocalTime): number {
  return Date.UTC(year, month - 1, day, hour, minute)
}

/** @throws RangeError when there is no such time zone */
export function localTimeIn(timeZone: string): (at: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  })
  return (at) => {
    const parts = format.formatToParts(at)
    const part = (type: string) => Number(parts.find((one) => one.type === type)?.value)
    return {
      year: part('year'),
      month: part('month'),
      day: part('day'),
      hour: part('hour'),
      minute: part('minute'),
    }
  }
}
