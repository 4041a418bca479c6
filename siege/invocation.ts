import type { Attempt } from '../lambda/kraken/attempt.ts'
import { httpAnswer } from '../lambda/report/http-answer.ts'
import { type Invocation, makeReport, type Report } from '../lambda/report/report.ts'
import type { Road, Swept } from '../lambda/sweep/roads.ts'
import type { Verdict } from '../lambda/sweep/verdict.ts'
import type { PlannedPull } from './plan.ts'
import type { Process } from './process.ts'
import type { LapEnd, Pulled } from './run.ts'

/** One pull or lap that is to be run. */
export interface Invoked {
  readonly process: Process
  /** Its number among pulls and laps. */
  readonly id: number
  readonly planned: PlannedPull
  /** Until its deadline. */
  readonly timeMs: number
  /** Hears of each cancel as it is sent. */
  readonly onCancelSent?: () => void
}

interface Work {
  readonly roads: readonly Road[]
  readonly clock: Process['clock']
  readonly deadlineAt: number
  readonly invocation: Invocation
}

interface Outcome {
  readonly swept: Swept | null
  readonly verdict: Verdict
  /** What a lap leaves, given its report; null for a pull. */
  readonly lapEndOf: (report: Report) => LapEnd | null
}

/** Runs one pull or lap in its process, and reports as the function does. */
export async function invoke(
  { process, id, planned, timeMs, onCancelSent }: Invoked,
  work: (inputs: Work) => Promise<Outcome>,
): Promise<Pulled> {
  const { clock } = process
  const { scope } = planned
  const startedAt = clock.now()
  const invocation = { receivedAt: clock.wallTime(), startedAt, isColdStart: false }
  const deadlineAt = startedAt + timeMs
  const attempts: Attempt[] = []
  let isOver = false
  let cancelsSent = 0
  process.occasion = id
  const roads = process.roads(planned, {
    deadlineAt,
    isOver: () => isOver,
    onAttempt: (attempt) => attempts.push(attempt),
    onCancelSent: () => {
      cancelsSent += 1
      onCancelSent?.()
    },
  })
  const { swept, verdict, lapEndOf } = await work({ roads, clock, deadlineAt, invocation })
  isOver = true
  const report = makeReport(
    {
      verdict,
      trigger: { kind: 'http', by: 'siege', reason: null, eventAt: null, action: { do: 'fire', scope } },
      invocation,
      swept,
      attempts,
      cancelsSent,
      keyAt: startedAt,
      account: null,
    },
    clock.now(),
  )
  const http = httpAnswer(verdict, report)
  const endedAt = clock.now()
  return {
    planned,
    process,
    startedAt,
    deadlineAt,
    endedAt,
    verdict,
    report,
    http,
    attempts,
    lap: lapEndOf(report),
  }
}
