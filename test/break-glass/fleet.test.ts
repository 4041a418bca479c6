import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { Fault } from '../../drill/fault.ts'
import { faultNamed } from '../../drill/faults.ts'
import { Laptop } from '../../drill/laptop.ts'
import { fleetSecret, Stage } from '../../drill/stage.ts'
import { formsOf } from '../../siege/leaks.ts'
import { elementsOf } from '../page/elements.ts'
import { expectNoPieceOf } from '../pieces.ts'

/* The file at a laptop, with the keys of many accounts: all of them at once, or those that are named. */

const NAMES = ['mm-btc', 'mm-eth', 'arb-1']
let stage: Stage

beforeEach(async () => {
  stage = await Stage.open({ names: NAMES, countsBy: 'address' })
  stage.rest(5)
})
afterEach(() => stage.close())

const resting = () => [...stage.exchange.accounts.values()].map(({ book }) => book.orders.length)
const keys = () => JSON.parse(fleetSecret(stage.exchange.accounts, 'both'))

async function press(args: readonly string[] = [], secret: unknown = keys()) {
  const laptop = await Laptop.press(stage, {
    args: ['--yes', ...args],
    secret: JSON.stringify(secret),
    env: { QUIET_PERIOD_MS: '200' },
  })
  return Object.assign(laptop, { code: await laptop.ended })
}

test('empties every account of the file: all cancels are written before a book is read', async () => {
  const { stdout, code } = await press(['--roads', 'rest'])
  expect(stdout).toMatch(/^EMPTY \(verified\): all 3 accounts, 15 orders cancelled, 0 open, \d+ ms after/)
  for (const name of NAMES)
    expect(stdout).toMatch(new RegExp(`^${name}: +EMPTY \\(verified\\): 5 orders`, 'm'))
  expect(code).toBe(0)
  expect(resting()).toEqual([0, 0, 0])
  const endpoints = stage.exchange.calls.map(({ endpoint }) => endpoint)
  expect(endpoints.slice(0, 3)).toEqual(Array(3).fill('cancelallorders'))
})

test('--account, several times: those alone, and --json is the report of the fleet', async () => {
  const { stdout, code } = await press(['--account', 'arb-1', '--account', 'mm-btc', '--json'])
  const report = JSON.parse(stdout)
  expect(report).toMatchObject({
    verdict: 'EMPTY',
    sentence: expect.stringMatching(/^EMPTY \(verified\): 2 of 3 accounts, as asked \(mm-btc, arb-1\)/),
    trigger: { kind: 'break-glass' },
    roster: NAMES,
    asked: ['mm-btc', 'arb-1'],
    accounts: { 'mm-btc': { verdict: 'EMPTY', roads: [{}, {}] }, 'arb-1': { verdict: 'EMPTY' } },
  })
  expect(code).toBe(0)
  expect(resting()).toEqual([0, 5, 0])
})

test('symbols, and what is kept, are those of every account', async () => {
  const { stdout, code } = await press([
    '--symbol',
    'PF_XBTUSD',
    '--keep',
    'reduceOnly',
    '--reason',
    'drawdown',
  ])
  expect(stdout).toMatch(
    /^EMPTY \(verified\): all 3 accounts, \d+ orders cancelled, 0 open in scope, \d+ reduce-only kept/,
  )
  expect(stdout).toMatch(/\nReason: +drawdown\n/)
  expect(code).toBe(0)
  for (const left of resting()) expect(left).toBeGreaterThan(0)
})

test('an account whose keys cannot be read is FAILED by its name, the others are emptied', async () => {
  const secret = keys()
  secret.accounts['mm-eth'] = { apiKey: 'x', apiSecret: 'not base64!' }
  const { stdout, code } = await press([], secret)
  expect(stdout).toMatch(/^NOT PROVEN: 2 of 3 accounts EMPTY; mm-eth FAILED\.\n/)
  expect(stdout).toMatch(/of the account mm-eth apiSecret is not/)
  expect(stdout).not.toContain('not base64!')
  expect(code).toBe(3)
  expect(resting()).toEqual([0, 5, 0])
})

test('the exit code is that of the worst: orders that rest before an account that FAILED', async () => {
  stage.exchange.misbehave(faultNamed('nothing-cancelled') as Fault)
  const secret = keys()
  secret.accounts['mm-eth'] = 'no keys'
  const { stdout, stderr, code } = await press(['--roads', 'rest'], secret)
  expect(stderr).toMatch(
    /^STILL SWEEPING after 10 s: 1 of 3 accounts EMPTY; mm-btc \(5 open\), mm-eth FAILED\. The/,
  )
  expect(stdout).toMatch(/^NOT PROVEN: 1 of 3 accounts EMPTY; mm-btc NOT EMPTY \(5 open\), mm-eth FAILED\.\n/)
  expect(stdout).toMatch(/\n== mm-btc ==\nNOT EMPTY: 5 orders still open/)
  expect(stdout).not.toContain('== arb-1 ==')
  expect(code).toBe(1)
  expect(resting()).toEqual([5, 5, 0])
}, 40_000)

test('accounts with keys for different roads take those that each has', async () => {
  const secret = keys()
  delete secret.accounts['mm-btc'].unified
  secret.accounts['mm-eth'] = { unified: secret.accounts['mm-eth'].unified }
  const { stdout, code } = await press(['--json'], secret)
  const roads = Object.values(JSON.parse(stdout).accounts as Record<string, { roads: { road: string }[] }>)
  expect(roads.map((own) => own.roads.map(({ road }) => road))).toEqual([
    ['rest'],
    ['unified'],
    ['rest', 'unified'],
  ])
  expect(code).toBe(0)
})

