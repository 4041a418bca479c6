import type { ApiKeyCheck, CancelAck, Exchange, Order } from './exchange.ts'
import { ExchangeError } from './exchange-error.ts'
import type { Fields } from './fields.ts'
import { DERIVATIVES, type Link } from './link.ts'
import type { Links } from './links.ts'
import { fetchKeyInfo, fetchToken, type SpotInputs } from './session-token.ts'
import { covers } from './symbol.ts'
import { readCount, readOrderId, readSuccessful } from './unified-answers.ts'

/*
 *  call ──► link kept? ── no ──► open one: token and WebSocket in parallel ──► send ─────► first answer
 *              │ yes
 *              ├──► send on it at once ────────────────────────────────────────────────► first answer
 *              └──► silent for long (the process may have been frozen), or no answer to a cancel in SPARE_AFTER_MS,
 *                   or it failed: open a spare, and send the same on it ────────────────► first answer
 *
 *  As on the other road: cancelling twice is harmless, waiting is not.
 */

/** Of one `cancel_order`; a batch holds as many. */
const MOST_IDS = 50

export interface UnifiedInputs {
  readonly links: Links
  /** How the token is asked for; its deadline, its timeouts and its attempts are those of the whole road. */
  readonly spot: SpotInputs
}

/** One call over a link. */
interface LinkCall<T> {
  readonly name: string
  /** @param leftMs what is left for it, asked again for every step */
  readonly run: (link: Link, leftMs: () => number) => Promise<T>
  /** Goes out on a spare too, when there is no answer soon. */
  readonly isUrgent: boolean
  /** Hears another answer, after the first one. */
  readonly onLate?: (answer: T) => void
}

/**
 * The exchange over Kraken's Unified WebSocket.
 *
 * @see https://docs.kraken.com/exchange/api-reference/unified-websocket
 */
export function unified({ links, spot }: UnifiedInputs): Exchange {
  links.kept?.forgetCancelled() // what was cancelled before is another invocation's
  const call = <T>(made: LinkCall<T>) => onLink({ links, spot }, made)
  return {
    cancelAll: (symbol, { onLateAck }) =>
      call<CancelAck>({
        name: symbol === undefined ? 'cancel_all' : `cancel_order ${symbol}`,
        run: (link, leftMs) =>
          symbol === undefined ? cancelEverything(link, leftMs()) : cancelSymbol(link, symbol, leftMs),
        isUrgent: true,
        onLate: onLateAck,
      }),
    cancelOrder: (order, { onLateAck }) =>
      call<CancelAck>({
        name: 'cancel_order',
        run: (link, leftMs) => cancelOrders(link, [order], null, leftMs()),
        isUrgent: true,
        onLate: onLateAck,
      }),
    openOrders: () => call({ name: 'executions', run: (link, leftMs) => link.book(leftMs), isUrgent: false }),
    openPositions: () =>
      call({ name: 'positions', run: (link, leftMs) => link.positions(leftMs()), isUrgent: false }),
    checkApiKey: () => checkKey(spot),
  }
}

/** That there is a token shows that the key is good, and may open the WebSocket; its other rights may stay unknown. */
async function checkKey(spot: SpotInputs): Promise<ApiKeyCheck> {
  const { token: _, ...answered } = await fetchToken(spot)
  try {
    return await fetchKeyInfo(spot)
  } catch {
    return { ...answered, accountUid: null, general: 'unknown', transfer: 'unknown', allowedCidrBlocks: [] }
  }
}

async function cancelEverything(link: Link, timeoutMs: number): Promise<CancelAck> {
  const { responses, ...answered } = await link.request('cancel_all', DERIVATIVES, timeoutMs)
  const [response = {}] = responses
  return {
    ...answered,
    cancelOnly: 'all',
    orderIds: [],
    orders: [],
    count: readCount(readSuccessful(response)),
  }
}

/** By the ids of the orders that are known to be open, since `cancel_all` takes no symbol. */
async function cancelSymbol(link: Link, symbol: string, leftMs: () => number): Promise<CancelAck> {
  const concerns = (order: Order) =>
    order.orderId !== '' && order.symbol !== null && covers(symbol, order.symbol)
  const known = link.openOrders?.filter(concerns) ?? []
  if (known.length > 0) return cancelOrders(link, known, symbol, leftMs())
  // None is known: that is only worth something when it is fresh.
  const { orders: _, cancelled: __, wasStirred: ___, ...book } = await link.bookSoon(leftMs())
  const found = link.openOrders?.filter(concerns) ?? []
  if (found.length > 0) return cancelOrders(link, found, symbol, leftMs())
  return { ...book, cancelOnly: symbol, orderIds: [], orders: [] }
}

