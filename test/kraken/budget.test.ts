import { expect, test } from 'vitest'
import { BUDGET_UNITS, Budget } from '../../lambda/kraken/budget.ts'

function budgetAt(): { budget: Budget; clock: { time: number } } {
  const clock = { time: 0 }
  return { budget: new Budget({ now: () => clock.time }), clock }
}

test('lets 500 units go at once, and not one more until they have aged', () => {
  const { budget, clock } = budgetAt()
  for (let i = 0; i < 20; i++) {
    expect(budget.waitMs(25)).toBe(0)
    budget.trySpend(25)
  }
  expect(budget.waitMs(1)).toBe(10_500)
  clock.time = 10_499
  expect(budget.waitMs(1)).toBe(1)
  clock.time = 10_500
  expect(budget.waitMs(BUDGET_UNITS)).toBe(0)
})

test('waits only for as many units as are asked for', () => {
  const { budget, clock } = budgetAt()
  budget.trySpend(25)
  clock.time = 100
  budget.trySpend(475)
  expect(budget.waitMs(25)).toBe(10_400)
  expect(budget.waitMs(26)).toBe(10_500)
})

test('spends nothing that is not there', () => {
  const { budget } = budgetAt()
  expect(budget.trySpend(450)).toBe(true)
  expect(budget.trySpend(51)).toBe(false)
  expect(budget.trySpend(50)).toBe(true)
  expect(budget.trySpend(1)).toBe(false)
})
