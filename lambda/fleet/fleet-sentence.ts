import type { Differences } from '../init/fleet/fleet-secret.ts'
import { isKeeping, type Scope } from '../kraken/scope.ts'
import { orders } from '../report/sentence.ts'
import {
  type AccountAnswer,
  endsOf,
  type FleetVerdict,
  hasStrangers,
  type Named,
  twinsAmong,
} from './fleet-verdict.ts'

export interface FleetSentenceInputs {
  readonly verdict: FleetVerdict
  readonly roster: readonly string[]
  readonly asked: readonly string[]
  readonly answers: readonly Named[]
  readonly differences: Differences
  readonly scope: Scope | null
}

/** The first sentence of a fleet: how many accounts are empty, and which are not, the worst first. */
export function fleetSentence(inputs: FleetSentenceInputs): string {
  const { verdict } = inputs
  switch (verdict.kind) {
    case 'EMPTY':
      return emptySentence(inputs)
    case 'NOT_PROVEN':
      return notProvenSentence(inputs, verdict.others)
    case 'NOT_FIRED':
      return `NOT FIRED: ${verdict.why}.`
  }
}

function emptySentence({ roster, asked, answers, scope }: FleetSentenceInputs): string {
  const ends = endsOf(asked, answers).map(({ answer }) => answer)
  const lastMs = Math.max(...ends.map(({ verifiedMs }) => verifiedMs ?? 0))
  return `EMPTY (verified): ${whichOf(roster, asked)}, ${goneClause(ends, scope)}, ${lastMs} ms after the trigger was received.`
}

/** What went of all of these accounts together, and what was kept. */
export function goneClause(answers: readonly AccountAnswer[], scope: Scope | null): string {
  const cancelled = answers.reduce((sum, answer) => sum + answer.cancelled, 0)
  const atLeast = answers.some(({ isLowerBound }) => isLowerBound) ? 'at least ' : ''
  const kept = answers.reduce((sum, answer) => sum + (answer.kept ?? 0), 0)
  const keptToo = scope !== null && isKeeping(scope) ? ` in scope, ${kept} reduce-only kept` : ''
  return `${atLeast}${orders(cancelled)} cancelled, 0 open${keptToo}`
}

/** All of them, or which were asked for. */
function whichOf(roster: readonly string[], asked: readonly string[]): string {
  if (asked.length === roster.length)
    return asked.length === 1 ? `the account ${asked[0]}` : `all ${asked.length} accounts`
  return `${asked.length} of ${roster.length} accounts, as asked (${asked.join(', ')})`
}

function notProvenSentence(
  { roster, asked, differences }: FleetSentenceInputs,
  others: readonly Named[],
): string {
  const isWhole = asked.length === roster.length
  const empty = asked.length - others.length
  const rest = [
    ...(others.length === 0 ? [] : [others.map(shownEnd).join(', ')]),
    ...(isWhole ? strangersClause(differences) : []),
    ...twinsAmong(asked, differences).map((names) => `${names.join(' and ')} hold the same key`),
  ]
  return `NOT PROVEN: ${empty} of ${asked.length} accounts EMPTY; ${rest.join('; ')}.`
}

/** What an account came to, in a few words. */
export function shownEnd({ account, answer }: Named): string {
  const { verdict, open } = answer
  const count = verdict === 'NOT_EMPTY' && open !== null ? ` (${open} open)` : ''
  return `${account} ${verdict.replace('_', ' ')}${count}`
}

function strangersClause(differences: Differences): readonly string[] {
  if (!hasStrangers(differences)) return []
  return [`the secret holds ${strangersIn(differences)}, which the roster does not name`]
}

function strangersIn({ strangers, unnamed }: Differences): string {
  const others =
    unnamed === 1
      ? '1 field that is no name of an account'
      : `${unnamed} fields that are no names of accounts`
  return [...strangers, ...(unnamed > 0 ? [others] : [])].join(', ')
}

/** Where secret and roster do not agree: what to do, a sentence each. */
export function differenceSentences(differences: Differences): readonly string[] {
  const { missing, twins } = differences
  return [
    ...(missing.length === 0
      ? []
      : [
          `ROSTER: the secret has no keys of ${missing.join(', ')}. Store them, or take them off the roster.`,
        ]),
    ...(hasStrangers(differences)
      ? [
          `ROSTER: the secret holds ${strangersIn(differences)}, which the roster does not name: nobody sweeps it. Add it to the roster, or take it out of the secret.`,
        ]
      : []),
    ...twins.map(
      (names) =>
        `SAME KEY: ${names.join(' and ')} hold the same key, so that all but one of them are not swept. Store each account's own.`,
    ),
  ]
}

/** What was said of accounts, each sentence once: under the names of all of which it was said. */
export function underNames(
  accounts: readonly string[],
  said: readonly (readonly [account: string, sentences: readonly string[]])[],
): readonly string[] {
  const bySentence = new Map<string, string[]>()
  for (const [account, sentences] of said)
    for (const sentence of new Set(sentences))
      bySentence.set(sentence, [...(bySentence.get(sentence) ?? []), account])
  return Array.from(bySentence, ([sentence, names]) => {
    const isAll = names.length === accounts.length && names.length > 1
    return `${isAll ? 'every account' : names.join(', ')}: ${sentence}`
  })
}
