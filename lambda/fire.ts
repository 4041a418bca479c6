import { systemClock } from './clock.ts'
import { asKnown, KillSwitchError } from './errors.ts'
import { keysInTime, roadsOf } from './exchanges.ts'
import type { Armed } from './init/arm.ts'
import type { Occasion } from './init/unified-connections.ts'
import type { Attempt } from './kraken/attempt.ts'
import type { Scope } from './kraken/scope.ts'
import { type Invocation, makeReport, type Report } from './report/report.ts'
import { type Road, type RoadsInputs, type Swept, sweepRoads } from './sweep/roads.ts'
import { decide, type Verdict } from './sweep/verdict.ts'
import { type Rosters, withinRoster } from './triggers/accounts.ts'
import { scopeAlarm } from './triggers/alarm-scopes.ts'
import { standDownIfStale, type Trigger } from './triggers/trigger.ts'

export interface Fired {
  readonly verdict: Verdict
  readonly report: Report
}

/** What pulled the switch, as the settings have it. */
export interface FireInputs {
  readonly trigger: Trigger
  /** The settings cannot be read: it cannot fire. */
  readonly fault: KillSwitchError | null
}

/**
 * The trigger as the settings make it: a stale schedule stands down, an alarm gets its scope, and accounts that the switch
 * does not have are refused.
 *
 * @param rosters of a fleet; null for a switch of one account
 */
export function applySettings(
  armed: Pick<Armed, 'settings'> | KillSwitchError,
  trigger: Trigger,
  receivedAt: number,
  rosters: Rosters | null = null,
): FireInputs {
  if (armed instanceof KillSwitchError) return { trigger, fault: armed }
  const { staleScheduleMs, alarmScopes } = armed.settings
  try {
    const timely = standDownIfStale(trigger, receivedAt, staleScheduleMs)
    return { trigger: withinRoster(scopeAlarm(timely, alarmScopes), rosters), fault: null }
  } catch (error) {
    return { trigger, fault: asKnown(error) }
  }
}

/**
 * Does what the trigger asks for, and says what came of it. Never throws: what went wrong is in the verdict.
 *
 * @param armed what the init phase left, or why it left nothing
 * @param deadlineAt monotonic milliseconds
 * @param meanwhile what goes on beside the sweep
 */
export async function fire(
  armed: Armed | KillSwitchError,
  { trigger, fault }: FireInputs,
  invocation: Invocation,
  deadlineAt: number,
  meanwhile: Meanwhile = {},
): Promise<Fired> {
  const isArmed = !(armed instanceof KillSwitchError)
  const attempts: Attempt[] = []
  let cancelsSent = 0
  const occasion = {
    deadlineAt,
    onAttempt: (attempt: Attempt) => attempts.push(attempt),
    onCancelSent: () => {
      cancelsSent += 1
      meanwhile.onCancelSent?.()
    },
  }
  const outcome = await act(fault ?? armed, trigger, occasion, meanwhile)
  const before = isArmed ? armed.takeAttempts() : []
  const account = isArmed ? armed.account : null
  const inputs = { ...outcome, trigger, invocation, account, attempts: [...before, ...attempts], cancelsSent }
  return { verdict: outcome.verdict, report: makeReport(inputs, performance.now()) }
}

/** Who hears, once, that it has not ended when a clean sweep would have; and what ends it. */
export interface Meanwhile extends Pick<RoadsInputs, 'onStillSweeping' | 'interrupted'> {
  /** Hears of each cancel as it is sent. */
  readonly onCancelSent?: () => void
  /** What stands between the sweep and its roads, where other accounts are swept beside it. */
  readonly over?: (roads: readonly Road[]) => readonly Road[]
}

interface Outcome {
  readonly verdict: Verdict
  readonly swept: Swept | null
  readonly keyAt: number | null
}

async function act(
  armed: Armed | KillSwitchError,
  { action }: Trigger,
  occasion: Occasion,
  meanwhile: Meanwhile,
): Promise<Outcome> {
  if (action.do !== 'fire') {
    const why = 'why' in action ? action.why : 'this is no pull'
    return unsent({ kind: 'NOT_FIRED', why, isRefusal: action.do === 'refuse' })
  }
  if (armed instanceof KillSwitchError) return unsent({ kind: 'FAILED', cause: armed })
  try {
    return await sweepScope(armed, action.scope, occasion, meanwhile)
  } catch (error) {
    return unsent({ kind: 'FAILED', cause: asKnown(error) })
  }
}

function unsent(verdict: Verdict): Outcome {
  return { verdict, swept: null, keyAt: null }
}

async function sweepScope(
  armed: Armed,
  scope: Scope,
  occasion: Occasion,
  { over = (roads) => roads, onStillSweeping, interrupted }: Meanwhile,
): Promise<Outcome> {
  const { deadlineAt } = occasion
  const keys = await keysInTime(armed, deadlineAt)
  const keyAt = performance.now()
  let isOver = false
  const roads = over(roadsOf(armed, keys, { ...occasion, isOver: () => isOver }))
  const { quietPeriodMs } = armed.settings
  const swept = await sweepRoads({
    roads,
    clock: systemClock,
    scope,
    deadlineAt,
    quietPeriodMs,
    onStillSweeping,
    interrupted,
  })
  isOver = true // what is still under way begins nothing more: the process may be frozen now, and thaw for a readiness check
  return { verdict: decide(swept.roads), swept, keyAt }
}
