import fc from 'fast-check'
import { type FleetOracle, type FleetViolation, judgeFleet } from './fleet-oracles.ts'
import { fleetPlans } from './fleet-plans.ts'
import { type FleetRun, simulateFleet } from './fleet-simulation.ts'

export interface FleetHunted {
  readonly found: {
    readonly seed: number
    readonly run: FleetRun
    readonly violations: readonly FleetViolation[]
  } | null
  readonly verdicts: ReadonlyMap<string, number>
  readonly exercised: ReadonlyMap<FleetOracle, number>
  readonly accounts: number
}

/** Tries the fleets of so many seeds; ends with the first counterexample. */
export async function huntFleets(from: number, seeds: number): Promise<FleetHunted> {
  const verdicts = new Map<string, number>()
  const exercised = new Map<FleetOracle, number>()
  let accounts = 0
  for (let seed = from; seed < from + seeds; seed++) {
    const { run, violations, exercised: could } = await tryFleetOf(seed)
    accounts += run.accounts.length
    verdicts.set(run.verdict.kind, (verdicts.get(run.verdict.kind) ?? 0) + 1)
    for (const oracle of could) exercised.set(oracle, (exercised.get(oracle) ?? 0) + 1)
    if (violations.length > 0) return { found: { seed, run, violations }, verdicts, exercised, accounts }
  }
  return { found: null, verdicts, exercised, accounts }
}

/** The fleet of a seed, run and judged. A piece of a key may stand in a report by chance, but not with other keys too. */
export async function tryFleetOf(seed: number) {
  const [plan] = fc.sample(fleetPlans, { seed, numRuns: 1 })
  if (plan === undefined) throw new Error('no plan')
  for (let tries = 1; ; tries++) {
    const run = await simulateFleet(plan)
    const judged = judgeFleet(run)
    const mayBeChance = judged.violations.some(({ what }) => what.includes(': O3: '))
    if (!mayBeChance || tries === 4) return { run, ...judged }
  }
}
