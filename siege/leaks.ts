import type { Run } from './simulation.ts'

const PIECE = 6
/** Six digits stand in numbers and ids by chance. */
const HEX_PIECE = 12
const HEX_DIGITS = /[0-9a-f]{12,}/g
/** One bit for each hash: what is not in it is no piece, and most of what is said is not. */
const FILTER_BITS = 1 << 16

/** Looks for pieces of keys, secrets, signatures and tokens in what was said. */
export function leaks(said: string, { visits, secrets, desk }: Run): string[] {
  const taints = new Set(desk.account.unified.issued)
  for (const { call } of visits) taints.add(call.credentials.authent)
  const hexes: string[] = []
  for (const { apiKey, apiSecret } of secrets) {
    const decoded = Buffer.from(apiSecret, 'base64')
    for (const text of [apiKey, apiSecret, decoded.toString('latin1')]) taints.add(text)
    hexes.push(decoded.toString('hex'))
  }
  const filter = new Uint8Array(FILTER_BITS)
  for (const text of taints) {
    for (let at = 0; at + PIECE <= text.length; at++) filter[hashOf(text, at)] = 1
  }
  for (let at = 0; at + PIECE <= said.length; at++) {
    if (filter[hashOf(said, at)] === 0) continue
    const piece = said.slice(at, at + PIECE)
    if ([...taints].some((text) => text.includes(piece))) return [leakAt(said, at)]
  }
  for (const { 0: digits, index } of said.matchAll(HEX_DIGITS)) {
    for (let at = 0; at + HEX_PIECE <= digits.length; at++) {
      const piece = digits.slice(at, at + HEX_PIECE)
      if (hexes.some((text) => text.includes(piece))) return [leakAt(said, index + at)]
    }
  }
  return []
}

function leakAt(said: string, at: number): string {
  return `a piece of a secret stands in the report: ...${said.slice(Math.max(0, at - 40), at)}[here]`
}

function hashOf(text: string, at: number): number {
  let hash = 0
  for (let i = at; i < at + PIECE; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i)
  return (hash ^ (hash >>> 16)) & (FILTER_BITS - 1)
}
