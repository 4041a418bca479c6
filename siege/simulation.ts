import { OrderDesk } from '../drill/order-desk.ts'
import { Credentials } from '../lambda/init/credentials.ts'
import type { Attempt } from '../lambda/kraken/attempt.ts'
import { Budget, REST_ALLOWANCE, SPOT_ALLOWANCE } from '../lambda/kraken/http/budget.ts'
import type { ApiInputs } from '../lambda/kraken/http/call.ts'
import { futuresRest } from '../lambda/kraken/rest/futures-rest.ts'
import { Sessions } from '../lambda/kraken/unified/sessions.ts'
import { fetchToken } from '../lambda/kraken/unified/token.ts'
import { unified } from '../lambda/kraken/unified/unified.ts'
import { type HttpAnswer, httpAnswer } from '../lambda/report/http-answer.ts'
import { makeReport, type Report } from '../lambda/report/report.ts'
import { type Road, sweepRoads } from '../lambda/sweep/roads.ts'
import { decide, type Verdict } from '../lambda/sweep/verdict.ts'
import { FaultInjector } from './fault-injector.ts'
import { Network } from './network.ts'
import type { Plan, PlannedPull } from './plan.ts'
import { VirtualClock } from './virtual-time.ts'
import type { Telling, Visit } from './visit.ts'

const URL_OF_TOKENS = new URL('https://api.kraken.com')
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
  readonly attempts: readonly Attempt[]
}

/** One run of a plan, and all that can be held against it. */
export interface Run {
  readonly plan: Plan
  readonly desk: OrderDesk
  readonly visits: readonly Visit[]
  readonly tellings: readonly Telling[]
  readonly pulls: readonly Pulled[]
  /** Every key and secret that there was. */
  readonly secrets: readonly { readonly apiKey: string; readonly apiSecret: string }[]
}

/** Runs the real sweep, `send`, sessions, signers, parsers and verdict against the embedded exchange's book, in virtual time. */
export async function simulate(plan: Plan): Promise<Run> {
  const clock = new VirtualClock()
  const desk = new OrderDesk({
    now: clock.now,
    sleep: clock.sleep,
    after: clock.after,
    wallTime: () => clock.wallTime() + plan.clockSkewMs,
  })
  const { account } = desk
  for (const { symbol, orderType, reduceOnly } of plan.orders)
    account.book.place({ symbol, orderType, reduceOnly })
  const keysOf = () => [
    { apiKey: account.apiKey, apiSecret: account.apiSecret },
    { ...account.unified.fields },
  ]
  const secrets = keysOf()
  let stored = account.secretFor('both')
  const faultInjector = new FaultInjector(clock, desk, plan)
  faultInjector.begin(() => {
    stored = account.secretFor('both')
    secrets.push(...keysOf())
  })
  const network = new Network(clock, desk, faultInjector, plan)

  const pull = async (planned: PlannedPull, index: number): Promise<Pulled> => {
    const keys = new Credentials(async () => {
      await clock.sleep(plan.latencyMs)
      return stored
    }, clock)
    await keys.current()
    const attempts: Attempt[] = []
    const { attemptTimeoutMs, spareAfterMs, scope, quietPeriodMs, roads: which, isArmed } = planned
    const sessions = new Sessions(network.openWebSocketOf(index), clock)
    const common = {
      clock,
      attemptTimeoutMs,
      spareAfterMs,
      onAttempt: (attempt: Attempt) => attempts.push(attempt),
    }
    const spot = {
      ...common,
      ...network.connectionsOf(index),
      url: URL_OF_TOKENS,
      keys: keys.of('unified'),
      budget: new Budget(clock, SPOT_ALLOWANCE),
    }
    if (isArmed && which !== 'rest')
      await arm(sessions, { ...spot, deadlineAt: clock.now() + attemptTimeoutMs })
    await clock.sleep(planned.atMs)
    for (const webSocket of network.webSockets) if (webSocket.pull === index) webSocket.freeze()
    attempts.length = 0
    const startedAt = clock.now()
    const deadlineAt = startedAt + planned.timeMs
    let isOver = false
    let cancelsSent = 0
    const onCancelSent = () => {
      cancelsSent += 1
    }
    const occasion = { deadlineAt, isOver: () => isOver, onCancelSent }
    const rest = () =>
      futuresRest({
        ...common,
        ...occasion,
        ...network.connectionsOf(index),
        url: URL_OF_KRAKEN,
        keys: keys.of('rest'),
        budget: new Budget(clock, REST_ALLOWANCE),
      })
    const roads: Road[] = [
      ...(which === 'unified' ? [] : [{ name: 'rest', exchange: rest() } as const]),
      ...(which === 'rest'
        ? []
        : [{ name: 'unified', exchange: unified({ sessions, spot: { ...spot, ...occasion } }) } as const]),
    ]
    const swept = await sweepRoads({ roads, clock, scope, deadlineAt, quietPeriodMs })
    isOver = true
    const verdict = decide(swept.roads)
    const report = makeReport(
      {
        verdict,
        trigger: { kind: 'http', by: 'siege', reason: null, eventAt: null, action: { do: 'fire', scope } },
        invocation: { receivedAt: clock.wallTime(), startedAt, isColdStart: false },
        swept,
        attempts,
        cancelsSent,
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
      attempts,
    }
  }

  const pulling = Promise.all(plan.pulls.map(pull))
  await clock.passUntil(pulling)
  return { plan, desk, visits: network.visits, tellings: network.tellings, pulls: await pulling, secrets }
}

/** As in the init phase: the session is opened and subscribed, if it can be. */
async function arm(sessions: Sessions, spot: ApiInputs): Promise<void> {
  try {
    const session = await sessions.open(async () => (await fetchToken(spot)).token, spot.attemptTimeoutMs)
    await session.bookSoon(spot.attemptTimeoutMs)
  } catch {
    // The pull will find none.
  }
}
