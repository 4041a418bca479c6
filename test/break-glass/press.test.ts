import { afterAll, beforeEach, expect, test } from 'vitest'
import { json } from '../../drill/answer.ts'
import type { Fault } from '../../drill/fault.ts'
import { faultNamed } from '../../drill/faults.ts'
import { Laptop, type LaptopInputs } from '../../drill/laptop.ts'
import { Stage } from '../../drill/stage.ts'

/*
 * The file itself, `dist/break-glass/kill-switch.mjs`, in a process of its own with a file of keys, against real TLS: what
 * a person at a laptop gets.
 */

const stage = await Stage.open()
afterAll(() => stage.close())

beforeEach(() => {
  stage.exchange.misbehave(null)
  stage.rest(37)
})

async function press(inputs: LaptopInputs): Promise<Laptop & { readonly code: unknown }> {
  const env = { QUIET_PERIOD_MS: '200', ...inputs.env }
  const laptop = await Laptop.press(stage, { ...inputs, env })
  return Object.assign(laptop, { code: await laptop.ended })
}

const fault = (name: string) => faultNamed(name) as Fault

test('the first line is the first sentence; then what is known, the timeline, and 0', async () => {
  const { stdout, stderr, code } = await press({ args: ['--yes', '--reason', 'AWS is down'] })
  expect(stdout).toMatch(
    /^EMPTY \(verified\): 37 orders cancelled, 0 open, \d+ ms after the trigger was received\.\n/,
  )
  expect(stdout).toMatch(/\nPulled by: {2}break-glass, \S.* on \S.*, at 20/)
  expect(stdout).toContain('\nReason:     AWS is down\n')
  expect(stdout).toMatch(/\nAccount: {4}\/.*keys\.json\n/)
  expect(stdout).toMatch(/█+ .*cancelallorders early, ok\n/)
  expect(stderr).toMatch(/^NOT KRAKEN: the environment leads to 127\.0\.0\.1:\d+, [^\n]*\n$/)
  expect(code).toBe(0)
  expect(stage.exchange.account.book.orders).toEqual([])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no colours into a pipe
  expect(stdout).not.toMatch(/\u001b/)
})

test('--json: the report alone', async () => {
  const { stdout, code } = await press({ args: ['--yes', '--json', '--symbol', 'PF_XBTUSD'] })
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: 'EMPTY',
    scope: ['PF_XBTUSD'],
    trigger: { kind: 'break-glass', reason: null },
    roads: [{ road: 'rest' }, { road: 'unified' }],
  })
  expect(code).toBe(0)
  const left = stage.exchange.account.book.orders.map(({ symbol }) => symbol)
  expect(left.length).toBeGreaterThan(0)
  expect(left).not.toContain('PF_XBTUSD')
})

test.each(['rest', 'unified'] as const)('--roads %s takes that road alone', async (roads) => {
  const { stdout, code } = await press({ args: ['--yes', '--json', '--roads', roads] })
  expect(JSON.parse(stdout).roads).toEqual([expect.objectContaining({ road: roads, isProof: true })])
  expect(code).toBe(0)
})

test('keys from standard input, with a byte-order mark and a line break around', async () => {
  const { account } = stage.exchange
  const laptop = await Laptop.press(stage, { args: () => ['-', '--yes'], env: { QUIET_PERIOD_MS: '200' } })
  laptop.child.stdin?.end(`\uFEFF${account.secretFor('rest')}\r\n`)
  expect(await laptop.ended).toBe(0)
  expect(laptop.stdout).toMatch(/^EMPTY /)
  expect(laptop.stdout).toContain('\nAccount:    standard input\n')
})

// A sweep that fails lasts all of its 25 seconds: all at once, each against an exchange of its own.
const failing: readonly [string, string, number, RegExp, Partial<LaptopInputs>][] = [
  [
    'a book that never empties',
    'live-bot:10',
    1,
    /^NOT EMPTY: \d+ orders? still open .*A bot keeps placing/,
    {},
  ],
  ['a book that cannot be read', 'read-fails', 2, /^UNVERIFIED: /, {}],
  [
    'a road that is retired, without a second key',
    'both:retired',
    3,
    /^FAILED: .*1 March 2027/,
    { secret: 'rest' },
  ],
]

