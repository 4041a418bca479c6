import type { Run } from './run.ts'

/** So many characters in a row, wherever they begin. */
const PIECE = 6
/** Of hex twice as many: six digits stand in numbers and ids by chance. */
const HEX_PIECE = 12
const HEX_DIGITS = /[0-9a-f]{12,}/g
/** One bit for each hash: what is not in it is no piece, and most of what is said is not. */
const FILTER_BITS = 1 << 16

/** A key and its secret in every form that they take in memory. */
export function formsOf({ apiKey, apiSecret }: { apiKey: string; apiSecret: string }): readonly string[] {
  const decoded = Buffer.from(apiSecret, 'base64')
  return [apiKey, apiSecret, decoded.toString('hex'), decoded.toString('latin1')]
}

/** Looks for pieces of keys, secrets, signatures and tokens in what was said. */
export function leaks(said: string, { visits, secrets, desk }: Run): string[] {
  const authents = visits.map(({ call }) => call.credentials.authent)
  const at = placeOfPiece(said, [...secrets.flatMap(formsOf), ...authents, ...desk.account.unified.issued])
  if (at === null) return []
  return [`a piece of a secret stands in the report: ...${said.slice(Math.max(0, at - 40), at)}[here]`]
}

/** Where a piece of one of these stands in a text; null when none does. */
export function placeOfPiece(text: string, secrets: readonly string[]): number | null {
  const hexes = secrets.filter((secret) => /^[0-9a-f]+$/.test(secret))
  const others = [...new Set(secrets.filter((secret) => !hexes.includes(secret)))]
  const filter = new Uint8Array(FILTER_BITS)
  for (const secret of others) {
    for (let at = 0; at + PIECE <= secret.length; at++) filter[hashOf(secret, at)] = 1
  }
  for (let at = 0; at + PIECE <= text.length; at++) {
    if (filter[hashOf(text, at)] === 0) continue
    const piece = text.slice(at, at + PIECE)
    if (others.some((secret) => secret.includes(piece))) return at
  }
  for (const { 0: digits, index } of text.matchAll(HEX_DIGITS)) {
    for (let at = 0; at + HEX_PIECE <= digits.length; at++) {
      const piece = digits.slice(at, at + HEX_PIECE)
      if (hexes.some((secret) => secret.includes(piece))) return index + at
    }
  }
  return null
}

function hashOf(text: string, at: number): number {
  let hash = 0
  for (let i = at; i < at + PIECE; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i)
  return (hash ^ (hash >>> 16)) & (FILTER_BITS - 1)
}
