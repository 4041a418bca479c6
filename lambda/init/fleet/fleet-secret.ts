import { AccountInvalid, SecretInvalid } from '../../errors.ts'
import { accountName, type Fields, isObject } from '../../json.ts'
import { ApiKey } from '../../kraken/http/authent.ts'
import type { FetchSecret, Keys } from '../credentials.ts'
import { readKeys } from '../secret.ts'
import { faultOf, fieldsIn } from '../secret-shape.ts'

/** In what secret and roster do not agree, by the names of accounts. */
export interface Differences {
  /** The roster names them, the secret does not. */
  readonly missing: readonly string[]
  /** The secret names them, the roster does not: nobody sweeps them. */
  readonly strangers: readonly string[]
  /** So many more, whose names have not the form of one, and are not told: a value may stand where a name belongs. */
  readonly unnamed: number
  /** They hold the same key: of all but one, another account's book would be swept. */
  readonly twins: readonly (readonly string[])[]
}

const NO_DIFFERENCE: Differences = { missing: [], strangers: [], unnamed: 0, twins: [] }

/**
 * The secret of a fleet: `{"accounts": {"mm-btc": {"apiKey", "apiSecret", "unified"?}, ...}}`. Each account's part has the
 * form of a secret of one account; what is wrong with one does not spoil another.
 */
export class FleetSecret {
  readonly #fetch: FetchSecret
  readonly #roster: readonly string[]
  #pending: Promise<string> | null = null
  #read: Read = []
  /** By the secret that was fetched last. */
  differences: Differences = NO_DIFFERENCE

  constructor(fetch: FetchSecret, roster: readonly string[]) {
    this.#fetch = fetch
    this.#roster = roster
  }

  /** Its text; accounts that ask at the same time share one answer. @throws SecretUnavailable, SecretInvalid */
  readonly text: FetchSecret = () => {
    this.#pending ??= this.#fetch()
      .then((text) => {
        this.#read = readAll(text, this.#roster)
        this.differences = differencesOf(text, this.#roster, this.#read)
        return text
      })
      .finally(() => {
        this.#pending = null
      })
    return this.#pending
  }

  /** Of the keys of each account, in the order of the roster; empty where no secret was read. */
  keyFingerprints(): readonly (readonly string[])[] {
    return this.#read.map(({ keys }) => keysOf(keys).map((key) => key.fingerprint()))
  }
}

/**
 * The keys of one account.
 *
 * @throws AccountInvalid naming the account, the field and what is wrong, never a character of a value
 */
export function readAccountKeys(text: string, name: string): Keys {
  const part = accountsIn(text)[name]
  if (part === undefined) throw new AccountInvalid(`it has no account ${name}`)
  try {
    return readKeys(fieldsOf(part))
  } catch (error) {
    if (!(error instanceof SecretInvalid)) throw error
    throw new AccountInvalid(`of the account ${name} ${error.problem}`)
  }
}

/** The text of one account's part, as a secret of its own. @throws AccountInvalid when there is none, or it holds no keys */
export function accountPart(text: string, name: string): string {
  readAccountKeys(text, name)
  return JSON.stringify(fieldsOf(accountsIn(text)[name]))
}

/** The names of the accounts that it holds, as far as they are such names. @throws AccountInvalid */
export function accountNames(text: string): readonly string[] {
  return Object.keys(accountsIn(text)).filter((name) => accountName(name) !== null)
}

/** The accounts' parts by name; without a prototype, so that no name is there by itself. @throws AccountInvalid */
function accountsIn(text: string): Fields {
  const fields = fieldsIn(text)
  if (fields === null) throw new AccountInvalid(`it is ${faultOf(text)}`)
  const { accounts } = fields
  const parts = typeof accounts === 'string' ? fieldsIn(accounts) : accounts
  if (isObject(parts)) return Object.assign(Object.create(null), parts)
  throw new AccountInvalid(accounts === undefined ? 'accounts is missing' : 'accounts is not an object')
}

/** An object, or the JSON of one, as the console's editor makes it. @throws SecretInvalid */
function fieldsOf(part: unknown): Fields {
  const fields = typeof part === 'string' ? fieldsIn(part) : part
  if (isObject(fields)) return fields
  throw new SecretInvalid(typeof part === 'string' ? `it is ${faultOf(part)}` : 'it is not an object')
}

function differencesOf(text: string, roster: readonly string[], read: Read): Differences {
  const names = orNull(() => Object.keys(accountsIn(text)))
  if (names === null) return NO_DIFFERENCE // each account says why
  const others = names.filter((name) => !roster.includes(name))
  const strangers = others.filter((name) => accountName(name) !== null)
  return {
    missing: roster.filter((name) => !names.includes(name)),
    strangers,
    unnamed: others.length - strangers.length,
    twins: twinsIn(read),
  }
}

/** The keys of each account of the roster; null where there are none. */
type Read = readonly { readonly name: string; readonly keys: Keys | null }[]

function readAll(text: string, roster: readonly string[]): Read {
  return roster.map((name) => ({ name, keys: orNull(() => readAccountKeys(text, name)) }))
}

function twinsIn(read: Read): readonly (readonly string[])[] {
  const groups = read.map(({ keys }) => read.filter((other) => shareKey(keys, other.keys)))
  return groups
    .filter((group, i) => group.length > 1 && group[0] === read[i])
    .map((group) => group.map(({ name }) => name))
}

/** On any road: the same key may be stored as another account's second one, too. */
function shareKey(one: Keys | null, other: Keys | null): boolean {
  return keysOf(one).some((key) => keysOf(other).some((another) => key.equals(another)))
}

function keysOf(keys: Keys | null): readonly ApiKey[] {
  return keys === null ? [] : [keys.rest, keys.unified].filter((key) => key instanceof ApiKey)
}

function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}
