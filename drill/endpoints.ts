import type { Account } from './account.ts'
import { type Answer, error, json } from './answer.ts'
import { isNamedBy, type RestingOrder } from './book.ts'

export interface Endpoint {
  /** Which key signs it: that of the Derivatives REST API, or the second one. */
  readonly key: 'rest' | 'unified'
  readonly method: 'GET' | 'POST'
  /** What a call costs of the budget. */
  readonly units: number | ((params: URLSearchParams) => number)
  readonly needsFullAccess: boolean
  /** What a request with a wrong key or signature gets, where that is not `authenticationError`. */
  readonly refusal?: Answer
  readonly answer: (account: Account, params: URLSearchParams) => Answer
}

const API = '/derivatives/api/v3'

/** The endpoints by path, answering in the shapes that were recorded, not only in those of the OpenAPI. */
export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  [`${API}/cancelallorders`]: {
    key: 'rest',
    method: 'POST',
    units: 25,
    needsFullAccess: true,
    answer: cancelAllOrders,
  },
  [`${API}/cancelorder`]: {
    key: 'rest',
    method: 'POST',
    units: 10,
    needsFullAccess: true,
    answer: cancelOrder,
  },
  [`${API}/batchorder`]: {
    key: 'rest',
    method: 'POST',
    units: (params) => 9 + (readBatch(params)?.length ?? 0),
    needsFullAccess: true,
    answer: batchOrder,
  },
  [`${API}/sendorder`]: { key: 'rest', method: 'POST', units: 10, needsFullAccess: true, answer: sendOrder },
  [`${API}/cancelallordersafter`]: {
    key: 'rest',
    method: 'POST',
    units: 25,
    needsFullAccess: true,
    answer: cancelAllAfter,
  },
  [`${API}/openorders`]: { key: 'rest', method: 'GET', units: 2, needsFullAccess: false, answer: openOrders },
  [`${API}/openpositions`]: {
    key: 'rest',
    method: 'GET',
    units: 2,
    needsFullAccess: false,
    answer: openPositions,
  },
  '/api/auth/v1/api-keys/v3/check': {
    key: 'rest',
    method: 'GET',
    units: 0,
    needsFullAccess: false,
    refusal: json({ error: 'Unauthorized', message: 'Invalid API key', suberror: 'KEY_NOT_FOUND' }, 401),
    answer: checkKey,
  },
  '/0/private/GetWebSocketsToken': {
    key: 'unified',
    method: 'POST',
    units: 0,
    needsFullAccess: false,
    answer: issueToken,
  },
  '/0/private/GetApiKeyInfo': {
    key: 'unified',
    method: 'POST',
    units: 0,
    needsFullAccess: false,
    answer: keyInfo,
  },
}

function success(fields: Readonly<Record<string, unknown>>, serverTime: string): Answer {
  return json({ result: 'success', ...fields, serverTime })
}

function now(): string {
  return new Date().toISOString()
}

function cancelAllOrders(account: Account, params: URLSearchParams): Answer {
  const symbol = params.get('symbol')
  const removed = account.book.remove((order) => symbol === null || isNamedBy(symbol, order))
  return cancelAllAnswer(symbol, removed, account.serverTime)
}

/** As Kraken answers: stops and take-profits are listed, but have no event. */
export function cancelAllAnswer(
  symbol: string | null,
  removed: readonly RestingOrder[],
  serverTime = now(),
): Answer {
  const fields = {
    cancelStatus: {
      receivedTime: serverTime,
      cancelOnly: symbol ?? 'all',
      status: removed.length === 0 ? 'noOrdersToCancel' : 'cancelled',
      cancelledOrders: removed.map(({ order_id, cliOrdId }) => ({ order_id, cliOrdId })),
      orderEvents: removed.filter(({ limitPrice }) => limitPrice !== undefined).map(cancelEvent),
    },
  }
  return success(fields, serverTime)
}

/** The same answer with a status that denies it, and without events: as recorded. */
export function lyingAnswer({ body }: Answer): Answer {
  const said = JSON.parse(body)
  const cancelStatus = { ...said.cancelStatus, status: 'noOrdersToCancel', orderEvents: [] }
  return json({ ...said, cancelStatus })
}

function cancelEvent(order: RestingOrder) {
  return {
    type: 'CANCEL',
    uid: order.order_id,
    order: {
      orderId: order.order_id,
      cliOrdId: order.cliOrdId,
      type: order.orderType,
      symbol: order.symbol,
      side: order.side,
      quantity: order.unfilledSize,
      filled: order.filledSize,
      limitPrice: order.limitPrice,
      reduceOnly: order.reduceOnly,
      timestamp: order.receivedTime,
      lastUpdateTimestamp: order.lastUpdateTime,
    },
  }
}

function cancelOrder(account: Account, params: URLSearchParams): Answer {
  const id = params.get('order_id')
  const [removed] = account.book.remove(({ order_id }) => order_id === id)
  return cancelOrderAnswer(id, removed, account.serverTime)
}

/** @param removed undefined when there was no such order */
export function cancelOrderAnswer(
  id: string | null,
  removed: RestingOrder | undefined,
  serverTime = now(),
): Answer {
  const cancelStatus = {
    order_id: id,
    status: removed === undefined ? 'notFound' : 'cancelled',
    receivedTime: serverTime,
    orderEvents: removed === undefined ? [] : [cancelEvent(removed)],
  }
  return success({ cancelStatus }, serverTime)
}

