import { parseArgs } from 'node:util'

export const USAGE = `npm run bench              measures all, and writes bench/RESULTS.md and bench/arrivals.svg (some 20 minutes)
npm run bench -- --quick   fewer runs, in some two minutes; writes nothing
npm run bench -- --laptop  the switch without AWS alone; writes nothing
npm run bench -- --hold    a hold alone; writes nothing
npm run bench -- --keeps   pulls that keep reduce-only orders alone; writes nothing
npm run bench -- --fleet   many accounts alone, which the others leave out; writes bench/fleet/RESULTS.md (some 9 minutes)`

export interface Options {
  readonly help: boolean
  readonly quick: boolean
  /** The one part that is measured; null for all of them. */
  readonly only: 'laptop' | 'hold' | 'keeps' | 'fleet' | null
}

/**
 * What was asked for on the command line.
 *
 * @throws Error that says what is wrong with it
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      laptop: { type: 'boolean' },
      hold: { type: 'boolean' },
      keeps: { type: 'boolean' },
      fleet: { type: 'boolean' },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  const only = (['laptop', 'hold', 'keeps', 'fleet'] as const).find((name) => values[name] === true) ?? null
  return { help: values.help, quick: values.quick, only }
}
