/** One field of an EventBridge Scheduler cron expression: its range, its names, and what else it may hold. */
interface FieldKind {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly names: readonly string[]
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT']
const FIELDS: readonly FieldKind[] = [
  { name: 'minute', from: 0, to: 59, names: [] },
  { name: 'hour', from: 0, to: 23, names: [] },
  { name: 'day of month', from: 1, to: 31, names: [] },
  { name: 'month', from: 1, to: 12, names: MONTHS },
  { name: 'day of week', from: 1, to: 7, names: DAYS },
  { name: 'year', from: 1970, to: 2199, names: [] },
]

/** A moment in local time, as a cron expression sees it. */
export interface LocalTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  readonly hour: number
  readonly minute: number
}

/** Does the expression fire at that local time? */
export type Cron = (at: LocalTime) => boolean

type DayMatch = (at: LocalTime) => boolean

/**
 * Reads six fields, `minute hour day-of-month month day-of-week year`.
 *
 * CloudFormation takes nearly any text here, and a schedule that cannot fire is found out at the end of a session.
 *
 * @throws Error naming the field and what is wrong with it
 * @see https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
 */
export function readCron(expression: string): Cron {
  const fields = expression.trim().split(/\s+/)
  if (fields.length !== FIELDS.length) {
    throw new Error(
      `has ${fields.length} fields; there are six: minute hour day-of-month month day-of-week year`,
    )
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek, year] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ]
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new Error('needs a ? in day of month or in day of week, and not in both')
  }
  const minutes = readSet(minute, 0)
  const hours = readSet(hour, 1)
  const months = readSet(month, 3)
  const years = readSet(year, 5)
  const isDay = dayOfMonth === '?' ? readDayOfWeek(dayOfWeek) : readDayOfMonth(dayOfMonth)
  return (at) =>
    minutes.has(at.minute) && hours.has(at.hour) && months.has(at.month) && years.has(at.year) && isDay(at)
}

function readSet(text: string, index: number): ReadonlySet<number> {
  const kind = FIELDS[index] as FieldKind
  return new Set(text.split(',').flatMap((part) => readPart(part, kind)))
}

/** `*`, `5`, `MON`, `1-5`, and each of them with `/step`. */
function readPart(part: string, kind: FieldKind): number[] {
  const [range, step, ...more] = part.split('/') as [string, string?, ...string[]]
  if (more.length > 0 || (step !== undefined && !/^[1-9]\d{0,3}$/.test(step))) wrong(part, kind)
  const [from, to, ...rest] =
    range === '*' ? [kind.from, kind.to] : range.split('-').map((end) => readValue(end, part, kind))
  if (from === undefined || rest.length > 0) return wrong(part, kind)
  const last = to ?? (step === undefined ? from : kind.to)
  if (last < from) wrong(part, kind)
  const every = Number(step ?? 1)
  return Array.from({ length: Math.floor((last - from) / every) + 1 }, (_, i) => from + i * every)
}

function readValue(text: string, part: string, kind: FieldKind): number {
  const named = kind.names.indexOf(text.toUpperCase())
  const value = named >= 0 ? named + kind.from : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN
  return value >= kind.from && value <= kind.to ? value : wrong(part, kind)
}

function wrong(part: string, { name, from, to, names }: FieldKind): never {
  const values =
    names.length === 0 ? `${from} to ${to}` : `${from} to ${to} or ${names[0]} to ${names.at(-1)}`
  throw new Error(`has ${part} in the field ${name}, which takes ${values}, *, lists, ranges and /steps`)
}

/** Also `L`, the last day, and `15W`, the weekday nearest to the 15th. */
function readDayOfMonth(text: string): DayMatch {
  if (text === 'L') return ({ year, month, day }) => day === daysIn(year, month)
  const near = /^(\d{1,2})W$/.exec(text)
  if (near !== null) {
    const [wanted] = readPart(String(near[1]), FIELDS[2] as FieldKind)
    return ({ year, month, day }) => day === nearestWeekday(year, month, wanted as number)
  }
  const days = readSet(text, 2)
  return ({ day }) => days.has(day)
}

/** Also `6L`, the last Friday, and `FRI#2`, the second one. */
function readDayOfWeek(text: string): DayMatch {
  const kind = FIELDS[4] as FieldKind
  if (text === 'L') return (at) => weekday(at) === 7
  const last = /^(\w+)L$/.exec(text)
  if (last !== null) {
    const [wanted] = readPart(String(last[1]), kind)
    return (at) => weekday(at) === wanted && at.day > daysIn(at.year, at.month) - 7
  }
  const nth = /^(\w+)#([1-5])$/.exec(text)
  if (nth !== null) {
    const [wanted] = readPart(String(nth[1]), kind)
    return (at) => weekday(at) === wanted && Math.ceil(at.day / 7) === Number(nth[2])
  }
  const days = readSet(text, 4)
  return (at) => days.has(weekday(at))
}

/** 1 is Sunday. */
function weekday({ year, month, day }: Pick<LocalTime, 'year' | 'month' | 'day'>): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 1
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate()
}

/** Within the month: the 1st on a Saturday moves to Monday the 3rd. */
function nearestWeekday(year: number, month: number, wanted: number): number {
  const day = Math.min(wanted, daysIn(year, month))
  const on = weekday({ year, month, day })
  if (on === 7) return day === 1 ? 3 : day - 1
  if (on === 1) return day === daysIn(year, month) ? day - 2 : day + 1
  return day
}
