import type { TriggerKind } from './trigger.ts'

/** API Gateway gives up after 30 s; the answer has to be on its way before. */
const HTTP_LIMIT_MS = 25_000
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
  const usableMs = kind === 'http' ? Math.min(remainingMs, HTTP_LIMIT_MS) : remainingMs
  const marginMs = Math.min(Math.max(usableMs / 10, LEAST_MARGIN_MS), MOST_MARGIN_MS)
  return startedAt + usableMs - marginMs
}
