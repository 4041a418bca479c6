import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { json } from '../../drill/answer.ts'
import { Bot } from '../../drill/bot.ts'
import { Laptop } from '../../drill/laptop.ts'
import { fleetSecret, Stage } from '../../drill/stage.ts'
import { elementsOf } from '../page/elements.ts'

/* The file at a laptop keeps the books of many accounts shut, each for itself. */

let stage: Stage
let bot: Bot

beforeEach(async () => {
  stage = await Stage.open({ names: ['mm-btc', 'mm-eth', 'arb-1'], countsBy: 'address' })
  stage.rest(5)
  bot = new Bot(stage.exchange.account.book, { prefix: 'mm7-', everyMs: 250 })
})
afterEach(async () => {
  bot.stop()
  await stage.close()
})

const keys = () => JSON.parse(fleetSecret(stage.exchange.accounts))
const hold = (args: readonly string[], secret: unknown = keys()) =>
  Laptop.press(stage, {
    args: ['--yes', '--roads', 'rest', '--hold', ...args],
    secret: JSON.stringify(secret),
    env: { QUIET_PERIOD_MS: '200' },
  })

async function pulled(laptop: Laptop): Promise<void> {
  while (!/EMPTY/.test(laptop.stdout) && laptop.child.exitCode === null) await sleep(10)
}

test('against a bot on one account: all are held, one sentence names them, and 0', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'page-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'page.html')
  const laptop = await hold(['3s', '--page', file])
  await pulled(laptop)
  bot.start()
  setTimeout(() => bot.stop(), 1_500)
  expect(await laptop.ended).toBe(0)
  expect(laptop.stdout).toMatch(/^EMPTY \(verified\): all 3 accounts/)
  expect(laptop.stdout).toMatch(
    /\nHELD 1 min: mm-btc \(\d+ refills?, \d+ orders cancelled, empty since [\d:]+ UTC\), mm-eth and arb-1 \(0 refills, /,
  )
  expect(laptop.stdout).toMatch(/\nmm-btc: SOMEBODY PLACES: .*mm7-/)
  expect(stage.exchange.account.book.orders).toEqual([])
  const titles = elementsOf(await readFile(file, 'utf8')).filter(({ name }) => name === 'h2')
  expect(titles.map(({ text }) => text.trim()).slice(0, 2)).toEqual(['mm-btc', 'The pull before it'])
}, 40_000)

test('an account that was proven long before another one says for how long nobody looked at it', async () => {
  const healsAt = performance.now() + 3_500
  const { apiKey } = stage.exchange.account
  stage.exchange.misbehave({
    answer: ({ credentials }) =>
      credentials.apikey === apiKey && performance.now() < healsAt
        ? json({ result: 'error', error: 'Unavailable' }, 503)
        : undefined,
  })
  const laptop = await hold(['1s'])
  expect(await laptop.ended).toBe(0)
  expect(laptop.stdout).toMatch(/\nmm-eth, arb-1: NOT WATCHED: for [2-9] s nobody looked/)
}, 40_000)

test.each<[string, (all: Record<string, unknown>) => object, RegExp, number]>([
  [
    'an account has no keys that can be read',
    (all) => ({ ...all, 'mm-eth': 'none' }),
    /\nHOLD LOST: mm-eth \(not proven empty by .*\); HELD 1 min: mm-btc and arb-1 \(0 refills, /,
    3,
  ],
  [
    'two accounts hold one key',
    (all) => ({ ...all, 'mm-eth': all['mm-btc'] }),
    /\nHOLD LOST: mm-btc \(mm-btc and mm-eth hold the same key, .*HELD 1 min: arb-1 /,
    2,
  ],
  [
    'a name in the file is none',
    ({ 'arb-1': _, ...all }) => ({ ...all, ARB: {} }),
    /\nHELD 1 min: mm-btc and mm-eth/,
    2,
  ],
])(
  'is never 0 where %s',
  async (_, change, sentence, code) => {
    const laptop = await hold(['1s'], { accounts: change(keys().accounts) })
    expect(await laptop.ended).toBe(code)
    expect(laptop.stdout).toMatch(sentence)
  },
  60_000,
)

test('SIGINT in the middle, with one account that has no keys: what is known of each, at once, and 130', async () => {
  const secret = keys()
  secret.accounts['mm-eth'] = 'none'
  const laptop = await hold(['1h', '--json'], secret)
  await sleep(2_500)
  const askedAt = performance.now()
  laptop.child.kill('SIGINT')
  expect(await laptop.ended).toBe(130)
  expect(performance.now() - askedAt).toBeLessThan(1_500)
  expect(JSON.parse(laptop.stdout)).toMatchObject({
    verdict: 'NOT_PROVEN',
    held: {
      next: 'lap',
      sentence: expect.stringMatching(/^INTERRUPTED after 1 min: /),
      accounts: { 'mm-btc': { ended: null, known: { refills: 0, emptySince: expect.any(String) } } },
    },
  })
})
