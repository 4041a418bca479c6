import { expect, test } from 'vitest'
import { knownAfter, lapInputsOf, nextAfter } from '../../lambda/hold/handover.ts'
import type { Report } from '../../lambda/report/report.ts'
import { Tally } from '../../lambda/sweep/tally.ts'
import { type Hold, NOTHING_KNOWN } from '../../lambda/triggers/hold-event.ts'

/* How times cross from one lap to the next. */

const NOW = Date.UTC(2026, 10, 25, 12)
const iso = (fromNowMs: number) => new Date(NOW + fromNowMs).toISOString()
const invocation = { receivedAt: NOW, startedAt: 1_000, isColdStart: false }

function holdOf(known: Partial<Hold['known']>, own: Partial<Hold> = {}): Hold {
  return {
    name: 'pull-0815',
    pull: { kind: 'alarm', by: 'drawdown', reason: null, receivedAt: iso(-60_000) },
    scope: 'all',
    provenBy: iso(20_000),
    keepShutMinutes: 10,
    fuse: false,
    known: { ...NOTHING_KNOWN, ...known },
    ...own,
  }
}

test('what the lap before knew is on the clock of this process', () => {
  const known = { emptySince: iso(-30_000), shutUntil: iso(45_000), seenAt: iso(-800) }
  expect(lapInputsOf(holdOf(known), invocation)).toEqual({
    scope: 'all',
    provenBy: 21_000,
    keepShutMs: 600_000,
    emptySince: -29_000,
    shutUntil: 46_000,
    fuseSeconds: null,
  })
})

test('the fuse is 60 s: two laps and a cold start', () => {
  expect(lapInputsOf(holdOf({}, { fuse: true }), invocation).fuseSeconds).toBe(60)
})

test.each([
  [2_000, -29_000],
  [2_001, null],
])('after %i ms in which nobody looked the book is empty since %s', (blindMs, emptySince) => {
  const known = { emptySince: iso(-30_000), seenAt: iso(-blindMs) }
  expect(lapInputsOf(holdOf(known), invocation).emptySince).toBe(emptySince)
})

test.each([
  ['before its time', { shutUntil: iso(1) }, 'EMPTY', -20_000, 'lap'],
  ['at its time, with a proof', { shutUntil: iso(0) }, 'EMPTY', -20_000, 'held'],
  ['at its time, cut short', { shutUntil: iso(0) }, 'UNVERIFIED', -20_000, 'lap'],
  ['after its time, without a proof', { shutUntil: iso(-20_000) }, 'UNVERIFIED', -20_000, 'lost'],
  ['without any proof yet', {}, 'NOT_EMPTY', -20_000, 'lap'],
  ['without any proof when there had to be one', {}, 'NOT_EMPTY', 60_000_000, 'lost'],
] as const)('what comes after a lap %s', (_, known, verdict, beganMs, next) => {
  expect(nextAfter(holdOf(known), verdict, NOW + beganMs, NOW + Math.max(0, beganMs + 20_000))).toBe(next)
})

test.each([
  ['answered', false, -30_000, -30_000],
  ['not answered, and it was empty since before', true, -30_000, 5_000],
  ['not answered, and it is empty since this lap', true, 2_000, 5_000],
])(
  'where every cancel was %s the next lap is told since when it is empty',
  (_, isLowerBound, sinceMs, toldMs) => {
    const report = {
      cancelled: { count: 0, isLowerBound },
      proof: { reads: 2, quietPeriodMs: 1_000, at: iso(5_000) },
      sentence: 'EMPTY',
    } as Report
    const found = { tally: new Tally('all'), refills: 0, shutUntil: null, blindMs: 0, fuse: null }
    const emptySince = invocation.startedAt + sinceMs
    const known = knownAfter(holdOf({}), { ...found, emptySince }, report, invocation, NOW + 20_000)
    expect(known.emptySince).toBe(iso(toldMs))
  },
)
