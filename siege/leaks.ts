import type { Visit } from './network.ts'
import type { Run } from './simulation.ts'

const PIECE = 6

/** Looks for pieces of keys, secrets and signatures in what was said. */
export function leaks(said: string, visits: readonly Visit[], secrets: Run['secrets']): string[] {
  const pieces = new Set<string>()
  const taint = (text: string) => {
    for (let at = 0; at + PIECE <= text.length; at++) pieces.add(text.slice(at, at + PIECE))
  }
  for (const { apiKey, apiSecret } of secrets) {
    const decoded = Buffer.from(apiSecret, 'base64')
    for (const text of [apiKey, apiSecret, decoded.toString('hex'), decoded.toString('latin1')]) taint(text)
  }
  for (const { call } of visits) taint(call.credentials.authent)
  for (let at = 0; at + PIECE <= said.length; at++) {
    if (pieces.has(said.slice(at, at + PIECE)))
      return [`a piece of a secret stands in the report: ...${said.slice(Math.max(0, at - 40), at)}[here]`]
  }
  return []
}