test.each<[string, (accounts: Record<string, unknown>) => object, RegExp, number]>([
  [
    'two accounts hold one key',
    (all) => ({ ...all, 'mm-eth': all['mm-btc'] }),
    /^NOT PROVEN: 3 of 3 accounts EMPTY; mm-btc and mm-eth hold the same key\.\n/,
    2,
  ],
  [
    'a name is none',
    ({ 'arb-1': other, ...all }) => ({ ...all, 'ARB 1': other }),
    /^NOT PROVEN: 2 of 2 accounts EMPTY; the secret holds 1 field that is no name of an account/,
    2,
  ],
])('is never EMPTY where %s', async (_, change, sentence, code) => {
  const laptop = await press(['--roads', 'rest'], { accounts: change(keys().accounts) })
  expect(laptop.stdout).toMatch(sentence)
  expect(laptop.code).toBe(code)
})

const MANY = Object.fromEntries(Array.from({ length: 13 }, (_, i) => [`desk-${i}`, {}]))

test.each<[string, readonly string[], object | undefined, RegExp]>([
  [
    'an account is not there',
    ['--account', 'mm-btc', '--account', 'mm-sol'],
    undefined,
    /it has no account mm-sol\./,
  ],
  [
    'the file is of one account',
    ['--account', 'a', '--account', 'b'],
    { apiKey: 'x' },
    /accounts is missing/,
  ],
  ['there are no accounts', [], { accounts: {} }, /accounts has no name of an account/],
  [
    'there are more than twelve',
    [],
    { accounts: MANY },
    /these are 13 accounts, and Kraken allows 12 at once/,
  ],
  ['nobody has keys', [], { accounts: { a: {}, b: {} } }, /of the account a apiKey is missing/],
])('sends nothing where %s', async (_, args, secret, message) => {
  const { stderr, code } = await press(args, secret)
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^NOT FIRED: /)
  expect(code).toBe(64)
  expect(stage.exchange.calls).toEqual([])
})

test('--check: READY when every account is, and by its name the one that is not', async () => {
  const ready = await press(['--check'])
  expect(ready.stdout).toMatch(/^READY: on all 3 accounts .* \(15 orders open\)\.\n/)
  expect(ready.code).toBe(0)
  for (const [name, account] of stage.exchange.accounts) if (name === 'mm-eth') account.general = 'READ_ONLY'
  const not = await press(['--check', '--roads', 'rest', '--account', 'mm-btc', '--account', 'mm-eth'])
  expect(not.stdout).toMatch(/^NOT READY: 1 of 2 accounts are ready\. mm-eth: The key's General permission/)
  expect(not.stdout).toMatch(/\nmm-btc: READY/)
  expect(not.code).toBe(1)
  expect(resting()).toEqual([5, 5, 5])
})

/** Presses, and goes on when every first cancel is written, one of which is never answered. */
async function pressAndWait(): Promise<Laptop> {
  stage.exchange.misbehave(faultNamed('silence') as Fault)
  const laptop = await Laptop.press(stage, {
    args: ['--yes', '--roads', 'rest'],
    secret: JSON.stringify(keys()),
    env: { QUIET_PERIOD_MS: '200' },
  })
  while (
    resting()
      .slice(1)
      .some((orders) => orders > 0) &&
    laptop.child.exitCode === null
  )
    await sleep(5)
  await sleep(1_000)
  return laptop
}

test('SIGINT while one account does not answer: at once one report of what is known, and 130', async () => {
  const laptop = await pressAndWait()
  const askedAt = performance.now()
  laptop.child.kill('SIGINT')
  expect(await laptop.ended).toBe(130)
  expect(performance.now() - askedAt).toBeLessThan(1_000)
  expect(laptop.stdout).toMatch(/^NOT PROVEN: 2 of 3 accounts EMPTY; mm-btc FAILED\.\n/)
  expect(laptop.stdout).toMatch(/\nINTERRUPTED by SIGINT after \d+ ms: this is what was known then\./)
  expect(laptop.stdout.match(/^NOT PROVEN/gm)).toHaveLength(1)
})

test('kill -9 in mid-sweep, and again: the second one ends EMPTY', async () => {
  const killed = await pressAndWait()
  killed.child.kill('SIGKILL')
  expect(await killed.ended).toBe('SIGKILL')
  stage.exchange.misbehave(null)
  const { stdout, code } = await press(['--roads', 'rest'])
  expect(stdout).toMatch(/^EMPTY \(verified\): all 3 accounts, 5 orders cancelled/)
  expect(code).toBe(0)
})

test('--page: the accounts side by side, under the sentence of the fleet', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'page-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'page.html')
  const { stdout } = await press(['--json', '--page', file])
  const elements = elementsOf(await readFile(file, 'utf8'))
  const [verdict] = elements.filter(({ attributes }) => attributes.class === 'verdict')
  expect(verdict?.text.trim()).toBe(JSON.parse(stdout).sentence)
  expect(elements.filter(({ name }) => name === 'h2').map(({ text }) => text.trim())).toEqual(NAMES)
})

test('no key of any account stands in anything that is said', async () => {
  const secret = keys()
  secret.accounts['arb-1'].apiSecret += '!'
  const misplaced = Object.values<{ apiSecret: string }>(keys().accounts)[1]?.apiSecret ?? ''
  secret.accounts[misplaced] = {}
  const told = [
    await press(['--json'], secret),
    await press(['--check'], secret),
    await press([], { accounts: misplaced }),
  ]
  const accounts = [...stage.exchange.accounts.values()].flatMap((one) => [one, one.unified.fields])
  expectNoPieceOf(accounts.flatMap(formsOf), told.map(({ stdout, stderr }) => stdout + stderr).join())
})
