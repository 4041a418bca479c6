import { markdownTable } from 'markdown-table'
import { type Row, tableOf } from '../limits.ts'
import { shown, whenAndWhere } from '../results.ts'
import { pairedRatio, type Spread, spread } from '../statistics.ts'
import { QUIET_PERIOD_MS } from './accounts.ts'
import type { FleetMeasured } from './fleet.ts'
import { ACCOUNTS, GROUPS, type ManyLife, type ManyLives, type Reached, WAYS, type Way } from './many.ts'
import { type FleetLife, type FleetLives, SIZES } from './one-function.ts'

/** What was measured of many accounts, as one page. */
export function fleetPage(measured: FleetMeasured): string {
  const { oneFunction, many } = measured
  return [
    '# How fast over many accounts',
    `${whenAndWhere()}. \`npm run bench -- --fleet\`, every run valid: signatures checked by the other side, a cancel for each account, all books empty, and the verdict EMPTY where there is one. Round trips of 20 ms to Kraken and 10 ms to Secrets Manager, 37 orders on each account, a quiet period of ${QUIET_PERIOD_MS} ms. Medians; in brackets the quartiles. The machine is shared and its milliseconds wander: what counts are the ratios, each of two runs made side by side.`,
    '## Limits',
    tableOf(limitsOf(measured)),
    ...oneFunction.flatMap(({ title, lives }) => [
      `## 1 and 12 accounts in one function, ${title}`,
      oneTable(lives),
    ]),
    `"Last cancel" is the arrival of the last account's first cancel, cold from the start of the process, warm from the event, ten seconds after the cold pull; "told" is the answer with the verdict. ${oneFunction[0]?.lives[1].length} processes each, in turn. Kraken's budget is counted by address, and twelve sweeps take 444 of its 500 units.`,
    `## ${ACCOUNTS} accounts`,
    manyTable(many),
    `In ${GROUPS.length} groups through the state machine of a fleet, on an engine of this machine, with a process for each, once more with round trips of 0 ms; in ${ACCOUNTS} processes of a switch of one account, pulled all at once; with ccxt in one process. ${many[WAYS[0]].length} runs each, in turn, on two cores that exchange, engine and all processes share: Lambda gives each sandbox its own. Cold: all processes begin with the pull. Ready: they have begun, and wait for their first event; of ccxt, from its first call. Warm: pulled once more, ten seconds later; the exchange has closed the kept connections by then. ccxt proves nothing: "told" is its last answer. The budget is counted by key. Memory and CPU are those of all processes together, from their start to the end of the warm pull.`,
  ]
    .join('\n\n')
    .concat('\n')
}

const coldCancel = ({ cold }: FleetLife) => cold.lastCancel
const warmCancel = ({ warm }: FleetLife) => warm.lastCancel

function limitsOf({ oneFunction, many }: FleetMeasured): readonly Row[] {
  const told = (way: Way, state: State) => spread(of(many[way], state, 'told')).median / 1_000
  const toldRow = (way: Way, state: State): Row => [
    `${ACCOUNTS} accounts, ${way}`,
    `${state}, fleet verdict told, s`,
    told(way, state),
    '≤',
    2.5,
  ]
  return [
    ...oneFunction.flatMap(({ title, lives }): Row[] => [
      [title, "cold, 12 accounts' last cancel ÷ one's", ratioTo1(lives, coldCancel).median, '≤', 2],
      [title, "warm, 12 accounts' last cancel ÷ one's", ratioTo1(lives, warmCancel).median, '≤', 2],
    ]),
    ...(['ready', 'warm'] as const).flatMap((state) =>
      (['groups of 10', 'groups of 10, next door'] as const).map((way) => toldRow(way, state)),
    ),
  ]
}

function ratioTo1(lives: FleetLives, of: (life: FleetLife) => number): Spread {
  return pairedRatio(lives[12].map(of), lives[1].map(of))
}

function oneTable(lives: FleetLives): string {
  const measures: readonly (readonly [string, (life: FleetLife) => number])[] = [
    ['cold: last cancel, ms', coldCancel],
    ['cold: told, ms', ({ cold }) => cold.told],
    ['warm: last cancel, ms', warmCancel],
    ['warm: told, ms', ({ warm }) => warm.told],
    ['peak memory, MB', ({ peakMemoryMb }) => peakMemoryMb],
    ['CPU, cold pull, ms', ({ cpuMs }) => cpuMs],
  ]
  const rows = measures.map(([name, of]) => [
    name,
    ...SIZES.map((size) => shown(spread(lives[size].map(of)))),
    shown(ratioTo1(lives, of), 2),
  ])
  return markdownTable([['', '1 account', '12 accounts', '12 ÷ 1'], ...rows], { align: ['l', 'r', 'r', 'r'] })
}

type State = 'cold' | 'ready' | 'warm'

function of(lives: readonly ManyLife[], state: State, what: keyof Reached): readonly number[] {
  return lives.map((life) => life[state]?.[what] ?? Number.NaN)
}

function manyTable(lives: ManyLives): string {
  const states = ['cold', 'ready', 'warm'] as const
  const row = (way: Way) => [
    way,
    ...states.flatMap((state) => {
      const [cancels, told] = [of(lives[way], state, 'lastCancel'), of(lives[way], state, 'told')]
      if (cancels.some(Number.isNaN)) return ['', '', '']
      const beside = of(lives['groups of 10'], state, 'lastCancel')
      return [shown(spread(cancels)), shown(pairedRatio(cancels, beside), 2), shown(spread(told))]
    }),
    `${(spread(lives[way].map(({ cost }) => cost.peakMemoryMb)).median / 1024).toFixed(1)} GB`,
    `${(spread(lives[way].map(({ cost }) => cost.cpuMs)).median / 1_000).toFixed(1)} s`,
  ]
  const head = states.flatMap((state) => [`${state}: last cancel, ms`, '÷ groups', 'told, ms'])
  return markdownTable([['', ...head, 'memory', 'CPU'], ...WAYS.map(row)], {
    align: ['l', ...Array.from({ length: 11 }, () => 'r' as const)],
  })
}
