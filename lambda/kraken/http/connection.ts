import type { Clock } from '../../clock.ts'
import type { Attempt, ConnectionKind } from '../attempt.ts'
import { ExchangeError } from '../exchange-error.ts'
import type { Spending } from './budget.ts'
import type { Reply } from './reply.ts'
import type { Request, RoundTripInputs } from './round-trip.ts'
import type { Connection, SocketPool } from './socket-pool.ts'

/*
 * The race of a kept connection and its spare stands here and, for sessions, in ../unified/session-call.ts. One piece for
 * both was looked for and not found. Here the spare is a bare socket that is dialled at once beside a suspect one and is
 * worth nothing until it is written on; silence is told by the first byte, since a reply of 20 MB takes its time; each try
 * is charged to a budget, signed anew, and ends with bytes that are read once. There the spare is a session with a token,
 * which Kraken counts, so it is opened only for silence or a broken connection; a refusal that was said is final; and what
 * races are whole answers, of which there may be several for one call. What they share is four lines: the first one wins,
 * and the other is handed over late. With all that differs as parameters, those four lines had eleven.
 */

/*
 *  send ──► idle connection? ── no ──► dial, write ─────────────────────────────► first result
 *               │ yes
 *               ├──► write on it at once ───────────────────────────────────────► first result
 *               └──► after a long idle: dial a spare beside it, now
 *                        │ the first failed, or had no first byte after SPARE_AFTER_MS
 *                        └──► write the same request on the spare ──────────────► first result
 *
 *  A connection that was frozen may swallow what is written on it, and no client repeats a POST by itself.
 *  Cancelling twice is harmless, waiting is not. A result that comes after the first is handed over as well.
 */

/** With less time than this left nothing is sent again: no answer could come, and timers are early by a millisecond or two. */
const LEAST_MS = 5

/** What became of one request on one connection. */
export interface Try<T> extends Pick<Attempt, 'startedAt' | 'sentAt' | 'endedAt'> {
  readonly connection: ConnectionKind
  /** A whole reply came, whatever it said: asking again elsewhere would not change it. */
  readonly wasAnswered: boolean
  readonly outcome: { readonly result: T } | { readonly error: ExchangeError }
}

type Used = Pick<Connection, 'socket' | 'kind'>

/** Where connections come from: those of a `SocketPool`, or of a simulation. */
export type Connections = Pick<SocketPool, 'take' | 'fresh' | 'dial' | 'keep' | 'distanceMs'>

export interface SendInputs<T> {
  readonly pool: Connections
  /** Makes one request on one connection. @throws ExchangeError */
  readonly roundTrip: (inputs: RoundTripInputs) => Promise<Reply>
  readonly clock: Pick<Clock, 'now' | 'after'>
  /** Asked for on every connection: what must not be sent twice, a nonce, is another each time. */
  readonly request: () => Request
  /** Use no connection that could have died unnoticed, so that no duplicate is needed. */
  readonly isFresh: boolean
  /** What the request costs, once. */
  readonly spending: Spending
  /** Asked before it goes out a second time; null when it may not. `isSlow` where nothing is wrong but that it takes long. */
  readonly spendAgain: (isSlow: boolean) => Spending | null
  /** From now to the last byte, over all connections; milliseconds. */
  readonly timeoutMs: number
  /** Without a first byte for this long on a connection that is not fresh, the spare gets the request too. */
  readonly spareAfterMs: number
  /** Reads one reply to a request of that time. @throws ExchangeError when it is not what was asked for */
  readonly read: (reply: Reply, startedAt: number) => T
  /** The last byte was handed to the network, on one connection. */
  readonly onSent?: (() => void) | undefined
  /** Hears of every try as it ends; `isLate` when the first result was there before. */
  readonly onTry: (tried: Try<T>, isLate: boolean) => void
}

/**
 * Sends one request and gives what `read` makes of the first reply.
 *
 * @throws ExchangeError when no connection brought a reply, or `read` refused the first one
 */
export function send<T>(inputs: SendInputs<T>): Promise<T> {
  const { pool, clock, isFresh, spending, spendAgain, timeoutMs, spareAfterMs, onTry } = inputs
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  const endAt = clock.now() + timeoutMs
  const connection = isFresh ? pool.fresh() : pool.take()
  const spare = connection.isSuspect ? pool.dial() : null
  let mayUseSpare = connection.kind !== 'fresh'
  let pending = 0
  let hasFirstByte = false
  let isSettled = false
  let forgetSilence = () => {}

  const start = (on: Used, charged: Spending) => {
    pending += 1
    const onFirstByte = () => {
      hasFirstByte = true
    }
    void attempt({ ...inputs, connection: on, endAt, onFirstByte }).then((tried) => {
      charged.end(tried.wasAnswered)
      ended(tried)
    })
  }
  const useSpare = (isSlow: boolean) => {
    const again = mayUseSpare && clock.now() < endAt - LEAST_MS ? spendAgain(isSlow) : null
    if (again === null) return
    mayUseSpare = false
    const socket = spare === null || spare.destroyed ? pool.dial() : spare
    start({ socket, kind: 'spare' }, again)
  }
  const ended = (tried: Try<T>) => {
    pending -= 1
    onTry(tried, isSettled)
    if (isSettled) return
    if (!tried.wasAnswered) useSpare(false)
    if (!tried.wasAnswered && pending > 0) return
    isSettled = true
    forgetSilence()
    if (spare !== null && mayUseSpare) pool.keep(spare)
    mayUseSpare = false
    if ('result' in tried.outcome) resolve(tried.outcome.result)
    else reject(tried.outcome.error)
  }
  start(connection, spending)
  if (mayUseSpare) {
    forgetSilence = clock.after(spareAfterMs, () => {
      if (!hasFirstByte) useSpare(!connection.isSuspect)
    })
  }
  return promise
}

type OfAttempt = 'request' | 'read' | 'pool' | 'roundTrip' | 'clock' | 'onSent'

interface AttemptInputs<T> extends Pick<SendInputs<T>, OfAttempt> {
  readonly connection: Used
  readonly endAt: number
  readonly onFirstByte: () => void
}

/** Never rejects: an error is an outcome. */
async function attempt<T>({
  connection,
  request,
  read,
  pool,
  roundTrip,
  clock,
  endAt,
  onFirstByte,
  onSent,
}: AttemptInputs<T>): Promise<Try<T>> {
  const startedAt = clock.now()
  let sentAt: number | null = null
  let wasAnswered = false
  let outcome: Try<T>['outcome']
  const noteSent = () => {
    if (sentAt !== null) return
    sentAt = clock.now()
    onSent?.()
  }
  try {
    const reply = await roundTrip({
      socket: connection.socket,
      request: request(),
      timeoutMs: endAt - startedAt,
      onSent: noteSent,
      onFirstByte,
      onFree: () => pool.keep(connection.socket),
    })
    wasAnswered = true
    noteSent() // an answer can overtake the news
    outcome = { result: read(reply, startedAt) }
  } catch (error) {
    outcome = { error: error instanceof ExchangeError ? error : new ExchangeError('unreadable') }
  }
  return { connection: connection.kind, startedAt, sentAt, endedAt: clock.now(), wasAnswered, outcome }
}
