import type { OrderDesk } from '../drill/order-desk.ts'
import type { Attempt } from '../lambda/kraken/attempt.ts'
import type { HttpAnswer } from '../lambda/report/http-answer.ts'
import type { Report } from '../lambda/report/report.ts'
import type { Verdict } from '../lambda/sweep/verdict.ts'
import type { Hold } from '../lambda/triggers/hold-event.ts'
import type { Plan, PlannedPull } from './plan.ts'
import type { Process } from './process.ts'
import type { Telling, Visit } from './visit.ts'

/** What became of one pull, or of one lap. Times are of the virtual clock. */
export interface Pulled {
  readonly planned: PlannedPull
  readonly process: Process
  readonly startedAt: number
  readonly deadlineAt: number
  readonly endedAt: number
  readonly verdict: Verdict
  readonly report: Report
  readonly http: HttpAnswer
  readonly attempts: readonly Attempt[]
  /** Null for a pull. */
  readonly lap: LapEnd | null
}

export interface LapEnd {
  readonly next: 'lap' | 'held' | 'lost'
  /** As it was given, and as it leaves it. */
  readonly before: Hold
  readonly after: Hold
  /** By the virtual clock. */
  readonly emptySince: number | null
}

/** One lap while its process lived, whether its end was heard or not. */
export interface Life {
  /** Its number among pulls and laps, as visits have it; of a lap that died one that no other has. */
  readonly id: number
  readonly startedAt: number
  /** Or died. */
  endedAt: number
  readonly isLost: boolean
}

/** What became of one hold. */
export interface Held {
  readonly planned: PlannedPull
  /** The pull's end. */
  readonly beganAt: number
  readonly lives: Life[]
  /** No further lap was asked for, though its time was not over. */
  isReleased: boolean
}

/** One run of a plan, and all that can be held against it. */
export interface Run {
  readonly plan: Plan
  readonly desk: OrderDesk
  readonly visits: readonly Visit[]
  readonly tellings: readonly Telling[]
  /** Pulls first, in the plan's order; then laps, as they began. */
  readonly pulls: readonly Pulled[]
  readonly holds: readonly Held[]
  /** Every key and secret that there was. */
  readonly secrets: readonly { readonly apiKey: string; readonly apiSecret: string }[]
}
