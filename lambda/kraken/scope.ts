import type { Order } from './exchange.ts'
import { mayCover } from './symbol.ts'

/** All orders of the account, or the orders of these symbols (upper case, 1 to 20). */
export type Symbols = 'all' | readonly string[]

/** The orders of these symbols, without those that Kraken tells to be reduce-only: they guard positions, and stay. */
export interface KeepingScope {
  readonly symbols: Symbols
  readonly keep: 'reduceOnly'
}

/** Which orders are to go. */
export type Scope = Symbols | KeepingScope

/** What tells whether an order is to go. */
type Told = Pick<Order, 'symbol' | 'reduceOnly'>

/** Does anything of these symbols stay? Then no cancel-all may be sent, which knows of no such thing. */
export function isKeeping(scope: Scope): scope is KeepingScope {
  return typeof scope === 'object' && 'keep' in scope
}

export function symbolsOf(scope: Scope): Symbols {
  return isKeeping(scope) ? scope.symbols : scope
}

/**
 * May this order be one that is to go?
 *
 * An order whose symbol does not tell may: what cannot be told apart counts as ours, and is never cancelled by its id. So
 * does one of which it is not told whether it is reduce-only: it opens risk as likely as it guards against it.
 */
export function inScope(scope: Scope, order: Told): boolean {
  if (scope === 'all') return true
  return inSymbols(symbolsOf(scope), order) && !(isKeeping(scope) && order.reduceOnly === true)
}

/** May it be an order of these symbols, that stays since it is reduce-only? */
export function isKept(scope: Scope, order: Told): boolean {
  return isKeeping(scope) && order.reduceOnly === true && inSymbols(scope.symbols, order)
}

function inSymbols(symbols: Symbols, { symbol }: Pick<Told, 'symbol'>): boolean {
  return symbols === 'all' || symbols.some((wanted) => mayCover(wanted, symbol))
}
