import { readCron } from '../cron.ts'
import { skippedTime } from '../daylight-saving.ts'
import type { Switch } from '../switch-in-template.ts'
import { type Named, resourcesOf, type Template, textOf } from '../template.ts'
import { ids, pulls, type Rule } from './rule.ts'

const MOST_SCHEDULE_AGE_S = 900

const pullingSchedules = (template: Template, kill: Switch) =>
  resourcesOf(template, 'AWS::Scheduler::Schedule').filter(({ properties }) =>
    pulls(kill, properties.Target?.Arn),
  )

/** What pulls by the clock, and what checks by it. */
export const SCHEDULE_RULES: readonly Rule[] = [
  {
    name: 'schedule-unbounded',
    description: 'The schedule could pull hours late, into the next session, or be lost without a trace.',
    fix: `Set a maximum event age of ${MOST_SCHEDULE_AGE_S} s at most, a dead-letter queue, and no flexible window.`,
    broken: ({ all }, kill) => ids(pullingSchedules(all, kill).filter((schedule) => !isBounded(schedule))),
  },
  {
    name: 'schedule-in-skipped-hour',
    description: 'The schedule is due at a local time that daylight saving skips: it would not fire.',
    fix: 'Choose an hour that always exists, or UTC.',
    broken: ({ all }, kill) => ids(pullingSchedules(all, kill).filter(isSkipped)),
  },
  {
    name: 'no-readiness',
    description: 'Nothing tests the kill switch while it is idle.',
    fix: 'Schedule {"readiness": true, "schedule": {"name", "scheduledTime"}} on the same alias.',
    broken: ({ all }, kill) =>
      pullingSchedules(all, kill).some(
        (schedule) => isCheck(schedule) && schedule.properties.State !== 'DISABLED',
      )
        ? []
        : [kill.functionId],
  },
]

function isBounded(schedule: Named): boolean {
  const { FlexibleTimeWindow, Target } = schedule.properties
  const age = Target.RetryPolicy?.MaximumEventAgeInSeconds
  const isKept = Target.DeadLetterConfig?.Arn !== undefined || isCheck(schedule)
  return age <= MOST_SCHEDULE_AGE_S && isKept && FlexibleTimeWindow?.Mode === 'OFF'
}

/** A readiness check cancels nothing: if it is lost, its metric is missing, and that pages. */
function isCheck({ properties: { Target } }: Named): boolean {
  try {
    return JSON.parse(textOf(Target?.Input)).readiness === true
  } catch {
    return false
  }
}

/** What only the deployment knows is not judged. */
function isSkipped({ properties }: Named): boolean {
  const { ScheduleExpression, ScheduleExpressionTimezone: zone = 'UTC' } = properties
  if (typeof ScheduleExpression !== 'string' || typeof zone !== 'string') return false
  const cron = /^cron\((.*)\)$/.exec(ScheduleExpression)?.[1]
  return cron !== undefined && skippedTime(readCron(cron), zone, Date.now()) !== null
}
