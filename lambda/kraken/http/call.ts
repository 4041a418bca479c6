import type { Clock } from '../../clock.ts'
import type { Fields } from '../../json.ts'
import type { Answered } from '../exchange.ts'
import { ExchangeError } from '../exchange-error.ts'
import { readServerTime, type Said } from '../rest/answers.ts'
import type { ApiKey, KeySource } from './authent.ts'
import type { Budget, Spending } from './budget.ts'
import { type Connections, type SendInputs, send, type Try } from './connection.ts'
import { type Reply, readSuccess } from './reply.ts'
import type { Request } from './round-trip.ts'
import type { ConnectionKind } from './socket-pool.ts'

const USER_AGENT = { 'User-Agent': 'kraken-futures-kill-switch' }
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

/** One call on one connection, as the report shows it. Times are monotonic milliseconds. */
export interface Attempt extends Pick<Try<unknown>, 'startedAt' | 'sentAt' | 'endedAt'> {
  /** Null for what is not a call to the exchange. */
  readonly connection: ConnectionKind | null
  /** The endpoint, and the symbol where there is one: `cancelallorders PF_XBTUSD`. */
  readonly call: string
  /** It was to cancel orders: once sent it may have, whatever its outcome. */
  readonly isCancel: boolean
  /** `ok`, or the code of the error. */
  readonly outcome: string
}

/** How an API wants its requests signed. */
export interface Signing {
  /** Requests to make with a new nonce each, while Kraken refuses the nonce. */
  readonly noncesToTry: number
  /** Parameters that go out beside the call's own. */
  readonly params: (nonce: string) => Readonly<Record<string, string>>
  /** @param nonce empty at the first request, where the API needs none */
  readonly headers: (key: ApiKey, postData: string, path: string, nonce: string) => Record<string, string>
  readonly nonce: (clock: Clock, isFirst: boolean) => string
}

/** What every call of one invocation shares. */
export interface CallInputs {
  /** Of the API's origin; paths of calls are absolute. */
  readonly url: URL
  readonly signing: Signing
  readonly pool: Connections
  readonly roundTrip: SendInputs<unknown>['roundTrip']
  readonly keys: KeySource
  readonly budget: Budget
  readonly clock: Clock
  readonly attemptTimeoutMs: number
  readonly spareAfterMs: number
  /** No call lasts beyond this; monotonic milliseconds. */
  readonly deadlineAt: number
  /** There is a verdict: nothing more may leave, not even a second time. */
  readonly isOver?: () => boolean
  readonly onAttempt: (attempt: Attempt) => void
  /** Hears of each cancel as it is sent, on every connection: its attempt may not have ended when the pull does. */
  readonly onCancelSent?: (() => void) | undefined
}

/** One endpoint, and how its answer is read. */
export interface Call<T extends Answered> {
  readonly name: string
  readonly method: Request['method']
  readonly path: string
  /** Goes into the body of a POST, url-encoded, and into the signature. */
  readonly params?: Readonly<Record<string, string>>
  /** Units of Kraken's budget. */
  readonly cost: number
  readonly read: (answer: Fields) => Said<T>
  readonly isCancel?: boolean
  /** Gives the JSON of a good reply; by default one whose `result` says so. */
  readonly open?: (reply: Reply) => Fields
  /** Hears another answer, after the first one. */
  readonly onLate?: (answer: T) => void
  /** On a connection that cannot have died unnoticed, so that the request goes out only once. */
  readonly isFresh?: boolean
}

/**
 * Makes one call, and once more with one thing changed where that is the remedy.
 *
 * @throws ExchangeError when Kraken refused, or gave no usable answer in time, or the budget is spent
 * @throws SecretUnavailable, SecretInvalid when there is no key
 */
export async function makeCall<T extends Answered>(inputs: CallInputs, call: Call<T>): Promise<T> {
  const key = await inputs.keys.current()
  try {
    return await dispatchWithNonce(inputs, call, key)
  } catch (error) {
    if (!(error instanceof ExchangeError) || !isAboutKey(error)) throw error
    const renewed = await inTime(inputs, inputs.keys.replacementFor(key))
    if (renewed === null) throw error
    return dispatchWithNonce(inputs, call, renewed)
  }
}

function isAboutKey({ remedy, code }: ExchangeError): boolean {
  return remedy === 'change' && !/nonce/i.test(code)
}

/** Once more where Kraken refuses the nonce: another process that signs with the same key may have been faster. */
async function dispatchWithNonce<T extends Answered>(
  inputs: CallInputs,
  call: Call<T>,
  key: ApiKey,
): Promise<T> {
  const { signing, clock } = inputs
  for (let tries = 1; ; tries++) {
    try {
      return await dispatch(inputs, call, key, () => signing.nonce(clock, tries === 1))
    } catch (error) {
      const isRefusedNonce = error instanceof ExchangeError && error.remedy === 'change' && !isAboutKey(error)
      if (!isRefusedNonce || tries >= signing.noncesToTry) throw error
    }
  }
}

/** Null when it takes longer than there is time. */
function inTime<T>({ clock, deadlineAt }: CallInputs, work: Promise<T | null>): Promise<T | null> {
  return Promise.race([work, clock.sleep(deadlineAt - clock.now()).then(() => null)])
}

async function dispatch<T extends Answered>(
  inputs: CallInputs,
  call: Call<T>,
  key: ApiKey,
  nextNonce: () => string,
): Promise<T> {
  const { budget, clock, deadlineAt, pool, roundTrip, onAttempt, spareAfterMs } = inputs
  const kept = call.method === 'GET' ? 0 : budget.allowance.keptForReads
  const underWay: Spending[] = [] // as many as there are tries; each costs the same
  const spend = () => {
    const spending = inputs.isOver?.() ? null : budget.trySpend(call.cost, kept)
    if (spending !== null) underWay.push(spending)
    return spending !== null
  }
  const timeoutMs = Math.min(inputs.attemptTimeoutMs, deadlineAt - clock.now())
  if (timeoutMs <= 0 || inputs.isOver?.()) throw new ExchangeError('deadline', 'There was no time left')
  if (!spend()) {
    const waitMs = budget.waitMs(call.cost + kept)
    throw new ExchangeError('budget', "The switch's own calls have spent Kraken's budget", waitMs)
  }
  return send({
    pool,
    roundTrip,
    clock,
    request: () => sign(inputs, call, key, nextNonce()),
    isFresh: call.isFresh ?? false,
    mayDuplicate: spend,
    timeoutMs,
    spareAfterMs,
    read: (reply, startedAt) => readReply(clock, call, reply, startedAt),
    onSent: call.isCancel ? inputs.onCancelSent : undefined,
    onTry: (tried, isLate) => {
      underWay.pop()?.end(tried.wasAnswered)
      onAttempt({
        ...tried,
        call: call.name,
        isCancel: call.isCancel ?? false,
        outcome: 'error' in tried.outcome ? tried.outcome.error.code : 'ok',
      })
      if (isLate && 'result' in tried.outcome) call.onLate?.(tried.outcome.result)
    },
  })
}

function sign(
  { url, signing }: Pick<CallInputs, 'url' | 'signing'>,
  { method, path, params }: Pick<Call<Answered>, 'method' | 'path' | 'params'>,
  key: ApiKey,
  nonce: string,
): Request {
  const body = new URLSearchParams({ ...signing.params(nonce), ...params }).toString()
  return {
    method,
    url: new URL(path, url),
    headers: {
      ...USER_AGENT,
      ...(method === 'POST' ? FORM : {}),
      ...(method === 'POST' ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}),
      ...signing.headers(key, body, path, nonce),
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
