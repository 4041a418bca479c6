import * as v from 'valibot'
import { DURATIONS } from '../lambda/init/settings.ts'
import { LONGEST_LAP_MS } from '../lambda/triggers/lap-limits.ts'
import { localTimeIn } from './daylight-saving.ts'
import { block, cross, isToken, whole } from './field.ts'
import { gapWithin } from './firing-ahead.ts'
import type { Accounts } from './fleet-config.ts'
import { AT_ONCE } from './fleet-limits.ts'
import type { Place } from './permissions.ts'

export interface HoldConfig {
  readonly persistMinutes: number
  readonly keepShutMinutes: number
  readonly fuse: boolean
}

interface Holding extends Accounts {
  readonly hold: HoldConfig
}

/** How long a pull is held, and by what else. */
export const hold = v.pipe(
  block({
    /** Until there is proof. */
    persistMinutes: v.optional(whole(0, 60), 15),
    /** After proof: whatever is placed is cancelled. */
    keepShutMinutes: v.optional(whole(0, 60), 0),
    /** Kraken's own timer, armed by each lap. */
    fuse: v.optional(v.boolean('takes true or false'), false),
  }),
  cross(['persistMinutes', 'keepShutMinutes', 'fuse'], (all) => fuseFault(all), 'fuse'),
)

/** Is any pull held? Without minutes there is no state machine, and nothing that belongs to it. */
export function isHolding({ hold }: Pick<Holding, 'hold'>): boolean {
  return hold.persistMinutes + hold.keepShutMinutes > 0
}

export function holdMachineName({ name }: { readonly name: string }): string {
  return `${name}-hold`
}

/** Written from names, since the machine itself refers to the function, and the function to this. */
export function holdMachineArn(config: { readonly name: string }, place: Place): string {
  return `arn:${place.partition}:states:${place.region}:${place.account}:stateMachine:${holdMachineName(config)}`
}

const OFF = 'set persistMinutes and keepShutMinutes of hold to 0'

function fuseFault(config: HoldConfig): string | null {
  if (!config.fuse || isHolding({ hold: config })) return null
  return 'is true, but no lap would arm it: persistMinutes and keepShutMinutes are both 0. Give one of them minutes, or leave fuse out'
}

interface Scheduled extends Holding {
  readonly schedules: readonly {
    readonly name: string
    readonly cron: string
    readonly keepShut: boolean
  }[]
  readonly function: { readonly settings: { readonly STALE_SCHEDULE_MS?: number | undefined } }
}

/** What is wrong with a schedule that asks for what no hold gives; null when nothing is. */
export function keepShutFault({ hold, schedules }: Scheduled): string | null {
  const asking = schedules.find(({ keepShut }) => keepShut)
  if (asking === undefined || hold.keepShutMinutes > 0) return null
  return `holds ${asking.name} with keepShut, but keepShutMinutes of hold is 0: its book would not be kept shut. Give hold.keepShutMinutes 1 to 60, or leave keepShut out`
}

/**
 * What is wrong with a hold that would go on cancelling when the next session of a schedule has begun; null when nothing
 * is. A schedule with `keepShut` says that it wants that.
 */
export function nextSessionFault(config: Scheduled): string | null {
  const {
    hold,
    schedules,
    function: { settings },
  } = config
  const minutes = isHolding(config) ? hold.persistMinutes : 0
  const plain = schedules.filter(({ keepShut }) => !keepShut)
  if (minutes === 0 || plain[0] === undefined) return null
  const harm = 'and would cancel the orders of its next session'
  const orElse = 'or give that schedule "keepShut": true if its book is to stay empty'
  const staleMinutes = (settings.STALE_SCHEDULE_MS ?? DURATIONS.STALE_SCHEDULE_MS.usual) / 60_000
  if (minutes > staleMinutes) {
    return `holds ${plain[0].name}, after which a hold may persist for ${minutes} minutes ${harm}: STALE_SCHEDULE_MS says that one may begin ${staleMinutes} minutes after it. Lower hold.persistMinutes to ${Math.floor(staleMinutes)}, raise STALE_SCHEDULE_MS, ${orElse}`
  }
  const today = localTimeIn('UTC')(Date.now()) // in its own zone it is another by a day at most
  for (const { name, cron } of plain.filter(({ cron }) => !isToken(cron))) {
    const gap = gapWithin(cron, minutes, today)
    if (gap === null) continue
    return `holds ${name}, after which a hold may persist for ${minutes} minutes ${harm}: it is due again after ${gap} minutes. Lower hold.persistMinutes to ${gap - 1}, ${orElse}`
  }
  return null
}

interface Capacity extends Holding {
  readonly function: { readonly timeoutSeconds: number; readonly reservedConcurrency?: number | undefined }
}

/** What is wrong with a timeout that ends laps before they answer; null when nothing is. */
export function lapFault(config: Capacity): string | null {
  const { timeoutSeconds } = config.function
  const lapSeconds = LONGEST_LAP_MS / 1_000
  if (!isHolding(config) || timeoutSeconds >= lapSeconds) return null
  return `ends after ${timeoutSeconds} timeoutSeconds, and a lap of a hold takes up to ${lapSeconds}. Give it ${lapSeconds}, or ${OFF}`
}

/**
 * A lap holds one sandbox for as long as the hold lasts, beside the two that the switch needs anyway: a pull that Lambda
 * tries again, which fights for all of its time, and the one that is free for whoever presses, or for readiness.
 */
const LEAST_CONCURRENCY = 3
/** That `function.reservedConcurrency` may be. */
const MOST_RESERVED = 100

/** What is wrong with a concurrency in which a hold would keep others out; null when nothing is. */
export function concurrencyFault(config: Capacity): string | null {
  const { reservedConcurrency = Infinity } = config.function
  if (!isHolding(config)) return null
  const groups = config.fleet?.groups.length ?? 0
  if (groups > 0) return groupsConcurrencyFault(groups, reservedConcurrency)
  if (reservedConcurrency >= LEAST_CONCURRENCY) return null
  return `reserves a concurrency of ${reservedConcurrency}: a lap of a hold and a pull that Lambda tries again would take it all, and whoever presses then is turned away. Give reservedConcurrency ${LEAST_CONCURRENCY} at least, better 10, or ${OFF}`
}

/** Each group that is held has a lap of its own all the time, beside the groups that a second pull runs. */
function groupsConcurrencyFault(groups: number, reservedConcurrency: number): string | null {
  const least = groups + Math.min(groups, AT_ONCE)
  if (reservedConcurrency >= least) return null
  const fix =
    least <= MOST_RESERVED ? `Give reservedConcurrency ${least} at least` : 'Leave reservedConcurrency out'
  return `reserves a concurrency of ${reservedConcurrency}: ${groups} groups that are held take one each, and the next pull ${least - groups} more, which would be turned away. ${fix}, or ${OFF}`
}
