import * as v from 'valibot'
import { InputRefused } from '../errors.ts'
import type { Scope } from '../kraken/scope.ts'
import { readSymbol } from '../kraken/symbol.ts'
import { printable } from '../printable.ts'

/** What a caller may ask for: the body of an HTTPS call, the payload of a direct invocation, a schedule's input. */
export interface Pull {
  readonly scope: Scope
  readonly reason: string | null
  /** Of a fleet, by the names of its roster, each once; undefined for all of them. */
  readonly accounts?: readonly string[] | undefined
  /** Of a fleet of groups, the name of one; undefined for all of them. */
  readonly group?: string | undefined
}

/** More than one function sweeps: a fleet of groups takes the names of several. */
const MOST_ACCOUNTS = 1_000
const MOST_SYMBOLS = 20
const SYMBOL_FORMS = 'such as PF_XBTUSD, PI_XBTUSD, FI_XBTUSD_260327 or the margin account FI_XBTUSD'
const HOW =
  'Send {} for all orders, or {"symbols":["PF_XBTUSD"]} for those of 1 to 20 symbols, with "keep":"reduceOnly" to let reduce-only orders stay, and a "reason" if you like'

const symbol = v.pipe(
  v.string('is not a string'),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const found = readSymbol(dataset.value)
    if (found !== null) return found
    addIssue({ message: `is not a symbol of Kraken Futures, ${SYMBOL_FORMS}` })
    return NEVER
  }),
)

export const symbols = v.pipe(
  v.array(symbol, 'is not a list'),
  v.minLength(1, 'is an empty list'),
  v.maxLength(MOST_SYMBOLS, `holds more than ${MOST_SYMBOLS}`),
)

export const keep = v.literal('reduceOnly', 'is not "reduceOnly", which is all that can be kept')

/** As `accountName` reads it: taken from there, json.ts would become a file of its own, which is loaded before the dial. */
const ACCOUNT_NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/

export const accountName = v.pipe(
  v.string('is not a string'),
  v.regex(ACCOUNT_NAME, 'is no name of an account: lower-case letters, digits and hyphens, up to 32'),
)

export const accounts = namesOf(accountName)

export const groupName = v.pipe(
  v.string('is not a string'),
  v.regex(ACCOUNT_NAME, 'is no name of a group: lower-case letters, digits and hyphens, up to 32'),
)

export const groupNames = namesOf(groupName)

function namesOf<Name extends typeof accountName | typeof groupName>(name: Name) {
  return v.pipe(
    v.array(name, 'is not a list'),
    v.minLength(1, 'is an empty list'),
    v.maxLength(MOST_ACCOUNTS, `holds more than ${MOST_ACCOUNTS}`),
  )
}

/** The fields, for a schedule's input to extend. */
export const pullFields = {
  symbol: v.optional(symbol),
  symbols: v.optional(symbols),
  keep: v.optional(keep),
  accounts: v.optional(accounts),
  group: v.optional(groupName),
  reason: v.optional(
    v.pipe(
      v.string('is not a string'),
      v.minLength(1, 'is empty'),
      v.maxLength(200, 'is longer than 200 characters'),
      v.regex(/^[^\p{C}\p{Zl}\p{Zp}]*$/u, 'holds a line break or another character that cannot be printed'),
    ),
  ),
}

const pullSchema = v.strictObject(pullFields)

/**
 * Reads what a caller asks for. Absent means all orders; anything else that is not a symbol is refused, never
 * taken for all.
 *
 * @param how to ask rightly, for the sentence
 * @throws InputRefused with a sentence that says what to send
 */
export function readPull(input: unknown, how = HOW): Pull {
  return toPull(readStrictly(pullSchema, input, how))
}

interface PullFields {
  readonly symbol?: string
  readonly symbols?: readonly string[]
  readonly keep?: 'reduceOnly'
  readonly accounts?: readonly string[]
  readonly group?: string
  readonly reason?: string
}

/** @throws InputRefused when both spellings are there, or both group and accounts */
export function toPull(fields: PullFields): Pull {
  if (fields.symbol !== undefined && fields.symbols !== undefined) {
    throw new InputRefused(`both symbol and symbols are given. ${HOW}`)
  }
  const named = fields.symbols ?? (fields.symbol === undefined ? [] : [fields.symbol])
  const symbols = named.length === 0 ? 'all' : [...new Set(named)]
  const { keep, reason = null } = fields
  if (fields.accounts !== undefined && fields.group !== undefined) {
    throw new InputRefused(`both accounts and group are given. Name the accounts alone, or the group`)
  }
  const accounts = fields.accounts && [...new Set(fields.accounts)]
  return { scope: keep === undefined ? symbols : { symbols, keep }, reason, accounts, group: fields.group }
}

/** @throws InputRefused naming the first field that is wrong, without quoting its value */
export function readStrictly<T>(schema: v.GenericSchema<unknown, T>, input: unknown, how: string): T {
  // To valibot a list is an object, and an empty list one without fields: that would be "all".
  if (Array.isArray(input)) throw new InputRefused(`it is a list. ${how}`)
  const read = v.safeParse(schema, input, { abortEarly: true })
  if (read.success) return read.output
  const [issue] = read.issues
  const path = printable(v.getDotPath(issue) ?? '')
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    throw new InputRefused(`"${path}" is not a field that is known. ${how}`)
  }
  const problem = issue.message.startsWith('Invalid') ? 'is missing or of the wrong type' : issue.message
  throw new InputRefused(`${path === '' ? 'it' : path} ${problem}. ${how}`)
}
