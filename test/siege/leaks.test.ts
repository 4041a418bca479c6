import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { leaks } from '../../siege/leaks.ts'
import type { Run } from '../../siege/run.ts'

const apiKey = randomBytes(42).toString('base64')
const apiSecret = randomBytes(64).toString('base64')
const hex = Buffer.from(apiSecret, 'base64').toString('hex')
const authent = randomBytes(64).toString('base64')
const token = randomBytes(32).toString('base64')
const run = {
  visits: [{ call: { credentials: { authent } } }],
  secrets: [{ apiKey, apiSecret }],
  desk: { account: { unified: { issued: new Set([token]) } } },
} as unknown as Run

test.each([
  ['a key', `"${apiKey.slice(9, 15)}"`],
  ['a secret', `${apiSecret.slice(0, 6)}`],
  ['a secret, decoded', Buffer.from(apiSecret, 'base64').toString('latin1').slice(58)],
  ['a secret in hex', `-${hex.slice(20, 32)}-`],
  ['a secret in hex, between other digits', `0a${hex.slice(21, 33)}f9`],
  ['a signature', `...${authent.slice(-8)}`],
  ['a token', `token ${token.slice(3, 9)}`],
])('finds a piece of %s', (_, said) => {
  expect(leaks(`{"verdict":"EMPTY", ${said}}`, run)).toHaveLength(1)
})

test('finds none where there is none, and quotes none that it finds', () => {
  expect(leaks('{"verdict":"EMPTY","at":1795521600123}', run)).toEqual([])
  expect(leaks(`at ${apiKey}`, run)[0]).not.toContain(apiKey.slice(0, 6))
})
