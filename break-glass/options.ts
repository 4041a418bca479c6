import { parseArgs } from 'node:util'
import { InputRefused } from '../lambda/errors.ts'
import { accountName } from '../lambda/json.ts'
import { type Pull, readPull } from '../lambda/triggers/pull.ts'

export const USAGE = `Empties the order book of a Kraken Futures account, and proves it. Needs no AWS.

  kill-switch --secret-file FILE            asks, then cancels all orders
  kill-switch --secret-file FILE --check    could it? Reads only: the key's rights, the network, the clock
  op read ... | kill-switch - --yes         the keys from another program, and no question

  --secret-file FILE  the keys: {"apiKey": "...", "apiSecret": "...", "unified": {"apiKey": "...", "apiSecret": "..."}},
                      either pair alone too; refused when group or others may read the file
  -                   the same from standard input
  --account NAME      of a file that holds the keys of a fleet, {"accounts": {"NAME": {"apiKey": ...}, ...}}: this account
                      alone; several times for some of them, not at all for every one, and 12 at most at once
  --symbol SYMBOL     only the orders of this symbol, such as PF_XBTUSD; up to 20 times
  --keep reduceOnly   leaves reduce-only orders, such as stops that guard a position, on the book
  --reason TEXT       stands in the report
  --roads ROADS       rest, unified or both; by default every road that there is a key for
  --hold DURATION     keeps the book shut for so long after the proof, such as 90s, 10m or 2h; 24h at most
  --json              the report alone on standard output
  --page FILE         a picture of what happened when, as one HTML page; written after the verdict, and over no other file
  --yes               asks nothing
  --drill             presses against an exchange of its own: npm run break-glass -- --drill, in the project
  --help

Exit code: 0 EMPTY, or ready; 1 NOT EMPTY, or not ready; 2 UNVERIFIED; 3 FAILED; 64 refused, nothing was sent; 130 after
SIGINT and 143 after SIGTERM, with a report of what was known then.
Kraken's addresses and the times may be set in the environment, by the names of the function's own settings. Keys never.`

/** How the book is reached, as the setting KRAKEN_ROADS names it. */
const ROADS = ['rest', 'unified', 'both']

export interface Options extends Omit<Pull, 'accounts'> {
  readonly mode: 'help' | 'drill' | 'check' | 'press'
  /** Null for standard input. */
  readonly secretFile: string | null
  readonly roads: string | undefined
  /** Of a fleet's secret, each once; none for all that it holds, or where it is of one account. */
  readonly accounts: readonly string[]
  /** So long the book is kept shut, in milliseconds; null for not at all. */
  readonly holdMs: number | null
  /** Where the picture goes; null for none. */
  readonly page: string | null
  readonly json: boolean
  readonly yes: boolean
}

const TAKEN = {
  'secret-file': { type: 'string' },
  account: { type: 'string', multiple: true },
  symbol: { type: 'string', multiple: true },
  keep: { type: 'string' },
  reason: { type: 'string' },
  roads: { type: 'string' },
  hold: { type: 'string' },
  page: { type: 'string' },
  check: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
  drill: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const

/**
 * What is asked for. No argument is ever quoted: it may be a misplaced secret.
 *
 * @throws InputRefused with a sentence that says what to write
 */
export function readOptions(args: readonly string[]): Options {
  const { values, positionals, tokens } = parse(args)
  const {
    json,
    yes,
    check,
    drill,
    help,
    symbol: symbols,
    keep,
    reason,
    roads,
    hold,
    page = null,
    account: named = [],
  } = values
  const mode = help ? 'help' : drill ? 'drill' : check ? 'check' : 'press'
  const common = { mode, json, yes, page } as const
  const nothing = {
    scope: 'all',
    reason: null,
    secretFile: null,
    roads: undefined,
    accounts: [],
    holdMs: null,
  } as const
  if (mode === 'help' || mode === 'drill') return { ...common, ...nothing }
  const secretFile = readSource(tokens, positionals)
  refuseRepeated(tokens)
  if (roads !== undefined && !ROADS.includes(roads)) refuse(`--roads takes ${ROADS.join(', ')}`)
  if (named.some((name) => accountName(name) === null)) {
    refuse('--account takes the name of an account, as it stands in the file')
  }
  if (check && [symbols, keep, reason, hold].some((given) => given !== undefined)) {
    refuse(
      '--check looks at the whole account and cancels nothing: leave --symbol, --keep, --reason and --hold out',
    )
  }
  if (page === '') refuse('--page takes the name of a file, such as page.html')
  const holdMs = hold === undefined ? null : readDuration(hold)
  return {
    ...common,
    ...readPull(without({ symbols, keep, reason }), HOW),
    secretFile,
    roads,
    accounts: [...new Set(named)],
    holdMs,
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Whoever wants more presses again. */
const MOST_HOLD_MS = 24 * 3_600_000

function readDuration(text: string): number {
  const [, amount = '', unit = ''] = /^([1-9]\d{0,4})([smh])$/.exec(text) ?? []
  const ms = Number(amount) * (UNITS_MS[unit] ?? Number.NaN)
  return ms <= MOST_HOLD_MS ? ms : refuse('--hold takes a time such as 90s, 10m or 2h, and 24h at most')
}

const HOW =
  'Give --symbol once for each of 1 to 20 symbols, or not at all for all orders, and --keep reduceOnly to leave those'

function refuse(why: string): never {
  throw new InputRefused(why)
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: TAKEN, allowPositionals: true, tokens: true })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const [name] = /--?[a-z][a-z-]{0,19}(?![\w=+/-])/.exec(message) ?? ['']
    if (code !== 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE') {
      return refuse(
        `there is an unknown option${name === '' ? '' : `, ${name}`}. --help lists those there are`,
      )
    }
    return refuse(
      `${name} ${/does not take/.test(message) ? 'takes no value' : 'needs a value'}; one that begins with a hyphen is written ${name}=VALUE`,
    )
  }
}

type Tokens = ReturnType<typeof parse>['tokens']

/** Where the keys come from; null for standard input. */
function readSource(tokens: Tokens, positionals: readonly string[]): string | null {
  if (positionals.some((one) => one !== '-')) {
    refuse(
      'there is an argument that belongs to no option. Keys come from --secret-file FILE, or from - and standard input',
    )
  }
  const files = tokens.flatMap((token) =>
    token.kind === 'option' && token.name === 'secret-file' ? [token.value ?? ''] : [],
  )
  const [source, ...others] = [...files, ...positionals]
  if (others.length > 0) refuse('there are two sources of keys. Give --secret-file FILE or -, and once')
  if (source === undefined || source === '') {
    return refuse("there are no keys. Give --secret-file FILE, or - and the secret's JSON on standard input")
  }
  return source === '-' ? null : source
}

const REPEATABLE = ['symbol', 'account']

/** Of an option that is given twice the last one would stand, and nobody would know. */
function refuseRepeated(tokens: Tokens): void {
  const names = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []))
  const repeated = names.find((name, at) => !REPEATABLE.includes(name) && names.indexOf(name) !== at)
  if (repeated !== undefined) refuse(`--${repeated} is given twice`)
}

/** An option that is not given is absent, and not undefined, to what is strict. */
function without(fields: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
