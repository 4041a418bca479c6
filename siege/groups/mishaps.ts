import type { GroupAnswer } from '../../lambda/fleet/groups/group-answer.ts'
import { isObject } from '../../lambda/json.ts'
import type { Forgery, Mishap } from './group-plans.ts'

/**
 * What comes to the last task of what a group answered, as the machine has it: JSON.
 *
 * @param answer null where the group never began
 * @param others the names of the other groups
 */
export function comesOf(
  group: string,
  answer: GroupAnswer | null,
  mishap: Mishap | null,
  others: readonly string[],
): readonly unknown[] {
  if (answer === null) return [{ group, lost: 'Lambda.TooManyRequestsException' }]
  switch (mishap?.do) {
    case 'lose the answer':
      return []
    case 'be late':
      return [{ group, lost: 'States.Timeout' }]
    case 'die':
      return [{ group, lost: 'Runtime.ExitError' }]
    case 'answer twice':
      return [answer, second(answer, mishap.second)]
    case 'forge the answer':
      return [forged(answer, mishap.forgery, others)]
    case 'claim to be EMPTY':
      return [allEmpty(answer)]
    case 'cut the answer':
      return [cut(answer, mishap.at)]
    default:
      return [answer]
  }
}

function second(answer: GroupAnswer, how: Extract<Mishap, { do: 'answer twice' }>['second']): unknown {
  if (how === 'the same') return answer
  if (how === 'lost') return { group: answer.group, lost: 'States.Timeout' }
  const [first] = Object.entries(answer.accounts)
  if (first === undefined) return answer
  const [name, own] = first
  const worse = { ...own, verdict: 'UNVERIFIED', verifiedMs: null, why: 'UNVERIFIED: it was read once.' }
  return { ...answer, verdict: 'NOT_PROVEN', accounts: { ...answer.accounts, [name]: worse } }
}

function allEmpty(answer: GroupAnswer): GroupAnswer {
  const entries = Object.entries(answer.accounts)
  const accounts = Object.fromEntries(
    entries.map(([name, own]) => [name, { ...own, verdict: 'EMPTY' as const }]),
  )
  return { ...answer, verdict: 'EMPTY', accounts }
}

/** Text that ends too early is no JSON any more: it stays text. */
function cut(answer: GroupAnswer, at: number): unknown {
  const text = JSON.stringify(answer)
  return at === 0 ? null : text.slice(0, at % text.length)
}

type Path = readonly (string | number)[]

function forged(answer: GroupAnswer, { at, to }: Forgery, others: readonly string[]): unknown {
  const paths = pathsIn(answer)
  const path = paths[at % paths.length] ?? []
  const value = to === 'another group' ? (others[0] ?? 'nobody') : to
  return changed(answer, path, value)
}

/** What was taken away or put in a place where it cannot be, so that it is no answer. */
export function forgedField(answer: GroupAnswer, { at }: Forgery): Path {
  const paths = pathsIn(answer)
  return paths[at % paths.length] ?? []
}

/** Of every field, and of every part of one. */
function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (Array.isArray(value)) return value.flatMap((item, i) => [[...path, i], ...pathsIn(item, [...path, i])])
  if (!isObject(value)) return []
  return Object.entries(value).flatMap(([name, item]) => [[...path, name], ...pathsIn(item, [...path, name])])
}

function changed(value: unknown, [name, ...rest]: Path, to: unknown): unknown {
  if (name === undefined) return to
  if (Array.isArray(value)) {
    const isGone = rest.length === 0 && to === 'nothing'
    return value.flatMap((item, i) => (i !== name ? [item] : isGone ? [] : [changed(item, rest, to)]))
  }
  if (!isObject(value)) return value
  const { [name]: old, ...others } = value
  if (rest.length === 0 && to === 'nothing') return others
  return { ...others, [name]: changed(old, rest, to) }
}
