import type { Answered, CancelAck, CancelOptions, Exchange, Order, TimerAck } from '../exchange.ts'
import { batchCost, COST } from '../http/budget.ts'
import { type ApiInputs, type Call, makeCall, type Signing } from '../http/call.ts'
import { nextNonce } from '../http/nonce.ts'
import { readTimer, timerSeconds } from '../timer.ts'
import {
  readApiKeyCheck,
  readBatchAck,
  readBook,
  readCancelAck,
  readPositions,
  readRestJson,
  readSingleCancelAck,
  readSuccess,
} from './answers.ts'
import { cancelInBatches } from './batches.ts'

/** So many cancels and as many duplicates fit into the budget; more at once get a fresh connection each. */
const MOST_DUPLICATED = 9

/** Without a nonce, since parallel senders would collide; with one only for an exchange that insists. */
const AUTHENT: Signing = {
  noncesToTry: 2,
  params: () => ({}),
  headers: (key, postData, path, nonce) => key.headers(postData, path, nonce),
  nonce: (clock, isFirst) => (isFirst ? '' : String(nextNonce(clock))),
}

/**
 * The exchange over Kraken's Derivatives REST API.
 *
 * @see https://docs.kraken.com/exchange/api-reference/futures-rest (switched off on 1 March 2027)
 */
export function futuresRest(inputs: ApiInputs): Exchange {
  const api = inputs.url.pathname
  const call = <T extends Answered>(made: Omit<Call<T>, 'open'> & Partial<Call<T>>) =>
    makeCall({ ...inputs, signing: AUTHENT }, { open: readSuccess, ...made })
  const cancelOrder = (order: Order, { onLateAck }: CancelOptions, isFresh = false) =>
    call<CancelAck>({
      name: 'cancelorder',
      method: 'POST',
      path: `${api}/cancelorder`,
      params: { order_id: order.orderId },
      cost: COST.cancelOrder,
      isCancel: true,
      read: (answer) => readSingleCancelAck(answer, order),
      onLate: onLateAck,
      isFresh,
    })
  /** One order alone as it would go without a batch: that works too where Kraken takes no batches. */
  const cancelBatch = (batch: readonly Order[], options: CancelOptions, isFresh: boolean) => {
    const [first] = batch
    if (first !== undefined && batch.length === 1) return cancelOrder(first, options, isFresh)
    return call<CancelAck>({
      name: `batchorder ${batch.length}`,
      method: 'POST',
      path: `${api}/batchorder`,
      params: { json: cancelsOf(batch) },
      cost: batchCost(batch.length),
      isCancel: true,
      read: (answer) => readBatchAck(answer, batch),
      onLate: options.onLateAck,
      isFresh,
    })
  }
  return {
    cancelAll: (symbol, { atOnce, onLateAck }) =>
      call<CancelAck>({
        name: symbol === undefined ? 'cancelallorders' : `cancelallorders ${symbol}`,
        method: 'POST',
        path: `${api}/cancelallorders`,
        ...(symbol === undefined ? {} : { params: { symbol } }),
        cost: COST.cancelAll,
        isCancel: true,
        read: readCancelAck,
        onLate: onLateAck,
        isFresh: atOnce > MOST_DUPLICATED,
      }),
    cancelOrder: (order, options) => cancelOrder(order, options),
    cancelOrders: (orders, options) =>
      cancelInBatches({
        budget: inputs.budget,
        orders,
        options,
        cancelBatch: (batch, isFresh) => cancelBatch(batch, options, isFresh),
      }),
    openOrders: () =>
      call({
        name: 'openorders',
        method: 'GET',
        path: `${api}/openorders`,
        cost: COST.openOrders,
        read: readBook,
      }),
    openPositions: () =>
      call({
        name: 'openpositions',
        method: 'GET',
        path: `${api}/openpositions`,
        cost: COST.openPositions,
        read: readPositions,
      }),
    checkApiKey: () =>
      call({
        name: 'api-keys/check',
        method: 'GET',
        path: '/api/auth/v1/api-keys/v3/check',
        cost: 0, // not under /derivatives
        read: readApiKeyCheck,
        open: readRestJson, // this one has no `result`
      }),
    armTimer: async (seconds) => {
      const timeout = String(timerSeconds(seconds))
      return call<TimerAck>({
        name: `cancelallordersafter ${timeout} s`,
        method: 'POST',
        path: `${api}/cancelallordersafter`,
        params: { timeout },
        cost: COST.armTimer,
        leavesOver: COST.cancelAll,
        read: ({ status }) => readTimer(status),
        isFresh: true, // a duplicate would cost as much as a cancel
      })
    },
  }
}

/** What `batchorder` takes, as JSON in a field of the form. */
function cancelsOf(batch: readonly Order[]): string {
  return JSON.stringify({ batchOrder: batch.map(({ orderId }) => ({ order: 'cancel', order_id: orderId })) })
}
