import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { Fault } from '../../drill/fault.ts'
import { faultNamed } from '../../drill/faults.ts'
import { Laptop, type LaptopInputs } from '../../drill/laptop.ts'
import { Stage } from '../../drill/stage.ts'
import { formsOf } from '../../siege/leaks.ts'
import { expectNoPieceOf } from '../pieces.ts'

/* What ends a process, and what must not end a sweep, with the real process. */

let stage: Stage

beforeEach(async () => {
  stage = await Stage.open()
  stage.rest(37)
})
afterEach(() => stage.close())

/** Presses, and goes on when the cancel is acknowledged: a long quiet period is left until the proof. */
async function pressAndWait(inputs: Partial<LaptopInputs> = {}): Promise<Laptop> {
  const env = { QUIET_PERIOD_MS: '2000', ...inputs.env }
  const laptop = await Laptop.press(stage, { args: ['--yes', '--roads', 'rest'], ...inputs, env })
  const isRead = () => stage.exchange.calls.some(({ endpoint }) => endpoint === 'openorders')
  while (!isRead() && laptop.child.exitCode === null) await sleep(5)
  await sleep(50)
  return laptop
}

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s in mid-sweep: at once one report of what is known, and %d', async (signal, code) => {
  const laptop = await pressAndWait()
  const askedAt = performance.now()
  laptop.child.kill(signal)
  expect(await laptop.ended).toBe(code)
  expect(performance.now() - askedAt).toBeLessThan(1_000)
  expect(laptop.stdout).toMatch(/^UNVERIFIED: Kraken acknowledged the cancel and the open orders read empty/)
  expect(laptop.stdout).toMatch(
    new RegExp(`\\nINTERRUPTED by ${signal} after \\d+ ms: this is what was known then\\.`),
  )
  expect(laptop.stdout.match(/^Pulled by:/gm)).toHaveLength(1)
})

test('SIGINT before anything was acknowledged: FAILED, what was sent may have been carried out, and 130', async () => {
  stage.exchange.misbehave(faultNamed('hang') as Fault)
  const laptop = await Laptop.press(stage, { args: ['--yes', '--roads', 'rest', '--json'] })
  while (stage.exchange.calls.length === 0) await sleep(5)
  await sleep(100) // the other end may have a request before its sender hears that it is written
  laptop.child.kill('SIGINT')
  expect(await laptop.ended).toBe(130)
  const { verdict, warnings, remaining } = JSON.parse(laptop.stdout)
  expect(verdict).toBe('FAILED')
  expect(remaining).toBe('unknown')
  expect(warnings[0]).toMatch(/^INTERRUPTED by SIGINT/)
  expect(warnings.join(' ')).toMatch(/1 of the cancels sent got no usable answer/)
})

test('a terminal that is closed does not end a sweep', async () => {
  const laptop = await pressAndWait()
  laptop.child.kill('SIGHUP')
  expect(await laptop.ended).toBe(0)
  expect(laptop.stdout).toMatch(/^EMPTY/)
})

test.each(['stdout', 'stderr'] as const)(
  '%s that nobody reads any more does not end a sweep',
  async (name) => {
    const laptop = await pressAndWait()
    laptop.child[name]?.destroy()
    expect(await laptop.ended).toBe(0)
    expect(stage.exchange.account.book.orders).toEqual([])
  },
)

test('output that is closed, or full, from the start changes no exit code', async () => {
  const full = openSync('/dev/full', 'w')
  onTestFinished(() => closeSync(full))
  const laptop = await pressAndWait({ stdio: ['ignore', full, full], env: { QUIET_PERIOD_MS: '200' } })
  expect(await laptop.ended).toBe(0)
  expect(stage.exchange.account.book.orders).toEqual([])
})

test('kill -9 in mid-sweep, and again: the second one ends EMPTY', async () => {
  const killed = await pressAndWait()
  killed.child.kill('SIGKILL')
  expect(await killed.ended).toBe('SIGKILL')
  stage.rest(5)
  const again = await pressAndWait({ env: { QUIET_PERIOD_MS: '200' } })
  expect(await again.ended).toBe(0)
  expect(again.stdout).toMatch(/^EMPTY \(verified\): 5 orders cancelled/)
})

test('a diagnostic report of the process, wanted by a flag, holds no piece of a key', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kill-switch-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const flags = ['--report-on-signal', '--report-on-fatalerror', '--report-uncaught-exception']
  const node = [process.execPath, ...flags, `--report-directory=${folder}`] as const
  const laptop = await pressAndWait({ node: [...node] as [string, ...string[]] })
  laptop.child.kill('SIGUSR2')
  expect(await laptop.ended).toBe(0)
  const reports = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'))
  expect(reports.length).toBeGreaterThan(0)
  const { account, calls } = stage.exchange
  const secrets = [account, account.unified.fields].flatMap(formsOf)
  const authents = calls.map(({ credentials }) => credentials.authent)
  for (const report of reports) expectNoPieceOf([...secrets, ...authents], report)
})
