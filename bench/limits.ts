import { markdownTable } from 'markdown-table'
import { coldArrival, ratioOf, warmArrival } from './arrivals.ts'
import { bundleBytes, secondRoadBytes } from './contestants.ts'
import type { Measured } from './measured.ts'
import { pairedRatio, type Spread, spread } from './statistics.ts'

/** The limits that the project has set itself, and whether they were kept. */
export function limitTable(measured: Measured): string {
  const rows: [string, string, number, (value: number) => boolean, string][] = []
  const ratio = (
    title: string,
    what: string,
    of: Spread,
    isKept: (value: number) => boolean,
    limit: string,
  ) => rows.push([title, what, of.median, isKept, limit])
  for (const { title, lives } of measured.arrivals.slice(1)) {
    const isShare = !title.includes('full')
    ratio(
      title,
      'cold arrival ÷ floor',
      ratioOf(lives, coldArrival, 'ours', 'floor'),
      (r) => r <= 1.2,
      '≤ 1.20',
    )
    const naive = isShare ? 1.8 : 1.5
    ratio(
      title,
      'cold arrival, naive ÷ ours',
      ratioOf(lives, coldArrival, 'naive', 'ours'),
      (r) => r >= naive,
      `≥ ${naive}`,
    )
    ratio(
      title,
      'cold arrival, ccxt ÷ ours',
      ratioOf(lives, coldArrival, 'ccxt', 'ours'),
      (r) => r > 1,
      '> 1',
    )
    ratio(
      title,
      'warm arrival ÷ floor',
      ratioOf(lives, warmArrival, 'ours', 'floor'),
      (r) => r <= 1.05,
      '≤ 1.05',
    )
    ratio(
      title,
      'peak memory ÷ floor',
      ratioOf(lives, (life) => life.peakMemoryMb, 'ours', 'floor'),
      (r) => r <= 1.15,
      '≤ 1.15',
    )
  }
  for (const { title, lives } of measured.roads) {
    ratio(
      title,
      'cold arrival, both roads ÷ first alone',
      ratioOf(lives, coldArrival, 'both', 'rest'),
      (r) => r <= 1.03,
      '≤ 1.03',
    )
    ratio(
      title,
      'warm arrival, both roads ÷ first alone',
      ratioOf(lives, warmArrival, 'both', 'rest'),
      (r) => r <= 1.03,
      '≤ 1.03',
    )
  }
  const secondRoad = secondRoadBytes() / 1024
  rows.push([
    'all files but the second road',
    'bundle, KB',
    bundleBytes('ours') / 1024 - secondRoad,
    (kb) => kb <= 250,
    '≤ 250',
  ])
  rows.push(['the second road', 'bundle, KB', secondRoad, (kb) => kb <= 64, '≤ 64'])
  rows.push([
    '20/10 ms, full CPU',
    'verdict beyond ack, quiet period and two round trips, ms',
    spread(measured.verdicts).median,
    (ms) => ms <= 15,
    '≤ 15',
  ])
  for (const { orders, ours, parse } of measured.replies) {
    if (orders === 10_000)
      ratio(
        '10,000 orders',
        'report ÷ JSON.parse',
        pairedRatio(
          ours.map(({ ms }) => ms),
          parse.map(({ ms }) => ms),
        ),
        (r) => r <= 1.5,
        '≤ 1.5',
      )
    if (orders === 50_000)
      rows.push([
        '50,000 orders',
        'peak memory, MB',
        Math.max(...ours.map(({ peakMemoryMb }) => peakMemoryMb)),
        (mb) => mb <= 256,
        '≤ 256',
      ])
  }
  return markdownTable(
    [
      ['where', 'what', 'measured', 'limit', ''],
      ...rows.map(([where, what, value, isKept, limit]) => [
        where,
        what,
        value.toFixed(2),
        limit,
        isKept(value) ? 'kept' : 'NOT kept',
      ]),
    ],
    { align: ['l', 'l', 'r', 'r', 'l'] },
  )
}
