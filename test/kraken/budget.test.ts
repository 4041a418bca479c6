import { expect, test } from 'vitest'
import { BUDGET_UNITS, Budget } from '../../lambda/kraken/budget.ts'

function budgetAt(): { budget: Budget; clock: { time: number } } {
  const clock = { time: 0 }
  return { budget: new Budget({ now: () => clock.time }), clock }
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
  expect(budget.waitMs(BUDGET_UNITS)).toBe(0)
})

test('what is under way counts, however long', () => {
  const { budget, clock } = budgetAt()
  budget.trySpend(BUDGET_UNITS)
  clock.time = 60_000
  expect(budget.trySpend(1)).toBeNull()
  expect(budget.waitMs(1)).toBe(10_100)
})

test('what was not answered may arrive late, and counts a second longer', () => {
  const { budget, clock } = budgetAt()
  const spending = budget.trySpend(BUDGET_UNITS)
  spending?.end(false)
  expect(budget.waitMs(1)).toBe(11_100)
  clock.time = 11_100
  expect(budget.waitMs(1)).toBe(0)
})

test('an end counts once', () => {
  const { budget, clock } = budgetAt()
  const spending = budget.trySpend(BUDGET_UNITS)
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
