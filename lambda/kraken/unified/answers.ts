import { type Fields, iban, isObject, number, parseJson, text, time, upper } from '../../json.ts'
import type { Answered, ApiKeyCheck, Order, Position } from '../exchange.ts'
import { Refusal, readErrorCode } from '../exchange-error.ts'

/** What a message is for: the answer to a request, the first or a later message of a channel, or nothing to us. */
export type Message =
  | {
      readonly kind: 'response'
      readonly method: string
      readonly reqId: number | null
      readonly body: Fields
    }
  | ChannelMessage
  | { readonly kind: 'status'; readonly isMaintenance: boolean }
  | { readonly kind: 'other' }
  /** Not even JSON: something was said, and lost. */
  | { readonly kind: 'garbage' }

export interface ChannelMessage {
  readonly kind: 'snapshot' | 'update'
  readonly channel: string
  readonly body: Fields
}

/** @param message as it came; anything */
export function readMessage(message: string): Message {
  const body = parseJson(message)
  if (!isObject(body)) return { kind: 'garbage' }
  const method = text(body.method)
  if (method !== null) return { kind: 'response', method, reqId: number(body.req_id), body }
  const channel = text(body.channel)
  if (channel === null) return { kind: 'garbage' }
  if (channel === 'status') return { kind: 'status', isMaintenance: saysMaintenance(body) }
  if (body.type === 'snapshot') return { kind: 'snapshot', channel, body }
  // Whatever is said of the orders is about the orders, in words that are known or not.
  if (body.type === 'update' || channel === 'executions') return { kind: 'update', channel, body }
  return { kind: 'other' } // heartbeat
}

function saysMaintenance({ data }: Fields): boolean {
  const entries = Array.isArray(data) ? data : [data]
  return entries.some((entry) => isObject(entry) && entry.system === 'maintenance')
}

/**
 * A response that is a success by Kraken's own word.
 *
 * @throws Refusal for anything but `success: true`
 */
export function readSuccessful(response: Fields): Fields {
  if (response.success === true && isNothing(response.error)) return response
  const error = text(response.error)
  throw new Refusal(error === null ? 'no success' : readErrorCode([error]))
}

/**
 * A response to `subscribe` echoes what is subscribed now. Only what surely is another subscription is refused, since
 * other fields may be worded otherwise: a list without orders, or of another market, would pass for an empty book.
 *
 * @throws Refusal
 */
export function checkSubscribed({ result }: Fields): void {
  if (!isObject(result)) return
  checkMarket(result)
  if (String(result.snap_orders) === 'false') throw new Refusal(...ANOTHER_SUBSCRIPTION)
}

/** A snapshot, or the response to a subscription, of the spot market is none of ours. @throws Refusal */
export function checkMarket({ asset_class: market }: Fields): void {
  if (/^spot$/i.test(String(market))) throw new Refusal(...ANOTHER_SUBSCRIPTION) // a list of one, too
}

const ANOTHER_SUBSCRIPTION = [
  'another subscription',
  'Kraken subscribed to something else than the open orders',
] as const

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

/** The number of orders that a `cancel_all` removed; null when it is not told. */
export function readCount({ result }: Fields): number | null {
  const count = isObject(result) ? number(result.count) : null
  return count !== null && count >= 0 ? Math.floor(count) : null
}

/** The id of the order that a response to `cancel_order` is about; null when it does not say. */
export function readOrderId({ result, order_id: id }: Fields): string | null {
  return (isObject(result) ? text(result.order_id) : null) ?? text(id) // a refusal has no result
}

/** The entries of an `executions` message. @throws Refusal without the list, or with an error beside it */
export function readEntries(message: Fields): readonly Fields[] {
  const { data, error } = message
  // `snapshot_too_large` comes with an empty list, which is no empty book.
  if (!isNothing(error)) throw new Refusal(readErrorCode([text(error)?.replaceAll('_', ' ') ?? '']))
  if (isObject(data) && text(data.order_id) !== null) return [data]
  if (!Array.isArray(data)) throw new Refusal('no data', 'Kraken sent open orders without a list')
  return data.map((entry) => (isObject(entry) ? entry : {}))
}

/** The positions of a snapshot, futures and options. @throws Refusal without the list of futures */
export function readUnifiedPositions({ data, error }: Fields): readonly Position[] {
  const futures = isObject(data) ? data.futures : undefined
  if (!isNothing(error) || !isObject(data) || !Array.isArray(futures)) {
    throw new Refusal('no positions', 'Kraken sent no list of positions')
  }
  const options = Array.isArray(data.options) ? data.options : []
  return [...futures, ...options].map((entry) => readPosition(isObject(entry) ? entry : {}))
}

function readPosition(raw: Fields): Position {
  const size = number(raw.size)
  const bySign = size === null ? null : size < 0 ? 'short' : 'long'
  return {
    symbol: upper(text(raw.symbol)),
    side: text(raw.side) ?? bySign,
    size: size === null ? null : Math.abs(size),
    price: number(raw.entry_price),
  }
}

const GONE = /^(filled|cancell?ed|expired)$/
const CANCELLED = /^cancell?ed$/

/** Does this entry say that its order rests no more? Anything unknown does not. */
export function isGone(entry: Fields): boolean {
  return GONE.test(stateOf(entry))
}

/** Does this entry say that its order was cancelled, by whomever? */
export function isCancelled(entry: Fields): boolean {
  return CANCELLED.test(stateOf(entry))
}

/** What the order is, and where that is not told, what happened to it. */
function stateOf({ order_status: status, exec_type: event }: Fields): string {
  return text(status) ?? text(event) ?? ''
}

/** An order as the `executions` channel describes it, over one or more entries. */
export class UnifiedOrder implements Order {
  readonly #raw: Fields

  constructor(raw: Fields) {
    this.#raw = raw
  }

  /** The same order as a later entry has it; entries hold only what their event is about. */
  with(entry: Fields): UnifiedOrder {
    return new UnifiedOrder({ ...this.#raw, ...entry, timestamp: this.#raw.timestamp ?? entry.timestamp })
  }

  get orderId(): string {
    return text(this.#raw.order_id) ?? ''
  }

  get cliOrdId(): string | null {
    return text(this.#raw.cl_ord_id)
  }

  get symbol(): string | null {
    return upper(text(this.#raw.symbol))
  }

  get side(): string | null {
    return text(this.#raw.side)
  }

  get type(): string | null {
    return text(this.#raw.order_type)
  }

  get size(): number | null {
    const ordered = number(this.#raw.order_qty)
    return ordered === null ? null : ordered - (number(this.#raw.cum_qty) ?? 0)
  }

  get limitPrice(): number | null {
    return number(this.#raw.limit_price)
  }

  get stopPrice(): number | null {
    const { triggers } = this.#raw
    return number(this.#raw.stop_price) ?? (isObject(triggers) ? number(triggers.price) : null)
  }

  get reduceOnly(): boolean {
    return this.#raw.reduce_only === true || this.#raw.reduce_only === 'true'
  }

  get placedAt(): number | null {
    return time(this.#raw.timestamp)
  }
}

/** When Kraken sent a response: milliseconds since 1970, or null. */
export function readTimeOut({ time_out: sent }: Fields): number | null {
  return time(sent)
}

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