test.concurrent.each(failing)(
  '%s: that verdict, and its exit code',
  async (_, name, code, sentence, { secret }) => {
    const own = await Stage.open()
    try {
      own.rest(5)
      own.exchange.misbehave(fault(name))
      const { account } = own.exchange
      const laptop = await Laptop.press(own, {
        args: ['--yes', '--roads', 'rest'],
        secret: account.secretFor(secret === undefined ? 'both' : 'rest'),
      })
      expect(await laptop.ended).toBe(code)
      expect(laptop.stdout).toMatch(sentence)
    } finally {
      await own.close()
    }
  },
  40_000,
)

test.concurrent('no network: FAILED with its cause after all of its time, what it still tries meanwhile, 3', async () => {
  const own = await Stage.open()
  const env = {
    KRAKEN_FUTURES_URL: 'https://127.0.0.1:1/derivatives/api/v3',
    HTTPS_PROXY: 'http://proxy:8080',
  }
  const laptop = await Laptop.press(own, { args: ['--yes', '--roads', 'rest'], env })
  expect(await laptop.ended).toBe(3)
  await own.close()
  expect(laptop.stdout).toMatch(
    /^FAILED: nothing was acknowledged\. The connection to Kraken failed \(ECONNREFUSED\)\./,
  )
  expect(laptop.stderr).toMatch(/^STILL SWEEPING after 10 s: /)
  expect(laptop.stderr).toMatch(/\nHTTPS_PROXY is not used: the switch connects to Kraken directly\./)
}, 40_000)

test('a clock that is minutes off is named, and keeps nothing from its proof', async () => {
  const earlier = (time: string) => new Date(Date.parse(time) - 300_000).toISOString()
  stage.exchange.misbehave({
    answer: ({ path }, orderly) => {
      if (!path.startsWith('/derivatives')) return undefined
      const { body, ...rest } = orderly()
      const times = /(?<="(?:serverTime|receivedTime)":")[^"]+/g
      return { ...rest, body: body.replaceAll(times, earlier) }
    },
  })
  const { stdout, code } = await press({ args: ['--yes', '--roads', 'rest'] })
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /\nCLOCKS APART: Kraken's clock is (?:299|300)\d{3} ms behind this host's: AWS keeps a function's right, NTP any other/,
  )
})

test('--check: READY and 0, over both roads, and nothing is cancelled', async () => {
  const { stdout, code } = await press({ args: ['--check'] })
  expect(stdout).toMatch(/^READY: the keys may cancel, and the book can be read \(rest: 37 orders open/)
  expect(stdout).toContain('openorders')
  expect(code).toBe(0)
  expect(stage.exchange.calls.filter(({ endpoint }) => /cancel/.test(endpoint))).toEqual([])
})

test('--check: a key that is bound to another address, NOT READY and 1', async () => {
  stage.exchange.misbehave({
    answer: ({ path }) =>
      path.startsWith('/derivatives') ? json({ result: 'error', error: 'authenticationError' }) : undefined,
  })
  const { stdout, stderr, code } = await press({
    args: ['--check', '--roads', 'rest'],
    env: { NODE_OPTIONS: '--no-warnings', NODE_DEBUG: '' },
  })
  expect(stdout).toMatch(/^NOT READY: .*authenticationError/)
  expect(stderr).toBe('')
  expect(code).toBe(1)
})

test('--check --json: the readiness report alone, with what around it should be fixed', async () => {
  const { stdout } = await press({ args: ['--check', '--json'], env: { https_proxy: 'http://proxy:8080' } })
  const { ready, warnings } = JSON.parse(stdout)
  expect(ready).toBe(true)
  expect(warnings.join('\n')).toMatch(/https_proxy is not used/)
  expect(warnings.join('\n')).toMatch(/NOT KRAKEN/)
})

test('with the key of the Unified WebSocket alone, as it should be kept, nothing else is dialled', async () => {
  const { account } = stage.exchange
  const env = { KRAKEN_FUTURES_URL: 'https://127.0.0.1:1/derivatives/api/v3' }
  const { stdout, code } = await press({
    args: ['--yes', '--json'],
    secret: account.secretFor('unified'),
    env,
  })
  const { verdict, attempts } = JSON.parse(stdout)
  expect(verdict).toBe('EMPTY')
  expect(code).toBe(0)
  const calls = attempts.map(({ call, connection }: Record<string, string>) => `${call} ${connection}`)
  expect(calls).toContain('cancel_all early')
  expect(calls).not.toContain('connect null')
})
