import { isRefusal } from '../kraken/exchange-error.ts'
import type { Attempt } from '../kraken/http/call.ts'

/**
 * How many of the cancels that were sent have no usable answer: each may have been carried out, as behind a proxy that
 * answers 502, and what it cancelled is not known.
 *
 * @param sentCount of cancels, on each connection; those that are still under way are among them
 */
export function unansweredCancels(attempts: readonly Attempt[], sentCount: number): number {
  const answered = attempts.filter(
    ({ isCancel, sentAt, outcome }) =>
      isCancel && sentAt !== null && (outcome === 'ok' || isRefusal(outcome)),
  )
  return Math.max(0, sentCount - answered.length)
}
