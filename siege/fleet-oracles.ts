import { isCancel } from '../drill/order-desk.ts'
import type { FleetPlan } from './fleet-plans.ts'
import type { AccountRun, FleetRun } from './fleet-simulation.ts'
import { judge } from './oracles.ts'
import { isIn } from './orders.ts'

export const FLEET_ORACLES = {
  F1: 'no fleet is EMPTY unless every account of the roster was, through its own quiet period, and said so',
  F2: 'the fleet ends by its deadline, whatever becomes of one account',
  F3: 'no more than 500 units in 10 s, over all accounts',
  F4: 'an account without a fault of its own is EMPTY, whatever becomes of the others',
  F5: 'of two accounts none sends a third cancel-all before the other has sent its first',
  F6: 'every promise of a switch of one account holds for each of many',
} as const

export type FleetOracle = keyof typeof FLEET_ORACLES

export interface FleetViolation {
  readonly oracle: FleetOracle
  readonly what: string
}

interface Found {
  readonly wrong: readonly string[]
  readonly couldFail: boolean
}

const TESTS: Readonly<Record<FleetOracle, (run: FleetRun) => Found>> = {
  F1: ({ verdict, accounts }) => {
    const isEmpty = verdict.kind === 'EMPTY'
    return { wrong: isEmpty ? accounts.flatMap(notEmpty) : [], couldFail: isEmpty || accounts.some(isLost) }
  },
  F2: ({ endedAt, deadlineAt, accounts }) => ({
    wrong: endedAt > deadlineAt + 101 ? [`it ended ${endedAt - deadlineAt} ms after its deadline`] : [],
    couldFail: accounts.some(({ fate }) => fate === 'never ends'),
  }),
  F3: ({ accounts }) => {
    const calls = accounts
      .flatMap(({ run }) => run.visits.map(({ call }) => call))
      .toSorted((a, b) => a.at - b.at)
    const most = Math.max(
      0,
      ...calls.map(({ at }) =>
        calls.reduce((sum, call) => sum + (call.at >= at && call.at < at + 10_000 ? call.units : 0), 0),
      ),
    )
    return { wrong: most > 500 ? [`${most} units in 10 s`] : [], couldFail: most > 400 }
  },
  F4: ({ plan, accounts, ends }) => {
    const clean = accounts.filter((account) => isClean(plan, account))
    const wrong = clean.filter(
      ({ name }) => ends.find((end) => end.account === name)?.answer.verdict !== 'EMPTY',
    )
    return {
      wrong: wrong.map(({ name }) => `${name} had no fault, and is not EMPTY`),
      couldFail: clean.length > 0 && clean.length < accounts.length,
    }
  },
  F5: ({ accounts }) => {
    const sent = accounts.map(({ name, run }) => ({ name, isNear: isNear(run), at: cancelsOf(run) }))
    const wrong = sent
      .filter((one) => one.isNear)
      .flatMap(({ name, at: [first = Infinity] }) =>
        sent
          .filter((other) => first !== Infinity && (other.at[2] ?? Infinity) < first - LATENESS_MS)
          .map((other) => `${other.name} sent its third cancel before ${name} sent its first`),
      )
    return { wrong: accounts.some(isOfSymbols) ? [] : wrong, couldFail: sent.some(({ at }) => at.length > 2) }
  },
  F6: ({ accounts }) => {
    const told = accounts.filter(({ fate, run }) => fate !== 'throws' && run.pulls.length > 0)
    const wrong = told.flatMap(({ name, run }) =>
      judge(run).violations.map(({ oracle, what }) => `${name}: ${oracle}: ${what}`),
    )
    return { wrong, couldFail: told.length > 0 }
  },
}

/** A cancel may wait for a token, or a handshake, of three round trips of the slowest. */
const LATENESS_MS = 6_000

/** Holds every promise of fleets against a run. */
export function judgeFleet(run: FleetRun) {
  const violations: FleetViolation[] = []
  const exercised: FleetOracle[] = []
  for (const [oracle, test] of Object.entries(TESTS) as [FleetOracle, (run: FleetRun) => Found][]) {
    const { wrong, couldFail } = test(run)
    if (couldFail) exercised.push(oracle)
    for (const what of wrong) violations.push({ oracle, what })
  }
  return { violations, exercised }
}

function isLost({ fate }: AccountRun): boolean {
  return fate !== 'told'
}

/** Why it was not, by the exchange's own book and by what was told, not by the fleet's verdict. */
export function notEmpty(account: AccountRun): readonly string[] {
  const { name, run } = account
  const [pulled] = run.pulls
  if (isLost(account) || pulled === undefined)
    return [`${name} did not say that it was EMPTY: ${account.fate}`]
  const { verdict, planned } = pulled
  if (verdict.kind !== 'EMPTY') return [`${name} was ${verdict.kind}`]
  // What a copy, or an odd description, shows is another promise's matter: O1 holds it against what was shown.
  const isPlain = run.plan.faults.every(({ do: what }) => !SHOWS_ANOTHER.includes(what))
  const { at, quietPeriodMs } = verdict.proof
  const isEmpty = run.desk.account.book.wasEmptyThroughout(at - quietPeriodMs, at - TRAVEL_MS, (order) =>
    isIn(planned.scope, order),
  )
  return isPlain && !isEmpty ? [`${name} had orders in its quiet period`] : []
}

const SHOWS_ANOTHER = [
  'read a copy',
  'describe oddly',
  'leave orders out',
  'answer oddly',
  'live bot',
  'late order',
  'place',
  'snapshot in pieces',
  'subscribe to another',
  'twist updates',
  'lose the answer',
]
/** A read shows the book of when it was at the exchange. */
const TRAVEL_MS = 1_700

function cancelsOf({ visits }: AccountRun['run']): readonly number[] {
  return visits
    .filter(({ call }) => isCancel(call) && call.units > 0)
    .map(({ sentAt }) => sentAt)
    .toSorted((a, b) => a - b)
}

function isOfSymbols({ run }: AccountRun): boolean {
  return run.pulls.some(({ planned }) => planned.scope !== 'all')
}

/** No request of it is given up on its way: what has not arrived is not seen. */
function isNear({ plan }: AccountRun['run']): boolean {
  const [planned] = plan.pulls
  return (
    plan.latencyMs <= 10 &&
    planned !== undefined &&
    planned.attemptTimeoutMs >= 2_500 &&
    planned.spareAfterMs >= 250
  )
}

/** Near, with time, and with a budget that others cannot spend: nothing keeps it from its proof. */
function isClean({ countsBy, accounts }: FleetPlan, { fate, run }: AccountRun): boolean {
  const [planned] = run.plan.pulls
  if (planned === undefined || fate !== 'told' || run.plan.faults.length > 0) return false
  const isBudgetOurs =
    countsBy === 'key' ||
    accounts.every(({ plan }) => !SPENDS.some((what) => plan.faults.some((fault) => fault.do === what)))
  return (
    isBudgetOurs &&
    isNear(run) &&
    planned.scope === 'all' &&
    planned.timeMs >= 4_000 + 2 * planned.quietPeriodMs
  )
}

const SPENDS = ['spend the budget']
