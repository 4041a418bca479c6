import fc from 'fast-check'
import { type FleetPlan, fleetsOf, type PlannedAccount } from '../fleet-plans.ts'
import { pullPlans } from '../plans.ts'

/** One change to an answer that is JSON: where, and to what. */
export interface Forgery {
  /** Which of its fields, counted from the first, as often around as it takes. */
  readonly at: number
  readonly to:
    | 'nothing'
    | 'another group'
    | number
    | string
    | boolean
    | null
    | readonly []
    | { readonly [name: string]: never }
}

/** What becomes of a group, or of its answer, on the way to the last task. */
export type Mishap =
  /** It fires, and nothing comes of it. */
  | { readonly do: 'lose the answer' }
  /** It fires, and the machine has given it up. */
  | { readonly do: 'be late' }
  | { readonly do: 'die' }
  /** It never begins. */
  | { readonly do: 'be throttled' }
  | { readonly do: 'answer twice'; readonly second: 'the same' | 'one account worse' | 'lost' }
  | { readonly do: 'forge the answer'; readonly forgery: Forgery }
  /** Every verdict in it is EMPTY, and nothing else is changed. */
  | { readonly do: 'claim to be EMPTY' }
  /** It comes as text that is cut off, or as nothing. */
  | { readonly do: 'cut the answer'; readonly at: number }
  | { readonly do: 'have little room'; readonly mostBytes: number }
  /** The function was deployed with another roster than the machine. */
  | { readonly do: 'have another roster'; readonly how: 'one account fewer' | 'one account more' }
  | { readonly do: 'not fire'; readonly isRefused: boolean }
  | { readonly do: 'fire unasked' }
  | { readonly do: 'have a stranger in its secret' }
  /** Its first account has the key of the first account of the group before. */
  | { readonly do: 'share a key' }

export type MishapName = Mishap['do']

export interface PlannedGroup {
  readonly fleet: FleetPlan
  readonly mishap: Mishap | null
}

/** What pulls the fleet: all of it, one group, or some accounts of any. */
export type Asked = 'all' | { readonly group: number } | { readonly accounts: readonly number[] }

/** Several groups of accounts, the answers of which one last task makes one verdict of. */
export interface GroupsPlan {
  readonly groups: readonly PlannedGroup[]
  readonly asked: Asked
  readonly event: 'a pull' | 'a schedule that is stale' | 'a name that is not there'
  /** Function and machine know the same groups. */
  readonly isDeployed: boolean
}

/** Most have nothing go wrong: else hardly a fleet would be EMPTY. */
const account: fc.Arbitrary<PlannedAccount> = fc.record({
  plan: fc.oneof(
    {
      weight: 14,
      arbitrary: pullPlans.map((plan) => ({ ...plan, faults: [], latencyMs: Math.min(plan.latencyMs, 20) })),
    },
    { weight: 1, arbitrary: pullPlans },
  ),
  fate: fc.oneof(
    { weight: 40, arbitrary: fc.constant('told' as const) },
    { weight: 1, arbitrary: fc.constantFrom('throws' as const, 'never ends' as const) },
  ),
})

const forgery: fc.Arbitrary<Forgery> = fc.record({
  at: fc.nat(200),
  to: fc.constantFrom<Forgery['to'][]>(
    'nothing',
    'nothing',
    'another group',
    null,
    0,
    1,
    -1,
    0.5,
    '',
    'x',
    'EMPTY',
    'NOT_FIRED',
    true,
    false,
    [],
    {},
  ),
})

const mishap: fc.Arbitrary<Mishap> = fc.oneof(
  fc.record({ do: fc.constantFrom('lose the answer' as const, 'be late' as const, 'die' as const) }),
  fc.record({ do: fc.constantFrom('be throttled' as const, 'fire unasked' as const) }),
  fc.record({
    do: fc.constant('answer twice' as const),
    second: fc.constantFrom('the same' as const, 'one account worse' as const, 'lost' as const),
  }),
  { weight: 4, arbitrary: fc.record({ do: fc.constant('forge the answer' as const), forgery }) },
  fc.record({ do: fc.constant('claim to be EMPTY' as const) }),
  fc.record({ do: fc.constant('cut the answer' as const), at: fc.nat(1_000) }),
  fc.record({
    do: fc.constant('have little room' as const),
    mostBytes: fc.integer({ min: 100, max: 1_200 }),
  }),
  fc.record({
    do: fc.constant('have another roster' as const),
    how: fc.constantFrom('one account fewer' as const, 'one account more' as const),
  }),
  fc.record({ do: fc.constant('not fire' as const), isRefused: fc.boolean() }),
  fc.record({ do: fc.constantFrom('have a stranger in its secret' as const, 'share a key' as const) }),
)

const group: fc.Arbitrary<PlannedGroup> = fc.record({
  fleet: fleetsOf(account, 3),
  mishap: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: mishap }),
})

export const groupsPlans: fc.Arbitrary<GroupsPlan> = fc.record({
  groups: fc.array(group, { minLength: 1, maxLength: 4 }),
  asked: fc.oneof(
    { weight: 3, arbitrary: fc.constant('all' as const) },
    { weight: 1, arbitrary: fc.record({ group: fc.nat(3) }) },
    { weight: 1, arbitrary: fc.record({ accounts: fc.array(fc.nat(11), { minLength: 1, maxLength: 4 }) }) },
  ),
  event: fc.oneof(
    { weight: 14, arbitrary: fc.constant('a pull' as const) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('a schedule that is stale' as const, 'a name that is not there' as const),
    },
  ),
  isDeployed: fc.oneof(
    { weight: 14, arbitrary: fc.constant(true) },
    { weight: 1, arbitrary: fc.constant(false) },
  ),
})
