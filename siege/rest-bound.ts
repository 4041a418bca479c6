import { COST, REST_ALLOWANCE } from '../lambda/kraken/http/budget.ts'
import { isKeeping } from '../lambda/kraken/scope.ts'
import { isIn } from './orders.ts'
import type { Held, Life, Run } from './run.ts'

/*
 * How long an order in scope may rest while a lap runs and Kraken answers. A message takes `latencyMs` to twice that (M at
 * most), a round trip 2 M; on a connection that has to be opened first 4 M, on a WebSocket with its token 6 M.
 *
 *  rest     placed just after a read ──► answered: M ──► 500 ms, or twice what a read took (8 M) where that is more; after a
 *           cancel the next one waits until 600 ms have passed, and one of symbols or ids cancels what was read before
 *           ──► next read arrives: 3 M ──► answered: M ──► cancel arrives: 3 M
 *  unified  told: M ──► cancel arrives: M. While a sweep is at its cancel or its read (2 M each), or rests for 100 ms after
 *           it, it is heard after that, and the read that follows finds it: 2 M
 *
 * A session that was cut, whose place a spare has taken, or that renews its subscription tells nothing: the next look, within 500 ms, finds that, opens one
 * (6 M) and reads (2 M).
 */

const LOOK_MS = 500
/** Between two cancels of a road that has to be asked. */
const PACED_MS = 600
const LISTENING_PAUSE_MS = 100
/** Timers run to the next whole millisecond, and one more. */
const ROUNDING_MS = 3

/** Of an order that is there from then on; milliseconds. */
export function restBound(run: Run, { planned }: Held, from: number, lapId: number): number {
  const M = 2 * run.plan.latencyMs
  const pacedMs = planned.scope === 'all' ? PACED_MS : 2 * PACED_MS
  const rest = Math.max(pacedMs, 8 * M) + 8 * M + ROUNDING_MS
  if (planned.roads === 'rest') return rest
  const unified = LISTENING_PAUSE_MS + 10 * M + ROUNDING_MS
  const deafMs = LOOK_MS + 8 * M
  // A read that another road's proof has overtaken is not heard: what it alone had found is found by the next look.
  const isDeaf =
    planned.roads === 'both' ||
    planned.spareAfterMs < 4 * M ||
    isWithinRead(run, from, lapId) ||
    cutsOf(run).some((at) => at > from - deafMs - unified && at < from + deafMs + unified)
  return unified + (isDeaf ? deafMs : 0) + openingMs(M)
}

/** Before its end a sweep begins nothing that it could not read back: a pause, and a round. */
export function lastRoundMs({ plan }: Run): number {
  return LOOK_MS + 20 * plan.latencyMs
}

/** The first lap of a process has no session yet. */
function openingMs(M: number): number {
  return 6 * M
}

/**
 * While a subscription is renewed nobody is told, and the snapshot after it shows the order to a sweep that may be over by
 * then, by the proof of the other road.
 */
function isWithinRead({ visits }: Run, at: number, lapId: number): boolean {
  return visits.some(
    ({ pull, call, sentAt }) =>
      pull === lapId && call.endpoint === 'subscribe executions' && sentAt <= at && at <= call.at,
  )
}

/** When sessions are cut. */
export function cutsOf({ plan }: Run): number[] {
  return plan.faults.flatMap((fault) => (fault.do === 'break sessions' ? [fault.atMs] : []))
}

/** What was refused is asked again after ten seconds; what was not answered, after its timeout. */
const SETTLING_MS = 10_000
/** Of a refused key the last try is the longest: eight seconds after the one before. */
const TIMEOUTS = 2

/**
 * Does Kraken answer, as far as the plan says, from then until then: no fault goes on, none has gone on within the time
 * that the switch leaves to what was refused, and nobody has spent the budget that the cancels need?
 */
export function answers(run: Run, held: Held, from: number, to: number): boolean {
  const { faulty } = run.plan
  const { planned } = held
  if (faulty === null) return false
  const settledAt = isForGood(run)
    ? Infinity
    : faulty.toMs + SETTLING_MS + TIMEOUTS * planned.attemptTimeoutMs
  const isCalm = faulty.toMs <= faulty.fromMs || to < faulty.fromMs || from >= settledAt
  return isCalm && hasBudget(run, held, from, to)
}

/** A new key that nobody has stored, and a budget spent by others, outlast the faults. */
function isForGood({ plan }: Run): boolean {
  return plan.faults.some((fault) => fault.do === 'rotate the key' && !fault.isStored)
}

/** Until when a call counts, at most. */
const WINDOW_MS = REST_ALLOWANCE.windowMs + 1_000
/** Of the calls of the Spot API; every token is one. */
const TOKEN_WINDOW_MS = 46_500
const MOST_TOKENS = 10

function hasBudget(run: Run, { planned }: Held, from: number, to: number): boolean {
  const { visits, pulls, desk } = run
  const { scope } = planned
  const calls = scope === 'all' || isKeeping(scope) ? 1 : scope.length
  // By their ids each order costs, so that a bot may place more than the budget has cancels for.
  const placed = desk.account.book.changes.filter(
    ({ kind, at, order }) => kind === 'placed' && at > from - WINDOW_MS && at <= to && isIn(scope, order),
  )
  const byIds = isKeeping(scope) ? 2 * placed.length : 0
  const needed = 2 * calls * COST.cancelAll + byIds + REST_ALLOWANCE.keptForReads
  if (planned.roads === 'rest') {
    const recent = visits.filter(({ call }) => call.at > from - WINDOW_MS && call.at <= to)
    return recent.reduce((sum, { call }) => sum + call.units, 0) + needed <= REST_ALLOWANCE.units
  }
  const isRecent = (at: number) => at > from - TOKEN_WINDOW_MS && at <= to
  const arrived = visits.filter(({ call }) => call.path.startsWith('/0/private') && isRecent(call.at))
  // One that is lost on its way is charged too.
  const tried = pulls.flatMap(({ attempts }) =>
    attempts.filter(({ call, startedAt }) => call === 'GetWebSocketsToken' && isRecent(startedAt)),
  )
  return Math.max(arrived.length, tried.length) <= MOST_TOKENS
}

/** One order in scope while a lap ran, from when to when within it. */
export interface Rest {
  readonly symbol: string
  readonly from: number
  readonly to: number
}

/** Every order in scope that rested while a lap ran. */
export function restsIn(
  { desk }: Run,
  { planned }: Held,
  { startedAt, endedAt }: Pick<Life, 'startedAt' | 'endedAt'>,
): readonly Rest[] {
  const removedAt = new Map<string, number>()
  const { changes } = desk.account.book
  for (const { kind, at, order } of changes) if (kind === 'removed') removedAt.set(order.order_id, at)
  return changes
    .filter(({ kind, at, order }) => kind === 'placed' && at < endedAt && isIn(planned.scope, order))
    .map(({ at, order }) => ({
      symbol: order.symbol,
      from: Math.max(at, startedAt),
      to: Math.min(removedAt.get(order.order_id) ?? Infinity, endedAt),
    }))
    .filter(({ from, to }) => to > from)
}
