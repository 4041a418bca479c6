import { expect } from 'vitest'

/** A key and its secret in every form that they take in memory. */
export function formsOf({ apiKey, apiSecret }: { apiKey: string; apiSecret: string }): readonly string[] {
  const decoded = Buffer.from(apiSecret, 'base64')
  return [apiKey, apiSecret, decoded.toString('hex'), decoded.toString('latin1')]
}

/** Six characters in a row, wherever they begin; of hex twelve, since six stand in numbers and ids by chance. */
function piecesOf(secret: string): readonly string[] {
  const length = /^[0-9a-f]+$/.test(secret) ? 12 : 6
  return Array.from({ length: Math.max(0, secret.length - length + 1) }, (_, at) =>
    secret.slice(at, at + length),
  )
}

/** @param name of the text, for the message: that quotes nothing */
export function expectNoPieceOf(secrets: readonly string[], text: string, name = 'the text'): void {
  for (const piece of new Set(secrets.flatMap(piecesOf))) {
    if (text.includes(piece)) expect.fail(`${name} holds a piece of a secret at ${text.indexOf(piece)}`)
  }
}
