import type { Answered, Book, Positions } from './exchange.ts'
import { ExchangeError, isKrakenErrorCode } from './exchange-error.ts'
import { Executions } from './executions.ts'
import type { Fields } from './fields.ts'
import { Requests } from './requests.ts'
import { readMessage, readSuccessful, readUnifiedPositions } from './unified-answers.ts'

export const DERIVATIVES = { asset_class: 'derivatives' }

/** One WebSocket with its token: requests, and the channels that tell of open orders and positions. */
export class Link extends Requests {
  readonly #snapshots = new Map<string, (snapshot: Fields) => void>()
  readonly #executions = new Executions()
  /** Channels that are subscribed to. */
  readonly #subscribed = new Set<string>()
  #bookUnderWay: Promise<Book> | null = null

  /** Orders that were cancelled before now are none of this invocation's. */
  forgetCancelled(): void {
    this.#executions.forgetCancelled()
  }

  hear(message: string): void {
    this.noteHeard()
    const heard = readMessage(message)
    if (heard.kind === 'response') this.hearResponse(heard.reqId, heard.body)
    if (heard.kind === 'snapshot') this.#snapshots.get(heard.channel)?.(heard.body)
    if (heard.kind === 'update' && heard.channel === 'executions') this.#executions.applyUpdate(heard.body)
    if (heard.kind === 'garbage') this.#executions.noteGarbage()
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
    const endAt = this.clock.now() + timeoutMs
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
      return { ...answered, answeredAt: this.clock.now() }
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
    void this.clock.sleep(endAt - this.clock.now()).then(() => {
      if (!isDone) this.giveUp(reject)
    })
    return Promise.race([work, late]).finally(() => {
      isDone = true
    })
  }
}
