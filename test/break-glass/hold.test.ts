import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Bot } from '../../drill/bot.ts'
import { Laptop } from '../../drill/laptop.ts'
import { Stage } from '../../drill/stage.ts'

/* The file itself keeps the book shut, in a process of its own. */

let stage: Stage
let bot: Bot

beforeEach(async () => {
  stage = await Stage.open()
  stage.rest(5)
  bot = new Bot(stage.exchange.account.book, { prefix: 'mm7-', everyMs: 250 })
})
afterEach(async () => {
  bot.stop()
  await stage.close()
})

const hold = (...args: string[]) =>
  Laptop.press(stage, { args: ['--yes', ...args], env: { QUIET_PERIOD_MS: '200' } })

test('against a bot: the report of the pull at once, then how the book was held, and 0', async () => {
  const laptop = await hold('--hold', '3s', '--symbol', 'PF_XBTUSD')
  while (!laptop.stdout.includes('EMPTY') && laptop.child.exitCode === null) await sleep(10)
  expect(laptop.stdout).toMatch(/^EMPTY \(verified\): \d orders? cancelled, 0 open/)
  bot.start()
  setTimeout(() => bot.stop(), 1_500)
  expect(await laptop.ended).toBe(0)
  expect(laptop.stdout).toMatch(
    /\nHELD 1 min: \d+ refills?, \d+ orders cancelled, empty since \d\d:\d\d:\d\d UTC\.\n/,
  )
  expect(laptop.stdout).toMatch(/\nSOMEBODY PLACES: .*mm7-/)
  expect(bot.placed).toBeGreaterThan(3)
  expect(stage.exchange.account.book.orders.filter(({ symbol }) => symbol === 'PF_XBTUSD')).toEqual([])
})

test('a pull that proves nothing is gone on with, and the exit code tells how it ended', async () => {
  stage.exchange.account.general = 'READ_ONLY'
  const laptop = await hold('--hold', '2s', '--roads', 'rest')
  expect(await laptop.ended).toBe(1)
  expect(laptop.stdout).toMatch(/^NOT EMPTY: 5 orders/)
  expect(laptop.stdout).toMatch(
    /\nHOLD LOST: not proven empty by .*; last known: NOT EMPTY: 5 orders still open/,
  )
}, 60_000)

test('--json: one report, with how the book was held', async () => {
  const laptop = await hold('--hold', '1s', '--json')
  expect(await laptop.ended).toBe(0)
  expect(JSON.parse(laptop.stdout)).toMatchObject({
    verdict: 'EMPTY',
    held: { next: 'held', refills: 0, sentence: expect.stringMatching(/^HELD 1 min/) },
  })
})

test('SIGINT in the middle: what is known, at once, and 130', async () => {
  const laptop = await hold('--hold', '1h')
  while (!laptop.stdout.includes('EMPTY') && laptop.child.exitCode === null) await sleep(10)
  await sleep(800)
  const askedAt = performance.now()
  laptop.child.kill('SIGINT')
  expect(await laptop.ended).toBe(130)
  expect(performance.now() - askedAt).toBeLessThan(1_500)
  expect(laptop.stdout).toMatch(/\nINTERRUPTED after 1 min: 0 refills, \d+ orders? cancelled/)
  expect(laptop.stderr).not.toMatch(/sweeping|refills/) // no terminal, no lines of progress
})

test.each(['', '10', '0m', '-5m', '25h', '1.5m', '10 m', 'm', '99999s9'])(
  '--hold %j is refused, and nothing is sent',
  async (duration) => {
    const laptop = await hold(`--hold=${duration}`)
    expect(await laptop.ended).toBe(64)
    expect(laptop.stderr).toMatch(/^NOT FIRED: --hold takes a time such as 90s, 10m or 2h/)
    expect(stage.exchange.calls).toEqual([])
  },
)
