import { scopeAlarm } from './alarm-scopes.ts'
import type { Armed } from './arm.ts'
import { systemClock } from './clock.ts'
import { asKnown, KillSwitchError, SecretUnavailable } from './errors.ts'
import type { ApiKey } from './kraken/authent.ts'
import type { Attempt } from './kraken/call.ts'
import type { Exchange, Scope } from './kraken/exchange.ts'
import { futuresRest } from './kraken/futures-rest.ts'
import { roundTrip } from './kraken/round-trip.ts'
import { type Invocation, makeReport, type Report } from './report.ts'
import { type Swept, sweep } from './sweep.ts'
import { standDownIfStale, type Trigger } from './trigger.ts'
import { decide, type Verdict } from './verdict.ts'

export interface Fired {
  readonly verdict: Verdict
  readonly report: Report
}

/** What pulled the switch, as the settings have it. */
export interface Pulled {
  readonly trigger: Trigger
  /** The settings cannot be read: it cannot fire. */
  readonly fault: KillSwitchError | null
}

/** The trigger as the settings make it: a stale schedule stands down, an alarm gets its scope. */
export function applySettings(armed: Armed | KillSwitchError, trigger: Trigger, receivedAt: number): Pulled {
  if (armed instanceof KillSwitchError) return { trigger, fault: armed }
  const { staleScheduleMs, alarmScopes } = armed.settings
  try {
    const timely = standDownIfStale(trigger, receivedAt, staleScheduleMs)
    return { trigger: scopeAlarm(timely, alarmScopes), fault: null }
  } catch (error) {
    return { trigger, fault: asKnown(error) }
  }
}

/**
 * Does what the trigger asks for, and says what came of it. Never throws: what went wrong is in the verdict.
 *
 * @param armed what the init phase left, or why it left nothing
 * @param deadlineAt monotonic milliseconds
 */
export async function fire(
  armed: Armed | KillSwitchError,
  { trigger, fault }: Pulled,
  invocation: Invocation,
  deadlineAt: number,
): Promise<Fired> {
  const isArmed = !(armed instanceof KillSwitchError)
  const attempts: Attempt[] = []
  const outcome = await act(fault ?? armed, trigger, deadlineAt, attempts)
  const before = isArmed ? armed.takeAttempts() : []
  const account = isArmed ? armed.settings.secretId : null
  const inputs = { ...outcome, trigger, invocation, account, attempts: [...before, ...attempts] }
  return { verdict: outcome.verdict, report: makeReport(inputs, performance.now()) }
}

interface Outcome {
  readonly verdict: Verdict
  readonly swept: Swept | null
  readonly keyAt: number | null
}

async function act(
  armed: Armed | KillSwitchError,
  { action }: Trigger,
  deadlineAt: number,
  attempts: Attempt[],
): Promise<Outcome> {
  if (action.do !== 'fire') {
    const why = action.do === 'check' ? 'readiness never cancels' : action.why
    return unsent({ kind: 'NOT_FIRED', why, isRefusal: action.do === 'refuse' })
  }
  if (armed instanceof KillSwitchError) return unsent({ kind: 'FAILED', cause: armed })
  try {
    return await sweepScope(armed, action.scope, deadlineAt, attempts)
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
  deadlineAt: number,
  attempts: Attempt[],
): Promise<Outcome> {
  await keyInTime(armed.credentials.current(), deadlineAt)
  const keyAt = performance.now()
  const exchange = exchangeFor(armed, deadlineAt, attempts)
  const { quietPeriodMs } = armed.settings
  const swept = await sweep({ exchange, clock: systemClock, scope, deadlineAt, quietPeriodMs })
  return { verdict: decide(swept), swept, keyAt }
}

/** Waits for the key no longer than there is time to report that there is none. */
export async function keyInTime(key: Promise<ApiKey>, deadlineAt: number): Promise<ApiKey> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new SecretUnavailable('no answer in time')),
    deadlineAt - performance.now(),
  )
  try {
    return await Promise.race([key, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The exchange as one invocation sees it: until its deadline, with its attempts noted. */
export function exchangeFor(armed: Armed, deadlineAt: number, attempts: Attempt[]): Exchange {
  const { settings, pool, budget, credentials } = armed
  return futuresRest({
    url: settings.futuresUrl,
    pool,
    roundTrip,
    budget,
    keys: credentials,
    clock: systemClock,
    attemptTimeoutMs: settings.attemptTimeoutMs,
    spareAfterMs: settings.spareAfterMs,
    deadlineAt,
    onAttempt: (attempt) => attempts.push(attempt),
  })
}
