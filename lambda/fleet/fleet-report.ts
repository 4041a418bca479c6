import type { Differences } from '../init/fleet/fleet-secret.ts'
import type { Attempt } from '../kraken/attempt.ts'
import type { Scope } from '../kraken/scope.ts'
import type { Invocation, Report, StartedHold } from '../report/report.ts'
import { type ShownAttempt, showAttempts } from '../report/shown.ts'
import type { Trigger } from '../triggers/trigger.ts'
import type { AccountEnd } from './fire-fleet.ts'
import { differenceSentences, fleetSentence, underNames } from './fleet-sentence.ts'
import type { FleetVerdict, FleetVerdictKind } from './fleet-verdict.ts'

/** What a pull over many accounts is logged and returned as: the verdict first, as one sentence. */
export interface FleetReport {
  readonly verdict: FleetVerdictKind
  readonly sentence: string
  /** Of the fleet; and of each account, under its name. */
  readonly warnings: readonly string[]
  readonly trigger: Report['trigger']
  /** Null when nothing was to be cancelled. */
  readonly scope: Scope | null
  /** Of which group they are; null where the switch has one roster. */
  readonly group: string | null
  readonly roster: readonly string[]
  /** Those that were asked for; none when nothing was sent. */
  readonly asked: readonly string[]
  /** By name; null for one that gave none. */
  readonly accounts: Readonly<Record<string, Report | null>>
  /** Of what they share: the secret. */
  readonly attempts: readonly ShownAttempt[]
  /** Milliseconds after the trigger was received; null for what did not happen. */
  readonly timing: {
    readonly coldStart: boolean
    /** The first and the last of the accounts' first cancels. */
    readonly firstSentMs: number | null
    readonly lastSentMs: number | null
    /** The last account's proof; null where one has none. */
    readonly verifiedMs: number | null
    readonly totalMs: number
  }
  /** What goes on after this; null for nothing. */
  readonly hold: StartedHold | null
  /** What is cut off to keep this short; null for nothing. The log has each account's report whole. */
  readonly leftOut: string | null
}

export interface FleetReportInputs {
  readonly verdict: FleetVerdict
  readonly ends: readonly AccountEnd[]
  readonly differences: Differences
  readonly trigger: Trigger
  readonly group: string | null
  readonly roster: readonly string[]
  readonly asked: readonly string[]
  readonly invocation: Invocation
  readonly attempts: readonly Attempt[]
}

/** Pure, but for the end of `totalMs`, which is `endedAt`. */
export function makeFleetReport(inputs: FleetReportInputs, endedAt: number): FleetReport {
  const { verdict, ends, differences, trigger, group, roster, asked, invocation } = inputs
  const { kind, by, reason, eventAt, action } = trigger
  const { receivedAt, startedAt, isColdStart } = invocation
  const scope = 'scope' in action ? action.scope : null
  const reports = ends.flatMap(({ report }) => report ?? [])
  const sent = reports.flatMap(({ timing }) => timing.sentMs ?? [])
  const verified = reports.flatMap(({ timing }) => timing.verifiedMs ?? [])
  return {
    verdict: verdict.kind,
    sentence: fleetSentence({ verdict, roster, asked, answers: ends, differences, scope }),
    warnings: [
      ...(verdict.kind === 'NOT_FIRED' ? [] : differenceSentences(differences)),
      ...underNames(
        asked,
        ends.map(({ account, report }) => [account, report?.warnings ?? []]),
      ),
    ],
    trigger: {
      kind,
      by,
      reason,
      receivedAt: new Date(receivedAt).toISOString(),
      eventAgeMs: eventAt === null ? null : receivedAt - eventAt,
    },
    scope,
    group,
    roster,
    asked: verdict.kind === 'NOT_FIRED' ? [] : asked,
    accounts: Object.fromEntries(ends.map(({ account, report }) => [account, report])),
    attempts: showAttempts(inputs.attempts, startedAt),
    timing: {
      coldStart: isColdStart,
      firstSentMs: sent.length === 0 ? null : Math.min(...sent),
      lastSentMs: sent.length < asked.length ? null : Math.max(...sent),
      verifiedMs: verified.length < asked.length ? null : Math.max(...verified),
      totalMs: Math.round(endedAt - startedAt),
    },
    hold: null,
    leftOut: null,
  }
}

/** What Step Functions takes as a state, and an asynchronous invocation as an answer: 256 KB, less what goes around it. */
const MOST_BYTES = 240_000
/** Entries of each list, from as many as a report of one account has down to none. */
const LENGTHS = [25, 5, 0] as const

/** The same report, in no more than 240 KB: what is too much of its lists is cut off, and that is said. */
export function bounded(report: FleetReport): FleetReport {
  if (bytesOf(report) <= MOST_BYTES) return report
  for (const most of LENGTHS) {
    const cut = { ...shortened(report, most), leftOut: leftOut(most) }
    if (bytesOf(cut) <= MOST_BYTES) return cut
  }
  return { ...shortened(report, 0), accounts: {}, leftOut: "Every account's report; the log has them." }
}

function leftOut(most: number): string {
  const what = most === 0 ? 'All entries of the lists' : `All but the first ${most} entries of each list`
  return `${what} in the accounts' reports; the log has them.`
}

function shortened(report: FleetReport, most: number): FleetReport {
  const accounts = Object.entries(report.accounts).map(([name, one]) => [name, one && cutLists(one, most)])
  return { ...report, accounts: Object.fromEntries(accounts) }
}

/** Counts stay as they are; positions, of which there is none, are not known where all are cut off. */
function cutLists(report: Report, most: number): Report {
  const cut = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.slice(0, most).map(cut)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, cut(inner)]))
  }
  const { warnings, roads, scope, cancelled, positions } = report
  const { cancelled: cutCancelled, ...others } = cut(report) as Report
  const bySymbol = Object.fromEntries(Object.entries(cancelled.bySymbol).slice(0, most))
  const isCutOff = most === 0 && positions.length > 0
  return {
    ...others,
    ...(isCutOff ? { positions: 'unknown' as const } : {}),
    warnings,
    roads,
    scope,
    cancelled: { ...cutCancelled, bySymbol },
  }
}

function bytesOf(report: FleetReport): number {
  return Buffer.byteLength(JSON.stringify(report))
}
