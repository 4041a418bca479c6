import { isatty } from 'node:tty'
import type { AccountEnd } from '../lambda/fleet/fire-fleet.ts'
import type { FleetReport } from '../lambda/fleet/fleet-report.ts'
import { type Named, NO_ANSWER } from '../lambda/fleet/fleet-verdict.ts'
import { type FleetHold, type HeldAccount, holdOf, provenAtOf } from '../lambda/fleet/hold/fleet-hold.ts'
import {
  fleetEndSentence,
  fleetHoldMessageOf,
  fleetHoldWarnings,
  heldClauses,
} from '../lambda/fleet/hold/fleet-hold-sentences.ts'
import { type FleetLapEnd, runFleetLap } from '../lambda/fleet/hold/fleet-lap.ts'
import { knownSoFar } from '../lambda/hold/sentences.ts'
import { NO_LINKS } from '../lambda/messages/links.ts'
import { mailOf } from '../lambda/messages/mail.ts'
import type { LapMark } from '../lambda/page/story.ts'
import type { LapFindings } from '../lambda/sweep/hold.ts'
import { LONGEST_LAP_MS } from '../lambda/triggers/lap-limits.ts'
import type { Trigger } from '../lambda/triggers/trigger.ts'
import type { ArmedAccounts } from './accounts.ts'
import { type HoldInputs, knownAfter, MOST_LAPS, planOf, show } from './hold.ts'
import type { Interruption } from './interruption.ts'

/* Several accounts, each held for itself, lap after lap in this process; and one end. */

export interface FleetHoldInputs extends Pick<HoldInputs, 'scope' | 'holdMs' | 'interrupted'> {
  readonly fleet: ArmedAccounts
  readonly trigger: Trigger
  /** Of the pull before, and what each account came to in it. */
  readonly report: FleetReport
  readonly ends: readonly AccountEnd[]
  /** The signal that was heard; null while there was none. */
  readonly first: () => Interruption | null
}

/** How it ended: `lap` when it was interrupted. */
export interface HeldAll {
  readonly next: FleetLapEnd['next']
  readonly sentence: string
  readonly warnings: readonly string[]
  readonly hold: FleetHold
  /** What each account came to in the end: EMPTY where it was held to that. */
  readonly ends: readonly Named[]
  /** By account. */
  readonly laps: ReadonlyMap<string, readonly LapMark[]>
  /** For a person. */
  readonly text: string
}

/** Keeps every book shut, and shows what is known, a line a second, where standard error is a terminal. */
export async function keepAllShut(inputs: FleetHoldInputs): Promise<HeldAll> {
  const { fleet, trigger, report, interrupted, first } = inputs
  const pull = { receivedAt: Date.parse(report.trigger.receivedAt), endedAt: Date.now() }
  const accounts = inputs.ends.map(({ account, answer }): [string, HeldAccount] => {
    const known = knownAfter(answer.verdict, inputs.holdMs, pull.endedAt, provenAtOf(answer, pull))
    return [account, { known, ended: null }]
  })
  let hold: FleetHold = { ...planOf(inputs), group: null, accounts: Object.fromEntries(accounts) }
  const found = new Map<string, LapFindings>()
  const laps = new Map<string, LapMark[]>()
  const verdicts = new Map(inputs.ends.map(({ account, answer }) => [account, answer.verdict]))
  const showing = isatty(2) ? setInterval(() => show(allSoFar(hold, found)), 1_000) : undefined
  try {
    for (;;) {
      const invocation = { receivedAt: Date.now(), startedAt: performance.now(), isColdStart: false }
      const deadlineAt = invocation.startedAt + LONGEST_LAP_MS
      const onChange = (account: string, known: LapFindings) => found.set(account, known)
      const lap = { hold, lost: null }
      const meanwhile = { onChange, interrupted }
      const end = await runFleetLap(fleet, trigger, lap, invocation, deadlineAt, meanwhile)
      hold = end.hold
      found.clear()
      const atMs = invocation.receivedAt - Date.parse(report.trigger.receivedAt)
      for (const [account, own] of end.laps) {
        verdicts.set(account, own?.report?.verdict ?? 'FAILED')
        const sentence = own?.report?.sentence ?? own?.sentence ?? 'FAILED: the lap gave no answer.'
        const mark = { atMs, ms: Math.round(performance.now() - invocation.startedAt), sentence }
        laps.set(account, [...(laps.get(account) ?? []), mark].slice(-MOST_LAPS))
      }
      if (end.next !== 'lap' || first() !== null) return ended(end.next, hold, verdicts, laps)
    }
  } finally {
    clearInterval(showing)
  }
}

function ended(
  next: FleetLapEnd['next'],
  hold: FleetHold,
  verdicts: ReadonlyMap<string, Named['answer']['verdict']>,
  laps: HeldAll['laps'],
): HeldAll {
  const entries = Object.entries(hold.accounts)
  const ends = entries.map(([account, held]): Named => {
    const last = verdicts.get(account) ?? 'FAILED'
    // A lap may have ended EMPTY, and its hold be lost all the same.
    const verdict = held.ended?.as !== 'held' && last === 'EMPTY' ? 'UNVERIFIED' : last
    return { account, answer: { ...NO_ANSWER, verdict } }
  })
  const sentence = next === 'lap' ? interruptedSentence(hold) : fleetEndSentence(hold, Date.now())
  const { text } = mailOf(fleetHoldMessageOf(sentence, hold), NO_LINKS)
  return { next, sentence, warnings: fleetHoldWarnings(hold), hold, ends, laps, text }
}

function interruptedSentence({ pull, accounts }: FleetHold): string {
  const minutes = Math.max(1, Math.round((Date.now() - Date.parse(pull.receivedAt)) / 60_000))
  return `INTERRUPTED after ${minutes} min: ${heldClauses(Object.entries(accounts)).join(', ')}.`
}

/** In one line: those that are not known to be empty, by name. */
function allSoFar(hold: FleetHold, found: ReadonlyMap<string, LapFindings>): string {
  const each = Object.entries(hold.accounts).map(([account, { known, ended }]) => {
    const text = ended === null ? knownSoFar(holdOf(hold, known), found.get(account) ?? null) : ended.sentence
    return { account, text, isCalm: ended === null && text.startsWith('0 open') }
  })
  const others = each.filter(({ isCalm }) => !isCalm).map(({ account, text }) => `; ${account}: ${text}`)
  return `${each.length - others.length} of ${each.length} accounts have 0 open${others.join('')}`
}
