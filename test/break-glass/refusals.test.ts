import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Laptop, type LaptopInputs } from '../../drill/laptop.ts'
import { Stage } from '../../drill/stage.ts'
import { formsOf } from '../../siege/leaks.ts'
import { expectNoPieceOf } from '../pieces.ts'

/* Bad input: a sentence and 64, nothing dialled, and nothing of a key in what is said. */

const stage = await Stage.open()
stage.rest(5)
afterAll(() => stage.close())

const { account } = stage.exchange
const { apiKey, apiSecret } = account
const yes = ['--yes'] as const

async function expectRefusal(laptop: Laptop, sentence: RegExp): Promise<void> {
  expect(await laptop.ended).toBe(64)
  expect(laptop.stdout).toBe('')
  expect(laptop.stderr).toMatch(/^NOT FIRED: [^\n]+\.\n$/)
  expect(laptop.stderr).toMatch(sentence)
  expectNoPieceOf([account, account.unified.fields].flatMap(formsOf), laptop.stderr)
  expect(stage.exchange.sockets).toEqual([])
  expect(stage.exchange.calls).toEqual([])
}

// Each row differs from a good press in one place only.
test.each<[string, LaptopInputs, RegExp]>([
  ['an unknown option', { args: ['--yes', '--now'] }, /unknown option, --now/],
  ['a symbol that is none', { args: ['--yes', '--symbol', 'BTC/USD'] }, /is not a symbol of Kraken Futures/],
  ['two sources of keys', { args: ['--yes', '-'] }, /two sources of keys/],
  ['no source of keys', { args: () => yes }, /there are no keys/],
  [
    'a file that does not exist',
    { args: () => ['--yes', '--secret-file', '/no/such/file'] },
    /does not exist/,
  ],
  ['a folder', { args: () => ['--yes', '--secret-file', tmpdir()] }, /is a folder|have rights to/],
  [
    'the keys instead of their file',
    { args: () => ['--yes', '--secret-file', account.secret] },
    /does not exist|cannot be read/,
  ],
  [
    'a file that the group may read',
    { args: yes, mode: 0o640 },
    /others .* \(mode 640\)\. Take them away with chmod 600/,
  ],
  ['a file that others may read', { args: yes, mode: 0o604 }, /\(mode 604\)/],
  ['a file that others may write', { args: yes, mode: 0o602 }, /\(mode 602\)/],
  ['an empty file', { args: yes, secret: '' }, /The secret is malformed: it is not JSON: it is empty/],
  ['a missing field', { args: yes, secret: JSON.stringify({ apiKey }) }, /apiSecret is missing\. Store /],
  ['no JSON', { args: yes, secret: `${apiKey}\n${apiSecret}\n` }, /it is values without names/],
  ['more than any keys', { args: yes, secret: ' '.repeat(65_537) }, /more than 64 KB/],
  [
    'a road without a key',
    { args: ['--yes', '--roads', 'unified'], secret: account.secret },
    /unified is missing/,
  ],
  ['nobody who could be asked', { args: [] }, /nobody can be asked here: .* Add --yes/],
  [
    'a setting that cannot be',
    { args: yes, env: { QUIET_PERIOD_MS: '1' } },
    /QUIET_PERIOD_MS is not a duration/,
  ],
  [
    'an address without encryption',
    { args: yes, env: { KRAKEN_FUTURES_URL: 'http://example.com/derivatives/api/v3' } },
    /KRAKEN_FUTURES_URL is not https/,
  ],
  ['the drill, which is not in the file', { args: ['--drill'] }, /npm run break-glass -- --drill/],
])('%s: refused', async (_, inputs, sentence) => {
  await expectRefusal(await Laptop.press(stage, inputs), sentence)
})

test('more than any keys on standard input: refused before its end', async () => {
  const laptop = await Laptop.press(stage, { args: () => ['-', '--yes'] })
  laptop.child.stdin?.on('error', () => {})
  laptop.child.stdin?.write(' '.repeat(200_000))
  await expectRefusal(laptop, /more than 64 KB/)
})

test('keys in the environment are not taken', async () => {
  const env = {
    KRAKEN_API_KEY: apiKey,
    KRAKEN_API_SECRET: apiSecret,
    KRAKEN_SECRET_ID: 'x',
    SECRET: account.secret,
  }
  await expectRefusal(await Laptop.press(stage, { args: () => yes, env }), /there are no keys/)
})

