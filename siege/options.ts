import { parseArgs } from 'node:util'
import { joinValues } from '../drill/arguments.ts'

export const USAGE = `npm run siege                        20,000 plans
npm run siege -- --seeds N           N plans
npm run siege -- --seeds N --from S  N plans, from seed S on
npm run siege -- --fleets N          N fleets, each of up to twelve accounts that are swept at once
npm run siege -- --groups N          N fleets of up to four groups, whose answers are lost, late, twice or forged
npm run siege -- --seed S            the plan of one seed, told as a story`

export interface Options {
  readonly help: boolean
  /** So many plans, */
  readonly seeds: number
  /** from this seed on. */
  readonly from: number
  /** The one plan that is to be told; undefined where many are run. */
  readonly seed: number | undefined
  /** So many fleets, in the place of plans; undefined for none. */
  readonly fleets: number | undefined
  /** So many fleets of groups, in the place of plans; undefined for none. */
  readonly groups: number | undefined
}

const VALUES = {
  '--seeds': 'a whole number',
  '--from': 'a whole number',
  '--seed': 'a whole number',
  '--fleets': 'a whole number',
  '--groups': 'a whole number',
}

/**
 * What was asked for on the command line.
 *
 * @throws Error that says what to write instead
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: joinValues(args, VALUES),
    options: {
      seeds: { type: 'string', default: '20000' },
      from: { type: 'string', default: '0' },
      seed: { type: 'string' },
      fleets: { type: 'string' },
      groups: { type: 'string' },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  return {
    help: values.help,
    seeds: wholeNumber('--seeds', values.seeds),
    from: wholeNumber('--from', values.from),
    seed: values.seed === undefined ? undefined : wholeNumber('--seed', values.seed),
    fleets: values.fleets === undefined ? undefined : wholeNumber('--fleets', values.fleets),
    groups: values.groups === undefined ? undefined : wholeNumber('--groups', values.groups),
  }
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} takes a whole number, not ${text}`)
  return Number(text)
}
