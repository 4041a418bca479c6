import { isNamedBy, type RestingOrder } from '../drill/book.ts'
import { isKeeping, type Scope, symbolsOf } from '../lambda/kraken/scope.ts'

/** Is an order one that was to be cancelled? */
export function isIn(scope: Scope, order: Pick<RestingOrder, 'symbol' | 'reduceOnly'>): boolean {
  const symbols = symbolsOf(scope)
  const isOfSymbols = symbols === 'all' || symbols.some((symbol) => isNamedBy(symbol, order))
  return isOfSymbols && !(isKeeping(scope) && order.reduceOnly)
}
