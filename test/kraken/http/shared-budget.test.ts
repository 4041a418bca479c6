import { expect, test } from 'vitest'
import { AddressBudget, allowanceFor, mostDuplicated } from '../../../lambda/kraken/http/shared-budget.ts'

const names = Array.from({ length: 12 }, (_, i) => `mm-${i}`)
const CANCEL = 25

function budget(accounts = names) {
  let now = 0
  const clock = {
    now: () => now,
    pass: (ms: number) => {
      now += ms
    },
  }
  return { clock, address: new AddressBudget(clock, accounts.length) }
}

/** As a cancel asks. */
function cancel(address: AddressBudget, account: string, units = CANCEL) {
  return address.of(account).trySpend(units, address.whole.allowance.keptForReads)
}

test('twelve first cancels fit, with what all have to read', () => {
  const { address } = budget()
  address.begin(names)
  for (const name of names) expect(cancel(address, name)).not.toBeNull()
  expect(allowanceFor(12).keptForReads).toBe(72)
})

test('no second cancel of one account takes the first of another', () => {
  const { address } = budget()
  address.begin(names)
  let sent = 0
  while (cancel(address, 'mm-0') !== null) sent += 1
  expect(sent).toBeGreaterThan(1) // there is some room
  for (const name of names.slice(1)) expect(cancel(address, name)).not.toBeNull()
})

test('who has sent its first cancel, or needs none, keeps nothing from others', () => {
  const { address } = budget()
  address.begin(names)
  const before = address.of('mm-0').freeUnits
  address.served('mm-1')
  expect(address.of('mm-0').freeUnits).toBe(before + CANCEL)
  cancel(address, 'mm-2')
  expect(address.of('mm-0').freeUnits).toBe(before + CANCEL) // spent now, and not kept any more
})

test('what is kept for others is asked for again soon, what is spent when it is free', () => {
  const { clock, address } = budget(['mm-0', 'mm-1'])
  address.begin(['mm-0', 'mm-1'])
  const own = address.of('mm-0')
  own.trySpend(460)?.end(true)
  expect(own.waitMs(30)).toBe(100)
  expect(own.waitMs(60)).toBe(10_100)
  address.served('mm-1')
  expect(own.waitMs(30)).toBe(0)
  clock.pass(10_100)
  expect(own.freeUnits).toBe(500)
})

test.each([
  [1, 18],
  [8, 10],
  [12, 5],
])('of %d accounts %d may send their first cancel twice', (accounts, most) => {
  expect(mostDuplicated(accounts)).toBe(most)
  const { keptForReads, units } = allowanceFor(accounts)
  expect((accounts + Math.min(most, accounts)) * CANCEL + keptForReads).toBeLessThanOrEqual(units)
})
