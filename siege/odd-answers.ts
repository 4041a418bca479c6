import { type Answer, html, json } from '../drill/answer.ts'
import type { RestingOrder } from '../drill/book.ts'
import type { Call } from '../drill/order-desk.ts'
import type { Asked, Said, UnifiedSession } from '../drill/unified-session.ts'
import type { OddAnswer, OddOrders } from './plan.ts'

/**
 * An answer that is not what was asked for.
 *
 * @param done what the good answer was, if the call was carried out
 */
export function oddly(odd: OddAnswer, call: Call, done: Answer | null): Answer {
  switch (odd.kind) {
    case 'error': {
      const body =
        odd.status === 500
          ? { errors: [{ code: odd.code, message: 'see above' }] }
          : { result: 'error', error: odd.code }
      const answer = json(body, odd.status)
      return odd.retryAfter === null
        ? answer
        : { ...answer, headers: { ...answer.headers, 'retry-after': odd.retryAfter } }
    }
    case 'page':
      return html(odd.status)
    case 'redirect':
      return { ...html(301), headers: { location: 'https://elsewhere.invalid/' } }
    case 'text':
      return { ...json({}, odd.status), body: odd.text }
    case 'without list':
      return json({
        result: 'success',
        cancelStatus: { status: 'cancelled' },
        serverTime: new Date(0).toISOString(),
      })
    case 'without result':
      return json({
        ...JSON.parse(done?.body ?? '{"cancelStatus":{"cancelledOrders":[]},"openOrders":[]}'),
        result: undefined,
      })
    case 'compressed':
      return { ...(done ?? json({ result: 'success' })), headers: { 'content-encoding': 'gzip' } }
    case 'echo': {
      const { apikey, authent } = call.credentials
      return {
        ...json({ result: 'error', error: authent, errors: [{ code: apikey, message: authent }] }),
        headers: { 'x-echo': apikey },
      }
    }
  }
}

/** The book, its orders described as Kraken has been seen to, or might. */
export function describedOddly(answer: Answer, how: OddOrders): Answer {
  const said = JSON.parse(answer.body) as { openOrders: Partial<RestingOrder>[] }
  const change = (order: Partial<RestingOrder>): object => {
    switch (how) {
      case 'lower case':
        return { ...order, symbol: order.symbol?.toLowerCase() }
      case 'numbers as strings':
        return {
          ...order,
          unfilledSize: String(order.unfilledSize),
          limitPrice: String(order.limitPrice),
          reduceOnly: String(order.reduceOnly),
        }
      case 'no symbol':
        return { ...order, symbol: undefined }
      case 'foreign symbols':
        return { ...order, symbol: foreign(order.symbol) }
      case 'no id':
        return { ...order, order_id: undefined }
      case 'nulls':
        return {
          ...order,
          cliOrdId: null,
          side: null,
          orderType: null,
          receivedTime: null,
          unfilledSize: null,
        }
      case 'no word of reduce-only':
        return { ...order, reduceOnly: undefined }
      case 'unknown words':
        return { ...order, side: 'unknown', orderType: 'unknown', status: 'unknown' }
      case 'twice':
        return order
    }
  }
  const orders = said.openOrders.map(change)
  return {
    ...answer,
    body: JSON.stringify({ ...said, openOrders: how === 'twice' ? [...orders, ...orders] : orders }),
  }
}

/**
 * What is said to a message instead of what was asked for.
 *
 * @param done what was to be said, if it was carried out
 */
export function sayOddly(
  odd: OddAnswer,
  asked: Asked,
  session: UnifiedSession,
  done: readonly Said[],
): readonly Said[] {
  const [response = session.success(asked, {})] = done
  switch (odd.kind) {
    case 'error':
      return [session.failure(asked, odd.code)]
    case 'page':
    case 'redirect':
      return [html(301).body]
    case 'text':
      return [odd.text]
    case 'without list':
      return [session.success(asked, {})]
    case 'without result':
      return [{ ...(response as object), success: undefined }, ...done.slice(1)]
    case 'compressed':
      return ['\u001f\u008b\u0008']
    case 'echo':
      return [session.failure(asked, String(asked.params.token)), String(asked.params.token)]
  }
}

/** A snapshot, its orders described as Kraken might. */
export function snapshotOddly(snapshot: Said, how: OddOrders): Said {
  const { data, ...rest } = snapshot as { readonly data: readonly Readonly<Record<string, unknown>>[] }
  const change = (entry: Readonly<Record<string, unknown>>): object => {
    switch (how) {
      case 'lower case':
        return entry.symbol === undefined ? entry : { ...entry, symbol: String(entry.symbol).toLowerCase() }
      case 'numbers as strings':
        return { ...entry, order_qty: String(entry.order_qty), reduce_only: String(entry.reduce_only) }
      case 'no symbol':
        return { ...entry, symbol: undefined }
      case 'foreign symbols':
        return { ...entry, symbol: foreign(String(entry.symbol)) }
      case 'no id':
        return { ...entry, order_id: undefined }
      case 'nulls':
        return { ...entry, cl_ord_id: null, side: null, order_type: null, timestamp: null, order_qty: null }
      case 'no word of reduce-only':
        return { ...entry, reduce_only: undefined }
      case 'unknown words':
        return {
          ...entry,
          side: 'unknown',
          order_type: 'unknown',
          exec_type: 'unknown',
          order_status: 'unknown',
        }
      case 'twice':
        return entry
    }
  }
  const changed = data.map(change)
  return { ...rest, data: how === 'twice' ? [...changed, ...changed] : changed }
}

/** An update that says no more than what happened to which order. */
export function bareUpdate(update: Said): Said {
  const { data, ...rest } = update as { readonly data: readonly Readonly<Record<string, unknown>>[] }
  const bare = data.map(({ exec_type, order_status, order_id }) => ({ exec_type, order_status, order_id }))
  return { ...rest, data: bare }
}

/** In a form that the switch does not know: `PF_XBTUSD` as `XBTUSD:PF`. */
function foreign(symbol: string | undefined): string {
  const [kind, ...rest] = String(symbol).split('_')
  return `${rest.join('-')}:${kind}`
}
