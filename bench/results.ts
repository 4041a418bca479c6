import { cpus } from 'node:os'
import { markdownTable } from 'markdown-table'
import type { Life, Lives } from './arrivals.ts'
import { ABOUT, bundleBytes, CONTESTANTS, type Contestant } from './contestants.ts'
import type { Fate } from './dead-connections.ts'
import type { Replies } from './replies.ts'
import { pairedRatio, type Spread, spread } from './statistics.ts'
import type { SymbolArrivals } from './symbols.ts'

export interface Measured {
  readonly quick: boolean
  readonly arrivals: readonly { readonly title: string; readonly lives: Lives }[]
  /** Milliseconds beyond ack, quiet period and two round trips. */
  readonly verdicts: readonly number[]
  readonly replies: readonly Replies[]
  readonly dead: ReadonlyMap<Fate, { readonly one: readonly number[]; readonly several: readonly number[] }>
  readonly symbols: ReadonlyMap<number, readonly SymbolArrivals[]>
}

/** All that was measured, as one page. */
export function resultsPage(measured: Measured): string {
  return [
    '# How fast',
    `${new Date().toISOString().slice(0, 10)}, Node.js ${process.version}, ${process.arch}, ${cpus().length} × ${cpus()[0]?.model.trim()}. \`npm run bench${measured.quick ? ' -- --quick' : ''}\`, every run valid: signatures checked by the other side, one cancel for each pull and symbol, an empty book, and the verdict EMPTY where there is one. Medians; in brackets the quartiles. The machine is shared and its milliseconds wander: what counts are the ratios, each of two runs made side by side.`,
    '## Limits',
    limits(measured),
    ...measured.arrivals.flatMap(({ title, lives }) => [`## Round trips ${title}`, arrivalTable(lives)]),
    '"Cold arrival" is from the start of the process to the moment when the exchange has the whole cancel; "warm arrival" from the event to there; "answer" from there to the function\'s answer, which is an acknowledgement, and for ours a proof (with a quiet period of 200 ms). The empty function\'s arrival is its answer.',
    '## What was measured against',
    markdownTable([
      ['', 'what it is', 'bundle'],
      ...CONTESTANTS.map((name) => [name, ABOUT[name], `${Math.round(bundleBytes(name) / 1024)} KB`]),
    ]),
    '## A reply with so many cancelled orders',
    replyTable(measured.replies),
    'From the last byte to the report, against `JSON.parse` alone, each in a process of its own that reads nothing else.',
    '## Kept connections after a freeze',
    deadTable(measured),
    'From the event to the arrival of the (last) cancel, at 20 ms. "closed" is known to be gone: it costs a fresh handshake. "silence" is swallowed, and costs `SPARE_AFTER_MS`, 250 ms.',
    '## Symbols',
    symbolTable(measured),
    "From the event to the arrival of the first and the last cancel, in a cold function whose init phase is over, at 20 ms. A twentieth symbol waits for Kraken's budget.",
  ]
    .join('\n\n')
    .concat('\n')
}

function limits(measured: Measured): string {
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
  rows.push(['all files', 'bundle, KB', bundleBytes('ours') / 1024, (kb) => kb <= 250, '≤ 250'])
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

const coldArrival = ({ cold }: Life) =>
  (Number.isFinite(cold.arrivedAt) ? cold.arrivedAt : cold.answeredAt) - cold.spawnedAt
const coldAnswer = ({ cold }: Life) => cold.answeredAt - cold.arrivedAt
const warmArrival = ({ warm }: Life) =>
  spread(
    warm.map(
      ({ arrivedAt, answeredAt, handedAt }) =>
        (Number.isFinite(arrivedAt) ? arrivedAt : answeredAt) - handedAt,
    ),
  ).median

function ratioOf(
  lives: Lives,
  of: (life: Life) => number,
  contestant: Contestant,
  reference: Contestant,
): Spread {
  return pairedRatio(lives[contestant].map(of), lives[reference].map(of))
}

function arrivalTable(lives: Lives): string {
  const row = (name: Contestant) => {
    const measure = (of: (life: Life) => number) => spread(lives[name].map(of))
    const answer = measure(coldAnswer)
    return [
      name,
      shown(measure(coldArrival)),
      shown(ratioOf(lives, coldArrival, name, 'floor'), 2),
      shown(measure(warmArrival), 1),
      shown(ratioOf(lives, warmArrival, name, 'floor'), 2),
      name === 'empty' ? '' : shown(answer),
      `${measure((life) => life.peakMemoryMb).median.toFixed(0)} MB`,
      `${measure((life) => life.cpuMs).median.toFixed(0)} ms`,
    ]
  }
  return markdownTable(
    [
      [
        '',
        'cold arrival, ms',
        '÷ floor',
        'warm arrival, ms',
        '÷ floor',
        'answer, ms',
        'peak memory',
        'CPU, cold',
      ],
      ...CONTESTANTS.map(row),
    ],
    { align: ['l', 'r', 'r', 'r', 'r', 'r', 'r', 'r'] },
  )
}

function replyTable(replies: readonly Replies[]): string {
  return markdownTable(
    [
      ['orders', 'reply', 'report, ms', 'JSON.parse, ms', 'ratio', 'peak memory', 'with JSON.parse'],
      ...replies.map(({ orders, bytes, ours, parse }) => [
        String(orders),
        `${(bytes / 1e6).toFixed(2)} MB`,
        shown(spread(ours.map(({ ms }) => ms)), 1),
        shown(spread(parse.map(({ ms }) => ms)), 1),
        shown(
          pairedRatio(
            ours.map(({ ms }) => ms),
            parse.map(({ ms }) => ms),
          ),
          2,
        ),
        `${spread(ours.map(({ peakMemoryMb }) => peakMemoryMb)).median.toFixed(0)} MB`,
        `${spread(parse.map(({ peakMemoryMb }) => peakMemoryMb)).median.toFixed(0)} MB`,
      ]),
    ],
    { align: ['r', 'r', 'r', 'r', 'r', 'r', 'r'] },
  )
}

function deadTable({ dead }: Measured): string {
  return markdownTable(
    [
      ['the connections are', 'one, ms', 'five, ms'],
      ...[...dead].map(([fate, { one, several }]) => [fate, shown(spread(one)), shown(spread(several))]),
    ],
    { align: ['l', 'r', 'r'] },
  )
}

function symbolTable({ symbols }: Measured): string {
  return markdownTable(
    [
      ['symbols', 'first, ms', 'last, ms'],
      ...[...symbols].map(([count, runs]) => [
        String(count),
        shown(spread(runs.map(({ first }) => first))),
        shown(spread(runs.map(({ last }) => last))),
      ]),
    ],
    { align: ['r', 'r', 'r'] },
  )
}

function shown({ median, low, high }: Spread, digits = 0): string {
  return `${median.toFixed(digits)} (${low.toFixed(digits)}–${high.toFixed(digits)})`
}
