import type { Attempt } from '../kraken/attempt.ts'
import { unansweredCancels } from '../kraken/attempt.ts'
import type { Position } from '../kraken/exchange.ts'
import type { Scope } from '../kraken/scope.ts'
import { shown } from '../printable.ts'
import { type Kept, keptOf } from '../sweep/kept.ts'
import type { Swept } from '../sweep/roads.ts'
import { type Cancelled, Tally } from '../sweep/tally.ts'
import type { Verdict, VerdictKind } from '../sweep/verdict.ts'
import type { Trigger } from '../triggers/trigger.ts'
import { countBySymbol, firstSentence } from './sentence.ts'
import {
  MOST_LISTED,
  type ShownAttempt,
  type ShownOrder,
  type ShownRoad,
  showAttempts,
  showOrder,
  showPosition,
  showRoad,
} from './shown.ts'
import { untouched, warningsOf } from './warnings.ts'

/** What is logged and returned: the verdict first, as one sentence. Lists hold their first 100 entries. */
export interface Report {
  readonly verdict: VerdictKind
  readonly sentence: string
  /** What the operator should know beside the verdict, a sentence each. */
  readonly warnings: readonly string[]
  readonly trigger: {
    readonly kind: Trigger['kind']
    readonly by: string
    readonly reason: string | null
    /** ISO 8601. */
    readonly receivedAt: string
    /** From the event at its source to its receipt here; null when the event does not say. */
    readonly eventAgeMs: number | null
  }
  /** Null when nothing was to be cancelled. */
  readonly scope: Scope | null
  /** By every ack and read; without what is open at the end, whatever an ack said of it. */
  readonly cancelled: {
    /** Those that Kraken named or counted. */
    readonly count: number
    /** There may be more: a cancel was sent that has no usable answer, or one that does not say what it cancelled. */
    readonly isLowerBound: boolean
    readonly orderIds: readonly string[]
    readonly bySymbol: Readonly<Record<string, number>>
    /** Reduce-only orders, stops and take-profits that went with it, as far as Kraken described them. */
    readonly protective: readonly ShownOrder[]
    readonly protectiveCount: number
    /** Of `count`, orders of which Kraken gave nothing but the id, or the number; they may be protective. */
    readonly withoutDetail: number
  }
  /** What each road did and saw; two that disagree both stand here with what they read. */
  readonly roads: readonly ShownRoad[]
  readonly remaining: { readonly count: number; readonly orders: readonly ShownOrder[] } | 'unknown'
  /** Reduce-only orders that were to stay, by the last read; null where everything in scope was to go. */
  readonly kept: { readonly count: number; readonly orders: readonly ShownOrder[] } | 'unknown' | null
  readonly proof: { readonly reads: number; readonly quietPeriodMs: number; readonly at: string } | null
  readonly positions: readonly Position[] | 'unknown'
  readonly attempts: readonly ShownAttempt[]
  /** Milliseconds after the trigger was received; null for what did not happen. */
  readonly timing: {
    readonly coldStart: boolean
    readonly secretMs: number | null
    readonly sentMs: number | null
    readonly ackMs: number | null
    readonly verifiedMs: number | null
    readonly totalMs: number
  }
  readonly exchange: { readonly serverTime: string; readonly clockSkewMs: number } | null
  /** The secret that held the key: which account it was. */
  readonly account: string | null
  /** What goes on after this; null for nothing. */
  readonly hold: StartedHold | null
}

/** A hold that was started after the pull. */
export interface StartedHold {
  /** Of the state machine's execution; stopping that releases the hold. */
  readonly executionArn: string
  /** ISO 8601: by then it ends by itself. */
  readonly endsBy: string
  /** After the proof. */
  readonly keepShutMinutes: number
}

export interface ReportInputs {
  readonly verdict: Verdict
  readonly trigger: Trigger
  readonly invocation: Invocation
  /** Null when nothing was sent. */
  readonly swept: Swept | null
  readonly attempts: readonly Attempt[]
  /** How many cancels were sent, on each connection; the attempts of some may not have ended. */
  readonly cancelsSent: number
  /** When the key was at hand; monotonic milliseconds. */
  readonly keyAt: number | null
  readonly account: string | null
}

/** The invocation's own facts. */
export interface Invocation {
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  /** The same moment on the monotonic clock. */
  readonly startedAt: number
  readonly isColdStart: boolean
}

