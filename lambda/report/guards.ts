import type { Position } from '../kraken/exchange.ts'
import { type Scope, symbolsOf } from '../kraken/scope.ts'
import { isKnownSymbol, mayCover } from '../kraken/symbol.ts'
import type { Report } from './report.ts'

/** Open positions, by what is known to guard them. */
export interface Guards {
  /** No reduce-only order rests in their symbol. */
  readonly without: readonly Position[]
  /** One does, of whatever size. */
  readonly with: readonly Position[]
  /** Their symbol was not read, or not all of it is known. */
  readonly unknown: readonly Position[]
}

/** Which positions are left without protection, by the last read; null where positions or orders are not known. */
export function guardsOf({ positions, remaining, kept, scope }: Report): Guards | null {
  if (positions === 'unknown' || remaining === 'unknown' || kept === 'unknown' || scope === null) return null
  const lists = [remaining, ...(kept === null ? [] : [kept])]
  const isAllListed = lists.every(({ count, orders }) => count === orders.length)
  const guarded = new Set(
    lists.flatMap(({ orders }) => orders.filter(({ reduceOnly }) => reduceOnly === true).map(symbolOf)),
  )
  const isUntold = lists.some(({ orders }) => orders.some(({ reduceOnly }) => reduceOnly === null))
  const standing = (position: Position): keyof Guards => {
    const symbol = symbolOf(position)
    if (!isKnownSymbol(symbol) || !wasRead(scope, symbol)) return 'unknown'
    if (guarded.has(symbol)) return 'with'
    return isAllListed && !isUntold ? 'without' : 'unknown'
  }
  const { without = [], unknown = [], with: withOne = [] } = Object.groupBy(positions, standing)
  return { without, with: withOne, unknown }
}

const symbolOf = ({ symbol }: { readonly symbol: string | null }) => symbol?.toUpperCase() ?? ''

function wasRead(scope: Scope, symbol: string): boolean {
  const symbols = symbolsOf(scope)
  return symbols === 'all' || symbols.some((wanted) => mayCover(wanted, symbol))
}
