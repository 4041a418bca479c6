import { expect } from 'vitest'
import { isNamedBy, type RestingOrder } from '../drill/book.ts'
import type { EmbeddedExchange } from '../drill/exchange.ts'
import type { Call } from '../drill/order-desk.ts'
import { isKeeping, type Scope } from '../lambda/kraken/scope.ts'
import type { ProofOfEmpty } from '../lambda/sweep/proof.ts'
import type { Cancelled } from '../lambda/sweep/tally.ts'

/** What holds in every run, whatever is broken. */
export function expectOracles(exchange: EmbeddedExchange, scope: Scope, proof: ProofOfEmpty | null): void {
  expectTrueProof(exchange, scope, proof)
  expectSignedCalls(exchange.calls)
  expectBudgetKept(exchange.calls)
  expectOnlyCancelsAndReads(exchange.calls)
}

export function isWanted(scope: Scope): (order: RestingOrder) => boolean {
  const symbols = isKeeping(scope) ? scope.symbols : scope
  return (order) =>
    (symbols === 'all' || symbols.some((symbol) => isNamedBy(symbol, order))) &&
    !(isKeeping(scope) && order.reduceOnly)
}

/** EMPTY is said only of a book that was empty in scope all through the quiet period. */
function expectTrueProof({ account }: EmbeddedExchange, scope: Scope, proof: ProofOfEmpty | null): void {
  if (proof === null) return
  const { at, quietPeriodMs } = proof
  // The reads travelled: each saw the book a little before its answer was here.
  expect(account.book.wasEmptyThroughout(at - quietPeriodMs, at - 5, isWanted(scope))).toBe(true)
}

/** The number of cancelled orders is that of the book, or said to be less than all. */
export function expectTrueCount(
  { account }: EmbeddedExchange,
  startedAt: number,
  { count, hasUncounted, perhapsTwo }: Cancelled,
  isUnanswered: boolean,
): void {
  const removed = account.book.changes.filter(({ at, kind }) => kind === 'removed' && at >= startedAt).length
  expect(count, 'more orders are said to be cancelled than were').toBeLessThanOrEqual(removed)
  if (!isUnanswered && !hasUncounted && perhapsTwo === 0)
    expect(count, 'fewer are said to be, as the whole truth').toBe(removed)
}

/** Every request carries a signature over exactly the bytes sent. */
function expectSignedCalls(calls: readonly Call[]): void {
  expect(calls.filter(({ isAuthentic }) => !isAuthentic)).toEqual([])
}

/** The switch's own calls stay within 500 units in any 10 seconds. */
function expectBudgetKept(calls: readonly Call[]): void {
  for (const { at: from } of calls) {
    const window = calls.filter(({ at }) => at >= from && at < from + 10_000)
    expect(window.reduce((sum, { units }) => sum + units, 0)).toBeLessThanOrEqual(500)
  }
}

const HARMLESS = [
  'cancelallorders',
  'cancelorder',
  'batchorder',
  'openorders',
  'openpositions',
  'check',

  'GetWebSocketsToken',
  'GetApiKeyInfo',
  'cancel_all',
  'cancel_order',
  'subscribe executions',
  'subscribe positions',
  'unsubscribe executions',
  'unsubscribe positions',
]

/** It never calls an endpoint that creates, edits or transfers, nor any address it was sent to. */
function expectOnlyCancelsAndReads(calls: readonly Call[]): void {
  expect(calls.filter(({ endpoint }) => !HARMLESS.includes(endpoint))).toEqual([])
  const batches = calls.filter(({ endpoint }) => endpoint === 'batchorder')
  const instructions = batches.flatMap(({ params }) => JSON.parse(params.get('json') ?? '').batchOrder)
  expect(instructions.filter(({ order }) => order !== 'cancel')).toEqual([])
}
