import { type KillSwitchError, SweepCutShort } from './errors.ts'
import type { Book, Order } from './kraken/exchange.ts'
import type { Scope } from './kraken/symbol.ts'
import { openInScope, ProofOfEmpty } from './proof.ts'

export type Verdict =
  /** There is proof, whatever the acks said. */
  | { readonly kind: 'EMPTY'; readonly proof: ProofOfEmpty }
  /** The last read of the book shows orders in scope. */
  | { readonly kind: 'NOT_EMPTY'; readonly open: readonly Order[]; readonly cause: KillSwitchError | null }
  /** At least one ack, but no proof and no read that tells. */
  | { readonly kind: 'UNVERIFIED'; readonly wasReadEmpty: boolean }
  /** No ack and no proof. */
  | { readonly kind: 'FAILED'; readonly cause: KillSwitchError }
  /** Nothing was sent, on purpose. */
  | { readonly kind: 'NOT_FIRED'; readonly why: string; readonly isRefusal: boolean }

export type VerdictKind = Verdict['kind']

/** What a sweep knows when it ends. */
export interface Findings {
  readonly scope: Scope
  readonly proof: ProofOfEmpty | null
  /** The last read that could be used. */
  readonly book: Book | null
  /** When the last cancel was answered; monotonic milliseconds. */
  readonly lastAckAt: number | null
  /** Why a cancel is unacknowledged. */
  readonly cancelTrouble: KillSwitchError | null
  /** Why the last read failed. */
  readonly readTrouble: KillSwitchError | null
}

/** The verdict of a switch that fired. */
export function decide(findings: Findings): Verdict {
  const { scope, proof, book, lastAckAt, cancelTrouble, readTrouble } = findings
  if (ProofOfEmpty.isProof(proof)) return { kind: 'EMPTY', proof }
  // A read from before the last ack tells nothing of what that cancel left.
  const tells = book !== null && book.sentAt >= (lastAckAt ?? -Infinity)
  const open = tells ? openInScope(book, scope) : []
  if (open.length > 0) return { kind: 'NOT_EMPTY', open, cause: cancelTrouble }
  if (lastAckAt !== null) return { kind: 'UNVERIFIED', wasReadEmpty: tells }
  return { kind: 'FAILED', cause: cancelTrouble ?? readTrouble ?? new SweepCutShort() }
}

/** May the caller take it as done? If not, asynchronous triggers throw, so that Lambda tries again and pages. */
export function isSettled(verdict: Verdict): boolean {
  return verdict.kind === 'EMPTY' || (verdict.kind === 'NOT_FIRED' && !verdict.isRefusal)
}
