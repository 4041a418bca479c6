import type { Differences } from '../../init/fleet/fleet-secret.ts'
import type { Group } from '../../init/fleet/roster.ts'
import type { Trigger } from '../../triggers/trigger.ts'
import {
  type AccountAnswer,
  decideFleet,
  endsOf,
  type FleetVerdict,
  type Named,
  NO_ANSWER,
} from '../fleet-verdict.ts'
import type { GroupAnswer } from './group-answer.ts'
import type { Heard } from './heard.ts'

/** What a fleet of groups came to. */
export interface Whole {
  readonly verdict: FleetVerdict
  /** Every account that was asked for, with the worst of its answers. */
  readonly ends: readonly Named[]
  /** Why it is not proven although every account may be EMPTY, a clause each. */
  readonly doubts: readonly string[]
}

/** Of what differs, each group's own verdict says what it is worth. */
const NO_DIFFERENCE: Differences = { missing: [], strangers: [], unnamed: 0, twins: [] }

/**
 * The verdict over all groups: EMPTY only if every account that was asked for is EMPTY by its own group's word, and every
 * group that has one of them says EMPTY, and nothing is in doubt. Pure.
 *
 * @param trigger as the function reads it for the whole fleet; each group has read it for itself
 * @param isDeployed function and machine know the same groups
 */
export function decideWhole(
  groups: readonly Group[],
  trigger: Trigger,
  heard: Heard,
  isDeployed: boolean,
): Whole {
  const { action } = trigger
  const fired = heard.answers.filter(({ accounts }) => Object.keys(accounts).length > 0)
  if (action.do !== 'fire' && fired.length === 0) {
    const why = 'why' in action ? action.why : 'this is no pull'
    return {
      verdict: { kind: 'NOT_FIRED', why, isRefusal: action.do !== 'stand down' },
      ends: [],
      doubts: [],
    }
  }
  const asked = askedOf(groups, trigger)
  const concerned = groups.filter(({ accounts }) => accounts.some((account) => asked.includes(account)))
  const stoodDown = fired.length > 0 ? null : stoodDownIn(concerned, heard)
  if (stoodDown !== null) return { verdict: stoodDown, ends: [], doubts: [] }
  const ends = concerned.flatMap((group) => endsIn(group, asked, heard))
  const isConcerned = (name: string) => concerned.some((group) => group.name === name)
  const doubts = [
    ...(isDeployed ? [] : ['function and state machine do not know the same groups: deploy the stack again']),
    ...(action.do === 'fire' ? [] : ['some groups fired on an event that others refuse']),
    ...heard.doubts,
    ...fired.flatMap(({ group }) => (isConcerned(group) ? [] : [`the group ${group} fired unasked`])),
    ...heard.answers.flatMap((answer) =>
      concerned.filter(({ name }) => name === answer.group).flatMap((group) => ownDoubts(group, answer)),
    ),
    ...sharedKeys(groups, heard, asked),
  ]
  const verdict = decideFleet(asked, ends, NO_DIFFERENCE, false)
  if (verdict.kind !== 'EMPTY' || doubts.length === 0) return { verdict, ends, doubts }
  return { verdict: { kind: 'NOT_PROVEN', worst: 'UNVERIFIED', others: [] }, ends, doubts }
}

/** The names of the accounts that the event is about; of all groups where it cannot be read, and some have fired. */
function askedOf(groups: readonly Group[], { action }: Trigger): readonly string[] {
  const { accounts: named, group } = action.do === 'fire' ? action : {}
  if (named !== undefined) return named
  const meant = group === undefined ? groups : groups.filter(({ name }) => name === group)
  return meant.flatMap(({ accounts }) => accounts)
}

/** Every group had the same reason to do nothing: a schedule that is stale. Null where one of them fired, or is lost. */
function stoodDownIn(concerned: readonly Group[], { answers, lost }: Heard): FleetVerdict | null {
  const of = answers.filter(({ group }) => concerned.some(({ name }) => name === group))
  const isWhole =
    of.every(({ verdict }) => verdict === 'NOT_FIRED') && !concerned.some(({ name }) => lost.has(name))
  const [first] = of
  if (!isWhole || first === undefined) return null
  const why = first.sentence.replace(/^NOT FIRED: /, '').replace(/\.$/, '')
  return { kind: 'NOT_FIRED', why, isRefusal: of.some(({ isRefused }) => isRefused) }
}

function endsIn({ name, accounts }: Group, asked: readonly string[], heard: Heard): readonly Named[] {
  const own = accounts.filter((account) => asked.includes(account))
  const answers = heard.answers.filter(({ group }) => group === name)
  const lost = heard.lost.get(name)
  const given = answers.flatMap((answer) => own.flatMap((account) => namedIn(answer, account)))
  const lostToo = lost === undefined ? [] : own.map((account) => ({ account, answer: unanswered(lost) }))
  return endsOf(own, [...given, ...lostToo])
}

/** An answer that leaves an account out says nothing good of it. */
function namedIn({ accounts, verdict, sentence }: GroupAnswer, account: string): readonly Named[] {
  const answer = Object.hasOwn(accounts, account) ? accounts[account] : undefined
  if (answer !== undefined) return [{ account, answer }]
  return [{ account, answer: verdict === 'NOT_FIRED' ? { ...NO_ANSWER, why: sentence } : NO_ANSWER }]
}

function unanswered(lost: string): AccountAnswer {
  return { ...NO_ANSWER, why: `FAILED: its group is lost (${lost}).` }
}

/** Accounts of two groups that hold one key: of one of them, another's book was swept. */
function sharedKeys(
  groups: readonly Group[],
  { answers }: Heard,
  asked: readonly string[],
): readonly string[] {
  const holders = new Map<string, Set<string>>()
  for (const { group, keys } of answers) {
    const roster = groups.find(({ name }) => name === group)?.accounts ?? []
    for (const [i, account] of roster.entries())
      for (const key of keys[i] ?? []) holders.set(key, (holders.get(key) ?? new Set()).add(account))
  }
  return [
    ...new Set([...holders.values()].filter(({ size }) => size > 1).map((names) => [...names].join(' and '))),
  ]
    .filter((names) => names.split(' and ').some((name) => asked.includes(name)))
    .map((names) => `${names} hold the same key`)
}

/** Why a group's answer does not bear out that all of its accounts are EMPTY, as each of them says. */
function ownDoubts({ name, accounts: roster }: Group, answer: GroupAnswer): readonly string[] {
  const { verdict, accounts, differences } = answer
  const ends = Object.entries(accounts).map(([account, of]) => ({ account, answer: of }))
  if (ends.some((end) => end.answer.verdict !== 'EMPTY')) return []
  if (verdict === 'NOT_PROVEN') return [`the group ${name} doubts its own accounts`]
  const asked = ends.map(({ account }) => account)
  const isBorneOut = decideFleet(asked, ends, differences, asked.length === roster.length).kind === 'EMPTY'
  const isAtOdds = asked.length > 0 && (verdict === 'NOT_FIRED' || !isBorneOut)
  return isAtOdds ? [`the group ${name} contradicts itself`] : []
}
