import * as v from 'valibot'
import type { Group } from '../../init/fleet/roster.ts'
import { isObject } from '../../json.ts'
import { printable } from '../../printable.ts'
import type { AccountAnswer } from '../fleet-verdict.ts'
import type { GroupAnswer, GroupReadiness } from './group-answer.ts'

/** What came back from the groups of a fleet. */
export interface Heard {
  /** More than one of a group that answered twice. */
  readonly answers: readonly GroupAnswer[]
  readonly readiness: readonly GroupReadiness[]
  /** Groups that gave no answer, and why not. */
  readonly lost: ReadonlyMap<string, string>
  /** Why what was heard cannot be trusted, a clause each. */
  readonly doubts: readonly string[]
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const text = v.string()
const names = v.array(text)

const accountAnswer = v.strictObject({
  verdict: v.picklist(['EMPTY', 'NOT_EMPTY', 'UNVERIFIED', 'FAILED', 'NOT_FIRED']),
  cancelled: count,
  isLowerBound: v.boolean(),
  open: v.nullable(count),
  kept: v.nullable(count),
  verifiedMs: v.nullable(v.number()),
  why: v.exactOptional(text),
})
const groupAnswer = v.strictObject({
  group: text,
  verdict: v.picklist(['EMPTY', 'NOT_PROVEN', 'NOT_FIRED']),
  isRefused: v.boolean(),
  sentence: text,
  accounts: v.custom<Readonly<Record<string, AccountAnswer>>>(areAccountAnswers),
  differences: v.strictObject({
    missing: names,
    strangers: names,
    unnamed: count,
    twins: v.array(names),
  }),
  keys: v.array(names),
  heldUntil: v.exactOptional(v.nullable(v.pipe(text, v.regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)))),
})
const groupReadiness = v.strictObject({ group: text, ready: v.nullable(v.boolean()), sentence: text })
const lostGroup = v.strictObject({ group: text, lost: text })

/** Reads each answer strictly: one that is not in full what a group answers is none, and is told. Pure. */
export function hear(groups: readonly Group[], answers: readonly unknown[]): Heard {
  const given: GroupAnswer[] = []
  const readiness: GroupReadiness[] = []
  const lost = new Map<string, string>()
  const doubts: string[] = []
  for (const answer of answers) {
    const of = isObject(answer) && groups.find(({ name }) => name === answer.group)
    if (!of) doubts.push('an answer came that is of no group')
    else if (v.is(lostGroup, answer)) lost.set(answer.group, printable(answer.lost))
    else if (v.is(groupReadiness, answer)) readiness.push(answer)
    else if (v.is(groupAnswer, answer)) {
      given.push({ ...answer, accounts: proven(of, answer) })
      doubts.push(...strangersTo(of, answer))
    } else lost.set(of.name, 'it answered with something else')
  }
  for (const { name } of groups) {
    const isHeard = [...given, ...readiness].some(({ group }) => group === name)
    if (!isHeard && !lost.has(name)) lost.set(name, 'it gave no answer')
  }
  return { answers: given, readiness, lost, doubts }
}

/** Whatever their names: `v.record` leaves out what is called `constructor` or `prototype`, which are names of accounts, too. */
function areAccountAnswers(value: unknown): boolean {
  return isObject(value) && Object.values(value).every((answer) => v.is(accountAnswer, answer))
}

/** EMPTY without what a proof comes with is not proven; nor is it without a word of whose key it was swept with. */
function proven({ accounts: roster }: Group, { accounts, keys }: GroupAnswer): GroupAnswer['accounts'] {
  const entries = Object.entries(accounts).map(([name, answer]) => {
    const hasKey = (keys[roster.indexOf(name)] ?? []).length > 0
    const isProof = answer.open === 0 && answer.verifiedMs !== null && hasKey
    const isUnproven = answer.verdict === 'EMPTY' && !isProof
    return [name, isUnproven ? { ...answer, verdict: 'UNVERIFIED' as const } : answer] as const
  })
  return Object.fromEntries(entries)
}

function strangersTo({ name, accounts }: Group, answer: GroupAnswer): readonly string[] {
  const others = Object.keys(answer.accounts).filter((account) => !accounts.includes(account))
  return others.length === 0
    ? []
    : [`the group ${name} answered for ${printable(others.slice(0, 3).join(', '))}, not on its roster`]
}