/** Pure, but for the end of `totalMs`, which is `endedAt`. */
export function makeReport(inputs: ReportInputs, endedAt: number): Report {
  const { verdict, trigger, invocation, swept } = inputs
  const { action } = trigger
  const ms = (at: number | null) => (at === null ? null : Math.round(at - invocation.startedAt))
  const verifiedMs = verdict.kind === 'EMPTY' ? ms(verdict.proof.at) : null
  const cancelled = swept?.tally.cancelled(verdict.kind === 'NOT_EMPTY' ? verdict.open : []) ?? NOTHING
  const kept = swept === null ? null : keptOf(swept, verdict)
  const unansweredCount = unansweredCancels(inputs.attempts, inputs.cancelsSent)
  const isLowerBound = unansweredCount > 0 || cancelled.hasUncounted || cancelled.perhapsTwo > 0
  const wallTime = (at: number) => new Date(invocation.receivedAt + at - invocation.startedAt).toISOString()
  const sentAt = inputs.attempts.find(({ isCancel, sentAt }) => isCancel && sentAt !== null)?.sentAt ?? null
  return {
    verdict: verdict.kind,
    sentence: firstSentence({
      verdict,
      roads: swept?.roads ?? [],
      tally: swept?.tally ?? null,
      cancelled: { count: cancelled.count, isLowerBound },
      unansweredCount,
      keptCount: kept === null || kept === 'unknown' ? null : kept.orders.length,
      verifiedMs,
      ...(trigger.kind === 'hold' ? { since: 'the lap began' } : {}),
    }),
    warnings: [
      ...untouched(verdict),
      ...(swept === null
        ? []
        : warningsOf({ swept, verdict, cancelled, kept, unansweredCount, attempts: inputs.attempts })),
    ],
    trigger: {
      kind: trigger.kind,
      by: trigger.by,
      reason: trigger.reason,
      receivedAt: new Date(invocation.receivedAt).toISOString(),
      eventAgeMs: trigger.eventAt === null ? null : invocation.receivedAt - trigger.eventAt,
    },
    scope: 'scope' in action ? action.scope : null,
    cancelled: { ...showCancelled(cancelled), isLowerBound },
    roads: swept?.roads.map((road) => showRoad(road, ms)) ?? [],
    remaining: remaining(verdict),
    kept: showKept(kept),
    proof:
      verdict.kind === 'EMPTY'
        ? {
            reads: swept?.roads.find(({ proof }) => proof === verdict.proof)?.bookReads ?? 0,
            quietPeriodMs: verdict.proof.quietPeriodMs,
            at: wallTime(verdict.proof.at),
          }
        : null,
    positions: swept?.positions?.slice(0, MOST_LISTED).map(showPosition) ?? 'unknown',
    attempts: showAttempts(inputs.attempts, invocation.startedAt),
    timing: {
      coldStart: invocation.isColdStart,
      secretMs: inputs.keyAt === null ? null : Math.max(0, ms(inputs.keyAt) ?? 0),
      sentMs: ms(sentAt),
      ackMs: ms(firstAckAt(swept)),
      verifiedMs,
      totalMs: Math.round(endedAt - invocation.startedAt),
    },
    exchange: exchangeClock(swept),
    account: inputs.account,
    hold: null,
  }
}

function firstAckAt(swept: Swept | null): number | null {
  const times = swept?.roads.map((road) => road.firstAckAt).filter((at) => at !== null) ?? []
  return times.length === 0 ? null : Math.min(...times)
}

const NOTHING = new Tally('all').cancelled()

function showCancelled({
  count,
  orderIds,
  described,
  protective,
}: Cancelled): Omit<Report['cancelled'], 'isLowerBound'> {
  return {
    count,
    orderIds: orderIds.slice(0, MOST_LISTED).map(shown),
    bySymbol: Object.fromEntries(countBySymbol(described).slice(0, MOST_LISTED)),
    protective: protective.slice(0, MOST_LISTED).map(showOrder),
    protectiveCount: protective.length,
    withoutDetail: count - described.length,
  }
}

function remaining(verdict: Verdict): Report['remaining'] {
  if (verdict.kind === 'EMPTY') return { count: 0, orders: [] }
  if (verdict.kind !== 'NOT_EMPTY') return 'unknown'
  return { count: verdict.open.length, orders: verdict.open.slice(0, MOST_LISTED).map(showOrder) }
}

function showKept(kept: Kept | 'unknown' | null): Report['kept'] {
  if (kept === null || kept === 'unknown') return kept
  return { count: kept.orders.length, orders: kept.orders.slice(0, MOST_LISTED).map(showOrder) }
}

function exchangeClock(swept: Swept | null): Report['exchange'] {
  const clock = swept?.exchangeClock ?? null
  if (clock === null) return null
  return { serverTime: new Date(clock.serverTime).toISOString(), clockSkewMs: clock.skewMs }
}
