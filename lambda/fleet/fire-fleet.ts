import { type Clock, systemClock, within } from '../clock.ts'
import { type Fired, type FireInputs, fire, type Meanwhile } from '../fire.ts'
import type { ArmedFleet } from '../init/fleet/arm-fleet.ts'
import type { Invocation, Report } from '../report/report.ts'
import type { StillSweeping } from '../sweep/roads.ts'
import { FirstCancels } from './first-cancels.ts'
import { type AccountAnswer, isProven, type Named, NO_ANSWER } from './fleet-verdict.ts'

/** What one account did; the report is null where it gave none. */
export interface AccountEnd extends Named {
  readonly report: Report | null
}

/** After the deadline, for an account that does not come back: the others are reported all the same. */
const GRACE_MS = 100

export interface FleetMeanwhile extends Pick<Meanwhile, 'interrupted'> {
  /** Hears once, when an account has not ended though a clean sweep would have, what is known of each. */
  readonly onStillSweeping?: (known: readonly AccountSoFar[]) => void
}

/** One account, while others are still swept. */
export interface AccountSoFar {
  readonly account: string
  /** Null while it has not ended. */
  readonly fired: Fired | null
  /** What its sweep has seen; null where it has ended, or not begun. */
  readonly known: StillSweeping | null
}

/** The sweeps begin within that of each other: what is known of one is told with the others. */
const GATHER_MS = 250

/**
 * Pulls the switch on every account that was asked for, each for itself. Never throws: an account of which nothing comes
 * back is FAILED.
 *
 * @param asked by name
 * @param deadlineAt monotonic milliseconds
 */
export function fireFleet(
  fleet: ArmedFleet,
  asked: readonly string[],
  pulled: FireInputs,
  invocation: Invocation,
  deadlineAt: number,
  { onStillSweeping, interrupted }: FleetMeanwhile = {},
): Promise<readonly AccountEnd[]> {
  const { action } = pulled.trigger
  const scope = action.do === 'fire' ? action.scope : 'all'
  const first = new FirstCancels(systemClock, fleet.budget, asked, scope, deadlineAt)
  const soFar = new SoFar(asked, onStillSweeping)
  const fireOne = async (account: string, meanwhile: AmongOthers): Promise<Fired> => {
    const armed = fleet.accounts.get(account)
    if (armed === undefined) throw new Error('no account of the roster')
    const hear = (known: StillSweeping) => soFar.hear(account, known)
    const own = { ...meanwhile, interrupted, onStillSweeping: hear }
    const fired = await fire(armed, pulled, invocation, deadlineAt, own)
    soFar.ended(account, fired)
    return fired
  }
  const ends = fireEach({ asked, fireOne, first, deadlineAt, clock: systemClock })
  return ends.finally(() => soFar.over())
}

/** What is known of each account while a pull goes on: told once, and never after its verdict. */
class SoFar {
  readonly #asked: readonly string[]
  readonly #tell: FleetMeanwhile['onStillSweeping']
  readonly #known = new Map<string, StillSweeping>()
  readonly #fired = new Map<string, Fired>()
  #takeBack: (() => void) | null = null

  constructor(asked: readonly string[], tell: FleetMeanwhile['onStillSweeping']) {
    this.#asked = asked
    this.#tell = tell
  }

  /** It has not ended when a clean sweep would have. */
  hear(account: string, known: StillSweeping): void {
    this.#known.set(account, known)
    this.#takeBack ??= systemClock.after(GATHER_MS, () => this.#tell?.(this.#all()))
  }

  ended(account: string, fired: Fired): void {
    this.#fired.set(account, fired)
  }

  /** There is a verdict: nothing is said any more. */
  over(): void {
    this.#takeBack?.()
  }

  #all(): readonly AccountSoFar[] {
    return this.#asked.map((account) => {
      const fired = this.#fired.get(account) ?? null
      return { account, fired, known: fired === null ? (this.#known.get(account) ?? null) : null }
    })
  }
}

/** What an account's pull has to do with those of the others. */
type AmongOthers = Required<Pick<Meanwhile, 'onCancelSent' | 'over'>>

interface EachInputs {
  readonly asked: readonly string[]
  readonly fireOne: (account: string, meanwhile: AmongOthers) => Promise<Fired>
  readonly first: FirstCancels
  readonly clock: Pick<Clock, 'now' | 'after'>
  readonly deadlineAt: number
}

/** All at once, and whatever becomes of one: the others are told of. */
export async function fireEach(inputs: EachInputs): Promise<readonly AccountEnd[]> {
  const { asked, fireOne, first, clock, deadlineAt } = inputs
  const fireAmongOthers = async (account: string) => {
    const onCancelSent = () => first.written(account)
    const over: AmongOthers['over'] = (roads) => first.over(account, roads)
    try {
      return await fireOne(account, { onCancelSent, over })
    } finally {
      first.ended(account)
    }
  }
  const inTime = (account: string) =>
    within(clock, deadlineAt + GRACE_MS - clock.now(), fireAmongOthers(account), () => null)
  const ends = await Promise.allSettled(asked.map(inTime))
  return asked.map((account, i) => {
    const end = ends[i]
    const fired = end?.status === 'fulfilled' ? end.value : null
    if (fired === null) return { account, answer: NO_ANSWER, report: null }
    return { account, answer: answerOf(fired), report: fired.report }
  })
}

const MOST_WHY = 300

function answerOf({ verdict, report }: Fired): AccountAnswer {
  const { cancelled, remaining, kept, timing, sentence } = report
  const isEmpty = isProven(verdict)
  return {
    verdict: isEmpty || verdict.kind !== 'EMPTY' ? verdict.kind : 'UNVERIFIED',
    cancelled: cancelled.count,
    isLowerBound: cancelled.isLowerBound,
    open: remaining === 'unknown' ? null : remaining.count,
    kept: kept === null || kept === 'unknown' ? null : kept.count,
    verifiedMs: timing.verifiedMs,
    ...(isEmpty ? {} : { why: sentence.slice(0, MOST_WHY) }),
  }
}
