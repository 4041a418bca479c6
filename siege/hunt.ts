import fc from 'fast-check'
import { judge, type Oracle, type Violation } from './oracles.ts'
import type { Plan } from './plan.ts'
import { plans } from './plans.ts'
import { type Run, simulate } from './simulation.ts'

/** A plan that breaks a promise, made as small as it gets. */
export interface Found {
  readonly seed: number
  readonly run: Run
  readonly violations: readonly Violation[]
}

/** What a hunt came to: one counterexample, or none and these counts. */
export interface Hunted {
  readonly found: Found | null
  readonly verdicts: ReadonlyMap<string, number>
  /** In how many plans each oracle could have failed. */
  readonly exercised: ReadonlyMap<Oracle, number>
  readonly faults: ReadonlyMap<string, number>
}

/** Tries the plans of so many seeds; ends with the first counterexample. */
export async function hunt(from: number, seeds: number): Promise<Hunted> {
  const verdicts = new Map<string, number>()
  const exercised = new Map<Oracle, number>()
  const faults = new Map<string, number>()
  let found: Found | null = null
  for (let seed = from; seed < from + seeds && found === null; seed++) {
    const { run, violations, exercised: could } = await tryPlanOf(seed)
    if (violations.length > 0) found = await shrink(seed)
    for (const { verdict } of run.pulls) add(verdicts, verdict.kind)
    for (const oracle of could) add(exercised, oracle)
    for (const fault of new Set(run.plan.faults.map((planned) => planned.do))) add(faults, fault)
  }
  return { found, verdicts, exercised, faults }
}

function add<T>(counts: Map<T, number>, key: T): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** The plan of a seed, run and judged. */
export function tryPlanOf(seed: number) {
  const [plan] = fc.sample(plans, { seed, numRuns: 1 })
  return tryPlan(plan as Plan)
}

/** Six characters of a random key may stand in a report by chance, once in some 30,000: with other keys they do not. */
const MOST_TRIES = 4

async function tryPlan(plan: Plan) {
  for (let tries = 1; ; tries++) {
    const run = await simulate(plan).catch((cause) => {
      throw new Error(`It crashed on the plan ${JSON.stringify(plan)}`, { cause })
    })
    const judged = judge(run)
    const mayBeChance = judged.violations.some(({ oracle }) => oracle === 'O3')
    if (!mayBeChance || tries === MOST_TRIES) return { run, ...judged }
  }
}

async function shrink(seed: number): Promise<Found> {
  const property = fc.asyncProperty(plans, async (plan) => (await tryPlan(plan)).violations.length === 0)
  const { counterexample } = await fc.check(property, { seed, numRuns: 1 })
  const [plan] = counterexample ?? fc.sample(plans, { seed, numRuns: 1 })
  return { seed, ...(await tryPlan(plan as Plan)) }
}
