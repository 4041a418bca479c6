import { notEmpty } from '../fleet-oracles.ts'
import type { AccountRun } from '../fleet-simulation.ts'
import type { GroupRun, GroupsRun } from './group-simulation.ts'
import { forgedField } from './mishaps.ts'

export const GROUP_ORACLES = {
  G1: 'no fleet is EMPTY unless every account that was asked for was, through its own quiet period, by the word of its own group',
  G2: 'an EMPTY fleet is none any more without any one of the answers that it took',
  G3: 'every loss is told by name: of a group lost, late, throttled, cut off, heard twice, or that swept what it should not',
  G4: 'a fleet says that it did not fire only where no group did, and none that was asked for is lost',
  G5: 'where nothing goes wrong between groups and verdict, EMPTY accounts are an EMPTY fleet',
  G6: 'the report names every account that was asked for, no other, and none as better than its group said',
} as const

export type GroupOracle = keyof typeof GROUP_ORACLES

export interface GroupViolation {
  readonly oracle: GroupOracle
  readonly what: string
}

interface Found {
  readonly wrong: readonly string[]
  readonly couldFail: boolean
}

const TESTS: Readonly<Record<GroupOracle, (run: GroupsRun) => Found>> = {
  G1: (run) => {
    const { whole, groups, asked } = run
    const wrong = asked.flatMap((name) => whyNotEmpty(run, name))
    const couldFail = groups.some(
      ({ planned, group }) => planned.mishap !== null && isAsked(group.accounts, asked),
    )
    return { wrong: whole.verdict.kind === 'EMPTY' ? wrong : [], couldFail: couldFail || wrong.length > 0 }
  },
  G2: ({ whole, groups, asked, decide }) => {
    if (whole.verdict.kind !== 'EMPTY') return { wrong: [], couldFail: false }
    const concerned = groups.filter(({ group }) => isAsked(group.accounts, asked))
    const wrong = concerned.filter((lost) => {
      const others = groups.flatMap((one) => (one === lost ? [] : one.came))
      return decide(others).verdict.kind === 'EMPTY'
    })
    return { wrong: wrong.map(({ group }) => `EMPTY without ${group.name}`), couldFail: true }
  },
  G3: (run) => {
    const told = [run.report.sentence, ...run.report.warnings].join('\n')
    const losses = run.groups.flatMap((one) => lossesOf(run, one))
    const wrong = losses.filter(({ clue }) => !told.includes(clue))
    return { wrong: wrong.map(({ what }) => `not told: ${what}`), couldFail: losses.length > 0 }
  },
  G4: ({ plan, whole, groups, asked }) => {
    const isReadable = plan.event !== 'a name that is not there' // else all refuse it, those that are lost too

    const isNotFired = whole.verdict.kind === 'NOT_FIRED'
    const fired = groups.filter(({ accounts }) => accounts.length > 0)
    const lost = groups.filter(
      ({ group, answer }) => isReadable && answer === null && isAsked(group.accounts, asked),
    )
    const wrong = [...fired, ...lost].map(({ group }) => `${group.name} fired, or is lost`)
    return { wrong: isNotFired ? wrong : [], couldFail: wrong.length > 0 && groups.some(didNotFire) }
  },
  G5: ({ plan, whole, groups, asked }) => {
    const isCalm =
      plan.isDeployed && plan.event === 'a pull' && plan.groups.every(({ mishap }) => mishap === null)
    const ends = groups.flatMap((one) => one.ends).filter(({ account }) => asked.includes(account))
    const isEmpty = ends.length === asked.length && ends.every(({ answer }) => answer.verdict === 'EMPTY')
    const isWrong = isCalm && isEmpty !== (whole.verdict.kind === 'EMPTY')
    return { wrong: isWrong ? [`the fleet is ${whole.verdict.kind}`] : [], couldFail: isCalm }
  },
  G6: ({ whole, report, groups, asked, plan }) => {
    if (whole.verdict.kind === 'NOT_FIRED' || plan.event === 'a name that is not there')
      return { wrong: [], couldFail: false }
    const named = Object.keys(report.accounts)
    const odd = [
      ...asked.filter((name) => !named.includes(name)).map((name) => `${name} is left out`),
      ...named.filter((name) => !asked.includes(name)).map((name) => `${name} was not asked for`),
    ]
    const better = groups
      .flatMap(({ ends, came, planned }) =>
        planned.mishap?.do === 'forge the answer' || came.length === 0 ? [] : ends,
      )
      .filter(({ account, answer }) => report.accounts[account] === 'EMPTY' && answer.verdict !== 'EMPTY')
      .map(({ account }) => `${account} is better than its group said`)
    return { wrong: [...odd, ...better], couldFail: asked.length > 0 }
  },
}

/** Holds every promise of fleets of groups against a run. */
export function judgeGroups(run: GroupsRun) {
  const violations: GroupViolation[] = []
  const exercised: GroupOracle[] = []
  for (const [oracle, test] of Object.entries(TESTS) as [GroupOracle, (run: GroupsRun) => Found][]) {
    const { wrong, couldFail } = test(run)
    if (couldFail) exercised.push(oracle)
    for (const what of wrong) violations.push({ oracle, what })
  }
  return { violations, exercised }
}

