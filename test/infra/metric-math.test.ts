import { expect, test } from 'vitest'
import { mathFault } from '../../infra/metric-math.ts'

test.each([
  'a / b',
  '100 * (a + b) / MAX([a, b])',
  'IF(a > 5 AND HOUR(a) >= 9, 1, 0)',
  'FILL(a, REPEAT) + FILL(b, 0)',
  'ANOMALY_DETECTION_BAND(a, 2)',
  'SUM(METRICS("errors"))',
  "SUM(METRICS('errors')) / a",
  'RATE(a) * PERIOD(a) + 1e3 + 2.5e-1',
  'SORT(METRICS(), SUM, DESC, 10)',
  'INSIGHT_RULE_METRIC("my-rule", UniqueContributors)',
  'SELECT MAX(latency) FROM SCHEMA("Bot", venue) WHERE venue = \'kraken\'',
  'select avg(latency) from bot',
])('takes %s', (expression) => {
  expect(mathFault(expression, ['a', 'b'])).toBeNull()
})

test.each([
  ['a / c', /^holds c, which is not among its metrics\. Add it, or use a, b; functions/],
  ['A / a1', /^holds a1,/],
  ['max(a)', /^holds max,.*functions are written in capitals$/],
  ['m1/m2', /^holds m1,/],
  ['"a" + c', /^holds c,/],
  ["SEARCH('{Bot} x', 'Sum')", /^holds SEARCH/],
])('refuses %s', (expression, message) => {
  expect(mathFault(expression, ['a', 'b'])).toMatch(message)
})

test('says to add what is missing where there is nothing to use', () => {
  expect(mathFault('a + 1', [])).toBe('holds a, which is not among its metrics. Add it')
})

test.each(['1 + 1', ' ', 'TIME_SERIES(5)', '"a"'])('refuses %s, which uses no metric', (expression) => {
  expect(mathFault(expression, ['a', 'b'])).toBe('uses none of its metrics. Use a, b')
})

test.each(['SUM(METRICS())', '1'])('refuses %s where there are no metrics', (expression) => {
  expect(mathFault(expression, [])).toBe('uses no metric. Add one to its metrics')
})
