import type { Clock } from '../clock.ts'
import type { Answered, Book, Positions } from './exchange.ts'
import { ExchangeError, isKrakenErrorCode } from './exchange-error.ts'
import { Executions } from './executions.ts'
import type { Fields } from './fields.ts'
import type { SessionToken } from './session-token.ts'
import { type ConnectionKind, SUSPECT_AFTER_MS } from './socket-pool.ts'
import { readMessage, readSuccessful, readTimeOut, readUnifiedPositions } from './unified-answers.ts'
import type { Wire } from './wire.ts'

/** A request that waits for its responses. */
interface Waiting {
  readonly onResponse: (response: Fields) => void
  readonly fail: (error: ExchangeError) => void
}

export const DERIVATIVES = { asset_class: 'derivatives' }

/** What came in answer to one request, in the order in which it came. */
export interface Responses extends Answered {
  readonly responses: readonly Fields[]
}

/**
 * One WebSocket with the token that opens it: requests, each with its responses, and the open orders.
 *
 * It ends with its connection, or when an answer did not come in time: what comes late must not pass for the answer to
 * what is asked next.
 */
export class Link {
  readonly #wire: Wire
  readonly #token: SessionToken
  readonly #clock: Clock
  readonly #waiting = new Map<number, Waiting>()
  readonly #snapshots = new Map<string, (snapshot: Fields) => void>()
  readonly #executions = new Executions()
  /** Channels that are subscribed to. */
  readonly #subscribed = new Set<string>()
  #bookUnderWay: Promise<Book> | null = null
  #lastReqId = 0
  #isOpen = true
  #isRetired = false
  /** When something came on it; monotonic milliseconds. */
  #heardAt: number
  /** Something came after a long silence, which may have lain in a buffer since before a freeze. */
  #isDoubtful = false

  constructor(wire: Wire, token: SessionToken, clock: Clock) {
    this.#wire = wire
    this.#token = token
    this.#clock = clock
    this.#heardAt = clock.now()
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** How its connection came to be, at its first use. */
  get connection(): ConnectionKind {
    return this.#wire.connection
  }

  /**
   * The process may have been frozen since it was last answered, and the other end be gone unnoticed: nothing came for
   * long, or nothing but what may have lain in a buffer.
   */
  get isSuspect(): boolean {
    return this.#isDoubtful || this.#clock.now() - this.#heardAt > SUSPECT_AFTER_MS
  }

  /** Another link has taken its place: it ends when what was asked on it is answered. */
  retire(): void {
    this.#isRetired = true
    if (this.#waiting.size === 0) this.close()
  }

  /** Orders that were cancelled before now are none of this invocation's. */
  forgetCancelled(): void {
    this.#executions.forgetCancelled()
  }

  close(): void {
    this.heardClose()
    this.#wire.close()
  }

  heardClose(): void {
    this.#isOpen = false
    for (const { fail } of [...this.#waiting.values()]) {
      fail(new ExchangeError('broken connection', 'The WebSocket to Kraken closed before the answer'))
    }
  }

  hear(message: string): void {
    if (this.isSuspect) this.#isDoubtful = true
    this.#heardAt = this.#clock.now()
    const heard = readMessage(message)
    if (heard.kind === 'response') this.#waiting.get(heard.reqId ?? 0)?.onResponse(heard.body)
    if (heard.kind === 'snapshot') this.#snapshots.get(heard.channel)?.(heard.body)
    if (heard.kind === 'update' && heard.channel === 'executions') this.#executions.applyUpdate(heard.body)
    if (heard.kind === 'garbage') this.#executions.noteGarbage()
  }

  /**
   * Sends one request and gives its responses, whatever they say.
   *
   * @param isLast told of each response, whether it was the last
   * @throws ExchangeError when the connection broke, or not all came in time; then the link is closed
   */
  request(
    method: string,
    params: Fields,
    timeoutMs: number,
    isLast: (response: Fields) => boolean = () => true,
  ): Promise<Responses> {
    const { promise, resolve, reject } = Promise.withResolvers<Responses>()
    const reqId = ++this.#lastReqId
    const sentAt = this.#clock.now()
    const responses: Fields[] = []
    const end = () => {
      this.#waiting.delete(reqId)
      if (this.#isRetired) this.retire()
    }
    const fail = (error: ExchangeError) => {
      end()
      reject(error)
    }
    const onResponse = (response: Fields) => {
      responses.push(response)
      this.#isDoubtful = false
      if (!isLast(response)) return
      end()
      resolve({ ...this.#answered(sentAt, response), responses })
    }
    if (!this.#isOpen) {
      fail(new ExchangeError('broken connection', 'The WebSocket to Kraken is closed'))
      return promise
    }
    this.#waiting.set(reqId, { onResponse, fail })
    void this.#clock.sleep(timeoutMs).then(() => {
      if (this.#waiting.has(reqId)) this.#giveUp(fail)
    })
    this.#wire.send(this.#token.message(method, params, reqId))
    return promise
  }

  /**
   * The open orders by a new subscription, begun no earlier than now.
   *
   * @param leftMs what is left for it, asked when its turn comes; may throw, then it is not begun
   * @throws ExchangeError
   */
  async book(leftMs: () => number): Promise<Book> {
    await this.#bookUnderWay?.catch(() => {})
    return this.bookSoon(leftMs())
  }

  /** The open orders by the subscription that is being begun, or by a new one. @throws ExchangeError */
  bookSoon(timeoutMs: number): Promise<Book> {
    this.#bookUnderWay ??= this.#readBook(timeoutMs).finally(() => {
      this.#bookUnderWay = null
    })
    return this.#bookUnderWay
  }

  /** The open orders as they were told, without asking; null when they never were. */
  get openOrders(): Book['orders'] | null {
    return this.#subscribed.has('executions') ? this.#executions.open : null
  }

  async #readBook(timeoutMs: number): Promise<Book> {
    const read = await this.#snapshot(
      'executions',
      { snap_orders: true, snap_trades: false },
      timeoutMs,
      (snapshot) => this.#executions.takeSnapshot(snapshot),
    )
    const { open: orders, cancelled } = this.#executions
    return { ...read, orders, cancelled, wasStirred: this.#executions.takeStirred() }
  }

  /** @throws ExchangeError */
  async positions(timeoutMs: number): Promise<Positions> {
    let positions: Positions['positions'] = []
    const read = await this.#snapshot('positions', { snapshot: true }, timeoutMs, (snapshot) => {
      positions = readUnifiedPositions(snapshot)
    })
    return { ...read, positions }
  }

