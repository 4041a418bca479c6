import type { Clock } from '../clock.ts'
import {
  readApiKeyCheck,
  readBook,
  readCancelAck,
  readPositions,
  readServerTime,
  readSingleCancelAck,
  type Said,
} from './answers.ts'
import type { ApiKey, KeySource } from './authent.ts'
import { type Budget, COST, KEPT_FOR_READS } from './budget.ts'
import { send, type Try } from './connection.ts'
import type { Answered, CancelAck, Exchange } from './exchange.ts'
import { ExchangeError } from './exchange-error.ts'
import type { Fields } from './fields.ts'
import { type Reply, readJson, readSuccess } from './reply.ts'
import type { Request } from './round-trip.ts'
import type { ConnectionKind, SocketPool } from './socket-pool.ts'

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** One call on one connection, as the report shows it. Times are monotonic milliseconds. */
export interface Attempt extends Pick<Try<unknown>, 'startedAt' | 'sentAt' | 'endedAt'> {
  /** Null for what is not a call to the exchange. */
  readonly connection: ConnectionKind | null
  /** The endpoint, and the symbol where there is one: `cancelallorders PF_XBTUSD`. */
  readonly call: string
  /** `ok`, or the code of the error. */
  readonly outcome: string
}

export interface FuturesRestInputs {
  /** Up to and including `/derivatives/api/v3`. */
  readonly url: URL
  readonly pool: SocketPool
  readonly keys: KeySource
  readonly budget: Budget
  readonly clock: Clock
  readonly attemptTimeoutMs: number
  readonly spareAfterMs: number
  /** No call lasts beyond this; monotonic milliseconds. */
  readonly deadlineAt: number
  readonly onAttempt: (attempt: Attempt) => void
}

/** So many cancels and as many duplicates fit into the budget; more at once get a fresh connection each. */
const MOST_DUPLICATED = 9

interface Call<T extends Answered> {
  readonly name: string
  readonly method: Request['method']
  readonly path: string
  /** Goes into the body of a POST, url-encoded, and into the signature. */
  readonly params?: Readonly<Record<string, string>>
  readonly cost: number
  readonly read: (answer: Fields) => Said<T>
  readonly open?: (reply: Reply) => Fields
  readonly onLate?: (answer: T) => void
  readonly isFresh?: boolean
}

/**
 * The exchange over Kraken's Derivatives REST API.
 *
 * @see https://docs.kraken.com/exchange/api-reference/futures-rest (switched off on 1 March 2027)
 */
export function futuresRest(inputs: FuturesRestInputs): Exchange {
  const api = inputs.url.pathname
  const call = <T extends Answered>(made: Call<T>) => callOnce(inputs, made)
  return {
    cancelAll: (symbol, { atOnce, onLateAck }) =>
      call<CancelAck>({
        name: symbol === undefined ? 'cancelallorders' : `cancelallorders ${symbol}`,
        method: 'POST',
        path: `${api}/cancelallorders`,
        ...(symbol === undefined ? {} : { params: { symbol } }),
        cost: COST.cancelAll,
        read: readCancelAck,
        onLate: onLateAck,
        isFresh: atOnce > MOST_DUPLICATED,
      }),
    cancelOrder: (order) =>
      call<CancelAck>({
        name: 'cancelorder',
        method: 'POST',
        path: `${api}/cancelorder`,
        params: { order_id: order.orderId },
        cost: COST.cancelOrder,
        read: (answer) => readSingleCancelAck(answer, order),
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
        open: readJson, // this one has no `result`
      }),
  }
}

/** Makes one call, and once more with one thing changed where that is the remedy. */
async function callOnce<T extends Answered>(inputs: FuturesRestInputs, call: Call<T>): Promise<T> {
  const key = await inputs.keys.current()
  try {
    return await dispatch(inputs, call, key, '')
  } catch (error) {
    if (!(error instanceof ExchangeError) || error.remedy !== 'change') throw error
    if (error.code !== 'authenticationError') {
      return dispatch(inputs, call, key, String(inputs.clock.wallTime()))
    }
    const renewed = await inTime(inputs, inputs.keys.replacementFor(key))
    if (renewed === null) throw error
    return dispatch(inputs, call, renewed, '')
  }
}

/** Null when it takes longer than there is time. */
function inTime<T>({ clock, deadlineAt }: FuturesRestInputs, work: Promise<T | null>): Promise<T | null> {
  return Promise.race([work, clock.sleep(deadlineAt - clock.now()).then(() => null)])
}

async function dispatch<T extends Answered>(
  inputs: FuturesRestInputs,
  call: Call<T>,
  key: ApiKey,
  nonce: string,
): Promise<T> {
  const { budget, clock, deadlineAt, pool, onAttempt, spareAfterMs } = inputs
  const kept = call.method === 'GET' ? 0 : KEPT_FOR_READS
  const waitMs = budget.waitMs(call.cost + kept)
  if (waitMs > 0)
    throw new ExchangeError('budget', "The switch's own calls have spent Kraken's budget", waitMs)
  const timeoutMs = Math.min(inputs.attemptTimeoutMs, deadlineAt - clock.now())
  if (timeoutMs <= 0) throw new ExchangeError('deadline', 'There was no time left')
  budget.trySpend(call.cost)
  return send({
    pool,
    request: sign(inputs.url, call, key, nonce),
    isFresh: call.isFresh ?? false,
    mayDuplicate: () => budget.waitMs(call.cost + kept) === 0 && budget.trySpend(call.cost),
    timeoutMs,
    spareAfterMs,
    read: (reply, startedAt) => readReply(clock, call, reply, startedAt),
    onTry: (tried, isLate) => {
      onAttempt({
        ...tried,
        call: call.name,
        outcome: 'error' in tried.outcome ? tried.outcome.error.code : 'ok',
      })
      if (isLate && 'result' in tried.outcome) call.onLate?.(tried.outcome.result)
    },
  })
}

function sign(
  api: URL,
  { method, path, params }: Pick<Call<Answered>, 'method' | 'path' | 'params'>,
  key: ApiKey,
  nonce: string,
): Request {
  const body = new URLSearchParams(params).toString()
  return {
    method,
    url: new URL(path, api),
    headers: {
      'User-Agent': 'kraken-futures-kill-switch',
      ...(method === 'POST' ? FORM : {}),
      ...(method === 'POST' ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}),
      ...key.headers(body, path, nonce),
    },
    body,
  }
}

function readReply<T extends Answered>(clock: Clock, call: Call<T>, reply: Reply, sentAt: number): T {
  const answeredAt = clock.now()
  const answer = (call.open ?? readSuccess)(reply)
  const serverTime = readServerTime(answer)
  const halfWayMs = (answeredAt - sentAt) / 2
  const clockSkewMs = serverTime === null ? null : Math.round(serverTime - (clock.wallTime() - halfWayMs))
  return { ...call.read(answer), sentAt, answeredAt, serverTime, clockSkewMs } as T
}
