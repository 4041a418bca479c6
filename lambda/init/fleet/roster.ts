import { createHash } from 'node:crypto'
import { SettingInvalid } from '../../errors.ts'
import { accountName, isObject } from '../../json.ts'

/*
 * Which accounts a switch is for. A switch with `ACCOUNTS` has one roster, and one secret. One with `FLEET_GROUPS` serves
 * groups, each with a roster and a secret of its own, both of which come with the event:
 *
 *     ACCOUNTS      ["mm-btc","mm-eth"]
 *     FLEET_GROUPS  {"most":10,"groups":["Zk3x…","9aQ0…"]}     the largest group, and a fingerprint of each
 *
 * Lambda's environment is 4 KB, in which the names of 200 accounts and 20 ARNs have no room: a fingerprint is 14 bytes of
 * it, so that 200 groups have. The event is made by the fleet's state machine. Whoever else may invoke the function may
 * send one, too, and can say in it nothing but what was deployed: a group's name, secret and accounts are taken together
 * or not at all, so that no event has a secret read for another group, and none calls a shorter roster empty.
 */

/** Twelve clean sweeps of 37 units fit into the budget of 500, also where Kraken counts it for each address. */
export const MOST_ACCOUNTS = 12

/** Some accounts with one secret, that are swept by one function at once. */
export interface Group {
  readonly name: string
  /** Secrets Manager name or ARN. */
  readonly secret: string
  readonly accounts: readonly string[]
}

/** What `FLEET_GROUPS` says. */
export interface Groups {
  /** Accounts of the largest: so many connections are dialled before it is known which group it will be. */
  readonly most: number
  readonly fingerprints: ReadonlySet<string>
}

const NAMES = `1 to ${MOST_ACCOUNTS} names of lower-case letters, digits and hyphens, each up to 32 long and there once`

/** The names in `ACCOUNTS`. @throws SettingInvalid */
export function readRoster(text: string): readonly string[] {
  const names = namesIn(parse(text))
  if (names !== null) return names
  throw new SettingInvalid('ACCOUNTS', 'is no roster', `Set it to a JSON list of ${NAMES}`)
}

/** @throws SettingInvalid */
export function readGroups(text: string): Groups {
  const read = parse(text)
  const { most, groups } = isObject(read) ? read : {}
  const isCount = typeof most === 'number' && Number.isInteger(most) && most >= 1 && most <= MOST_ACCOUNTS
  const arePrints = Array.isArray(groups) && groups.length > 0 && groups.every(isFingerprint)
  if (isCount && arePrints) return { most, fingerprints: new Set(groups) }
  throw new SettingInvalid('FLEET_GROUPS', 'is not what the stack writes', 'Deploy the stack again')
}

/** What goes into `FLEET_GROUPS`. */
export function groupsSetting(groups: readonly Group[]): string {
  const most = Math.max(...groups.map(({ accounts }) => accounts.length))
  return JSON.stringify({ most, groups: groups.map(fingerprintOf) })
}

/** The first 66 bits of a SHA-256 over all that a group is; the order of its accounts counts. */
export function fingerprintOf({ name, secret, accounts }: Group): string {
  const text = JSON.stringify([name, secret, accounts])
  return createHash('sha256').update(text).digest('base64url').slice(0, 11)
}

function isFingerprint(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{11}$/.test(value)
}

/** 1 to 12 names of accounts, each there once; null for anything else. */
export function namesIn(value: unknown): readonly string[] | null {
  if (!Array.isArray(value) || value.length < 1 || value.length > MOST_ACCOUNTS) return null
  const names = value.map(accountName).filter((name) => name !== null)
  return names.length === value.length && new Set(names).size === names.length ? names : null
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
