import type { ReadinessReport } from '../readiness/readiness.ts'
import type { Report } from '../report/report.ts'
import type { ShownAttempt } from '../report/shown.ts'
import type { VerdictKind } from '../sweep/verdict.ts'
import type { HoldKnown } from '../triggers/hold-event.ts'

/** What something came to: a verdict, or what a readiness check or a hold ends with. */
export type Outcome = VerdictKind | 'READY' | 'NOT_READY' | 'HOLDING' | 'HELD' | 'HOLD_LOST' | 'NO_ANSWER'

/** What one picture is of: a pull, for one account or for several, a readiness check, or a hold. */
export interface Story {
  /** What pulled, or the account's name; null where the report says it. */
  readonly title: string | null
  readonly outcome: Outcome
  readonly sentence: string
  /** What the operator should know beside it, a sentence each. */
  readonly warnings: readonly string[]
  readonly attempts: readonly ShownAttempt[]
  /** Null where nothing was reported, or no pull. */
  readonly report: Report | null
  readonly hold: HoldStory | null
  /** What it is made of, side by side: the accounts that one pull was for, or the pull before a hold. */
  readonly within: readonly Story[]
  /** Remarks of whoever shows it. */
  readonly remarks: readonly string[]
}

/** A hold, as far as its laps are known. */
export interface HoldStory {
  readonly laps: readonly LapMark[]
  readonly sentence: string
  readonly outcome: 'HOLDING' | 'HELD' | 'HOLD_LOST'
  /** As the last lap left it; null where that is not at hand. */
  readonly known: HoldKnown | null
}

export interface LapMark {
  /** After the pull was received, or the first lap that is known. */
  readonly atMs: number
  readonly ms: number
  /** What the lap said. */
  readonly sentence: string
}

const BARE = { title: null, hold: null, within: [], remarks: [] } as const

export function storyOfPull(report: Report, more: Partial<Story> = {}): Story {
  const { verdict, sentence, warnings, attempts } = report
  return { ...BARE, outcome: verdict, sentence, warnings, attempts, report, ...more }
}

export function storyOfReadiness(report: ReadinessReport, more: Partial<Story> = {}): Story {
  const { ready, sentence, problems, warnings, attempts } = report
  return {
    ...BARE,
    outcome: ready ? 'READY' : 'NOT_READY',
    sentence,
    // The first problem is the sentence.
    warnings: [...problems.slice(1), ...warnings],
    attempts,
    report: null,
    ...more,
  }
}

/** Of what left no report. */
export function storyOfSentence(outcome: Outcome, sentence: string, more: Partial<Story> = {}): Story {
  return { ...BARE, outcome, sentence, warnings: [], attempts: [], report: null, ...more }
}

/** A hold, and the pull that it goes on from. */
export function storyOfHold(hold: HoldStory, pull: Story | null, more: Partial<Story> = {}): Story {
  const { outcome, sentence } = hold
  return storyOfSentence(outcome, sentence, { hold, within: pull === null ? [] : [pull], ...more })
}