/** The ids that a batch is to cancel; null for one that is no JSON, or has no list. */
export function readBatch(params: URLSearchParams): readonly string[] | null {
  try {
    const { batchOrder } = JSON.parse(params.get('json') ?? '')
    return batchOrder.map(({ order_id }: { readonly order_id: unknown }) => String(order_id))
  } catch {
    return null
  }
}

/** Cancels alone; nothing here sends or edits orders in batches. */
function batchOrder(account: Account, params: URLSearchParams): Answer {
  const sent = params.get('json')
  if (sent === null) return error('requiredArgumentMissing')
  const ids = readBatch(params)
  if (ids === null) return error('Json Parse Error')
  if (/"order":"(?!cancel")/.test(sent)) return error('invalidArgument')
  return batchAnswer(ids, takeAll(account, ids), account.serverTime)
}

function takeAll({ book }: Account, ids: readonly string[]): RestingOrder[] {
  const wanted = new Set(ids)
  return book.remove(({ order_id }) => wanted.has(order_id))
}

/**
 * As Kraken has been recorded to answer: in another order than it was asked in, what is not there as `notFound`.
 *
 * @param removed those of the ids that were cancelled
 * @see https://github.com/ccxt/ccxt/pull/19638
 */
export function batchAnswer(
  ids: readonly string[],
  removed: readonly RestingOrder[],
  serverTime = now(),
): Answer {
  const gone = new Map(removed.map((order) => [order.order_id, order]))
  const batchStatus = ids.toReversed().map((order_id) => {
    const order = gone.get(order_id)
    if (order === undefined) return { status: 'notFound', order_id, orderEvents: [] }
    const orderEvents = order.limitPrice === undefined ? [] : [cancelEvent(order)]
    return { status: 'cancelled', order_id, orderEvents }
  })
  return success({ batchStatus }, serverTime)
}

function sendOrder(account: Account, params: URLSearchParams): Answer {
  const orderType = params.get('orderType') ?? 'lmt'
  const order = account.book.place({
    symbol: (params.get('symbol') ?? '').toUpperCase(),
    side: params.get('side') === 'sell' ? 'sell' : 'buy',
    orderType: orderType === 'stp' ? 'stop' : (orderType as RestingOrder['orderType']),
    unfilledSize: Number(params.get('size')),
    cliOrdId: params.get('cliOrdId'),
    reduceOnly: params.get('reduceOnly') === 'true',
  })
  const { order_id, receivedTime } = order
  const sendStatus = { status: 'placed', order_id, receivedTime, orderEvents: [] }
  return success({ sendStatus }, account.serverTime)
}

function cancelAllAfter({ timer, serverTime }: Account, params: URLSearchParams): Answer {
  const timeout = params.get('timeout')
  if (timeout === null) return error('requiredArgumentMissing')
  return timer.set(timeout) ? success({ status: timer.status }, serverTime) : error('invalidArgument')
}

function openOrders({ book, serverTime }: Account): Answer {
  return openOrdersAnswer(book.orders, serverTime)
}

export function openOrdersAnswer(orders: readonly RestingOrder[], serverTime = now()): Answer {
  const openOrders = orders.map(({ cliOrdId, ...order }) =>
    cliOrdId === null ? order : { ...order, cliOrdId },
  )
  return success({ openOrders }, serverTime)
}

function openPositions({ book, serverTime }: Account): Answer {
  return success({ openPositions: book.positions }, serverTime)
}

function checkKey(account: Account): Answer {
  return json({
    apiKey: account.apiKey,
    accountUid: account.uid,
    iiban: account.iban,
    permissions: { general: account.general, transfer: account.transfer },
    allowedCidrBlocks: account.allowedCidrBlocks,
  })
}

function issueToken({ unified }: Account): Answer {
  if (!unified.rights.has('websocket')) return spotError('EGeneral:Permission denied')
  return json({ error: [], result: { token: unified.issueToken(), expires: 900 } })
}

const RIGHTS = {
  websocket: 'create-ws-token',
  query: 'query-open-trades',
  cancel: 'close-trades',
  modify: 'modify-trades',
  funds: 'query-funds',
  withdraw: 'withdraw-funds',
} as const

/** @see https://docs.kraken.com/api-reference/account-data/get-api-key-info */
function keyInfo({ unified, iban }: Account): Answer {
  const result = {
    apiKeyName: 'kill switch',
    apiKey: unified.apiKey,
    nonce: String(unified.lastNonce),
    nonceWindow: 0,
    permissions: [...unified.rights].map((right) => RIGHTS[right]),
    iban,
    validUntil: String(unified.validUntil),
    queryFrom: '0',
    queryTo: '0',
    createdTime: '1772542900',
    modifiedTime: '1772543095',
    ipAllowlist: unified.ipAllowlist,
    lastUsed: '1772627061',
  }
  return json({ error: [], result })
}

/** An error as the Spot REST API sends it: HTTP 200, and a list. */
export function spotError(code: string): Answer {
  return json({ error: [code] })
}
