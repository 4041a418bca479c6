import { write } from 'node:fs'
import { isatty } from 'node:tty'
import { type LapEnd, runLap } from '../lambda/hold/lap.ts'
import { heldSentence, holdMessageOf, knownSoFar } from '../lambda/hold/sentences.ts'
import type { Armed } from '../lambda/init/arm.ts'
import type { Scope } from '../lambda/kraken/scope.ts'
import { NO_LINKS } from '../lambda/messages/links.ts'
import { mailOf } from '../lambda/messages/mail.ts'
import type { LapMark } from '../lambda/page/story.ts'
import type { Report } from '../lambda/report/report.ts'
import type { LapFindings } from '../lambda/sweep/hold.ts'
import type { VerdictKind } from '../lambda/sweep/verdict.ts'
import { type Hold, type HoldKnown, type HoldPlan, NOTHING_KNOWN } from '../lambda/triggers/hold-event.ts'
import { LONGEST_LAP_MS } from '../lambda/triggers/lap-limits.ts'
import type { Trigger } from '../lambda/triggers/trigger.ts'
import type { Interruption } from './interruption.ts'

/* Lap after lap, as the state machine has them in AWS, in this process. */

export interface HoldInputs {
  readonly armed: Armed
  readonly trigger: Trigger
  readonly scope: Scope
  /** Of the pull before. */
  readonly report: Report
  /** So long the book is kept shut, once it is proven empty; and so long it is tried, until it is. */
  readonly holdMs: number
  readonly interrupted: Promise<Interruption>
}

/** How it ended: `lap` when it was interrupted. */
export interface Held extends Pick<LapEnd, 'next' | 'sentence' | 'warnings' | 'hold'> {
  /** Of the last lap. */
  readonly verdict: VerdictKind
  readonly laps: readonly LapMark[]
  /** For a person. */
  readonly text: string
}

/** Of the last ones; a day has some 3,500. */
export const MOST_LAPS = 200

/** Keeps the book shut, and shows what it knows, a line a second, where standard error is a terminal. */
export async function keepShut(inputs: HoldInputs): Promise<Held> {
  const { armed, trigger, scope, report, interrupted } = inputs
  let isInterrupted = false
  void interrupted.then(() => {
    isInterrupted = true
  })
  let hold = holdOf(inputs)
  let found: LapFindings | null = null
  const laps: LapMark[] = []
  const showing = isatty(2) ? setInterval(() => show(knownSoFar(hold, found)), 1_000) : undefined
  try {
    for (;;) {
      const invocation = { receivedAt: Date.now(), startedAt: performance.now(), isColdStart: false }
      const lap = { hold, lost: null }
      const lapTrigger = { ...trigger, action: { do: 'hold', scope, lap } } as const
      const onChange = (known: LapFindings) => {
        found = known
      }
      const lapEndsAt = invocation.startedAt + LONGEST_LAP_MS
      const end = await runLap(armed, lapTrigger, lap, invocation, lapEndsAt, { onChange, interrupted })
      hold = end.hold
      found = null
      const verdict = end.report?.verdict ?? 'FAILED'
      const atMs = invocation.receivedAt - Date.parse(report.trigger.receivedAt)
      const ms = Math.round(performance.now() - invocation.startedAt)
      laps.push({ atMs, ms, sentence: end.report?.sentence ?? end.sentence })
      laps.splice(0, laps.length - MOST_LAPS)
      if (end.next !== 'lap')
        return { ...end, verdict, laps, text: mailOf(holdMessageOf(end.sentence, hold), NO_LINKS).text }
      if (isInterrupted) {
        const sentence = heldSentence(hold, Date.now(), 'INTERRUPTED after')
        return { ...end, verdict, laps, sentence, text: mailOf(holdMessageOf(sentence, hold), NO_LINKS).text }
      }
    }
  } finally {
    clearInterval(showing)
  }
}

function holdOf({ trigger, scope, report, holdMs }: HoldInputs): Hold {
  return { ...planOf({ trigger, scope, report, holdMs }), known: knownAfter(report.verdict, holdMs) }
}

interface PlanInputs extends Pick<HoldInputs, 'trigger' | 'scope' | 'holdMs'> {
  readonly report: Pick<Report, 'trigger'>
}

/** What is done after a pull. */
export function planOf({ trigger, scope, report, holdMs }: PlanInputs): HoldPlan {
  const { kind, by, reason } = trigger
  return {
    name: `break-glass-${process.pid}`,
    pull: { kind, by, reason, receivedAt: report.trigger.receivedAt },
    scope,
    provenBy: new Date(Date.now() + holdMs).toISOString(),
    keepShutMinutes: holdMs / 60_000,
    fuse: false,
  }
}

/**
 * What the first lap is given, of an account whose pull came to this.
 *
 * @param seenAt when its book was proven empty, where others were swept on after that; milliseconds since 1970
 */
export function knownAfter(verdict: VerdictKind, holdMs: number, now = Date.now(), seenAt = now): HoldKnown {
  const iso = (at: number) => new Date(at).toISOString()
  const shut = { emptySince: iso(seenAt), shutUntil: iso(now + holdMs) }
  return { ...NOTHING_KNOWN, seenAt: iso(seenAt), ...(verdict === 'EMPTY' ? shut : {}) }
}

/** A terminal that is held up does not hold up the hold. */
export function show(text: string): void {
  write(2, `${new Date().toISOString().slice(11, 19)} UTC  ${text}\n`, () => {})
}
