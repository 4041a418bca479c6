import { expect, test } from 'vitest'
import { bounded, type FleetReport } from '../../lambda/fleet/fleet-report.ts'
import type { Report } from '../../lambda/report/report.ts'

/* A report of many accounts, cut to what Lambda and Step Functions take: what it says of them is never cut off. */

const MOST_BYTES = 240_000
const bytesOf = (report: FleetReport) => Buffer.byteLength(JSON.stringify(report))
const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))

const order = (i: number, filler: string) => ({
  orderId: `7a35-${i}-${filler}`,
  symbol: 'PF_XBTUSD',
  side: 'buy',
  type: 'lmt',
  reduceOnly: true,
})

/** With so many entries in each of its lists, each as long as the filler. */
function reportOf(entries: number, filler = ''): Report {
  const orders = times(entries, (i) => order(i, filler))
  return {
    verdict: 'NOT_EMPTY',
    sentence: 'NOT EMPTY: 120 orders still open (PF_XBTUSD 120).',
    warnings: ['PROTECTION REMOVED: 240 stops went.', 'LIVE BOT: it places 3 orders a second.'],
    trigger: {
      kind: 'http',
      by: 'desk',
      reason: null,
      receivedAt: '2026-12-01T03:00:00.000Z',
      eventAgeMs: null,
    },
    scope: { symbols: times(20, (i) => `PF_S${i}USD`), keep: 'reduceOnly' },
    cancelled: {
      count: 360,
      isLowerBound: false,
      orderIds: orders.map(({ orderId }) => orderId),
      bySymbol: Object.fromEntries(times(entries, (i) => [`PF_${i}${filler}USD`, 3])),
      protective: orders,
      protectiveCount: 240,
      withoutDetail: 7,
    },
    roads: [{ road: 'rest', trouble: null, ackMs: 31 }],
    remaining: { count: 120, orders },
    kept: { count: 480, orders },
    proof: null,
    positions: times(entries, (i) => ({ symbol: `PF_${i}USD`, side: 'long', size: 1, price: 2 })),
    attempts: times(entries, (i) => ({ call: 'cancelallorders', atMs: i, ms: 9, outcome: 'ok', filler })),
    timing: { coldStart: true, secretMs: 9, sentMs: 12, ackMs: 43, verifiedMs: null, totalMs: 9_000 },
    exchange: { serverTime: '2026-12-01T03:00:00.000Z', clockSkewMs: 3 },
    account: 'mm',
    hold: null,
  } as unknown as Report
}

const NAMES = times(12, (i) => `mm-${i}`)

function fleetOf(report: Report): FleetReport {
  return {
    verdict: 'NOT_PROVEN',
    sentence: 'NOT PROVEN: 0 of 12 accounts EMPTY; mm-1 NOT EMPTY (120 open).',
    warnings: NAMES.map((name) => `${name}: PROTECTION REMOVED: 240 stops went.`),
    trigger: report.trigger,
    scope: report.scope,
    group: null,
    roster: NAMES,
    asked: NAMES,
    accounts: { ...Object.fromEntries(NAMES.map((name) => [name, report])), 'mm-0': null },
    attempts: [],
    timing: { coldStart: true, firstSentMs: 12, lastSentMs: 31, verifiedMs: null, totalMs: 9_000 },
    hold: null,
    leftOut: null,
  }
}

test('a report that fits is returned as it is', () => {
  const report = fleetOf(reportOf(20))
  expect(bytesOf(report)).toBeLessThan(MOST_BYTES)
  expect(bounded(report)).toBe(report)
})

test('240,000 bytes fit, and one more does not', () => {
  const report = fleetOf(reportOf(20))
  const padded = (more: number) => {
    const sentence = report.sentence + 'x'.repeat(MOST_BYTES - bytesOf(report) + more)
    return { ...report, sentence }
  }
  expect(bounded(padded(0)).leftOut).toBeNull()
  expect(bounded(padded(1)).leftOut).toMatch(/^All but the first/)
})

test.each<[string, number, string, number, RegExp]>([
  [
    'a hundred entries in each list',
    100,
    '',
    25,
    /^All but the first 25 entries of each list in the accounts' reports; the log has/,
  ],
  ['longer entries', 100, 'x'.repeat(200), 5, /^All but the first 5 entries/],
  ['letters that take several bytes', 100, '€'.repeat(67), 5, /^All but the first 5 entries/],
  [
    'entries that are longer still',
    100,
    'x'.repeat(2_000),
    0,
    /^All entries of the lists in the accounts' reports/,
  ],
])('of %s some are left, no more than fit, and that is said', (_, entries, filler, left, leftOut) => {
  const report = fleetOf(reportOf(entries, filler))
  expect(bytesOf(report)).toBeGreaterThan(MOST_BYTES)
  const cut = bounded(report)
  expect(bytesOf(cut)).toBeLessThanOrEqual(MOST_BYTES)
  expect(cut.leftOut).toMatch(leftOut)
  const own = cut.accounts['mm-1']
  expect(own?.cancelled.orderIds).toEqual(report.accounts['mm-1']?.cancelled.orderIds.slice(0, left))
  expect(Object.keys(own?.cancelled.bySymbol ?? {})).toHaveLength(left)
  expect(own?.attempts).toHaveLength(left)
})

test('verdicts, sentences, warnings, scopes, roads and counts are never cut off', () => {
  const report = fleetOf(reportOf(100, 'x'.repeat(2_000)))
  const { accounts, leftOut, ...fleet } = bounded(report)
  const { accounts: _, leftOut: __, ...whole } = report
  expect(leftOut).not.toBeNull()
  expect(fleet).toEqual(whole)
  expect(Object.keys(accounts)).toEqual(NAMES)
  expect(accounts['mm-0']).toBeNull()
  const { verdict, sentence, warnings, scope, roads, timing } = reportOf(1)
  expect(accounts['mm-1']).toMatchObject({ verdict, sentence, warnings, scope, roads, timing })
  expect(accounts['mm-1']).toMatchObject({
    cancelled: { count: 360, protectiveCount: 240, withoutDetail: 7, isLowerBound: false },
    remaining: { count: 120 },
    kept: { count: 480 },
  })
})

test('positions that are left out are not known, for none would read as if there were none', () => {
  const long = 'x'.repeat(2_000)
  expect(bounded(fleetOf(reportOf(100, long))).accounts['mm-1']?.positions).toBe('unknown')
  const flat = fleetOf({ ...reportOf(100, long), positions: [] })
  expect(bounded(flat).accounts['mm-1']?.positions).toEqual([])
})

test('reports that are too long without their lists go whole, and the fleet keeps its word', () => {
  const report = fleetOf({ ...reportOf(1), warnings: ['x'.repeat(30_000)] })
  const cut = bounded(report)
  expect(bytesOf(cut)).toBeLessThanOrEqual(MOST_BYTES)
  expect(cut).toEqual({ ...report, accounts: {}, leftOut: "Every account's report; the log has them." })
})
