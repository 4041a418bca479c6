import { expect, test } from 'vitest'
import { fingerprintOf, groupsSetting, readGroups, readRoster } from '../../lambda/init/fleet/roster.ts'
import { accountName } from '../../lambda/json.ts'
import { readPull } from '../../lambda/triggers/pull.ts'

const twelve = Array.from({ length: 12 }, (_, i) => `mm-${i}`)

test('a roster is a list of 1 to 12 names', () => {
  expect(readRoster('["mm-btc","arb-1"]')).toEqual(['mm-btc', 'arb-1'])
  expect(readRoster(JSON.stringify(twelve))).toHaveLength(12)
})

test.each([
  ['no JSON', 'mm-btc,mm-eth'],
  ['no list', '{"mm-btc":1}'],
  ['none', '[]'],
  ['thirteen', JSON.stringify([...twelve, 'mm-12'])],
  ['one twice', '["mm-btc","mm-btc"]'],
  ['a capital letter', '["MM-btc"]'],
  ['a long name', JSON.stringify(['m'.repeat(33)])],
  ['no text', '[7]'],
])('refuses %s for a roster', (_, text) => {
  expect(() => readRoster(text)).toThrow(/^The setting ACCOUNTS is no roster/)
})

const NAMES = ['mm-btc', 'a', 'm'.repeat(32), '7', '-a', 'a-', 'A', '', 'a b', 'ä', 'm'.repeat(33), 'a_b']
test.each(NAMES)('a pull names %j exactly where a roster may', (name) => {
  const isName = accountName(name) === name
  const read = () => readPull({ accounts: [name] })
  if (isName) expect(read()).toMatchObject({ accounts: [name] })
  else expect(read).toThrow(/no name of an account/)
})

const group = { name: 'mm', secret: 'kill-switch/mm', accounts: ['mm-btc', 'mm-eth'] }

test('what the stack writes of its groups is what the function reads, and 200 groups fit into the environment', () => {
  const groups = Array.from({ length: 200 }, (_, i) => ({ ...group, name: `group-${i}` }))
  const text = groupsSetting(groups)
  expect(text.length).toBeLessThan(3_000)
  const { most, fingerprints } = readGroups(text)
  expect(most).toBe(2)
  expect(fingerprints.size).toBe(200)
  expect(fingerprints.has(fingerprintOf(groups[7] ?? group))).toBe(true)
})

test.each([
  ['another name', { ...group, name: 'arb' }],
  ['another secret', { ...group, secret: 'kill-switch/arb' }],
  ['an account less', { ...group, accounts: ['mm-btc'] }],
  ['an account more', { ...group, accounts: [...group.accounts, 'mm-sol'] }],
  ['another order', { ...group, accounts: group.accounts.toReversed() }],
])('%s is another group', (_, other) => {
  expect(readGroups(groupsSetting([group])).fingerprints.has(fingerprintOf(other))).toBe(false)
})

test.each([
  '',
  '[]',
  '{}',
  '{"most":2,"groups":[]}',
  '{"most":13,"groups":["AAAAAAAAAAA"]}',
  '{"most":1,"groups":["A"]}',
])('refuses %s for groups', (text) => {
  expect(() => readGroups(text)).toThrow(/^The setting FLEET_GROUPS is not what the stack writes/)
})
