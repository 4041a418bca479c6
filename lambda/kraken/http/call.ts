import { type Clock, within } from '../../clock.ts'
import { type Fields, time } from '../../json.ts'
import type { Attempt } from '../attempt.ts'
import { type Answered, answered, type Said } from '../exchange.ts'
import { ExchangeError, NotTried } from '../exchange-error.ts'
import type { ApiKey, KeySource } from './authent.ts'
import type { Budget } from './budget.ts'
import { type Connections, type SendInputs, send } from './connection.ts'
import type { Reply } from './reply.ts'
import type { Request } from './round-trip.ts'

const USER_AGENT = { 'User-Agent': 'kraken-futures-kill-switch' }
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

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

/**
 * Without an answer for so long a connection is taken to be silent: `spareAfterMs`, or twice what an answer took at the
 * quickest where Kraken is further away than that, within half of the attempt.
 *
 * @param distanceMs Infinity while it is not known
 */
export function silentAfterMs(
  { spareAfterMs, attemptTimeoutMs }: Pick<ApiInputs, 'spareAfterMs' | 'attemptTimeoutMs'>,
  distanceMs: number,
): number {
  if (distanceMs === Infinity) return spareAfterMs
  return Math.max(spareAfterMs, Math.min(2 * distanceMs, attemptTimeoutMs / 2))
}

/** What every call to one API shares, in one invocation. */
export interface ApiInputs {
  /** Of the API's origin; paths of calls are absolute. */
  readonly url: URL
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

interface CallInputs extends ApiInputs {
  readonly signing: Signing
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
  /** What it leaves over for calls that matter more, beside what every write leaves for reads. */
  readonly leavesOver?: number
  readonly read: (answer: Fields) => Said<T>
  readonly isCancel?: boolean
  /** Gives the JSON of a good reply. @throws ExchangeError for any other */
  readonly open: (reply: Reply) => Fields
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
    const { clock, deadlineAt, keys } = inputs
    const renewed = await within(clock, deadlineAt - clock.now(), keys.replacementFor(key), () => null)
    if (renewed === null) throw error
    return dispatchWithNonce(inputs, call, renewed)
  }
}

function isAboutKey({ remedy, isAboutNonce }: ExchangeError): boolean {
  return remedy === 'change' && !isAboutNonce
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
      const isRefusedNonce = error instanceof ExchangeError && error.isAboutNonce
      if (!isRefusedNonce || tries >= signing.noncesToTry) throw error
    }
  }
}

async function dispatch<T extends Answered>(
  inputs: CallInputs,
  call: Call<T>,
  key: ApiKey,
  nextNonce: () => string,
): Promise<T> {
  const { budget, clock, deadlineAt, pool, roundTrip, onAttempt } = inputs
  const { keptForReads, keptForProofs } = budget.allowance
  const kept = (call.method === 'GET' ? 0 : keptForReads) + (call.leavesOver ?? 0)
  const spend = (leftOver: number) => (inputs.isOver?.() ? null : budget.trySpend(call.cost, leftOver))
  const timeoutMs = Math.min(inputs.attemptTimeoutMs, deadlineAt - clock.now())
  if (timeoutMs <= 0 || inputs.isOver?.()) throw new NotTried('deadline', 'There was no time left')
  const spending = spend(kept)
  if (spending === null) {
    const waitMs = budget.waitMs(call.cost + kept)
    throw new NotTried('budget', "The switch's own calls have spent Kraken's budget", waitMs)
  }
  return send({
    pool,
    roundTrip,
    clock,
    request: () => sign(inputs, call, key, nextNonce()),
    isFresh: call.isFresh ?? false,
    spending,
    spendAgain: (isSlow) => spend(isSlow ? Math.max(kept, keptForProofs) : kept),
    timeoutMs,
    spareAfterMs: silentAfterMs(inputs, pool.distanceMs),
    read: (reply, startedAt) => readReply(clock, call, reply, startedAt),
    onSent: call.isCancel ? inputs.onCancelSent : undefined,
    onTry: (tried, isLate) => {
      const { connection, wasAnswered, startedAt, endedAt } = tried
      const isDistance = wasAnswered && (connection === 'early' || connection === 'kept')
      if (isDistance) pool.distanceMs = Math.min(pool.distanceMs, endedAt - startedAt)
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
  const answer = call.open(reply)
  return { ...call.read(answer), ...answered(clock, sentAt, answeredAt, time(answer.serverTime)) } as T
}
