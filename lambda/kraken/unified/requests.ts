import type { Clock } from '../../clock.ts'
import type { Fields } from '../../json.ts'
import type { ConnectionKind } from '../attempt.ts'
import { type Answered, answered } from '../exchange.ts'
import { ExchangeError } from '../exchange-error.ts'
import { SUSPECT_AFTER_MS } from '../http/socket-pool.ts'
import { readTimeOut } from './answers.ts'
import type { SessionToken } from './token.ts'
import type { WebSocketConnection } from './web-socket.ts'

/** What came in answer to one request, in the order in which it came. */
export interface Responses extends Answered {
  readonly responses: readonly Fields[]
}

/** A request that waits for its responses. */
interface Waiting {
  readonly onResponse: (response: Fields) => void
  readonly fail: (error: ExchangeError) => void
}

/**
 * Requests on one WebSocket: each carries the token, and is answered by its number.
 *
 * It ends with its connection, or when an answer did not come in time: what comes late must not pass for the answer to
 * what is asked next.
 */
export class Requests {
  protected readonly clock: Clock
  readonly #webSocket: WebSocketConnection
  readonly #token: SessionToken
  readonly #waiting = new Map<number, Waiting>()
  #lastReqId = 0
  #isOpen = true
  #isRetired = false
  /** When something came on it; monotonic milliseconds. */
  #heardAt: number
  /** Something came after a long silence, which may have lain in a buffer since before a freeze. */
  #isDoubtful = false
  #quickestMs = Infinity

  constructor(webSocket: WebSocketConnection, token: SessionToken, clock: Clock) {
    this.#webSocket = webSocket
    this.#token = token
    this.clock = clock
    this.#heardAt = clock.now()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** How its connection came to be, at its first use. */
  get connection(): ConnectionKind {
    return this.#webSocket.connection
  }

  /**
   * The process may have been frozen since it was last answered, and the other end be gone unnoticed: nothing came for
   * long, or nothing but what may have lain in a buffer.
   */
  get isSuspect(): boolean {
    return this.#isDoubtful || this.clock.now() - this.#heardAt > SUSPECT_AFTER_MS
  }

  /**
   * From a request to its first response, at the quickest; while there was none, what the WebSocket itself took to be opened,
   * which somebody nearer may have answered.
   */
  get distanceMs(): number {
    return this.#quickestMs === Infinity ? this.#webSocket.distanceMs : this.#quickestMs
  }

  /** Another session has taken its place: it ends when what was asked on it is answered. */
  retire(): void {
    this.#isRetired = true
    if (!this.isWaiting) this.close()
  }

  /** Something that was asked for is still to come. */
  protected get isWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** Something came that was asked for: one that was retired ends with the last. */
  protected endIfRetired(): void {
    if (this.#isRetired) this.retire()
  }

  close(): void {
    this.heardClose()
    this.#webSocket.close()
  }

  heardClose(): void {
    this.#isOpen = false
    for (const { fail } of [...this.#waiting.values()]) {
      fail(this.broken())
    }
  }

  /** Something came, whatever it is. */
  protected noteHeard(): void {
    if (this.isSuspect) this.#isDoubtful = true
    this.#heardAt = this.clock.now()
  }

  /** @returns did a request wait for it? */
  protected hearResponse(reqId: number | null, response: Fields): boolean {
    const waiting = this.#waiting.get(reqId ?? 0)
    waiting?.onResponse(response)
    return waiting !== undefined
  }

  /**
   * Sends one request and gives its responses, whatever they say.
   *
   * @param isLast told of each response, whether it was the last
   * @throws ExchangeError when the connection broke, or not all came in time; then the session is closed
   */
  request(
    method: string,
    params: Fields,
    timeoutMs: number,
    isLast: (response: Fields) => boolean = () => true,
  ): Promise<Responses> {
    return this.#ask(method, params, timeoutMs, isLast, () => this.close()) // what comes yet is not heard
  }

  /** The same for what Kraken may not know: its silence says nothing of the session. @throws ExchangeError */
  requestOptional(method: string, params: Fields, timeoutMs: number): Promise<Responses> {
    return this.#ask(
      method,
      params,
      timeoutMs,
      () => true,
      () => {},
    )
  }

  #ask(
    method: string,
    params: Fields,
    timeoutMs: number,
    isLast: (response: Fields) => boolean,
    onSilence: () => void,
  ): Promise<Responses> {
    const { promise, resolve, reject } = Promise.withResolvers<Responses>()
    const reqId = ++this.#lastReqId
    const sentAt = this.clock.now()
    const responses: Fields[] = []
    let stopWaiting = () => {}
    const end = () => {
      stopWaiting()
      this.#waiting.delete(reqId)
      if (this.#isRetired) this.retire()
    }
    const fail = (error: ExchangeError) => {
      end()
      reject(error)
    }
    const onResponse = (response: Fields) => {
      this.#quickestMs = Math.min(this.#quickestMs, this.clock.now() - sentAt)
      responses.push(response)
      this.#isDoubtful = false
      if (!isLast(response)) return
      end()
      const times = answered(this.clock, sentAt, this.clock.now(), readTimeOut(response))
      resolve({ ...times, responses })
    }
    if (!this.#isOpen) {
      fail(new ExchangeError('broken connection', 'The WebSocket to Kraken is closed'))
      return promise
    }
    this.#waiting.set(reqId, { onResponse, fail })
    stopWaiting = this.clock.after(timeoutMs, () => {
      fail(this.timedOut())
      onSilence()
    })
    this.#webSocket.send(this.#token.message(method, params, reqId))
    return promise
  }

  protected broken(): ExchangeError {
    return new ExchangeError('broken connection', 'The WebSocket to Kraken closed before the answer')
  }

  protected timedOut(): ExchangeError {
    return new ExchangeError('timeout', 'Kraken did not answer in time')
  }
}
