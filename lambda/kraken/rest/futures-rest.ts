import type { Answered, CancelAck, Exchange, TimerAck } from '../exchange.ts'
import { COST } from '../http/budget.ts'
import { type ApiInputs, type Call, makeCall, type Signing } from '../http/call.ts'
import { nextNonce } from '../http/nonce.ts'
import { readTimer, timerSeconds } from '../timer.ts'
import {
  readApiKeyCheck,
  readBook,
  readCancelAck,
  readPositions,
  readRestJson,
  readSingleCancelAck,
  readSuccess,
} from './answers.ts'

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
    cancelOrder: (order, { onLateAck }) =>
      call<CancelAck>({
        name: 'cancelorder',
        method: 'POST',
        path: `${api}/cancelorder`,
        params: { order_id: order.orderId },
        cost: COST.cancelOrder,
        isCancel: true,
        read: (answer) => readSingleCancelAck(answer, order),
        onLate: onLateAck,
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
