import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { FleetSecret, readAccountKeys } from '../../lambda/init/fleet/fleet-secret.ts'
import { ApiKey } from '../../lambda/kraken/http/authent.ts'
import { expectNoPieceOf } from '../pieces.ts'

const key = () => ({
  apiKey: randomBytes(42).toString('base64'),
  apiSecret: randomBytes(64).toString('base64'),
})
const ROSTER = ['mm-btc', 'mm-eth']
const stored = (accounts: object) => JSON.stringify({ accounts })

async function differencesOf(text: string, roster = ROSTER) {
  const secret = new FleetSecret(async () => text, roster)
  await secret.text()
  return secret.differences
}

test('each account has its own keys, on either road', () => {
  const unified = key()
  const text = stored({ 'mm-btc': key(), 'mm-eth': { unified } })
  expect(readAccountKeys(text, 'mm-btc').rest).toBeInstanceOf(ApiKey)
  expect(readAccountKeys(text, 'mm-eth')).toMatchObject({ rest: null, unified: expect.any(ApiKey) })
})

test("takes the texts that the console's editor makes of objects", () => {
  const text = JSON.stringify({ accounts: JSON.stringify({ 'mm-btc': JSON.stringify(key()) }) })
  expect(readAccountKeys(text, 'mm-btc').rest).toBeInstanceOf(ApiKey)
})

const bad = key()
test.each([
  ['no JSON', 'accounts: mm-btc', /The secret of the fleet is malformed: it is not JSON/],
  ['no accounts', JSON.stringify(bad), /: accounts is missing/],
  ['a list of accounts', stored([bad]), /: accounts is not an object/],
  ['another account', stored({ 'mm-btc': bad }), /: it has no account mm-eth/],
  ['a part that is no object', stored({ 'mm-eth': 7 }), /: of the account mm-eth it is not an object/],
  [
    'a field missing',
    stored({ 'mm-eth': { apiKey: bad.apiKey } }),
    /of the account mm-eth apiSecret is missing/,
  ],
  [
    'a name that every object has',
    stored({ 'mm-btc': bad }),
    /: it has no account constructor/,
    'constructor',
  ],
])('names what is wrong with %s, and no character of a value', (_, text, message, account = 'mm-eth') => {
  const read = () => readAccountKeys(text, account)
  expect(read).toThrow(message)
  try {
    read()
  } catch (error) {
    expectNoPieceOf([bad.apiKey, bad.apiSecret], String((error as Error).message))
  }
})

test('what is wrong with one account does not spoil another', () => {
  const text = stored({ 'mm-btc': { apiKey: 'nonsense' }, 'mm-eth': key() })
  expect(() => readAccountKeys(text, 'mm-btc')).toThrow()
  expect(readAccountKeys(text, 'mm-eth').rest).toBeInstanceOf(ApiKey)
})

test('tells in what secret and roster differ, and no field that may be a value', async () => {
  const misplaced = key().apiKey
  const text = stored({ 'mm-btc': key(), 'arb-9': key(), [misplaced]: 'x' })
  const differences = await differencesOf(text)
  expect(differences).toEqual({ missing: ['mm-eth'], strangers: ['arb-9'], unnamed: 1, twins: [] })
  expectNoPieceOf([misplaced], JSON.stringify(differences))
})

test('finds a key that is there twice, also where it is the second key of the other', async () => {
  const one = key()
  expect((await differencesOf(stored({ 'mm-btc': one, 'mm-eth': one }))).twins).toEqual([ROSTER])
  const crossed = stored({ 'mm-btc': one, 'mm-eth': { ...key(), unified: one } })
  expect((await differencesOf(crossed)).twins).toEqual([ROSTER])
  expect((await differencesOf(stored({ 'mm-btc': key(), 'mm-eth': key() }))).twins).toEqual([])
})

test('accounts that ask at the same time share one answer', async () => {
  let asked = 0
  const fetch = async () => {
    asked += 1
    return stored({})
  }
  const secret = new FleetSecret(fetch, ROSTER)
  await Promise.all([secret.text(), secret.text()])
  expect(asked).toBe(1)
  await secret.text()
  expect(asked).toBe(2)
})
