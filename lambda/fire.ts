import { systemClock } from './clock.ts'
import { asKnown, KillSwitchError, SecretUnavailable } from './errors.ts'
import type { Armed } from './init/arm.ts'
import { type Keys, roadsWithKeys } from './init/credentials.ts'
import type { Occasion } from './init/unified-connections.ts'
import type { Exchange, Scope } from './kraken/exchange.ts'
import type { Attempt } from './kraken/http/call.ts'
import { roundTrip } from './kraken/http/round-trip.ts'
import { futuresRest } from './kraken/rest/futures-rest.ts'
import { type Invocation, makeReport, type Report } from './report/report.ts'
import { type Road, type RoadsInputs, type Swept, sweepRoads } from './sweep/roads.ts'
import { decide, type Verdict } from './sweep/verdict.ts'
import { scopeAlarm } from './triggers/alarm-scopes.ts'
import { standDownIfStale, type Trigger } from './triggers/trigger.ts'

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
 * @param onStillSweeping hears, once, that it has not ended when a clean sweep would have
 */
export async function fire(
  armed: Armed | KillSwitchError,
  { trigger, fault }: Pulled,
  invocation: Invocation,
  deadlineAt: number,
  onStillSweeping?: OnStillSweeping,
): Promise<Fired> {
  const isArmed = !(armed instanceof KillSwitchError)
  const attempts: Attempt[] = []
  let cancelsSent = 0
  const occasion = {
    deadlineAt,
    onAttempt: (attempt: Attempt) => attempts.push(attempt),
    onCancelSent: () => {
      cancelsSent += 1
    },
  }
  const outcome = await act(fault ?? armed, trigger, occasion, onStillSweeping)
  const before = isArmed ? armed.takeAttempts() : []
  const account = isArmed ? armed.settings.secretId : null
  const inputs = { ...outcome, trigger, invocation, account, attempts: [...before, ...attempts], cancelsSent }
  return { verdict: outcome.verdict, report: makeReport(inputs, performance.now()) }
}

type OnStillSweeping = RoadsInputs['onStillSweeping']

interface Outcome {
  readonly verdict: Verdict
  readonly swept: Swept | null
  readonly keyAt: number | null
}

async function act(
  armed: Armed | KillSwitchError,
  { action }: Trigger,
  occasion: Occasion,
  onStillSweeping?: OnStillSweeping,
): Promise<Outcome> {
  if (action.do !== 'fire') {
    const why = action.do === 'check' ? 'readiness never cancels' : action.why
    return unsent({ kind: 'NOT_FIRED', why, isRefusal: action.do === 'refuse' })
  }
  if (armed instanceof KillSwitchError) return unsent({ kind: 'FAILED', cause: armed })
  try {
    return await sweepScope(armed, action.scope, occasion, onStillSweeping)
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
  onStillSweeping?: OnStillSweeping,
): Promise<Outcome> {
  const { deadlineAt } = occasion
  const keys = await keysInTime(armed, deadlineAt)
  const keyAt = performance.now()
  let isOver = false
  const roads = roadsOf(armed, keys, { ...occasion, isOver: () => isOver })
  const { quietPeriodMs } = armed.settings
  const swept = await sweepRoads({
    roads,
    clock: systemClock,
    scope,
    deadlineAt,
    quietPeriodMs,
    onStillSweeping,
  })
  isOver = true // what is still under way begins nothing more: the process may be frozen now, and thaw for a readiness check
  return { verdict: decide(swept.roads), swept, keyAt }
}

/** Between two fetches of the secret, each of which is two tries already. */
const SECRET_PAUSE_MS = 500
/** With less time than this left, a sweep could not end with a proof: then it is better said why there is none. */
const LEAST_SWEEP_MS = 3_000

/** The keys, asked for again while Secrets Manager may yet give them and there is time for a sweep. */
async function keysInTime({ credentials }: Armed, deadlineAt: number): Promise<Keys> {
  for (;;) {
    try {
      return await inTime(credentials.current(), deadlineAt)
    } catch (error) {
      const mayHeal = error instanceof SecretUnavailable && error.mayHeal
      if (!mayHeal || performance.now() + SECRET_PAUSE_MS > deadlineAt - LEAST_SWEEP_MS) throw error
      await systemClock.sleep(SECRET_PAUSE_MS)
    }
  }
}

/** Waits for the keys no longer than there is time to report that there are none. */
export async function inTime(keys: Promise<Keys>, deadlineAt: number): Promise<Keys> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new SecretUnavailable('no answer in time')),
    deadlineAt - performance.now(),
  )
  try {
    return await Promise.race([keys, late])
  } finally {
    clearTimeout(timer)
  }
}

/** The roads as one invocation sees them: until its deadline, with its attempts noted. */
export function roadsOf(armed: Armed, keys: Keys, occasion: Occasion): readonly Road[] {
  const names = armed.settings.roads ?? roadsWithKeys(keys)
  return names.map((name) => ({
    name,
    exchange:
      name === 'rest'
        ? restOf(armed, occasion)
        : lateExchange(armed.unified().then((road) => road.exchange(occasion))),
  }))
}

function restOf({ settings, pool, budget, credentials }: Armed, occasion: Occasion): Exchange {
  return futuresRest({
    ...occasion,
    url: settings.futuresUrl,
    pool,
    roundTrip,
    budget,
    keys: credentials.of('rest'),
    clock: systemClock,
    attemptTimeoutMs: settings.attemptTimeoutMs,
    spareAfterMs: settings.spareAfterMs,
  })
}

/** An exchange that is being loaded: its calls wait for it, and nobody else does. */
function lateExchange(loading: Promise<Exchange>): Exchange {
  let loaded: Exchange | null = null
  loading.then(
    (exchange) => {
      loaded = exchange
    },
    () => {}, // heard by the calls
  )
  return {
    cancelAll: async (symbol, options) => (await loading).cancelAll(symbol, options),
    cancelOrder: async (order, options) => (await loading).cancelOrder(order, options),
    openOrders: async () => (await loading).openOrders(),
    openPositions: async () => (await loading).openPositions(),
    checkApiKey: async () => (await loading).checkApiKey(),
    toldOpen: () => loaded?.toldOpen?.() ?? [],
  }
}