  /** Ends the subscription that there is, begins a new one, and waits for its response and its snapshot, whichever is first. */
  async #snapshot(
    channel: string,
    params: Fields,
    timeoutMs: number,
    take: (snapshot: Fields) => void,
  ): Promise<Answered> {
    const { promise: taken, resolve, reject } = Promise.withResolvers<void>()
    const wanted = { channel, ...DERIVATIVES }
    const endAt = this.#clock.now() + timeoutMs
    if (this.#subscribed.delete(channel)) {
      // Not waited for: requests on one connection are served in turn.
      this.request('unsubscribe', wanted, timeoutMs).catch(() => {})
    }
    this.#snapshots.set(channel, (snapshot) => {
      this.#snapshots.delete(channel)
      try {
        take(snapshot)
        resolve()
      } catch (error) {
        reject(error)
      }
    })
    taken.catch(() => {}) // heard below, unless the request fails first
    try {
      const { responses, ...answered } = await this.request('subscribe', { ...wanted, ...params }, timeoutMs)
      responses.forEach(readSuccessful)
      this.#subscribed.add(channel)
      await this.#inTime(taken, endAt)
      return { ...answered, answeredAt: this.#clock.now() }
    } catch (error) {
      // Whether it is subscribed to now is not known: the next snapshot comes on a link of its own.
      if (!(error instanceof ExchangeError) || !isKrakenErrorCode(error.code)) this.close()
      throw error
    } finally {
      this.#snapshots.delete(channel)
    }
  }

  #inTime(work: Promise<void>, endAt: number): Promise<void> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    let isDone = false
    void this.#clock.sleep(endAt - this.#clock.now()).then(() => {
      if (!isDone) this.#giveUp(reject)
    })
    return Promise.race([work, late]).finally(() => {
      isDone = true
    })
  }

  #giveUp(fail: (error: ExchangeError) => void): void {
    fail(new ExchangeError('timeout', 'Kraken did not answer in time'))
    this.close()
  }

  #answered(sentAt: number, response: Fields): Answered {
    const answeredAt = this.#clock.now()
    const serverTime = readTimeOut(response)
    const halfWayMs = (answeredAt - sentAt) / 2
    const clockSkewMs =
      serverTime === null ? null : Math.round(serverTime - (this.#clock.wallTime() - halfWayMs))
    return { sentAt, answeredAt, serverTime, clockSkewMs }
  }
}
