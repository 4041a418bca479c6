import fc from 'fast-check'
import type { Plan } from './plan.ts'
import { pullPlans } from './plans.ts'

/** What becomes of the pull of one account, or of its answer. */
export type Fate = 'told' | 'throws' | 'never ends' | 'answer lost' | 'told twice'

export interface PlannedAccount {
  readonly plan: Plan
  readonly fate: Fate
}

/** Several accounts that are swept at once. */
export interface FleetPlan {
  readonly accounts: readonly PlannedAccount[]
  readonly countsBy: 'key' | 'address'
}

/** Its faults and its distance are its own; scope and time are the fleet's. */
const planned: fc.Arbitrary<PlannedAccount> = fc.record({
  plan: fc.oneof(
    { weight: 2, arbitrary: pullPlans.map((plan) => ({ ...plan, faults: [] })) },
    { weight: 3, arbitrary: pullPlans },
  ),
  fate: fc.oneof(
    { weight: 12, arbitrary: fc.constant('told' as const) },
    { weight: 1, arbitrary: fc.constantFrom<Fate[]>('throws', 'never ends', 'answer lost', 'told twice') },
  ),
})

export const fleetPlans: fc.Arbitrary<FleetPlan> = fleetsOf(planned, 12)

/** Up to so many of these accounts, swept at once. */
export function fleetsOf(account: fc.Arbitrary<PlannedAccount>, most: number): fc.Arbitrary<FleetPlan> {
  return fc
    .record({
      accounts: fc.array(account, { minLength: 1, maxLength: most }),
      countsBy: fc.constantFrom('key' as const, 'address' as const),
    })
    .map(({ accounts, countsBy }) => {
      const [first] = accounts.flatMap(({ plan }) => plan.pulls)
      return { countsBy, accounts: accounts.map((one) => ({ ...one, plan: atOnce(one.plan, first) })) }
    })
}

/** The account's own first pull, when and for what the fleet is pulled. */
function atOnce(plan: Plan, fleets: Plan['pulls'][number] | undefined): Plan {
  const [own] = plan.pulls
  if (own === undefined || fleets === undefined) return { ...plan, pulls: [] }
  const { scope, timeMs, quietPeriodMs } = fleets
  return { ...plan, pulls: [{ ...own, atMs: 0, scope, timeMs, quietPeriodMs }] }
}
