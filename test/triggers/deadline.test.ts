import { expect, test } from 'vitest'
import { deadlineOf } from '../../lambda/triggers/deadline.ts'

test.each([
  ['alarm', 60_000, 58_500],
  ['alarm', 10_000, 9_000],
  ['alarm', 500, 300],
  ['http', 60_000, 23_500],
  ['http', 10_000, 9_000],
  ['schedule', 120_000, 118_500],
  ['dashboard', 60_000, 23_500],
  ['invoke', 900_000, 898_500],
  ['http', 120_000, 23_500],
  ['readiness', 120_000, 23_500],
  ['readiness', 10_000, 9_000],
] as const)('%s with %i ms left ends %i ms after its start', (kind, remainingMs, ends) => {
  expect(deadlineOf(kind, 1_000, remainingMs)).toBe(1_000 + ends)
})
