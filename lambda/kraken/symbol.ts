/** All orders of the account, or the orders of these symbols (upper case, 1 to 20). */
export type Scope = 'all' | readonly string[]

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

/**
 * Is an order of this symbol in scope?
 *
 * An order whose symbol Kraken did not give is: what cannot be told apart may be ours.
 */
export function inScope(scope: Scope, symbol: string | null): boolean {
  return scope === 'all' || symbol === null || scope.some((wanted) => covers(wanted, symbol))
}

/** A margin account `FI_XBTUSD` covers `FI_XBTUSD_*` and `PI_XBTUSD`; a product covers itself. */
export function covers(wanted: string, symbol: string): boolean {
  const found = symbol.toUpperCase()
  if (found === wanted) return true
  const pair = MARGIN_ACCOUNT.exec(wanted)?.[1]
  return pair !== undefined && (found === `PI_${pair}` || found.startsWith(`FI_${pair}_`))
}
