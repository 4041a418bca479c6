import type { Fields } from '../../json.ts'
import { allCancelled, batchesOf } from '../cancel-batches.ts'
import type { ApiKeyCheck, CancelAck, Exchange, Order, TimerAck } from '../exchange.ts'
import { ExchangeError } from '../exchange-error.ts'
import { surelyCovers } from '../symbol.ts'
import { timerSeconds } from '../timer.ts'
import { readArmed, readCount, readOrderId, readSuccessful } from './answers.ts'
import { UNKNOWN_KEY } from './key-info.ts'
import { DERIVATIVES, type Session } from './session.ts'
import { callOnSession, type SessionCall, type UnifiedInputs } from './session-call.ts'
import { fetchKeyInfo, fetchToken } from './token.ts'

/** Of one `cancel_order`; a batch holds as many. */
const MOST_IDS = 50

/**
 * The exchange over Kraken's Unified WebSocket.
 *
 * @see https://docs.kraken.com/exchange/api-reference/unified-websocket
 */
export function unified({ sessions, spot }: UnifiedInputs): Exchange {
  sessions.beginInvocation()
  const call = <T>(made: SessionCall<T>) => callOnSession({ sessions, spot }, made)
  return {
    cancelAll: (symbol, { onLateAck }) =>
      call<CancelAck>({
        name: symbol === undefined ? 'cancel_all' : `cancel_order ${symbol}`,
        run: (session, leftMs, onSent) =>
          symbol === undefined
            ? cancelEverything(session, leftMs(), onSent)
            : cancelSymbol(session, symbol, leftMs, { onSent, onPart: onLateAck }),
        isCancel: true,
        onLate: onLateAck,
      }),
    cancelOrder: (order, { onLateAck }) =>
      call<CancelAck>({
        name: 'cancel_order',
        run: (session, leftMs, onSent) =>
          cancelOrders(session, [order], null, leftMs(), { onSent, onPart: onLateAck }),
        isCancel: true,
        onLate: onLateAck,
      }),
    cancelOrders: (orders, { mostInOne, onLateAck }) =>
      call<CancelAck>({
        name: `cancel_order ${orders.length}`,
        run: (session, leftMs, onSent) => {
          const timeoutMs = leftMs()
          const batches = batchesOf(orders, Math.min(mostInOne, MOST_IDS))
          onSent()
          const cancels = batches.map((batch) => cancelBatch(session, batch, null, timeoutMs, onLateAck))
          return allCancelled(cancels, onLateAck)
        },
        isCancel: true,
        onLate: onLateAck,
      }),
    openOrders: () =>
      call({ name: 'executions', run: (session, leftMs) => session.book(leftMs), isCancel: false }),
    openPositions: () =>
      call({ name: 'positions', run: (session, leftMs) => session.positions(leftMs()), isCancel: false }),
    checkApiKey: () => checkKey({ sessions, spot }),
    armTimer: async (seconds) => {
      const timeout = timerSeconds(seconds)
      return call<TimerAck>({
        name: `cancel_all_orders_after ${timeout} s`,
        run: (session, leftMs) => armTimer(session, timeout, leftMs()),
        isCancel: false,
        isOnce: true,
      })
    },
    toldOpen: () => sessions.toldOpen,
    isTelling: () => sessions.kept?.isSubscribed === true && !sessions.kept.isSuspect,
    nextTold: () => sessions.nextTold,
    toldCancelled: () => sessions.toldCancelled,
  }
}

/**
 * What Kraken says of the key. Where it does not say that the key may open the WebSocket, a token shows it; other rights may
 * stay unknown.
 *
 * One call at a time, after that for the token of a session that is being opened: Kraken refuses a nonce that arrives after a
 * higher one.
 */
async function checkKey({ sessions, spot }: UnifiedInputs): Promise<ApiKeyCheck> {
  await sessions.opened()
  const told = await fetchKeyInfo(spot).catch(unlessRefused)
  if (told?.mayConnect === true) return told
  const { token: _, ...answered } = await fetchToken(spot)
  return told ?? { ...answered, ...UNKNOWN_KEY }
}

/** Null for an answer that tells nothing of the key. @throws ExchangeError when Kraken refuses the key itself */
function unlessRefused(error: unknown): null {
  const isRefused =
    !(error instanceof ExchangeError) ||
    error.remedy === 'change' ||
    error.code === 'EGeneral:Temporary lockout'
  if (isRefused) throw error
  return null
}

async function cancelEverything(session: Session, timeoutMs: number, onSent: () => void): Promise<CancelAck> {
  onSent()
  const { responses, ...answered } = await session.request('cancel_all', DERIVATIVES, timeoutMs)
  const [response = {}] = responses
  const count = readCount(readSuccessful(response))
  const told = count === null ? { isIncomplete: true } : { count }
  return { ...answered, cancelOnly: 'all', orderIds: [], orders: [], ...told }
}

