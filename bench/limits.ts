import { markdownTable } from 'markdown-table'
import { coldArrival, type Life, ratioOf, warmArrival } from './arrivals.ts'
import { bundleBytes, type Contestant, secondRoadBytes } from './contestants.ts'
import { HOLD_ROUND_TRIP_MS } from './hold.ts'
import type { Measured } from './measured.ts'
import { pairedRatio, percentile99, spread } from './statistics.ts'

/** Where, what, measured, and the bound that it is held against. */
export type Row = readonly [string, string, number, '≤' | '≥' | '>', number]

/** The limits that the project has set itself, and whether they were kept. */
export function limitTable(measured: Measured): string {
  return tableOf([
    ...measured.arrivals.slice(1).flatMap(arrivalRows),
    ...measured.roads.flatMap(roadRows),
    ...holdRows(measured),
    ...laptopRows(measured),
    ...bundleRows(),
    ...verdictRows(measured),
    ...replyRows(measured),
  ])
}

/** @param rows limits of whatever kind */
export function tableOf(rows: readonly Row[]): string {
  return markdownTable(
    [
      ['where', 'what', 'measured', 'limit', ''],
      ...rows.map(([where, what, value, bound, limit]) => [
        where,
        what,
        value.toFixed(2),
        `${bound} ${limit}`,
        isKept(value, bound, limit) ? 'kept' : 'NOT kept',
      ]),
    ],
    { align: ['l', 'l', 'r', 'r', 'l'] },
  )
}

function isKept(value: number, bound: Row[3], limit: number): boolean {
  if (bound === '≤') return value <= limit
  return bound === '≥' ? value >= limit : value > limit
}

function arrivalRows({ title, lives }: Measured['arrivals'][number]): Row[] {
  const ratio = (of: (life: Life) => number, one: Contestant, other: Contestant) =>
    ratioOf(lives, of, one, other).median
  const isShare = !title.includes('full')
  return [
    [title, 'cold arrival ÷ floor', ratio(coldArrival, 'ours', 'floor'), '≤', 1.2],
    [title, 'cold arrival, naive ÷ ours', ratio(coldArrival, 'naive', 'ours'), '≥', isShare ? 1.8 : 1.5],
    [title, 'cold arrival, ccxt ÷ ours', ratio(coldArrival, 'ccxt', 'ours'), '>', 1],
    [title, 'warm arrival ÷ floor', ratio(warmArrival, 'ours', 'floor'), '≤', 1.05],
    [title, 'peak memory ÷ floor', ratio(({ peakMemoryMb }) => peakMemoryMb, 'ours', 'floor'), '≤', 1.15],
  ]
}

function roadRows({ title, lives }: Measured['roads'][number]): Row[] {
  const ratio = (of: (life: Life) => number) => ratioOf(lives, of, 'both', 'rest').median
  return [
    [title, 'cold arrival, both roads ÷ first alone', ratio(coldArrival), '≤', 1.03],
    [title, 'warm arrival, both roads ÷ first alone', ratio(warmArrival), '≤', 1.03],
  ]
}

function holdRows({ hold }: Measured): Row[] {
  const limits = [
    ['unified', HOLD_ROUND_TRIP_MS + 15],
    ['rest', 500 + HOLD_ROUND_TRIP_MS],
  ] as const
  return limits.flatMap(([road, most]): Row[] => {
    const { answers } = hold[road]
    const what = 'from an order to its cancel, ms'
    return [
      [`a hold over ${road}`, `${what}, median`, spread(answers).median, '≤', most],
      [`a hold over ${road}`, `${what}, 99th percentile`, percentile99(answers), '≤', most],
    ]
  })
}

/** At a distance that there is: next to the exchange, what is evaluated has no handshake to hide behind. */
function laptopRows({ laptop }: Measured): Row[] {
  return laptop.slice(1).map(({ title, arrivals: { ours, floor } }) => {
    return [`from a laptop, ${title}`, 'arrival ÷ floor', pairedRatio(ours, floor).median, '≤', 1.25]
  })
}

function bundleRows(): Row[] {
  const secondKb = secondRoadBytes() / 1024
  return [
    ['all files but the second road', 'bundle, KB', bundleBytes('ours') / 1024 - secondKb, '≤', 280],
    ['the second road', 'bundle, KB', secondKb, '≤', 64],
  ]
}

function verdictRows({ verdicts }: Measured): Row[] {
  const what = 'verdict beyond ack, quiet period and two round trips, ms'
  return [['20/10 ms, full CPU', what, spread(verdicts).median, '≤', 15]]
}

function replyRows({ replies }: Measured): Row[] {
  return replies.flatMap(({ orders, ours, parse }): Row[] => {
    const ms = (reads: typeof ours) => reads.map((read) => read.ms)
    if (orders === 10_000)
      return [['10,000 orders', 'report ÷ JSON.parse', pairedRatio(ms(ours), ms(parse)).median, '≤', 1.5]]
    if (orders === 50_000) {
      const peak = Math.max(...ours.map(({ peakMemoryMb }) => peakMemoryMb))
      return [['50,000 orders', 'peak memory, MB', peak, '≤', 256]]
    }
    return []
  })
}
