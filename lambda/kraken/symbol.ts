export type { Scope } from './scope.ts'

const PRODUCT = /^(?:P[FI]_[A-Z0-9]{2,20}|F[IF]_[A-Z0-9]{2,20}_[0-9]{6}|FI_[A-Z0-9]{2,20})$/
const MARGIN_ACCOUNT = /^FI_([A-Z0-9]+)$/

/**
 * A symbol that cancel-all takes: a product (`PF_XBTUSD`, `PI_XBTUSD`, `FI_XBTUSD_260327`, `FF_XBTUSD_260327`)
 * or a margin account (`FI_XBTUSD`).
 *
 * @returns the symbol in upper case; null when the text is of no such form
 */
export function readSymbol(text: string): string | null {
  // ASCII first: upper-casing would turn look-alikes such as `ſ` into letters that pass.
  if (!/^[A-Za-z0-9_]+$/.test(text)) return null
  const symbol = text.toUpperCase()
  return PRODUCT.test(symbol) ? symbol : null
}

/** Does the symbol tell whose order it is? One that Kraken did not give, or of a form that is not known, may be anybody's. */
export function isKnownSymbol(symbol: string | null): symbol is string {
  return symbol !== null && readSymbol(symbol) !== null
}

/** Does a cancel of the wanted symbol remove an order of this one, as far as the symbol tells? */
export function mayCover(wanted: string, symbol: string | null): boolean {
  return !isKnownSymbol(symbol) || covers(wanted, symbol)
}

/** Is an order of this symbol surely one that was named? Then it may be cancelled by its id. */
export function surelyCovers(wanted: string, symbol: string | null): boolean {
  return isKnownSymbol(symbol) && covers(wanted, symbol)
}

/** A margin account `FI_XBTUSD` covers `FI_XBTUSD_*` and `PI_XBTUSD`; a product covers itself. */
function covers(wanted: string, symbol: string): boolean {
  const found = symbol.toUpperCase()
  if (found === wanted) return true
  const pair = MARGIN_ACCOUNT.exec(wanted)?.[1]
  return pair !== undefined && (found === `PI_${pair}` || found.startsWith(`FI_${pair}_`))
}
