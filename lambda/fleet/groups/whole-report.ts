import type { Group } from '../../init/fleet/roster.ts'
import type { Scope } from '../../kraken/scope.ts'
import type { Message } from '../../messages/message.ts'
import { shownScope } from '../../report/brief.ts'
import type { Report } from '../../report/report.ts'
import type { VerdictKind } from '../../sweep/verdict.ts'
import type { Trigger } from '../../triggers/trigger.ts'
import { markOf } from '../fleet-message.ts'
import { differenceSentences } from '../fleet-sentence.ts'
import type { FleetVerdictKind } from '../fleet-verdict.ts'
import type { Heard } from './heard.ts'
import { heldOf, holdLines, type WholeHold } from './whole-hold.ts'
import { wholeSentence } from './whole-sentence.ts'
import type { Whole } from './whole-verdict.ts'

/** What a pull over groups of accounts is logged, mailed and returned as: the verdict first, as one sentence. */
export interface WholeReport {
  readonly verdict: FleetVerdictKind
  readonly sentence: string
  readonly warnings: readonly string[]
  readonly trigger: Report['trigger']
  /** Null when nothing was to be cancelled. */
  readonly scope: Scope | null
  readonly groups: number
  /** Those that were asked for, by name; none when nothing was sent. The log has each one's report, by its group. */
  readonly accounts: Readonly<Record<string, VerdictKind>>
  readonly cancelled: number
  /** What goes on after this; null for nothing. */
  readonly hold: WholeHold | null
  /** From the beginning of the execution, in milliseconds. */
  readonly totalMs: number
}

export interface WholeReportInputs {
  readonly whole: Whole
  readonly heard: Heard
  readonly groups: readonly Group[]
  readonly trigger: Trigger
  /** Of the state machine that holds; null where none does. */
  readonly holdMachineArn: string | null
  /** Milliseconds since 1970, by two clocks of AWS. */
  readonly startedAt: number
  readonly endedAt: number
}

const MOST_WARNINGS = 40

export function makeWholeReport(inputs: WholeReportInputs): WholeReport {
  const { whole, heard, groups, trigger, startedAt, endedAt, holdMachineArn } = inputs
  const { kind, by, reason, eventAt, action } = trigger
  const scope = 'scope' in action ? action.scope : null
  const totalMs = Math.max(0, endedAt - startedAt)
  const hold = heldOf(heard.answers)
  return {
    verdict: whole.verdict.kind,
    sentence: wholeSentence({ whole, groups, heard, scope, totalMs }),
    warnings: [...holdLines(hold, holdMachineArn), ...warningsOf(groups, heard)].slice(0, MOST_WARNINGS),
    trigger: {
      kind,
      by,
      reason,
      receivedAt: new Date(startedAt).toISOString(),
      eventAgeMs: eventAt === null ? null : startedAt - eventAt,
    },
    scope,
    groups: groups.length,
    accounts: Object.fromEntries(whole.ends.map(({ account, answer }) => [account, answer.verdict])),
    cancelled: whole.ends.reduce((sum, { answer }) => sum + answer.cancelled, 0),
    hold,
    totalMs,
  }
}

function warningsOf(groups: readonly Group[], { answers, lost }: Heard): readonly string[] {
  const times = (name: string) =>
    answers.filter(({ group }) => group === name).length + (lost.has(name) ? 1 : 0)
  return [
    ...[...lost].map(
      ([name, why]) =>
        `LOST: the group ${name} gave no answer (${why}). Its orders may rest: look at them, and press again.`,
    ),
    ...groups
      .filter(({ name }) => times(name) > 1)
      .map(({ name }) => `TWICE: the group ${name} answered ${times(name)} times; the worst counts.`),
    ...answers.flatMap(({ group, differences }) =>
      differenceSentences(differences).map((sentence) => `${group}: ${sentence}`),
    ),
  ]
}

/** So many accounts have a line of their own in a message. */
const MOST_LINES = 40

export function wholeMessageOf(report: WholeReport, { verdict, ends }: Whole): Message {
  const { sentence, warnings, trigger, scope, groups, cancelled, totalMs } = report
  const empty = ends.filter(({ answer }) => answer.verdict === 'EMPTY').length
  const others = verdict.kind === 'NOT_PROVEN' ? verdict.others : []
  const more = others.length - MOST_LINES
  return {
    sentence,
    numbers: [
      ['Empty', `${empty} of ${ends.length} accounts`],
      ['Cancelled', String(cancelled)],
      ['Took', `${totalMs} ms`],
    ],
    warnings,
    details: [
      ['Pulled by', `${trigger.kind}, ${trigger.by}, at ${trigger.receivedAt}`],
      ...(trigger.reason === null ? [] : [['Reason', trigger.reason] as const]),
      ...(scope === null ? [] : [['Scope', shownScope(scope)] as const]),
      ['Groups', String(groups)],
      ...others
        .slice(0, MOST_LINES)
        .map(({ account, answer }) => [account, answer.why ?? answer.verdict] as const),
      ...(more > 0 ? [['And', `${more} more accounts; the log has all`] as const] : []),
    ],
    mark: markOf(verdict),
  }
}
