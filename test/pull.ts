import { expect } from 'vitest'
import { systemClock } from '../lambda/clock.ts'
import { unansweredCancels } from '../lambda/kraken/attempt.ts'
import type { Scope } from '../lambda/kraken/symbol.ts'
import { type Road, type Swept, sweepRoads } from '../lambda/sweep/roads.ts'
import { decide, type Verdict } from '../lambda/sweep/verdict.ts'
import { expectOracles, expectTrueCount } from './oracles.ts'
import type { Venue } from './venue.ts'

export interface Pulled {
  readonly swept: Swept
  readonly verdict: Verdict
  readonly tookMs: number
}

export interface PullInputs {
  readonly scope: Scope
  readonly timeMs: number
  readonly quietPeriodMs: number
  readonly roads: (deadlineAt: number) => readonly Road[]
  /** The switch's own cancels are not all that takes orders away, or Kraken denies what it did: none can be counted. */
  readonly isUncountable?: boolean
}

/** It ends no later than this after its deadline: what is under way then has to fail first. */
const MOST_LATE_MS = 500

/** The real sweep over real sockets, in real time; holds what is true of every one. */
export async function pullOver(venue: Venue, inputs: PullInputs): Promise<Pulled> {
  const { scope, timeMs, quietPeriodMs, isUncountable } = inputs
  const startedAt = performance.now()
  const before = { attempts: venue.attempts.length, cancelsSent: venue.cancelsSent }
  const deadlineAt = startedAt + timeMs
  // By a timer and not by the clock: where the machine halts for a moment, the sweep's own timers are due before this one.
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
  }, timeMs + MOST_LATE_MS)
  const roads = inputs.roads(deadlineAt)
  const swept = await sweepRoads({ roads, clock: systemClock, scope, deadlineAt, quietPeriodMs })
  clearTimeout(timer)
  const tookMs = performance.now() - startedAt
  const verdict = decide(swept.roads)
  expectOracles(venue.exchange, scope, verdict.kind === 'EMPTY' ? verdict.proof : null)
  expect(isLate, 'it ended long after its deadline').toBe(false)
  const attempts = venue.attempts.slice(before.attempts)
  const unanswered = unansweredCancels(attempts, venue.cancelsSent - before.cancelsSent)
  const open = verdict.kind === 'NOT_EMPTY' ? verdict.open : []
  if (!isUncountable) expectTrueCount(venue.exchange, startedAt, swept.tally.cancelled(open), unanswered > 0)
  return { swept, verdict, tookMs }
}
