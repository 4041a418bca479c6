import type { Run } from './simulation.ts'
import type { Visit } from './visit.ts'

const PIECE = 6
/** One bit for each hash: what is not in it is no piece, and most of what is said is not. */
const FILTER_BITS = 1 << 16

/** Looks for pieces of keys, secrets and signatures in what was said. */
export function leaks(said: string, visits: readonly Visit[], secrets: Run['secrets']): string[] {
  const taints = new Set(visits.map(({ call }) => call.credentials.authent))
  for (const { apiKey, apiSecret } of secrets) {
    const decoded = Buffer.from(apiSecret, 'base64')
    for (const text of [apiKey, apiSecret, decoded.toString('hex'), decoded.toString('latin1')])
      taints.add(text)
  }
  const filter = new Uint8Array(FILTER_BITS)
  for (const text of taints) {
    for (let at = 0; at + PIECE <= text.length; at++) filter[hashOf(text, at)] = 1
  }
  for (let at = 0; at + PIECE <= said.length; at++) {
    if (filter[hashOf(said, at)] === 0) continue
    const piece = said.slice(at, at + PIECE)
    if ([...taints].some((text) => text.includes(piece))) {
      return [`a piece of a secret stands in the report: ...${said.slice(Math.max(0, at - 40), at)}[here]`]
    }
  }
  return []
}

function hashOf(text: string, at: number): number {
  let hash = 0
  for (let i = at; i < at + PIECE; i++) hash = Math.imul(hash, 31) + text.charCodeAt(i)
  return (hash ^ (hash >>> 16)) & (FILTER_BITS - 1)
}
