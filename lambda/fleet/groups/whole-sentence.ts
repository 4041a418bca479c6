import type { Group } from '../../init/fleet/roster.ts'
import type { Scope } from '../../kraken/scope.ts'
import { goneClause, shownEnd } from '../fleet-sentence.ts'
import type { Named } from '../fleet-verdict.ts'
import type { Heard } from './heard.ts'
import type { Whole } from './whole-verdict.ts'

export interface WholeSentenceInputs {
  readonly whole: Whole
  readonly groups: readonly Group[]
  readonly heard: Heard
  readonly scope: Scope | null
  /** From the beginning of the execution to the verdict. */
  readonly totalMs: number
}

/** So many that are not EMPTY are named in the first sentence; the message and the log name all. */
const MOST_NAMED = 12

/** The first sentence of a fleet of groups. */
export function wholeSentence(inputs: WholeSentenceInputs): string {
  const { verdict } = inputs.whole
  switch (verdict.kind) {
    case 'EMPTY':
      return emptySentence(inputs)
    case 'NOT_PROVEN':
      return notProvenSentence(inputs, verdict.others)
    case 'NOT_FIRED':
      return `NOT FIRED: ${verdict.why}.`
  }
}

function emptySentence({ whole, groups, scope, totalMs }: WholeSentenceInputs): string {
  const answers = whole.ends.map(({ answer }) => answer)
  return `EMPTY (verified): ${whichOf(groups, answers.length)}, ${goneClause(answers, scope)}, ${totalMs} ms after the fleet was pulled.`
}

function whichOf(groups: readonly Group[], asked: number): string {
  const all = groups.reduce((sum, { accounts }) => sum + accounts.length, 0)
  if (asked < all) return `${asked} of ${all} accounts, as asked`
  return `all ${all} accounts in ${groups.length} ${groups.length === 1 ? 'group' : 'groups'}`
}

function notProvenSentence({ whole, groups, heard }: WholeSentenceInputs, others: readonly Named[]): string {
  const isOf = (account: string) => groups.find(({ accounts }) => accounts.includes(account))?.name ?? ''
  const single = others.filter(({ account }) => !heard.lost.has(isOf(account)))
  const lost = groups.flatMap(({ name }) => {
    const own = others.filter(({ account }) => isOf(account) === name).length
    const why = heard.lost.get(name)
    return own === 0 || why === undefined
      ? []
      : [`the group ${name} FAILED (${own} ${own === 1 ? 'account' : 'accounts'}; ${why})`]
  })
  const parts = [...lost, ...single.map(shownEnd)]
  const named = parts.slice(0, MOST_NAMED).join(', ')
  const more = parts.length > MOST_NAMED ? ` and ${parts.length - MOST_NAMED} more` : ''
  const rest = [...(parts.length === 0 ? [] : [`${named}${more}`]), ...new Set(whole.doubts)]
  const empty = whole.ends.length - others.length
  return `NOT PROVEN: ${empty} of ${whole.ends.length} accounts EMPTY; ${rest.join('; ')}.`
}
