import { expect, test } from 'vitest'
import { Budget, REST_ALLOWANCE, SPOT_ALLOWANCE } from '../../../lambda/kraken/http/budget.ts'

function budgetAt(allowance = REST_ALLOWANCE): { budget: Budget; clock: { time: number } } {
  const clock = { time: 0 }
  return { budget: new Budget({ now: () => clock.time }, allowance), clock }
}

test('lets 500 units go at once, and not one more until they have aged since their answers', () => {
  const { budget, clock } = budgetAt()
  const spendings = Array.from({ length: 20 }, () => budget.trySpend(25))
  expect(budget.trySpend(1)).toBeNull()
  clock.time = 300
  for (const spending of spendings) spending?.end(true)
  expect(budget.waitMs(1)).toBe(10_100)
  clock.time = 10_399
  expect(budget.waitMs(1)).toBe(1)
  clock.time = 10_400
  expect(budget.waitMs(REST_ALLOWANCE.units)).toBe(0)
})

test('what is under way counts, however long', () => {
  const { budget, clock } = budgetAt()
  budget.trySpend(REST_ALLOWANCE.units)
  clock.time = 60_000
  expect(budget.trySpend(1)).toBeNull()
  expect(budget.waitMs(1)).toBe(10_100)
})

test('what was not answered may arrive late, and counts a second longer', () => {
  const { budget, clock } = budgetAt()
  const spending = budget.trySpend(REST_ALLOWANCE.units)
  spending?.end(false)
  expect(budget.waitMs(1)).toBe(11_100)
  clock.time = 11_100
  expect(budget.waitMs(1)).toBe(0)
})

test('an end counts once', () => {
  const { budget, clock } = budgetAt()
  const spending = budget.trySpend(REST_ALLOWANCE.units)
  spending?.end(true)
  clock.time = 5_000
  spending?.end(true)
  expect(budget.waitMs(1)).toBe(5_100)
})

test('waits only for as many units as are asked for', () => {
  const { budget, clock } = budgetAt()
  budget.trySpend(25)?.end(true)
  clock.time = 100
  budget.trySpend(475)?.end(true)
  expect(budget.waitMs(25)).toBe(10_000)
  expect(budget.waitMs(26)).toBe(10_100)
})

test('spends nothing that is not there, or has to be left over', () => {
  const { budget } = budgetAt()
  expect(budget.trySpend(450)).not.toBeNull()
  expect(budget.trySpend(51)).toBeNull()
  expect(budget.trySpend(40, 11)).toBeNull()
  expect(budget.trySpend(40, 10)).not.toBeNull()
  expect(budget.trySpend(11)).toBeNull()
})

// A counter of 15 that loses 0.33 a second is never filled by as many in 45 seconds.
test('of calls that are counted by the token, 15 go in 45 seconds, the last ones too', () => {
  const { budget, clock } = budgetAt(SPOT_ALLOWANCE)
  let most = 0
  const sent: number[] = []
  for (; clock.time < 200_000; clock.time += 100) {
    const spending = budget.trySpend(1, SPOT_ALLOWANCE.keptForReads)
    if (spending === null) continue
    spending.end(true)
    sent.push(clock.time)
    most = Math.max(most, sent.filter((at) => at > clock.time - 45_000).length)
  }
  expect(most).toBe(15)
})
