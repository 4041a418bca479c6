import { expect } from 'vitest'
import { placeOfPiece } from '../siege/leaks.ts'

/** @param name of the text, for the message: that quotes nothing */
export function expectNoPieceOf(secrets: readonly string[], text: string, name = 'the text'): void {
  const at = placeOfPiece(text, secrets)
  if (at !== null) expect.fail(`${name} holds a piece of a secret at ${at}`)
}
