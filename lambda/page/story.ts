import type { ReadinessReport } from '../readiness/readiness.ts'
import type { Report } from '../report/report.ts'
import type { ShownAttempt } from '../report/shown.ts'
import type { VerdictKind } from '../sweep/verdict.ts'
import type { HoldKnown } from '../triggers/hold-event.ts'
import { kindOf } from './lanes.ts'

/** What something came to: a verdict, or what a readiness check or a hold ends with. */
export type Outcome =
  | VerdictKind
  | 'NOT_PROVEN'
  | 'READY'
  | 'NOT_READY'
  | 'HOLDING'
  | 'HELD'
  | 'HOLD_LOST'
  | 'NO_ANSWER'

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

export function storyOfReadiness(report: Omit<ReadinessReport, 'roads'>, more: Partial<Story> = {}): Story {
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

/** What a pull over many accounts is reported as, as far as it is drawn. */
export interface ReportOfAll extends Pick<Story, 'sentence' | 'warnings' | 'attempts'> {
  readonly verdict: Outcome
  /** By name; null for one that gave none. */
  readonly accounts: Readonly<Record<string, Report | null>>
}

/** A pull over many accounts, side by side; above them every cancel, each by its account. */
export function storyOfAll(report: ReportOfAll, more: Partial<Story> = {}): Story {
  const { verdict, sentence, warnings, accounts } = report
  const all = Object.entries(accounts)
  const cancels = all.flatMap(([account, own]) => (own?.attempts ?? []).filter(isCancel).map(of(account)))
  const within = all.map(([title, own]) =>
    own === null
      ? storyOfSentence('NO_ANSWER', 'FAILED: it gave no answer.', { title })
      : storyOfPull(own, { title }),
  )
  const attempts = [...report.attempts, ...cancels]
  return { ...BARE, outcome: verdict, sentence, warnings, attempts, report: null, within, ...more }
}

function isCancel({ call }: ShownAttempt): boolean {
  return kindOf(call) === 'cancel'
}

function of(account: string) {
  return (attempt: ShownAttempt): ShownAttempt => ({ ...attempt, call: `${attempt.call} of ${account}` })
}

/** What a readiness check of many accounts is reported as, as far as it is drawn. */
interface ReadinessOfAll
  extends Pick<ReadinessReport, 'ready' | 'sentence' | 'problems' | 'warnings' | 'attempts'> {
  readonly accounts: Readonly<Record<string, ReadinessReport>>
}

export function storyOfReadinessOfAll(report: ReadinessOfAll, more: Partial<Story> = {}): Story {
  const within = Object.entries(report.accounts).map(([title, own]) => storyOfReadiness(own, { title }))
  return storyOfReadiness(report, { within, ...more })
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
