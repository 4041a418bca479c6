import fc from 'fast-check'
import { holdPlans } from './hold-plans.ts'
import { judge, type Oracle, type Violation } from './oracles.ts'
import type { Plan } from './plan.ts'
import { pullPlans } from './plans.ts'
import type { Run } from './run.ts'
import { simulate } from './simulation.ts'

/** A hold is three times the work of a pull. Simple plans come first when one is made smaller. */
const plans: fc.Arbitrary<Plan> = fc.oneof(
  { weight: 4, arbitrary: pullPlans },
  { weight: 1, arbitrary: holdPlans },
)

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
  readonly holds: number
  readonly laps: number
}

/** Tries the plans of so many seeds; ends with the first counterexample. */
export async function hunt(from: number, seeds: number): Promise<Hunted> {
  const verdicts = new Map<string, number>()
  const exercised = new Map<Oracle, number>()
  const faults = new Map<string, number>()
  let found: Found | null = null
  let holds = 0
  let laps = 0
  for (let seed = from; seed < from + seeds && found === null; seed++) {
    const { run, violations, exercised: could } = await tryPlanOf(seed)
    if (violations.length > 0) found = await shrink(seed)
    for (const { verdict } of run.pulls) add(verdicts, verdict.kind)
    for (const oracle of could) add(exercised, oracle)
    for (const fault of troublesOf(run)) add(faults, fault)
    holds += run.holds.length
    laps += run.holds.reduce((sum, { lives }) => sum + lives.length, 0)
  }
  return { found, verdicts, exercised, faults, holds, laps }
}

/** Each kind of thing that went wrong, or was out of the usual, once. */
function troublesOf({ plan, holds }: Run): ReadonlySet<string> {
  const planned = holds.flatMap(({ planned: { hold } }) => hold?.laps ?? [])
  return new Set(
    [
      ...plan.faults.map((fault) => fault.do),
      ...planned.map(({ fate }) =>
        fate.is === 'run' ? null : `a lap is ${fate.is === 'lost' ? 'lost' : 'run twice'}`,
      ),
      ...planned.map(({ gapMs }) => (gapMs > LATE_AFTER_MS ? 'a lap is late' : null)),
      holds.length > 1 ? 'two holds at once' : null,
      holds.some(({ isReleased }) => isReleased) ? 'a hold is released' : null,
      holds.some(({ planned: { hold, scope } }) => hold?.hasFuse && scope === 'all') ? 'a fuse is lit' : null,
    ].filter((trouble) => trouble !== null),
  )
}

const LATE_AFTER_MS = 1_000

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

/** A plan of a hold may be made smaller in thousands of ways. */
const MOST_SHRINKING_MS = 8_000

async function shrink(seed: number): Promise<Found> {
  const property = fc.asyncProperty(plans, async (plan) => (await tryPlan(plan)).violations.length === 0)
  const { counterexample } = await fc.check(property, {
    seed,
    numRuns: 1,
    skipAllAfterTimeLimit: MOST_SHRINKING_MS,
  })
  const [plan] = counterexample ?? fc.sample(plans, { seed, numRuns: 1 })
  return { seed, ...(await tryPlan(plan as Plan)) }
}