/**
 * For derivatives, as everything here: without `asset_class` it might be the timer of the spot market. Whether Kraken takes
 * that is not documented.
 *
 * @see https://docs.kraken.com/exchange/api-reference/unified-ws/cancel_after
 */
async function armTimer(session: Session, timeout: number, timeoutMs: number): Promise<TimerAck> {
  const params = { ...DERIVATIVES, timeout }
  const { responses, ...answered } = await session.requestOptional(
    'cancel_all_orders_after',
    params,
    timeoutMs,
  )
  const [response = {}] = responses
  return { ...answered, ...readArmed(response) }
}

/** Who hears of a cancel by ids while it is under way. */
interface CancelListener {
  readonly onSent: () => void
  /** What was cancelled, where not all of it was: the rest is an error. */
  readonly onPart: (ack: CancelAck) => void
}

/** By the ids of the orders that are known to be open, since `cancel_all` takes no symbol. */
async function cancelSymbol(
  session: Session,
  symbol: string,
  leftMs: () => number,
  listener: CancelListener,
): Promise<CancelAck> {
  const concerns = (order: Order) => order.orderId !== '' && surelyCovers(symbol, order.symbol)
  const known = session.openOrders?.filter(concerns) ?? []
  if (known.length > 0) return cancelOrders(session, known, symbol, leftMs(), listener)
  // None is known: that is only worth something when it is fresh.
  const { orders, wasStirred: _, grownBy: __, ...answered } = await session.bookSoon(leftMs())
  const found = orders.filter(concerns)
  if (found.length > 0) return cancelOrders(session, found, symbol, leftMs(), listener)
  return { ...answered, cancelOnly: symbol, orderIds: [], orders: [] }
}

async function cancelOrders(
  session: Session,
  orders: readonly Order[],
  cancelOnly: string | null,
  timeoutMs: number,
  { onSent, onPart }: CancelListener,
): Promise<CancelAck> {
  onSent()
  const sent = batchesOf(orders, MOST_IDS).map((batch) =>
    cancelBatch(session, batch, cancelOnly, timeoutMs, onPart),
  )
  const all = Promise.all(sent)
  all.catch(() => {
    for (const one of sent) one.then(onPart, () => {})
  })
  const acks = await all
  const last = acks.reduce((a, b) => (b.answeredAt > a.answeredAt ? b : a))
  return {
    ...last,
    orderIds: acks.flatMap(({ orderIds }) => orderIds),
    unnamedIds: acks.flatMap(({ unnamedIds = [] }) => unnamedIds),
    orders: acks.flatMap(({ orders }) => orders),
  }
}

/** Kraken answers for each order, or once for all of them. */
async function cancelBatch(
  session: Session,
  batch: readonly Order[],
  cancelOnly: string | null,
  timeoutMs: number,
  onPart: (ack: CancelAck) => void,
): Promise<CancelAck> {
  const ids = batch.map(({ orderId }) => orderId)
  let left = ids.length
  const isLast = (response: Fields) => {
    left -= 1
    return left === 0 || isAboutAll(response)
  }
  const params = { ...DERIVATIVES, order_id: ids }
  const { responses, ...answered } = await session.request('cancel_order', params, timeoutMs, isLast)
  const cancelled = new Set<string>()
  const named = new Set<string>()
  let refusal: unknown = null
  for (const response of responses) {
    try {
      if (!wasCancelled(response)) continue
      const id = readOrderId(response)
      if (id !== null) named.add(id)
      for (const gone of id === null ? ids : [id]) cancelled.add(gone)
    } catch (error) {
      refusal ??= error
      session.noteOpen(readOrderId(response))
    }
  }
  session.noteAcked(refusal === null ? ids : [...cancelled])
  const orders = batch.filter(({ orderId }) => cancelled.has(orderId))
  const orderIds = orders.map(({ orderId }) => orderId)
  const unnamedIds = orderIds.filter((id) => !named.has(id))
  const ack = { ...answered, cancelOnly, orderIds, unnamedIds, orders }
  if (refusal === null) return ack
  if (orders.length > 0) onPart(ack)
  throw refusal
}

/** One response that names no order is about all of them; but that an order is gone already is said of each. */
function isAboutAll(response: Fields): boolean {
  return readOrderId(response) === null && !GONE_ALREADY.has(String(response.error))
}

/** False for an order that Kraken does not know any more. @throws ExchangeError for any other refusal */
function wasCancelled(response: Fields): boolean {
  try {
    readSuccessful(response)
    return true
  } catch (error) {
    if (error instanceof ExchangeError && GONE_ALREADY.has(error.code)) return false
    throw error
  }
}

const GONE_ALREADY = new Set(['EOrder:Unknown order', 'EOrder:Invalid order'])
