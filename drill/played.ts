import type { ReadinessReport } from '../lambda/readiness/readiness.ts'
import type { Report } from '../lambda/report/report.ts'
import type { PlayedHold } from './hold-round.ts'
import type { Answer } from './rounds.ts'

/** What one round came to. */
export interface Played {
  readonly title: string
  readonly expected: readonly Answer[]
  readonly answer: Answer | 'NO ANSWER'
  readonly sentence: string
  readonly report: Report | ReadinessReport | null
  /** Orders in scope on the exchange's own book, when the answer was here. */
  readonly ordersLeft: number
  /** Reduce-only orders on it, before and then, where they are kept. */
  readonly kept?: { readonly before: number; readonly after: number }
  readonly isAsItShouldBe: boolean
  readonly hold?: PlayedHold
}
