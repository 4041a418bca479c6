import { type Fields, iban, isObject, number, text } from '../../json.ts'
import type { Answered, ApiKeyCheck } from '../exchange.ts'

/** What nothing is known of. */
export const UNKNOWN_KEY: Omit<ApiKeyCheck, keyof Answered> = {
  accountUid: null,
  general: 'unknown',
  transfer: 'unknown',
  allowedCidrBlocks: [],
  iban: null,
  validUntil: null,
  needless: [],
}

/** Kraken's names of rights: "Cancel & close orders", "Query open orders & trades", "WebSocket interface". */
const NEEDED = ['close-trades', 'query-open-trades', 'create-ws-token']
const OTHERS = [
  'modify-trades',
  'query-closed-trades',
  'query-funds',
  'add-funds',
  'withdraw-funds',
  'earn-funds',
  'query-ledger',
  'export-data',
  'add-withdraw-address',
  'update-withdraw-address',
]
const CANCEL_RIGHT = /cancel|close(?!d)|modify/i // who may modify orders may cancel them too
const QUERY_RIGHT = /query.*open|open.*orders/i
const WITHDRAW_RIGHT = /withdraw/i

/**
 * What is not understood is `unknown`: of a list with other names than the documented ones, what is not in it proves nothing.
 *
 * @see https://docs.kraken.com/api-reference/account-data/get-api-key-info
 */
export function readKeyInfo(info: Fields): Omit<ApiKeyCheck, keyof Answered> {
  const rights = readRights(info.permissions)
  const may = (right: RegExp) => rights?.some((name) => right.test(name)) ?? false
  const isUnderstood =
    rights !== null &&
    rights.length > 0 &&
    rights.every((name) => NEEDED.includes(name) || OTHERS.includes(name))
  const least = isUnderstood ? 'NO_ACCESS' : 'unknown'
  const general = may(CANCEL_RIGHT) ? 'FULL_ACCESS' : may(QUERY_RIGHT) ? 'READ_ONLY' : least
  return {
    accountUid: null,
    general,
    transfer: may(WITHDRAW_RIGHT) ? 'FULL_ACCESS' : general === 'unknown' ? 'unknown' : 'NO_ACCESS',
    allowedCidrBlocks: readList(info.ipAllowlist ?? info.ip_allowlist ?? info.allowed_ips) ?? [],
    iban: iban(info.iban ?? info.iiban),
    validUntil: readSeconds(info.validUntil ?? info.valid_until),
    needless: rights?.filter((name) => OTHERS.includes(name) && !WITHDRAW_RIGHT.test(name)) ?? [],
    mayConnect: rights?.includes('create-ws-token') ?? false,
  }
}

/** Of the last day that a `Date` can hold. */
const LAST_SECOND = 8.64e12

/** Milliseconds since 1970, from seconds as a string; 0 stands for never. */
function readSeconds(value: unknown): number | null {
  const seconds = number(value)
  return seconds === null || seconds <= 0 || seconds > LAST_SECOND ? null : seconds * 1_000
}

/** The names in a list, or those that are true in an object. */
function readRights(permissions: unknown): readonly string[] | null {
  if (!isObject(permissions)) return readList(permissions)
  return Object.keys(permissions).filter((name) => permissions[name] === true)
}

function readList(value: unknown): readonly string[] | null {
  return Array.isArray(value) ? value.map(text).filter((entry) => entry !== null) : null
}
