import type { VerdictKind } from '../sweep/verdict.ts'

/* What the function counts, and what the stack watches. */

export const NAMESPACE = 'KillSwitch'
/** A dimension of every metric, beside the function's name; and of every log line. */
export const SERVICE = 'kraken-futures-kill-switch'

/** One count for each verdict, so that an alarm can watch one. */
export const VERDICT_METRIC = {
  EMPTY: 'VerdictEmpty',
  NOT_EMPTY: 'VerdictNotEmpty',
  UNVERIFIED: 'VerdictUnverified',
  FAILED: 'VerdictFailed',
  NOT_FIRED: 'VerdictNotFired',
} as const satisfies Readonly<Record<VerdictKind, string>>

export type CountName =
  | (typeof VERDICT_METRIC)[VerdictKind]
  | 'OrdersCancelled'
  | 'ProtectiveOrdersCancelled'
  | 'OrdersRemaining'
  | 'NotifyFailed'
  | 'Ready'
  | 'RoadReady'
  | 'RoadFailed'
  | 'HoldNotStarted'
  | 'HoldLap'
  | 'HoldLost'

/** In milliseconds after the trigger was received. */
export type TimeName = 'SentMs' | 'AckMs' | 'VerifiedMs' | 'RoadAckMs'

export type MetricName = CountName | TimeName
