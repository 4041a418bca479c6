import { systemClock, within } from '../clock.ts'
import { asKnown, KillSwitchError } from '../errors.ts'
import { keysInTime, roadsOf } from '../exchanges.ts'
import type { Armed } from '../init/arm.ts'
import type { Attempt } from '../kraken/attempt.ts'
import { type Invocation, makeReport, type Report } from '../report/report.ts'
import { holdForALap, type LapFindings, type LapInputs } from '../sweep/hold.ts'
import { Tally } from '../sweep/tally.ts'
import type { Verdict } from '../sweep/verdict.ts'
import type { Hold, Lap } from '../triggers/hold-event.ts'
import { SHORTEST_LAP_MS } from '../triggers/lap-limits.ts'
import type { Trigger } from '../triggers/trigger.ts'
import { knownAfter, lapInputsOf, nextAfter } from './handover.ts'
import { heldSentence, holdWarnings, lostSentence } from './sentences.ts'

/** What the state machine does next: another lap, or nothing more. */
export interface LapEnd {
  readonly next: 'lap' | 'held' | 'lost'
  /** What the next lap is given. */
  readonly hold: Hold
  readonly sentence: string
  /** What the operator should know beside it, a sentence each. */
  readonly warnings: readonly string[]
  /** What this lap did; null when it was only to say that laps are lost. */
  readonly report: Report | null
}

/**
 * One lap of a hold. Never throws: what went wrong is in its end.
 *
 * @param armed what the init phase left, or why it left nothing
 * @param deadlineAt monotonic milliseconds
 * @param meanwhile what goes on beside the sweep
 */
export async function runLap(
  armed: Armed | KillSwitchError,
  trigger: Trigger,
  { hold, lost }: Lap,
  invocation: Invocation,
  deadlineAt: number,
  meanwhile: Meanwhile = {},
): Promise<LapEnd> {
  if (lost !== null) return endOf('lost', hold, null, `no lap came through any more (${lost})`)
  if (armed instanceof KillSwitchError) return endOf('lost', hold, null, armed.message)
  const attempts: Attempt[] = []
  let cancelsSent = 0
  const occasion = {
    deadlineAt,
    onAttempt: (attempt: Attempt) => attempts.push(attempt),
    onCancelSent: () => {
      cancelsSent += 1
    },
  }
  const found = await lapOver(armed, hold, invocation, occasion, meanwhile)
  const before = armed.takeAttempts()
  const report = makeReport(
    {
      verdict: found.verdict,
      swept: found.swept,
      keyAt: null,
      trigger,
      invocation,
      account: armed.account,
      attempts: [...before, ...attempts],
      cancelsSent,
    },
    performance.now(),
  )
  const endedAt = Date.now()
  const ended = { ...hold, known: knownAfter(hold, found, report, invocation, endedAt) }
  const { sentence, warnings } = report
  const next = nextAfter(ended, report.verdict, invocation.receivedAt, endedAt)
  if (next === 'lap') return { next, hold: ended, sentence, warnings, report }
  if (next === 'held') return endOf(next, ended, report)
  const why =
    ended.known.shutUntil === null
      ? `not proven empty by ${hold.provenBy.slice(11, 19)} UTC`
      : 'not proven empty when its time was over'
  return endOf(next, ended, report, why)
}

function endOf(next: 'held' | 'lost', hold: Hold, report: Report | null, why = ''): LapEnd {
  const sentence = next === 'held' ? heldSentence(hold, Date.now()) : lostSentence(why, hold)
  return { next, hold, report, sentence, warnings: holdWarnings(hold) }
}

/** Who hears of every change; what ends it; and what is held beside it. */
type Meanwhile = Pick<LapInputs, 'onChange' | 'interrupted' | 'among'>

const NEVER = new Promise<never>(() => {})

type Found = LapFindings & { readonly verdict: Verdict }

async function lapOver(
  armed: Armed,
  hold: Hold,
  invocation: Invocation,
  occasion: Omit<Parameters<typeof roadsOf>[2], 'isOver'>,
  meanwhile: Meanwhile,
): Promise<Found> {
  const { deadlineAt } = occasion
  const inputs = lapInputsOf(hold, invocation)
  try {
    const keys = await keysInTime(armed, deadlineAt)
    let isOver = false
    const found = await holdForALap({
      roads: roadsOf(armed, keys, { ...occasion, isOver: () => isOver }),
      clock: systemClock,
      quietPeriodMs: armed.settings.quietPeriodMs,
      lapEndsAt: deadlineAt,
      ...inputs,
      ...meanwhile,
    })
    isOver = true // as after a pull: what is under way still begins nothing more
    return found
  } catch (error) {
    const restMs = Math.min(invocation.startedAt + SHORTEST_LAP_MS, deadlineAt) - performance.now()
    await within(systemClock, Math.max(0, restMs), meanwhile.interrupted ?? NEVER, () => {})
    const verdict = { kind: 'FAILED', cause: asKnown(error) } as const
    const nothing = {
      swept: null,
      tally: new Tally(hold.scope),
      refills: 0,
      fuse: null,
      emptySince: null,
      blindMs: 0,
    }
    return { ...nothing, shutUntil: inputs.shutUntil, verdict }
  }
}
