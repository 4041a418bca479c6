import { type Clock, systemClock, within } from '../../clock.ts'
import { nextAfter } from '../../hold/handover.ts'
import { type LapEnd, runLap } from '../../hold/lap.ts'
import { lostSentence } from '../../hold/sentences.ts'
import type { ArmedFleet } from '../../init/fleet/arm-fleet.ts'
import type { Invocation } from '../../report/report.ts'
import type { LapFindings } from '../../sweep/hold.ts'
import type { Hold } from '../../triggers/hold-event.ts'
import { SHORTEST_LAP_MS } from '../../triggers/lap-limits.ts'
import type { Trigger } from '../../triggers/trigger.ts'
import { twinsAmong } from '../fleet-verdict.ts'
import { type Ended, type FleetHold, type FleetLap, type HeldAccount, holdOf } from './fleet-hold.ts'

/** What one lap over many accounts came to. */
export interface FleetLapEnd {
  /** Another lap while any account needs one; then lost, if one of them is. */
  readonly next: LapEnd['next']
  readonly hold: FleetHold
  /** Of each account that was still held; null where its lap gave nothing. */
  readonly laps: ReadonlyMap<string, LapEnd | null>
}

export interface FleetLapMeanwhile {
  /** Hears of every change of an account. */
  readonly onChange?: (account: string, found: LapFindings) => void
  /** Ends the laps when it resolves, with what is known by then. */
  readonly interrupted?: Promise<unknown>
}

/** After the deadline, for an account whose lap does not come back: the others are answered for all the same. */
const GRACE_MS = 100

/**
 * One lap of every account that is still held, all at once and each for itself. Never throws: an account whose lap gives
 * nothing keeps what was known of it, and has another one.
 *
 * @param deadlineAt monotonic milliseconds
 * @param meanwhile what goes on beside the sweeps
 */
export async function runFleetLap(
  fleet: ArmedFleet,
  trigger: Omit<Trigger, 'action'>,
  { hold, lost }: FleetLap,
  invocation: Invocation,
  deadlineAt: number,
  { onChange, interrupted }: FleetLapMeanwhile = {},
): Promise<FleetLapEnd> {
  const going = Object.entries(hold.accounts).flatMap(([account, { known, ended }]) =>
    ended === null ? [[account, holdOf(hold, known)] as const] : [],
  )
  // Each of them is to send its first cancel before another sends a second one.
  fleet.budget.begin(going.flatMap(([account, { known }]) => (known.emptySince === null ? [account] : [])))
  const lapOne = async (account: string, own: Hold, nth: number): Promise<LapEnd> => {
    const armed = fleet.accounts.get(account)
    if (armed === undefined) throw new Error('no account of the roster')
    const lap = { hold: own, lost }
    const action = { do: 'hold', scope: own.scope, lap } as const
    const meanwhile = {
      among: { accounts: going.length, nth },
      onChange: (found: LapFindings) => onChange?.(account, found),
      interrupted,
    }
    try {
      return await runLap(armed, { ...trigger, action }, lap, invocation, deadlineAt, meanwhile)
    } finally {
      fleet.budget.served(account)
    }
  }
  const ends = await lapEach({ going, lapOne, clock: systemClock, invocation, deadlineAt })
  const twins = twinsAmong(Object.keys(hold.accounts), fleet.secret.differences)
  const laps = new Map([...ends].map(([account, end]) => [account, end && asTwin(account, end, twins)]))
  return { ...fleetLapEnd(hold, laps, invocation, Date.now()), laps }
}

export interface LapEachInputs {
  readonly going: readonly (readonly [account: string, hold: Hold])[]
  readonly lapOne: (account: string, hold: Hold, nth: number) => Promise<LapEnd>
  readonly clock: Pick<Clock, 'now' | 'after' | 'sleep'>
  readonly invocation: Pick<Invocation, 'startedAt'>
  readonly deadlineAt: number
}

/** All at once, and whatever becomes of one: the others' laps end as they would. */
export async function lapEach(inputs: LapEachInputs): Promise<ReadonlyMap<string, LapEnd | null>> {
  const { going, lapOne, clock, invocation, deadlineAt } = inputs
  const lapInTime = async (account: string, hold: Hold, nth: number): Promise<LapEnd | null> => {
    const leftMs = deadlineAt + GRACE_MS - clock.now()
    try {
      return await within(clock, leftMs, lapOne(account, hold, nth), () => null)
    } catch {
      // A lap that asks for another one is no shorter than that.
      const until = Math.min(invocation.startedAt + SHORTEST_LAP_MS, deadlineAt)
      await clock.sleep(Math.max(0, until - clock.now()))
      return null
    }
  }
  const ends = await Promise.all(going.map(([account, hold], i) => lapInTime(account, hold, i)))
  return new Map(going.map(([account], i) => [account, ends[i] ?? null]))
}

/**
 * What the accounts' laps make of the hold. Pure.
 *
 * @param endedAt milliseconds since 1970
 */
export function fleetLapEnd(
  hold: FleetHold,
  laps: ReadonlyMap<string, LapEnd | null>,
  { receivedAt }: Pick<Invocation, 'receivedAt'>,
  endedAt: number,
): Pick<FleetLapEnd, 'next' | 'hold'> {
  const after = (account: string, was: HeldAccount): HeldAccount => {
    const end = laps.get(account)
    if (end === undefined) return was
    if (end === null) return unheard(hold, was, receivedAt, endedAt)
    const { known } = end.hold
    if (end.next === 'lap') return { known, ended: null }
    return { known, ended: endedOf(end.next, end.sentence) }
  }
  const entries = Object.entries(hold.accounts).map(([name, was]) => [name, after(name, was)] as const)
  const ends = entries.map(([, { ended }]) => ended)
  const isOver = ends.every((ended) => ended !== null)
  const isLost = ends.some((ended) => ended?.as === 'lost')
  const next = isOver ? (isLost ? 'lost' : 'held') : 'lap'
  return { next, hold: { ...hold, accounts: Object.fromEntries(entries) } }
}

const MOST_SENTENCE = 1_000

function endedOf(as: Ended['as'], sentence: string): Ended {
  return { as, sentence: sentence.slice(0, MOST_SENTENCE) }
}

/** Its lap gave nothing: as one that proved nothing. */
function unheard(hold: FleetHold, was: HeldAccount, receivedAt: number, endedAt: number): HeldAccount {
  const own = holdOf(hold, was.known)
  if (nextAfter(own, 'FAILED', receivedAt, endedAt) === 'lap') return was
  return { ...was, ended: endedOf('lost', lostSentence('its last lap gave no answer', own)) }
}

/** An account that shares its key with another is not held, whatever was seen: one of the two books was never looked at. */
function asTwin(account: string, end: LapEnd, twins: readonly (readonly string[])[]): LapEnd {
  const names = twins.find((some) => some.includes(account))
  if (names === undefined || end.next !== 'held') return end
  const why = `${names.join(' and ')} hold the same key, so that one of their books was never looked at`
  return { ...end, next: 'lost', sentence: lostSentence(why, end.hold) }
}