async function cancelOrders(
  link: Link,
  orders: readonly Order[],
  cancelOnly: string | null,
  timeoutMs: number,
): Promise<CancelAck> {
  const batches = Array.from({ length: Math.ceil(orders.length / MOST_IDS) }, (_, i) =>
    orders.slice(i * MOST_IDS, (i + 1) * MOST_IDS),
  )
  const acks = await Promise.all(batches.map((batch) => cancelBatch(link, batch, cancelOnly, timeoutMs)))
  const last = acks.reduce((a, b) => (b.answeredAt > a.answeredAt ? b : a))
  return {
    ...last,
    orderIds: acks.flatMap(({ orderIds }) => orderIds),
    orders: acks.flatMap(({ orders }) => orders),
  }
}

/** Kraken answers for each order, or once for all of them. */
async function cancelBatch(
  link: Link,
  batch: readonly Order[],
  cancelOnly: string | null,
  timeoutMs: number,
): Promise<CancelAck> {
  const ids = batch.map(({ orderId }) => orderId)
  let left = ids.length
  const isLast = (response: Fields) => {
    left -= 1
    return left === 0 || isAboutAll(response)
  }
  const params = { ...DERIVATIVES, order_id: ids }
  const { responses, ...answered } = await link.request('cancel_order', params, timeoutMs, isLast)
  const cancelled = new Set<string>()
  for (const response of responses) {
    if (!wasCancelled(response)) continue
    const id = readOrderId(response)
    for (const of of id === null ? ids : [id]) cancelled.add(of)
  }
  const orders = batch.filter(({ orderId }) => cancelled.has(orderId))
  return { ...answered, cancelOnly, orderIds: orders.map(({ orderId }) => orderId), orders }
}

/** One response that names no order is about all of them; but for the errors of orders, which may leave the order out. */
function isAboutAll(response: Fields): boolean {
  return readOrderId(response) === null && !/^EOrder:/.test(String(response.error))
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

/** Makes one call on the link that is kept, on a spare, or on a new one; the first answer counts. */
async function onLink<T>({ links, spot }: UnifiedInputs, call: LinkCall<T>): Promise<T> {
  const { clock, deadlineAt, attemptTimeoutMs, spareAfterMs } = spot
  const endAt = Math.min(clock.now() + attemptTimeoutMs, deadlineAt)
  /** Asked before every step, so that none is begun too late. @throws ExchangeError */
  const leftMs = () => {
    const ms = endAt - clock.now()
    if (ms <= 0 || spot.isOver?.()) throw new ExchangeError('deadline', 'There was no time left')
    return ms
  }
  const open = () =>
    noted(spot, 'WebSocket', null, () => links.open(async () => (await fetchToken(spot)).token, leftMs()))
  const run = (link: Link) => noted(spot, call.name, link, () => call.run(link, leftMs))
  const kept = links.kept
  if (kept === null) return run(await open())

  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let pending = 1
  let isSettled = false
  let hasSpare = false
  const answered = (answer: T) => {
    if (isSettled) return call.onLate?.(answer)
    isSettled = true
    resolve(answer)
  }
  const failed = (error: unknown) => {
    pending -= 1
    if (isWorthASpare(error)) startSpare()
    if (isSettled || pending > 0) return
    isSettled = true
    reject(error)
  }
  const startSpare = () => {
    if (hasSpare || isSettled || spot.isOver?.() || clock.now() >= endAt) return
    hasSpare = true
    pending += 1
    // One that comes too late to be needed is kept for what comes next.
    open()
      .then((link) => (isSettled ? undefined : run(link).then(answered)))
      .catch(failed)
  }
  run(kept).then(answered, failed)
  if (kept.isSuspect) startSpare()
  else if (call.isUrgent) void clock.sleep(spareAfterMs).then(startSpare)
  return promise
}

/** Another link would be refused alike. */
function isWorthASpare(error: unknown): boolean {
  return error instanceof ExchangeError && error.remedy === 'wait'
}

/** Does it, and notes what came of it. */
async function noted<T>(
  { clock, onAttempt }: SpotInputs,
  call: string,
  link: Link | null,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = clock.now()
  const sentAt = link === null ? null : startedAt
  const note = (outcome: string) =>
    onAttempt({
      call,
      connection: link?.connection ?? null,
      startedAt,
      sentAt,
      endedAt: clock.now(),
      outcome,
    })
  try {
    const result = await work()
    note('ok')
    return result
  } catch (error) {
    note(error instanceof ExchangeError ? error.code : 'failed')
    throw error
  }
}
