import { createSecretKey } from 'node:crypto'
import { expect, test } from 'vitest'
import { apiSign } from '../../../lambda/kraken/http/api-sign.ts'
import { ApiKey } from '../../../lambda/kraken/http/authent.ts'
import { nextNonce } from '../../../lambda/kraken/http/nonce.ts'
import vectors from '../../fixtures/api-sign-vectors.json' with { type: 'json' }

test.each(vectors)('signs as $source: $path', ({ path, nonce, postData, secret, apiSign: expected }) => {
  expect(apiSign({ path, nonce, postData, key: createSecretKey(secret, 'base64') })).toBe(expected)
})

test('the headers of a request are the key and the signature, and no other', () => {
  const { path, nonce, postData, secret, apiSign: expected } = vectors[0] as (typeof vectors)[number]
  const key = new ApiKey('public', Buffer.from(secret, 'base64'))
  expect(key.spotHeaders(postData, path, nonce)).toEqual({ 'API-Key': 'public', 'API-Sign': expected })
})

test('nonces rise whatever the clock does, and are nanoseconds since 1970', () => {
  const clock = { now: () => 1.25, wallTime: () => 4_102_444_800_000 }
  const first = nextNonce(clock)
  expect(first).toBe(4_102_444_800_000_250_000n)
  expect(nextNonce(clock)).toBe(first + 1n)
  expect(nextNonce({ now: () => 0, wallTime: () => 1 })).toBe(first + 2n)
  expect(nextNonce({ now: () => 0, wallTime: () => 4_102_444_800_001 })).toBe(4_102_444_800_001_000_000n)
  expect(first).toBeLessThan(2n ** 64n)
})

test('a clock with fractions of a millisecond gives a nonce too', () => {
  expect(nextNonce({ now: () => 0.5, wallTime: () => 5_000_000_000_000.75 })).toBe(5_000_000_000_000_500_000n)
})
