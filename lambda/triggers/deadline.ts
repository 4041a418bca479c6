import { LONGEST_LAP_MS } from './lap-limits.ts'
import type { TriggerKind } from './trigger.ts'

/** API Gateway gives up after 30 s; the answer has to be on its way before. */
export const HTTP_LIMIT_MS = 25_000
/** The others have all of the function's time. What needs longer to look is not ready, and the next check comes soon. */
const LIMIT_MS: Readonly<Partial<Record<TriggerKind, number>>> = {
  http: HTTP_LIMIT_MS,
  dashboard: HTTP_LIMIT_MS, // a browser waits
  readiness: HTTP_LIMIT_MS,
  hold: LONGEST_LAP_MS,
}
/** For the report, and for a timer that is late on a busy CPU: a tenth of the time, within these. */
const LEAST_MARGIN_MS = 200
const MOST_MARGIN_MS = 1_500

/**
 * When the sweep has to end, so that the report is out before Lambda ends the invocation.
 *
 * @param startedAt monotonic milliseconds
 * @param remainingMs what Lambda leaves from then on
 * @returns monotonic milliseconds
 */
export function deadlineOf(kind: TriggerKind, startedAt: number, remainingMs: number): number {
  const usableMs = Math.min(remainingMs, LIMIT_MS[kind] ?? remainingMs)
  const marginMs = Math.min(Math.max(usableMs / 10, LEAST_MARGIN_MS), MOST_MARGIN_MS)
  return startedAt + usableMs - marginMs
}
