/* Foreign text made fit to be shown: what comes from callers and from Kraken may hold anything. */

/** One line of any alphabet, 200 characters at most: for names and reasons of our own account. */
export function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, 200)
}

/** Printable ASCII, 60 characters at most: for what Kraken says, where no other letter is ever right. */
export function shown(text: string): string {
  return ascii(text).slice(0, 60)
}

/** Whatever is not printable ASCII as a question mark. */
export function ascii(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, '?')
}
