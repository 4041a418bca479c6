import { Duration } from 'aws-cdk-lib'
import * as scheduler from 'aws-cdk-lib/aws-scheduler'
import type { Group } from '../lambda/init/fleet/roster.ts'

/** One schedule that checks whether the switch could fire. */
export interface ReadinessPart {
  /** The schedule's. */
  readonly name: string
  /** The names of those groups of a fleet that it asks for; undefined for all that there is. */
  readonly groups: readonly string[] | undefined
  /** Behind its own name where there are several parts: `-2`. */
  readonly suffix: string
  readonly schedule: scheduler.ScheduleExpression
}

interface ReadinessConfig {
  readonly name: string
  readonly readinessMinutes: number
  readonly fleet?: { readonly groups: readonly Group[] } | undefined
}

/** Each is an execution that every group hears of, and an alarm that pages. */
const MOST_PARTS = 5
const HOUR_MINUTES = 60

/**
 * Who asks for readiness, and when. The groups of a fleet are spread over the minutes between two checks, so that no minute
 * has all of their calls; each part has a metric of its own, since among the others its silence would not be missed.
 */
export function readinessParts({ name, readinessMinutes, fleet }: ReadinessConfig): readonly ReadinessPart[] {
  const groups = fleet?.groups.map((group) => group.name) ?? []
  const every = dividing(readinessMinutes)
  const parts = Math.min(groups.length, every, MOST_PARTS)
  const own = `${name}-readiness`
  if (parts < 2) {
    const rate = scheduler.ScheduleExpression.rate(Duration.minutes(readinessMinutes))
    return [{ name: own, groups: undefined, suffix: '', schedule: rate }]
  }
  return Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((part * every) / parts)
    const minutes = Array.from({ length: HOUR_MINUTES / every }, (_, i) => from + i * every)
    return {
      name: `${own}-${part + 1}`,
      groups: groups.filter((_, i) => i % parts === part),
      suffix: `-${part + 1}`,
      schedule: scheduler.ScheduleExpression.expression(`cron(${minutes.join(',')} * * * ? *)`),
    }
  })
}

/** At most that, in whole parts of an hour: a cron begins anew with each, and a rate has no minute of its own. */
function dividing(minutes: number): number {
  let most = minutes
  while (HOUR_MINUTES % most !== 0) most -= 1
  return most
}
