import { EveryRoadFailed, type KillSwitchError, SweepCutShort } from '../errors.ts'
import type { Book, Order } from '../kraken/exchange.ts'
import { isKeeping, type Scope } from '../kraken/scope.ts'
import { openInScope, ProofOfEmpty } from './proof.ts'

export type Verdict =
  /** There is proof, whatever the acks said. */
  | { readonly kind: 'EMPTY'; readonly proof: ProofOfEmpty }
  /** The last read of the book shows orders in scope, or Kraken told of some unasked. */
  | {
      readonly kind: 'NOT_EMPTY'
      readonly open: readonly Order[]
      /** Why no cancel was acknowledged. */
      readonly cause: KillSwitchError | null
      /** Another road reads the same book as empty. */
      readonly isDisputed: boolean
    }
  /** At least one ack, or nothing to cancel by the read, but no proof and no read that tells of orders. */
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
  /** Orders in scope that it told of unasked and has not called gone. */
  readonly told: readonly Order[]
  /** Why a cancel is unacknowledged. */
  readonly cancelTrouble: KillSwitchError | null
  /** Why the last read failed. */
  readonly readTrouble: KillSwitchError | null
}

/**
 * The verdict of a switch that fired, over every road that it took: EMPTY when one of them has proof, and no other that can
 * read says otherwise.
 */
export function decide(roads: readonly Findings[]): Verdict {
  const proof = roads.map((road) => road.proof).find((found) => ProofOfEmpty.isProof(found))
  const contradicting = roads.filter(contradicts)
  if (proof && contradicting.length === 0) return { kind: 'EMPTY', proof }
  const telling = roads.filter(tells)
  // What a road was told of stands, also where its last read does not tell.
  const known = roads.map((road) => (tells(road) ? road : { ...road, book: null }))
  const open = openOf(proof ? contradicting : known)
  const isAcked = roads.some(({ lastAckAt }) => lastAckAt !== null) || roads.some(hadNothingToCancel)
  if (open.length > 0) {
    const isDisputed =
      roads.length > 1 && (Boolean(proof) || telling.some((road) => openOf([road]).length === 0))
    return { kind: 'NOT_EMPTY', open, cause: causeOfSilence(roads), isDisputed }
  }
  if (isAcked) return { kind: 'UNVERIFIED', wasReadEmpty: telling.length > 0 }
  return { kind: 'FAILED', cause: causeOfFailure(roads) }
}

/** Does this road, which can read, read open orders, or was it told of one since? Then no other's proof stands. */
export function contradicts(road: Findings): boolean {
  return road.told.length > 0 || (road.readTrouble === null && openOf([road]).length > 0)
}

/** Where something is kept a cancel is sent only for what was read: this road read, and there was nothing. */
export function hadNothingToCancel(road: Findings): boolean {
  return isKeeping(road.scope) && road.lastAckAt === null && road.book !== null && openOf([road]).length === 0
}

/** A read from before the last ack tells nothing of what that cancel left. */
function tells({ book, lastAckAt }: Findings): boolean {
  return book !== null && book.sentAt >= (lastAckAt ?? -Infinity)
}

/** Every order that one of these roads read as open or was told of, once. */
export function openOf(roads: readonly Findings[]): readonly Order[] {
  const [first, ...others] = roads
    .flatMap(({ book, scope, told }) => [book === null ? [] : openInScope(book, scope), told])
    .filter((orders) => orders.length > 0)
  if (first === undefined || others.length === 0) return first ?? []
  const known = new Set(first.map(({ orderId }) => orderId))
  return [...first, ...others.flat().filter(({ orderId }) => orderId === '' || !known.has(orderId))]
}

/** Null when a road has acknowledged every cancel. */
function causeOfSilence(roads: readonly Findings[]): KillSwitchError | null {
  if (roads.some(({ cancelTrouble, lastAckAt }) => cancelTrouble === null && lastAckAt !== null)) return null
  return roads.find(({ cancelTrouble }) => cancelTrouble !== null)?.cancelTrouble ?? null
}

function causeOfFailure(roads: readonly Findings[]): KillSwitchError {
  const causes = roads.map(({ cancelTrouble, readTrouble }) => cancelTrouble ?? readTrouble)
  const [first, ...others] = causes.filter((cause) => cause !== null)
  if (first === undefined) return new SweepCutShort()
  return others.length === 0 ? first : new EveryRoadFailed([first, ...others])
}

/** May the caller take it as done? If not, asynchronous triggers throw, so that Lambda tries again and pages. */
export function isSettled(verdict: Verdict): boolean {
  return verdict.kind === 'EMPTY' || (verdict.kind === 'NOT_FIRED' && !verdict.isRefusal)
}