/** In a terminal of its own, by util-linux's `script`; gives all that was shown, and the exit code. */
function inTerminal(command: string, typed: string): Promise<{ shown: string; code: number | null }> {
  return new Promise((resolve) => {
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env.PATH, ...waysTo() },
      stdio: 'pipe',
    })
    let shown = ''
    let isAnswered = false
    child.stdout.on('data', (chunk) => {
      shown += chunk
      if (isAnswered || !shown.includes('Type yes:')) return
      isAnswered = true
      child.stdin.write(typed)
    })
    child.once('close', (code) => resolve({ shown: shown.replaceAll('\r', ''), code }))
  })
}

function waysTo(): Readonly<Record<string, string>> {
  return {
    KRAKEN_FUTURES_URL: stage.exchange.url,
    KRAKEN_UNIFIED_URL: stage.exchange.unifiedUrl,
    KRAKEN_API_URL: stage.exchange.apiUrl,
    NODE_EXTRA_CA_CERTS: stage.certificate.caFile,
    QUIET_PERIOD_MS: '200',
  }
}

const hasScript = await new Promise((resolve) =>
  execFile('script', ['--version'], (error) => resolve(error === null)),
)
const FILE = new URL('../../dist/break-glass/kill-switch.mjs', import.meta.url).pathname

test.runIf(hasScript).each<[string, string, number, RegExp, number]>([
  ['no', 'no\n', 64, /NOT FIRED: it was not confirmed\.\n/, 5],
  ['an empty line', '\n', 64, /NOT FIRED: it was not confirmed\.\n/, 5],
  ['Ctrl-D', '\u0004', 64, /NOT FIRED: it was not confirmed\.\n/, 5],
  ['Ctrl-C', '\u0003', 130, /Type yes: /, 5],
  ['yes', 'yes\n', 0, /\nEMPTY \(verified\): 5 orders cancelled/, 0],
])('on a terminal it asks once, naming file and scope; %s', async (_, typed, code, said, left) => {
  stage.rest(5)
  const folder = mkdtempSync(join(tmpdir(), 'kill-switch-'))
  const file = join(folder, 'keys.json')
  writeFileSync(file, account.secretFor('both'), { mode: 0o600 })
  const ended = await inTerminal(`'${process.execPath}' '${FILE}' --secret-file '${file}'`, typed)
  rmSync(folder, { recursive: true })
  expect(ended.shown).toContain(`Cancel ALL orders of the account whose keys are in ${file}?`)
  expect(ended.shown).toMatch(said)
  expect(ended.code).toBe(code)
  expect(stage.exchange.account.book.orders).toHaveLength(left)
  expectNoPieceOf([account, account.unified.fields].flatMap(formsOf), ended.shown)
})

test.runIf(hasScript)('on a terminal it asks once for all accounts, by their names', async () => {
  stage.rest(5)
  const folder = mkdtempSync(join(tmpdir(), 'kill-switch-'))
  const file = join(folder, 'keys.json')
  const accounts = { 'mm-btc': JSON.parse(account.secret), 'mm-eth': { apiKey }, 'No Name': {} }
  writeFileSync(file, JSON.stringify({ accounts }), { mode: 0o600 })
  const { shown, code } = await inTerminal(`'${process.execPath}' '${FILE}' --secret-file '${file}'`, 'no\n')
  rmSync(folder, { recursive: true })
  expect(shown).toContain(`Cancel ALL orders of all 2 accounts whose keys are in ${file} (mm-btc, mm-eth)?`)
  expect(shown).toMatch(/\nNO KEYS of mm-eth, which will be FAILED: .* apiSecret is missing/)
  expect(shown).toMatch(/\nROSTER: the secret holds 1 field that is no name of an account/)
  expect(code).toBe(64)
  expect(stage.exchange.account.book.orders).toHaveLength(5)
})

test.runIf(hasScript)(
  'standard input that is a terminal: refused, since it would show the keys',
  async () => {
    const { shown, code } = await inTerminal(`'${process.execPath}' '${FILE}' - --yes`, '')
    expect(shown).toMatch(/^NOT FIRED: standard input is a terminal, which would show the keys\./)
    expect(code).toBe(64)
  },
)
