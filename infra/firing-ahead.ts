import { type Cron, type LocalTime, readCron } from './cron.ts'

/** EventBridge Scheduler takes no year after it. */
const LAST_YEAR = 2199
const DAY_MS = 86_400_000
const DAY_MINUTES = 1_440

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
  const laterToday = minutesOfDay(from)
    .slice(from.hour * 60 + from.minute)
    .some(isTime)
  if (laterToday && isDay(from)) return true
  for (const later of daysAfter(from)) if (isDay(later)) return true
  return false
}

/**
 * The shortest time from one firing of the cron expression to the next, by the clocks of its time zone.
 *
 * @param mostMinutes less than a day
 * @param from from when on it counts, by the same clocks
 * @returns minutes; null when it is longer than the most
 * @throws Error when it is no cron expression
 */
export function gapWithin(expression: string, mostMinutes: number, from: LocalTime): number | null {
  const [minute, hour, ...day] = expression.trim().split(/\s+/)
  const isDay = readCron(['*', '*', ...day].join(' '))
  const isTime = readCron([minute, hour, '*', '*', '?', '*'].join(' '))
  const times = minutesOfDay(from).flatMap((time, i) => (isTime(time) ? [i] : []))
  const gaps = times.slice(1).map((time, i) => time - Number(times[i]))
  const overnight = Number(times[0]) + DAY_MINUTES - Number(times.at(-1))
  if (overnight <= mostMinutes && firesOnTwoDays(isDay, from)) gaps.push(overnight)
  const shortest = Math.min(...gaps)
  return shortest <= mostMinutes ? shortest : null
}

/** One after the other. */
function firesOnTwoDays(isDay: Cron, from: LocalTime): boolean {
  let wasDay = isDay(from)
  for (const day of daysAfter(from)) {
    if (wasDay && isDay(day)) return true
    wasDay = isDay(day)
  }
  return false
}

function minutesOfDay(day: LocalTime): LocalTime[] {
  return Array.from({ length: DAY_MINUTES }, (_, i) => ({ ...day, hour: Math.floor(i / 60), minute: i % 60 }))
}

/** To the last year that there is. */
function* daysAfter({ year, month, day }: LocalTime): Generator<LocalTime> {
  const today = Date.UTC(year, month - 1, day)
  for (let at = today + DAY_MS; at <= Date.UTC(LAST_YEAR, 11, 31); at += DAY_MS) yield dayAt(at)
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
