import { cpus } from 'node:os'
import { markdownTable } from 'markdown-table'
import {
  coldArrival,
  firstAnswer,
  type Life,
  type Lives,
  ROADS,
  type RoadsSetting,
  ratioOf,
  verdictAfter,
  warmArrival,
} from './arrivals.ts'
import { ABOUT, bundleBytes, CONTESTANTS, type Contestant } from './contestants.ts'
import { HELD_OVER, type HeldOver } from './hold.ts'
import { ABOUT_LAPTOP, LAPTOP_CONTESTANTS, type LaptopArrivals } from './laptop.ts'
import { limitTable } from './limits.ts'
import type { Measured } from './measured.ts'
import type { Replies } from './replies.ts'
import { pairedRatio, percentile99, type Spread, spread } from './statistics.ts'

/** All that was measured, as one page. */
export function resultsPage(measured: Measured): string {
  return [
    '# How fast',
    `${whenAndWhere()}. \`npm run bench${measured.quick ? ' -- --quick' : ''}\`, every run valid: signatures checked by the other side, one cancel for each pull and symbol, an empty book, and the verdict EMPTY where there is one. Medians; in brackets the quartiles. The machine is shared and its milliseconds wander: what counts are the ratios, each of two runs made side by side.`,
    '## Limits',
    limitTable(measured),
    ...measured.arrivals.flatMap(({ title, lives }) => [`## Round trips ${title}`, arrivalTable(lives)]),
    '"Cold arrival" is from the start of the process to the moment when the exchange has the whole cancel; "warm arrival" from the event to there; "first answer" from there until Kraken\'s acknowledgement was read, "verdict" from there to the proof (with a quiet period of 200 ms). The empty function\'s arrival is its answer.',
    ...measured.roads.flatMap(({ title, lives }) => [
      `## Either road and both, round trips ${title}`,
      roadTable(lives),
    ]),
    "Our function alone, with both keys in the secret, by `KRAKEN_ROADS`. The arrival is that of the first cancel, over whichever road it came; the second road's token and WebSocket are as far away as the first road.",
    ...holdSection(measured),
    ...laptopSection(measured),
    ...keepSection(measured),
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

/** Of a measurement: its day, and what it ran on. */
export function whenAndWhere(): string {
  return `${new Date().toISOString().slice(0, 10)}, Node.js ${process.version}, ${process.arch}, ${cpus().length} × ${cpus()[0]?.model.trim()}`
}

/** The book kept shut. */
export function holdSection({ hold }: Pick<Measured, 'hold'>): readonly string[] {
  const row = (road: HeldOver) => {
    const { answers, gaps } = hold[road]
    const { median, n } = spread(answers)
    return [road, String(n), median.toFixed(0), percentile99(answers).toFixed(0), shown(spread(gaps))]
  }
  return [
    '## Holding the book shut',
    markdownTable(
      [
        ['over', 'orders', 'median, ms', '99th percentile, ms', 'gap between laps, ms'],
        ...HELD_OVER.map(row),
      ],
      {
        align: ['l', 'r', 'r', 'r', 'r'],
      },
    ),
    'From the acceptance of an order of a bot, at 20 ms, to the arrival of the cancel that removes it; and from the end of a lap to the first cancel of the next one, with a local engine in place of Step Functions.',
  ]
}

/** Reduce-only orders are kept, beside a cancel of everything. */
export function keepSection({ keeps }: Pick<Measured, 'keeps'>): readonly string[] {
  const rows = keeps.map(({ run: { orders, roads, keeps: isKept }, arrivals }) => [
    String(orders),
    roads,
    isKept ? 'by id, 7 reduce-only kept' : 'cancel-all',
    shown(spread(arrivals.map(({ first }) => first))),
    shown(spread(arrivals.map(({ last }) => last))),
    shown(spread(arrivals.map(({ verdict }) => verdict))),
  ])
  return [
    '## Keep the stops',
    markdownTable(
      [['orders', 'roads', 'what', 'first cancel, ms', 'last cancel, ms', 'verdict, ms'], ...rows],
      {
        align: ['r', 'l', 'l', 'r', 'r', 'r'],
      },
    ),
    "From the event to the arrivals, in a cold function whose init phase is over, at 20 ms. The read of the book comes before the first cancel by id; over the Derivatives REST API alone Kraken's budget takes 400 of them in 10 s. Over both roads a last cancel may be the second road's of orders that the first has cancelled already.",
  ]
}

/** Without AWS, from a laptop. */
export function laptopSection({ laptop }: Pick<Measured, 'laptop'>): readonly string[] {
  return [
    ...laptop.flatMap(({ title, arrivals }) => [
      `## From a laptop, round trips ${title}`,
      laptopTable(arrivals),
    ]),
    'From the start of the process, with the keys in a file, to the moment when the exchange has the whole cancel.',
  ]
}

function laptopTable(arrivals: LaptopArrivals): string {
  const row = (name: (typeof LAPTOP_CONTESTANTS)[number]) => [
    name,
    ABOUT_LAPTOP[name],
    shown(spread(arrivals[name])),
    shown(pairedRatio(arrivals[name], arrivals.floor), 2),
  ]
  return markdownTable([['', 'what it is', 'arrival, ms', '÷ floor'], ...LAPTOP_CONTESTANTS.map(row)], {
    align: ['l', 'l', 'r', 'r'],
  })
}

function arrivalTable(lives: Lives): string {
  const row = (name: Contestant) => {
    const { arrivals, verdict, costs } = cellsOf(lives, name, 'floor')
    const answer = name === 'empty' ? '' : shown(spread(lives[name].map(firstAnswer)))
    return [name, ...arrivals, answer, name === 'ours' ? verdict : '', ...costs]
  }
  const head = ['', 'cold arrival, ms', '÷ floor', 'warm arrival, ms', '÷ floor', 'first answer, ms']
  return markdownTable([[...head, 'verdict, ms', 'peak memory', 'CPU, cold'], ...CONTESTANTS.map(row)], {
    align: ['l', 'r', 'r', 'r', 'r', 'r', 'r', 'r', 'r'],
  })
}

function roadTable(lives: Lives<RoadsSetting>): string {
  const row = (name: RoadsSetting) => {
    const { arrivals, verdict, costs } = cellsOf(lives, name, 'rest')
    return [name, ...arrivals, verdict, ...costs]
  }
  const head = ['', 'cold arrival, ms', '÷ rest', 'warm arrival, ms', '÷ rest', 'verdict, ms']
  return markdownTable([[...head, 'peak memory', 'CPU, cold'], ...ROADS.map(row)], {
    align: ['l', 'r', 'r', 'r', 'r', 'r', 'r', 'r'],
  })
}

/** What is shown of the lives of one, beside those of the reference. */
function cellsOf<Name extends string>(lives: Lives<Name>, name: Name, reference: Name) {
  const measure = (of: (life: Life) => number) => spread(lives[name].map(of))
  return {
    arrivals: [
      shown(measure(coldArrival)),
      shown(ratioOf(lives, coldArrival, name, reference), 2),
      shown(measure(warmArrival), 1),
      shown(ratioOf(lives, warmArrival, name, reference), 2),
    ],
    verdict: shown(measure(verdictAfter)),
    costs: [
      `${measure((life) => life.peakMemoryMb).median.toFixed(0)} MB`,
      `${measure((life) => life.cpuMs).median.toFixed(0)} ms`,
    ],
  }
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

/** The median, and in brackets the quartiles. */
export function shown({ median, low, high }: Spread, digits = 0): string {
  const fixed = (value: number) => value.toFixed(digits).replace(/^-(0(\.0+)?)$/, '$1')
  return `${fixed(median)} (${fixed(low)}–${fixed(high)})`
}
