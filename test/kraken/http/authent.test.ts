import { createSecretKey } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { ApiKey, authent } from '../../../lambda/kraken/http/authent.ts'
import vectors from '../../fixtures/authent-vectors.json' with { type: 'json' }

test.each(vectors)(
  'signs as $source does: $path "$postData"',
  ({ postData, nonce, path, secret, authent: expected }) => {
    expect(authent({ postData, nonce, path, key: createSecretKey(secret, 'base64') })).toBe(expected)
  },
)

const [first] = vectors
const good = {
  postData: 'symbol=PF_XBTUSD',
  nonce: '1',
  path: '/derivatives/api/v3/cancelallorders',
  key: createSecretKey(String(first?.secret), 'base64'),
}

test.each([
  ['the body', { ...good, postData: 'symbol=PF_ETHUSD' }],
  ['the nonce', { ...good, nonce: '2' }],
  ['the path', { ...good, path: '/derivatives/api/v3/openorders' }],
  ['the key', { ...good, key: createSecretKey(Buffer.alloc(64, 1)) }],
])('gives another signature when %s is another', (_, inputs) => {
  expect(authent(inputs)).not.toBe(authent(good))
})

test('signs a path outside of /derivatives whole, and one that only begins like it too', () => {
  const path = '/api/auth/v1/api-keys/v3/check'
  expect(authent({ ...good, path: `/derivatives${path}` })).toBe(authent({ ...good, path }))
  expect(authent({ ...good, path: `/derivativesX${path}` })).not.toBe(authent({ ...good, path }))
  expect(authent({ ...good, path: `/v2/derivatives${path}` })).not.toBe(
    authent({ ...good, path: `/v2${path}` }),
  )
})

test('sends no Nonce unless there is one', () => {
  const key = new ApiKey('public-key', Buffer.alloc(64, 1))
  expect(Object.keys(key.headers('', good.path))).toEqual(['APIKey', 'Authent'])
  expect(key.headers('', good.path, '7')).toMatchObject({ APIKey: 'public-key', Nonce: '7' })
})

test('cannot be printed or serialised', () => {
  const key = new ApiKey('PUBLICKEYPUBLICKEY', Buffer.from('SECRETSECRET'))
  const printed = `${inspect(key, { showHidden: true, depth: 9 })} ${JSON.stringify(key)} ${String(key)}`
  expect(printed).not.toContain('PUBLIC')
  expect(printed).not.toContain('SECRET')
})

test('is another key when either half differs', () => {
  const key = new ApiKey('a', Buffer.from('s'))
  expect(key.equals(new ApiKey('a', Buffer.from('s')))).toBe(true)
  expect(key.equals(new ApiKey('b', Buffer.from('s')))).toBe(false)
  expect(key.equals(new ApiKey('a', Buffer.from('t')))).toBe(false)
})
