import type { Differences } from '../init/fleet/fleet-secret.ts'
import { ProofOfEmpty } from '../sweep/proof.ts'
import type { Verdict, VerdictKind } from '../sweep/verdict.ts'

/** What one account came to, in a few bytes: it crosses from one function to another as JSON. */
export interface AccountAnswer {
  readonly verdict: VerdictKind
  readonly cancelled: number
  /** It may be more. */
  readonly isLowerBound: boolean
  /** Orders in scope that are open; null where that is not known. */
  readonly open: number | null
  /** Reduce-only orders that stay; null where none were to, or that is not known. */
  readonly kept: number | null
  /** From the receipt of the trigger to the proof, in milliseconds; null without one. */
  readonly verifiedMs: number | null
  /** Its own first sentence, where it is not EMPTY. */
  readonly why?: string
}

export type FleetVerdict =
  /** Every account that was asked for is, each through a quiet period of its own. */
  | { readonly kind: 'EMPTY' }
  | {
      readonly kind: 'NOT_PROVEN'
      /** The worst that an account came to. */
      readonly worst: VerdictKind
      /** The accounts that are not EMPTY, the worst first. */
      readonly others: readonly Named[]
    }
  /** Nothing was sent, on purpose. */
  | { readonly kind: 'NOT_FIRED'; readonly why: string; readonly isRefusal: boolean }

export type FleetVerdictKind = FleetVerdict['kind']

export interface Named {
  readonly account: string
  readonly answer: AccountAnswer
}

/** What is worse for who has to act: orders that rest, then those of which nothing is known. */
const WORST_FIRST: readonly VerdictKind[] = ['NOT_EMPTY', 'FAILED', 'UNVERIFIED', 'NOT_FIRED', 'EMPTY']

export const NO_ANSWER: AccountAnswer = {
  verdict: 'FAILED',
  cancelled: 0,
  isLowerBound: true,
  open: null,
  kept: null,
  verifiedMs: null,
  why: 'FAILED: it gave no answer.',
}

/**
 * The verdict over many accounts: EMPTY only if every one that was asked for is EMPTY, and the secret holds what the roster
 * names and no more. Pure.
 *
 * @param asked by name; one without an answer is FAILED
 * @param answers of an account that answered more than once the worst counts
 * @param isWhole all of the roster was asked for: then an account that it does not name is one that nobody swept
 */
export function decideFleet(
  asked: readonly string[],
  answers: readonly Named[],
  differences: Differences,
  isWhole: boolean,
): FleetVerdict {
  const ends = endsOf(asked, answers)
  const others = ends
    .filter(({ answer }) => answer.verdict !== 'EMPTY')
    .sort((a, b) => rank(a.answer.verdict) - rank(b.answer.verdict))
  const isDoubtful = (isWhole && hasStrangers(differences)) || twinsAmong(asked, differences).length > 0
  if (asked.length > 0 && others.length === 0 && !isDoubtful) return { kind: 'EMPTY' }
  return { kind: 'NOT_PROVEN', worst: others[0]?.answer.verdict ?? 'UNVERIFIED', others }
}

/** Every account that was asked for, once, with the worst of its answers. */
export function endsOf(asked: readonly string[], answers: readonly Named[]): readonly Named[] {
  return asked.map((account) => {
    const [worst = NO_ANSWER] = answers
      .filter((one) => one.account === account)
      .map(({ answer }) => answer)
      .sort((a, b) => rank(a.verdict) - rank(b.verdict))
    return { account, answer: worst }
  })
}

/** Accounts that the secret holds, and no roster names. */
export function hasStrangers({ strangers, unnamed }: Differences): boolean {
  return strangers.length + unnamed > 0
}

/** Accounts that share a key with another, where one of them was asked for: whose book was swept is not known. */
export function twinsAmong(asked: readonly string[], { twins }: Differences): readonly (readonly string[])[] {
  return twins.filter((names) => names.some((name) => asked.includes(name)))
}

/** A verdict that says EMPTY without a proof is none. */
export function isProven(verdict: Verdict): boolean {
  return verdict.kind === 'EMPTY' && ProofOfEmpty.isProof(verdict.proof)
}

/** What is not known counts as worst. */
function rank(verdict: VerdictKind): number {
  return WORST_FIRST.indexOf(verdict)
}
