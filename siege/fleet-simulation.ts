import { Ledger } from '../drill/ledger.ts'
import { type AccountEnd, fireEach } from '../lambda/fleet/fire-fleet.ts'
import { FirstCancels } from '../lambda/fleet/first-cancels.ts'
import { decideFleet, type FleetVerdict, type Named } from '../lambda/fleet/fleet-verdict.ts'
import { AddressBudget } from '../lambda/kraken/http/shared-budget.ts'
import { sweepRoads } from '../lambda/sweep/roads.ts'
import { decide } from '../lambda/sweep/verdict.ts'
import type { Fate, FleetPlan } from './fleet-plans.ts'
import { invoke } from './invocation.ts'
import type { Pulled, Run } from './run.ts'
import { standUp } from './simulation.ts'
import { VirtualClock } from './virtual-time.ts'

/** One account's part in a run: as a run of its own, and how it ended for the fleet. */
export interface AccountRun {
  readonly name: string
  readonly fate: Fate
  readonly run: Run
}

export interface FleetRun {
  readonly plan: FleetPlan
  readonly accounts: readonly AccountRun[]
  readonly ends: readonly AccountEnd[]
  readonly verdict: FleetVerdict
  readonly endedAt: number
  readonly deadlineAt: number
}

const SAME = { missing: [], strangers: [], unnamed: 0, twins: [] }
/** What is under way when the report is made may still send: it is seen. */
const TAIL_MS = 3_000

/**
 * Runs the real gate, budget, sweeps and fleet verdict over several exchanges, in one virtual time.
 *
 * @param names of the plan's accounts, in turn
 * @param asked those of them that are pulled
 */
export async function simulateFleet(
  plan: FleetPlan,
  names: readonly string[] = plan.accounts.map((_, i) => `mm-${i}`),
  asked: readonly string[] = names,
): Promise<FleetRun> {
  const clock = new VirtualClock()
  const ledger = plan.countsBy === 'address' ? new Ledger(clock) : undefined
  const budget = new AddressBudget(clock, names.length)
  const stands = plan.accounts.map(({ plan: own }) => standUp(own, clock, ledger))
  const pulls = new Map<string, Pulled>()
  const run = async (): Promise<Omit<FleetRun, 'plan' | 'accounts'>> => {
    const processes = stands.map(({ newProcess }, i) => newProcess(budget.of(names[i] ?? '')))
    await Promise.all(processes.map(({ keys }) => keys.current()))
    const [{ scope = 'all', timeMs = 0 } = {}] = plan.accounts.flatMap(({ plan: own }) => own.pulls)
    const deadlineAt = clock.now() + timeMs
    const first = new FirstCancels(clock, budget, asked, scope, deadlineAt)
    const fireOne: Parameters<typeof fireEach>[0]['fireOne'] = async (name, { onCancelSent, over }) => {
      const i = names.indexOf(name)
      const [planned] = plan.accounts[i]?.plan.pulls ?? []
      const process = processes[i]
      const fate = plan.accounts[i]?.fate
      if (planned === undefined || process === undefined || fate === 'throws')
        throw new Error('a fault of ours')
      const work: Parameters<typeof invoke>[1] = async ({ roads, ...inputs }) => {
        const { quietPeriodMs } = planned
        const swept = await sweepRoads({ ...inputs, roads: over(roads), scope, quietPeriodMs })
        return { swept, verdict: decide(swept.roads), lapEndOf: () => null }
      }
      const pulled = await invoke({ process, id: 0, planned, timeMs, onCancelSent }, work)
      pulls.set(name, pulled)
      if (fate === 'never ends') await new Promise(() => {})
      return pulled
    }
    const ends = await fireEach({ asked, fireOne, first, clock, deadlineAt })
    const endedAt = clock.now()
    const verdict = decideFleet(asked, answersOf(plan, names, ends), SAME, true)
    await clock.sleep(TAIL_MS)
    return { ends, verdict, endedAt, deadlineAt }
  }
  const running = run()
  await clock.passUntil(running)
  const accounts = stands.map(({ desk, network, secrets }, i) => {
    const name = names[i] ?? ''
    const { plan: own, fate } = plan.accounts[i] ?? { plan: { pulls: [] }, fate: 'told' }
    const { visits, tellings } = network
    const pulled = pulls.get(name)
    const pullsOfIt = pulled === undefined ? [] : [pulled]
    return {
      name,
      fate,
      run: { plan: own, desk, visits, tellings, pulls: pullsOfIt, holds: [], secrets } as Run,
    }
  })
  return { plan, accounts, ...(await running) }
}

/** As they come through: some are lost on the way, some come twice, of which one says less. */
function answersOf(plan: FleetPlan, names: readonly string[], ends: readonly AccountEnd[]): readonly Named[] {
  return ends.flatMap(({ account, answer }) => {
    const one = { account, answer }
    switch (plan.accounts[names.indexOf(account)]?.fate) {
      case 'answer lost':
        return []
      case 'told twice':
        return [one, { account, answer: { ...answer, verdict: 'UNVERIFIED' as const } }]
      default:
        return [one]
    }
  })
}