function isAsked(accounts: readonly string[], asked: readonly string[]): boolean {
  return accounts.some((account) => asked.includes(account))
}

function didNotFire({ accounts }: GroupRun): boolean {
  return accounts.length === 0
}

/** By the books, and by what came through: why the fleet may not be EMPTY for this account. */
function whyNotEmpty({ groups, asked, plan }: GroupsRun, name: string): readonly string[] {
  const at = groups.findIndex(({ group }) => group.accounts.includes(name))
  const own = groups[at]
  const swept: AccountRun | undefined = own?.accounts.find((account) => account.name === name)
  if (own === undefined || swept === undefined) return [`${name} was swept by nobody`]
  if (!plan.isDeployed) return ['function and machine know other groups']
  return [...notEmpty(swept), ...whyUnheard(own), ...whyDoubted(groups, at, asked)]
}

function whyUnheard({ group, planned: { mishap }, came }: GroupRun): readonly string[] {
  const { name } = group
  if (came.length === 0) return [`the answer of ${name} is lost`]
  switch (mishap?.do) {
    case 'be late':
    case 'die':
    case 'be throttled':
    case 'cut the answer':
      return [`${name}: ${mishap.do}`]
    case 'answer twice':
      return mishap.second === 'the same' ? [] : [`${name} answered twice, once ${mishap.second}`]
    default:
      return []
  }
}

/** The books of these may not be those that were swept, or more was than should be. */
function whyDoubted(groups: readonly GroupRun[], at: number, asked: readonly string[]): readonly string[] {
  return groups.flatMap(({ group, planned: { mishap }, accounts }, g) => {
    const hasFired = accounts.length > 0
    if (mishap?.do === 'fire unasked' && !isAsked(group.accounts, asked))
      return [`${group.name} fired unasked`]
    if (accounts.some(isSurplus)) return [`${group.name} swept an account too many`]
    if (mishap?.do === 'have a stranger in its secret' && g === at && isSweptWhole(group.accounts, accounts))
      return [`nobody swept the stranger in the secret of ${group.name}`]
    const before = groups[g - 1]
    const isShared =
      mishap?.do === 'share a key' && hasFired && before !== undefined && before.accounts.length > 0
    if (!isShared || hidesKeys(before)) return []
    const sharers = [group.accounts[0] ?? '', before.group.accounts[0] ?? '']
    return isAsked(sharers, asked) ? [`${sharers.join(' and ')} have one key`] : []
  })
}

/** A key that is another one by forgery is nobody's. */
function hidesKeys({ answer, planned: { mishap } }: GroupRun): boolean {
  if (mishap?.do !== 'forge the answer' || answer === null) return false
  const path = forgedField(answer, mishap.forgery)
  return path[0] === 'keys' && (path.length < 3 || mishap.forgery.to !== 'nothing')
}

/** On no roster of the machine. */
function isSurplus({ name }: AccountRun): boolean {
  return name.endsWith('-more')
}

function isSweptWhole(roster: readonly string[], accounts: readonly AccountRun[]): boolean {
  return accounts.length >= roster.length
}

interface Loss {
  readonly what: string
  /** What has to stand in the report. */
  readonly clue: string
}

function lossesOf({ asked, plan }: GroupsRun, run: GroupRun): readonly Loss[] {
  const { group, planned, answer, accounts, came } = run
  const { mishap } = planned
  const { name } = group
  const lost = { what: `${name} is lost (${mishap?.do})`, clue: `LOST: the group ${name} ` }
  const isFired = accounts.length > 0
  switch (mishap?.do) {
    case 'lose the answer':
    case 'be late':
    case 'die':
    case 'be throttled':
    case 'cut the answer':
      return [lost]
    case 'answer twice':
      return [
        { what: `${name} answered twice`, clue: `TWICE: the group ${name} ` },
        ...(mishap.second === 'lost' ? [lost] : []),
      ]
    case 'forge the answer':
      return answer !== null &&
        mishap.forgery.to === 'nothing' &&
        forgedField(answer, mishap.forgery).length === 1
        ? [lost]
        : []
    case 'fire unasked': {
      const isRefused = plan.event === 'a name that is not there'
      const isUnasked = isRefused || !isAsked(group.accounts, asked)
      const clue = isRefused ? 'fired on an event' : `the group ${name} fired unasked`
      return isUnasked && isFired ? [{ what: `${name} fired unasked`, clue }] : []
    }
    case 'have another roster':
      return accounts.some(isSurplus)
        ? [{ what: `${name} swept an account too many`, clue: `${name}-more` }]
        : []
    case 'have a stranger in its secret':
      return isFired && came.length > 0 ? [{ what: `a stranger in ${name}`, clue: `${name}-stranger` }] : []
    default:
      return []
  }
}
