import { afterAll, beforeEach, expect, test } from 'vitest'
import { Laptop } from '../../drill/laptop.ts'
import { fleetSecret, Stage } from '../../drill/stage.ts'

/* The file at a laptop, with the keys of many accounts: one of them is named; test/break-glass/fleet.test.ts has several. */

const stage = await Stage.open({ names: ['mm-btc', 'mm-eth'] })
afterAll(() => stage.close())
beforeEach(() => stage.rest(5))

const resting = () => [...stage.exchange.accounts.values()].map(({ book }) => book.orders.length)

async function press(...args: string[]) {
  const secret = fleetSecret(stage.exchange.accounts, 'both')
  const laptop = await Laptop.press(stage, {
    args: ['--yes', ...args],
    secret,
    env: { QUIET_PERIOD_MS: '200' },
  })
  return Object.assign(laptop, { code: await laptop.ended })
}

test('empties the account that is named, and says which it was', async () => {
  const { stdout, code } = await press('--account', 'mm-eth')
  expect(stdout).toMatch(/^EMPTY \(verified\): 5 orders cancelled/)
  expect(stdout).toMatch(/\nAccount: {4}mm-eth of \/.*keys\.json\n/)
  expect(code).toBe(0)
  expect(resting()).toEqual([5, 0])
})

test.each([
  ['it is not there', ['--account', 'mm-sol'], /it has no account mm-sol/],
  ['it is no name', ['--account', 'MM'], /--account takes the name of an account/],
  ['one of several is not there', ['--account', 'mm-btc', '--account', 'mm-sol'], /it has no account mm-sol/],
])('sends nothing when %s', async (_, args, message) => {
  const { stderr, code } = await press(...args)
  expect(stderr).toMatch(message)
  expect(code).toBe(64)
  expect(resting()).toEqual([5, 5])
})
