import * as v from 'valibot'
import { isObject } from '../lambda/json.ts'
import { pullFields } from '../lambda/triggers/pull.ts'
import { readCron } from './cron.ts'
import { localTimeIn, skippedTime } from './daylight-saving.ts'
import { block, cross, isToken, pullNameField, unique } from './field.ts'
import { firesFrom } from './firing-ahead.ts'
import { pullName } from './pull-name.ts'
import { timeZoneFault } from './time-zone.ts'

/** EventBridge Scheduler takes no longer ones. */
const MOST_NAME = 64

const { symbol: _, ...scope } = pullFields

interface When {
  readonly cron: string
  readonly timeZone: string
}

const schedule = v.pipe(
  block({
    name: pullNameField,
    /** Without the word `cron` around it: `0 22 ? * MON-FRI *`. */
    cron: v.pipe(
      v.string('takes six fields, such as 0 22 ? * MON-FRI *'),
      cross([], (cron) => cronFault(cron)),
    ),
    timeZone: v.pipe(
      v.string('takes a name such as Europe/Berlin'),
      cross([], (zone) => (isToken(zone) ? null : timeZoneFault(zone))),
    ),
    ...scope,
    /** May its hold keep the book shut, though the next session would place orders? */
    keepShut: v.optional(v.boolean('takes true or false'), false),
  }),
  cross(['cron', 'timeZone'], (when) => skippedFault(when)),
  cross(['cron'], (when) => neverFault(when), 'cron'),
)

export const schedules = unique(v.array(schedule, 'takes a list'))

function cronFault(cron: string): string | null {
  if (isToken(cron)) return null
  try {
    readCron(cron)
    return null
  } catch (error) {
    return `"${cron}" ${(error as Error).message}`
  }
}

function skippedFault({ cron, timeZone }: When): string | null {
  if (isToken(cron) || isToken(timeZone)) return null
  const skipped = skippedTime(readCron(cron), timeZone, Date.now())
  if (skipped === null) return null
  return `is due at ${skipped} in ${timeZone}, which daylight saving skips: it would not fire. Choose an hour that always exists`
}

/** In a zone that is wrong itself, as if it were UTC: that moves it by a day at most. */
function neverFault({
  cron,
  timeZone,
}: {
  readonly cron: string
  readonly timeZone: unknown
}): string | null {
  if (isToken(cron)) return null
  const isZone = typeof timeZone === 'string' && timeZoneFault(timeZone) === null
  if (firesFrom(cron, localTimeIn(isZone ? timeZone : 'UTC')(Date.now()))) return null
  return `"${cron}" never fires from now on. Choose a day, month and year that are still to come`
}

/** What is wrong with the names that the schedules have in AWS; null when nothing is. One that is wrong itself hides no others. */
export function scheduleNamesFault(config: {
  readonly name: string
  readonly schedules: readonly unknown[]
}): string | null {
  const names = config.schedules.map((one) => (isObject(one) ? one.name : null))
  const long = names.filter((name) => v.is(pullNameField, name) && pullName(config, name).length > MOST_NAME)
  if (long.length === 0) return null
  return `holds ${long.join(', ')}: with its prefix ${pullName(config, '')} longer than the ${MOST_NAME} characters that AWS takes. Shorten it`
}
