import { OrderDesk } from '../drill/order-desk.ts'
import { Credentials } from '../lambda/credentials.ts'
import { type HttpAnswer, httpAnswer } from '../lambda/http-answer.ts'
import { Budget } from '../lambda/kraken/budget.ts'
import type { Attempt } from '../lambda/kraken/call.ts'
import { futuresRest } from '../lambda/kraken/futures-rest.ts'
import { makeReport, type Report } from '../lambda/report.ts'
import { sweepRoads } from '../lambda/roads.ts'
import { decide, type Verdict } from '../lambda/verdict.ts'
import { FaultInjector } from './fault-injector.ts'
import { Network, type Visit } from './network.ts'
import type { Plan, PlannedPull } from './plan.ts'
import { VirtualClock } from './virtual-time.ts'

const URL_OF_KRAKEN = new URL('https://futures.kraken.com/derivatives/api/v3')

/** What became of one pull. Times are of the virtual clock. */
export interface Pulled {
  readonly planned: PlannedPull
  readonly startedAt: number
  readonly deadlineAt: number
  readonly endedAt: number
  readonly verdict: Verdict
  readonly report: Report
  readonly http: HttpAnswer
}

/** One run of a plan, and all that can be held against it. */
export interface Run {
  readonly plan: Plan
  readonly desk: OrderDesk
  readonly visits: readonly Visit[]
  readonly pulls: readonly Pulled[]
  /** Every key and secret that there was. */
  readonly secrets: readonly { readonly apiKey: string; readonly apiSecret: string }[]
}

/** Runs the real sweep, `send`, signer, parsers and verdict against the embedded exchange's book, in virtual time. */
export async function simulate(plan: Plan): Promise<Run> {
  const clock = new VirtualClock()
  const desk = new OrderDesk({ now: clock.now, wallTime: () => clock.wallTime() + plan.clockSkewMs })
  const { account } = desk
  for (const { symbol, orderType, reduceOnly } of plan.orders)
    account.book.place({ symbol, orderType, reduceOnly })
  const secrets = [{ apiKey: account.apiKey, apiSecret: account.apiSecret }]
  let stored = account.secret
  const faultInjector = new FaultInjector(clock, desk, plan)
  faultInjector.begin(() => {
    stored = account.secret
    secrets.push({ apiKey: account.apiKey, apiSecret: account.apiSecret })
  })
  const network = new Network(clock, desk, faultInjector, plan)

  const pull = async (planned: PlannedPull, index: number): Promise<Pulled> => {
    const keys = new Credentials(async () => {
      await clock.sleep(plan.latencyMs)
      return stored
    }, clock)
    await keys.current()
    await clock.sleep(planned.atMs)
    const startedAt = clock.now()
    const deadlineAt = startedAt + planned.timeMs
    const attempts: Attempt[] = []
    const { attemptTimeoutMs, spareAfterMs, scope, quietPeriodMs } = planned
    const exchange = futuresRest({
      ...network.connectionsOf(index),
      url: URL_OF_KRAKEN,
      keys: keys.of('rest'),
      budget: new Budget(clock),
      clock,
      attemptTimeoutMs,
      spareAfterMs,
      deadlineAt,
      onAttempt: (attempt) => attempts.push(attempt),
    })
    const swept = await sweepRoads({
      roads: [{ name: 'rest', exchange }],
      clock,
      scope,
      deadlineAt,
      quietPeriodMs,
    })
    const verdict = decide(swept.roads)
    const report = makeReport(
      {
        verdict,
        trigger: { kind: 'http', by: 'siege', reason: null, eventAt: null, action: { do: 'fire', scope } },
        invocation: { receivedAt: clock.wallTime(), startedAt, isColdStart: false },
        swept,
        attempts,
        keyAt: startedAt,
        account: null,
      },
      clock.now(),
    )
    return {
      planned,
      startedAt,
      deadlineAt,
      endedAt: clock.now(),
      verdict,
      report,
      http: httpAnswer(verdict, report),
    }
  }

  const pulling = Promise.all(plan.pulls.map(pull))
  await clock.passUntil(pulling)
  return { plan, desk, visits: network.visits, pulls: await pulling, secrets }
}
