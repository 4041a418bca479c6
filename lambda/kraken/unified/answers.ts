import { type Fields, isObject, number, parseJson, text, time } from '../../json.ts'
import type { Said, TimerAck } from '../exchange.ts'
import { Refusal, readErrorCode } from '../exchange-error.ts'
import { readTimer } from '../timer.ts'

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

/** As an error that is none. */
export function isNothing(value: unknown): boolean {
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

/** What the response to `cancel_all_orders_after` says. @throws Refusal */
export function readArmed(response: Fields): Said<TimerAck> {
  if (/asset_class/i.test(text(response.error) ?? '')) {
    throw new Refusal('no timer here', 'Kraken takes no timer for derivatives over the Unified WebSocket')
  }
  return readTimer(readSuccessful(response).result)
}

/** When Kraken sent a response: milliseconds since 1970, or null. */
export function readTimeOut({ time_out: sent }: Fields): number | null {
  return time(sent)
}
