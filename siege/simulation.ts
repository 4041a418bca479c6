import type { Ledger } from '../drill/ledger.ts'
import { OrderDesk } from '../drill/order-desk.ts'
import { holdAfter } from '../lambda/hold/start.ts'
import type { Budget } from '../lambda/kraken/http/budget.ts'
import { sweepRoads } from '../lambda/sweep/roads.ts'
import { decide } from '../lambda/sweep/verdict.ts'
import type { Hold } from '../lambda/triggers/hold-event.ts'
import type { Trigger } from '../lambda/triggers/trigger.ts'
import { FaultInjector } from './fault-injector.ts'
import { holdOn } from './holding.ts'
import { invoke } from './invocation.ts'
import { Network } from './network.ts'
import type { Plan, PlannedPull } from './plan.ts'
import { Process } from './process.ts'
import type { Held, Pulled, Run } from './run.ts'
import { VirtualClock } from './virtual-time.ts'

/** So long the processes of a hold are left alone at its end: what they would send yet is seen. */
const TAIL_MS = 3_000
const MINUTE_MS = 60_000
/** As the setting has it; no pull here is of a schedule. */
const STALE_SCHEDULE_MS = 900_000

/** Runs the real sweep, `send`, sessions, signers, parsers and verdict against the embedded exchange's book, in virtual time. */
export async function simulate(plan: Plan): Promise<Run> {
  const clock = new VirtualClock()
  const { desk, network, newProcess, secrets } = standUp(plan, clock)
  const pulls: Pulled[] = []
  const holds: Held[] = []
  let nextId = plan.pulls.length
  let lastLostId = 0
  const takeId = (isLost: boolean) => (isLost ? --lastLostId : nextId++)

  const pull = async (planned: PlannedPull, id: number): Promise<void> => {
    const process = newProcess()
    process.occasion = id
    await process.keys.current()
    if (planned.isArmed && planned.roads !== 'rest') await process.arm(planned)
    await clock.sleep(planned.atMs)
    process.freeze()
    const { scope, quietPeriodMs } = planned
    const pulled = await invoke({ process, id, planned, timeMs: planned.timeMs }, async (inputs) => {
      const swept = await sweepRoads({ ...inputs, scope, quietPeriodMs })
      return { swept, verdict: decide(swept.roads), lapEndOf: () => null }
    })
    pulls[id] = pulled
    const hold = holdFrom(planned, pulled)
    if (hold === null || planned.hold === null) return
    const { endedAt: beganAt } = pulled
    const held: Held = { planned, beganAt, lives: [], isReleased: false }
    holds.push(held)
    const onEnd = (lapId: number, lap: Pulled) => {
      pulls[lapId] = lap
    }
    await holdOn(held, hold, planned.hold, { clock, process, newProcess, takeId, onEnd })
    await clock.sleep(TAIL_MS)
  }

  const pulling = Promise.all(plan.pulls.map(pull))
  await clock.passUntil(pulling)
  await pulling
  return { plan, desk, visits: network.visits, tellings: network.tellings, pulls, holds, secrets }
}

/** What one account's pulls run against, and what runs them. */
export interface Stand extends Pick<Run, 'desk' | 'secrets'> {
  readonly network: Network
  /** @param restBudget of the first road, where other accounts share it */
  readonly newProcess: (restBudget?: Budget) => Process
}

/** @param ledger counts the calls, where other accounts' are counted with them */
export function standUp(plan: Plan, clock: VirtualClock, ledger?: Ledger): Stand {
  const skewed = {
    now: clock.now,
    sleep: clock.sleep,
    after: clock.after,
    wallTime: () => clock.wallTime() + plan.clockSkewMs,
  }
  const desk = new OrderDesk(skewed, ledger === undefined ? {} : { countsBy: 'address', ledger })
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
  for (const fault of plan.faults)
    if (fault.do === 'break sessions') clock.after(fault.atMs, () => network.breakSessions())
  const newProcess = (restBudget?: Budget) =>
    new Process({ clock, network, fetchSecret: () => stored, secretMs: plan.latencyMs, restBudget })
  return { desk, network, newProcess, secrets }
}

/** What goes on after a pull, as the function decides it. */
function holdFrom(
  { scope, hold }: PlannedPull,
  { verdict, startedAt, endedAt, report }: Pulled,
): Hold | null {
  if (hold === null) return null
  const receivedAt = Date.parse(report.trigger.receivedAt)
  const trigger: Trigger = {
    kind: 'http',
    by: 'siege',
    reason: null,
    eventAt: null,
    action: { do: 'fire', scope },
  }
  return holdAfter(
    { verdict, trigger, requestId: 'siege', receivedAt, endedAt: receivedAt + endedAt - startedAt },
    {
      machineArn: '',
      persistMinutes: hold.persistMs / MINUTE_MS,
      keepShutMinutes: hold.keepShutMs / MINUTE_MS,
      fuse: hold.hasFuse,
    },
    STALE_SCHEDULE_MS,
  )
}
