import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lanesOf } from '../../lambda/page/lanes.ts'
import { timeScale } from '../../lambda/page/time-scale.ts'
import { attempt } from './reports.ts'

const spans = fc.array(
  fc.record({ fromMs: fc.integer({ min: -5_000, max: 30_000 }), ms: fc.integer({ min: 0, max: 3_000 }) }),
  { minLength: 1, maxLength: 100 },
)

test('whatever happened lies within the width, and later is never to the left of earlier', () => {
  fc.assert(
    fc.property(spans, fc.integer({ min: 200, max: 1_000 }), (made, width) => {
      const all = made.map(({ fromMs, ms }) => ({ fromMs, toMs: fromMs + ms }))
      const { x, pauses } = timeScale(all, width)
      const places = all
        .flatMap(({ fromMs, toMs }) => [fromMs, toMs])
        .toSorted((a, b) => a - b)
        .map(x)
      for (const [at, place] of places.entries()) {
        expect(place).toBeGreaterThanOrEqual((places[at - 1] ?? 0) - 1e-6)
        expect(place).toBeLessThanOrEqual(width + 1e-6)
      }
      for (const { fromX, toX } of pauses) expect(toX).toBeGreaterThanOrEqual(fromX)
    }),
  )
})

test('a pause of a second takes less room than the 20 ms in which all happens', () => {
  const { x, pauses } = timeScale(
    [
      { fromMs: 0, toMs: 20 },
      { fromMs: 1_020, toMs: 1_022 },
    ],
    600,
  )
  expect(pauses).toHaveLength(1)
  expect(x(1_020) - x(20)).toBeLessThan(x(20) - x(0))
})

test('calls of one kind share a lane, beneath each other only while both are under way', () => {
  const lanes = lanesOf([
    attempt('cancelallorders', 2, 300),
    attempt('cancelallorders', 252, 20),
    attempt('cancelallorders', 400, 5),
    attempt('openorders', 410, 5),
  ])
  expect(lanes.map(({ label, rows }) => [label, rows.map((row) => row.map(({ atMs }) => atMs))])).toEqual([
    ['REST cancel', [[2, 400], [252]]],
    ['REST read', [[410]]],
  ])
})

test.each([
  ['connect', 'Dial'],
  ['GetSecretValue', 'Secret'],
  ['read keys', 'Secret'],
  ['cancelallorders PF_XBTUSD', 'REST cancel'],
  ['cancelallordersafter', 'REST fuse'],
  ['batchorder 23', 'REST cancel'],
  ['openpositions', 'REST positions'],
  ['GetWebSocketsToken', 'Unified session'],
  ['cancel_all', 'Unified cancel'],
  ['cancel_order 23', 'Unified cancel'],
  ['cancel_all_orders_after', 'Unified fuse'],
  ['executions', 'Unified read'],
  ['positions', 'Unified positions'],
  ['something new', 'Other'],
])('%s is drawn as %s', (call, label) => {
  expect(lanesOf([attempt(call, 0, 1)]).map((lane) => lane.label)).toEqual([label])
})
