import { type LocalTime, readCron } from './cron.ts'

/** EventBridge Scheduler takes no year after it. */
const LAST_YEAR = 2199
const DAY_MS = 86_400_000

/**
 * Does the cron expression fire at that local time or ever after? It does not on 30 February, nor in years gone by.
 *
 * @param from by the clocks of the schedule's time zone
 * @throws Error when it is no cron expression
 */
export function firesFrom(expression: string, from: LocalTime): boolean {
  const [minute, hour, ...day] = expression.trim().split(/\s+/)
  const isDay = readCron(['*', '*', ...day].join(' '))
  const isTime = readCron([minute, hour, '*', '*', '?', '*'].join(' '))
  const laterToday = Array.from({ length: 1_440 }, (_, i) => ({
    ...from,
    hour: Math.floor(i / 60),
    minute: i % 60,
  }))
    .slice(from.hour * 60 + from.minute)
    .some(isTime)
  if (laterToday && isDay(from)) return true
  const today = Date.UTC(from.year, from.month - 1, from.day)
  for (let at = today + DAY_MS; at <= Date.UTC(LAST_YEAR, 11, 31); at += DAY_MS) {
    if (isDay(dayAt(at))) return true
  }
  return false
}

function dayAt(at: number): LocalTime {
  const date = new Date(at)
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: 0,
    minute: 0,
  }
}
