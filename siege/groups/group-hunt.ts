import fc from 'fast-check'
import { type GroupOracle, type GroupViolation, judgeGroups } from './group-oracles.ts'
import { groupsPlans } from './group-plans.ts'
import { type GroupsRun, simulateGroups } from './group-simulation.ts'

export interface GroupsHunted {
  readonly found: {
    readonly seed: number
    readonly run: GroupsRun
    readonly violations: readonly GroupViolation[]
  } | null
  readonly verdicts: ReadonlyMap<string, number>
  readonly exercised: ReadonlyMap<GroupOracle, number>
  readonly mishaps: ReadonlyMap<string, number>
  readonly groups: number
  readonly accounts: number
}

/** Tries the fleets of groups of so many seeds; ends with the first counterexample. */
export async function huntGroups(from: number, seeds: number): Promise<GroupsHunted> {
  const counts = { verdicts: new Map<string, number>(), exercised: new Map<GroupOracle, number>() }
  const mishaps = new Map<string, number>()
  let [groups, accounts] = [0, 0]
  for (let seed = from; seed < from + seeds; seed++) {
    const { run, violations, exercised } = await tryGroupsOf(seed)
    groups += run.groups.length
    accounts += run.groups.flatMap(({ group }) => group.accounts).length
    count(counts.verdicts, run.whole.verdict.kind)
    for (const { mishap } of run.plan.groups) if (mishap !== null) count(mishaps, mishap.do)
    for (const oracle of exercised) count(counts.exercised, oracle)
    if (violations.length > 0)
      return { found: { seed, run, violations }, ...counts, mishaps, groups, accounts }
  }
  return { found: null, ...counts, mishaps, groups, accounts }
}

function count<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

/** The fleet of a seed, run and judged. */
export async function tryGroupsOf(seed: number) {
  const [plan] = fc.sample(groupsPlans, { seed, numRuns: 1 })
  if (plan === undefined) throw new Error('no plan')
  const run = await simulateGroups(plan)
  return { run, ...judgeGroups(run) }
}
