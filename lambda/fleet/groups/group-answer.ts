import type { Differences } from '../../init/fleet/fleet-secret.ts'
import type { AccountAnswer, FleetVerdict, FleetVerdictKind, Named } from '../fleet-verdict.ts'

/** What a group's function answers to the fleet's state machine, which collects those of all groups in 256 KB. */
export interface GroupAnswer {
  readonly group: string
  readonly verdict: FleetVerdictKind
  /** What was asked for could not be read, or names what is not there. */
  readonly isRefused: boolean
  readonly sentence: string
  readonly accounts: Readonly<Record<string, AccountAnswer>>
  readonly differences: Differences
  /** Fingerprints of each account's keys, in the order of the roster: two groups may hold the same. */
  readonly keys: readonly (readonly string[])[]
  /** ISO 8601: its hold ends by then; null where that could not be started, absent where none was wanted. */
  readonly heldUntil?: string | null
}

/** What its pull came to. */
export interface GroupEnd
  extends Pick<GroupAnswer, 'group' | 'sentence' | 'differences' | 'keys' | 'heldUntil'> {
  readonly verdict: FleetVerdict
  readonly ends: readonly Named[]
}

/** Its answer, in so many bytes. */
export function answerOfGroup({ verdict, ends, ...told }: GroupEnd, mostBytes: number): GroupAnswer {
  const answer = {
    ...told,
    verdict: verdict.kind,
    isRefused: verdict.kind === 'NOT_FIRED' && verdict.isRefusal,
    accounts: Object.fromEntries(ends.map(({ account, answer: own }) => [account, own])),
  }
  return shortAnswer(answer, mostBytes)
}

/** What it answers to a readiness check. */
export interface GroupReadiness {
  readonly group: string
  /** Null where the check was of other groups. */
  readonly ready: boolean | null
  readonly sentence: string
}

/** Names that a secret holds beside the roster may be any number. */
const MOST_STRANGERS = 3
const SHORT = 80

/**
 * The same answer in so many bytes, as far as it can be made shorter: what goes first are the accounts' own sentences,
 * which the log has; no verdict and no account is ever left out.
 */
export function shortAnswer(answer: GroupAnswer, mostBytes: number): GroupAnswer {
  const { differences, accounts, sentence } = answer
  const { strangers, unnamed } = differences
  const told = strangers.slice(0, MOST_STRANGERS)
  const few = {
    ...answer,
    differences: { ...differences, strangers: told, unnamed: unnamed + strangers.length - told.length },
  }
  const silent = {
    ...few,
    accounts: Object.fromEntries(
      Object.entries(accounts).map(([name, { why: _, ...verdict }]) => [name, verdict]),
    ),
  }
  const short = { ...silent, sentence: cut(sentence) }
  return [few, silent].find((one) => bytesOf(one) <= mostBytes) ?? short
}

/** What a group answers to a check of others: it could be invoked, and is told of that alone. */
export function notChecked({ group }: { readonly group: { readonly name: string } }): GroupReadiness {
  return { group: group.name, ready: null, sentence: 'Not checked: other groups are now.' }
}

/** @returns what says that it is cut, within so many bytes */
export function shortReadiness(readiness: GroupReadiness, mostBytes: number): GroupReadiness {
  const { group, ready, sentence } = readiness
  const own = { group, ready, sentence }
  return bytesOf(own) <= mostBytes ? own : { ...own, sentence: cut(sentence) }
}

function cut(sentence: string): string {
  return sentence.length <= SHORT ? sentence : `${sentence.slice(0, SHORT)}… (see the log)`
}

export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}
