import { type Clock, within } from '../../clock.ts'
import type { Fields } from '../../json.ts'
import type { Answered, Book, Positions } from '../exchange.ts'
import { ExchangeError, isKrakenErrorCode, Refusal } from '../exchange-error.ts'
import { type ChannelMessage, checkMarket, checkSubscribed, readMessage, readSuccessful } from './answers.ts'
import { Executions } from './executions.ts'
import { readUnifiedPositions } from './orders.ts'
import { Requests } from './requests.ts'
import type { SessionToken } from './token.ts'
import type { ToldOrders } from './told-orders.ts'
import type { WebSocketConnection } from './web-socket.ts'

/** Waits for the first message of a channel. */
interface SnapshotTaker {
  readonly take: (snapshot: Fields) => void
  readonly fail: (error: ExchangeError) => void
}

export const DERIVATIVES = { asset_class: 'derivatives' }

/** One WebSocket with its token: requests, and the channels that tell of open orders and positions. */
export class Session extends Requests {
  readonly #snapshots = new Map<string, SnapshotTaker>()
  readonly #executions: Executions
  readonly #told: ToldOrders
  /** Channels that are subscribed to. */
  readonly #subscribed = new Set<string>()
  /** Channels that were ever asked for: whatever was said of that, Kraken may count them as subscribed to. */
  readonly #asked = new Set<string>()
  #bookUnderWay: Promise<Book> | null = null
  /** By Kraken's own word: then orders cannot be cancelled, and what is shown of the book is no evidence. */
  #isInMaintenance = false
  readonly #onWork: () => void
  #hasWorked = false

  /**
   * @param told what the sessions before were told, and the next ones will know
   * @param onWork told once, when its first book was read
   */
  constructor(
    webSocket: WebSocketConnection,
    token: SessionToken,
    clock: Clock,
    told: ToldOrders,
    onWork: () => void = () => {},
  ) {
    super(webSocket, token, clock)
    this.#told = told
    this.#onWork = onWork
    this.#executions = new Executions(told)
  }

  hear(message: string): void {
    this.noteHeard()
    const heard = readMessage(message)
    if (heard.kind === 'response') this.#hearAnswer(heard.reqId, heard.body)
    if (heard.kind === 'snapshot' || heard.kind === 'update') this.#hearChannel(heard)
    if (heard.kind === 'status') this.#isInMaintenance = heard.isMaintenance
    if (heard.kind === 'garbage') this.#executions.stir()
  }

  override heardClose(): void {
    super.heardClose()
    for (const { fail } of [...this.#snapshots.values()]) fail(this.broken())
  }

  protected override get isWaiting(): boolean {
    return super.isWaiting || this.#snapshots.size > 0
  }

  /** A refusal that nobody waits for may take back what was acknowledged before. */
  #hearAnswer(reqId: number | null, response: Fields): void {
    const isExpected = this.hearResponse(reqId, response)
    if (!isExpected && response.success !== true) this.#executions.stir()
  }

  #hearChannel({ kind, channel, body }: ChannelMessage): void {
    const taker = kind === 'snapshot' ? this.#snapshots.get(channel) : undefined
    if (taker !== undefined) taker.take(body)
    // A snapshot that nobody waits for is more of the book, which may come in pieces.
    else if (channel === 'executions') this.#executions.applyUpdate(body)
  }

  /**
   * The open orders by a new subscription, begun no earlier than now.
   *
   * @param leftMs what is left for it, asked when its turn comes; may throw, then it is not begun
   * @throws ExchangeError
   */
  async book(leftMs: () => number): Promise<Book> {
    const underWay = this.#bookUnderWay?.catch(() => {})
    if (underWay !== undefined) await this.#inTime(leftMs(), underWay)
    return this.bookSoon(leftMs())
  }

  /** The open orders by the subscription that is being begun, or by a new one. @throws ExchangeError */
  bookSoon(timeoutMs: number): Promise<Book> {
    this.#bookUnderWay ??= this.#readBook(timeoutMs).finally(() => {
      this.#bookUnderWay = null
    })
    return this.#inTime(timeoutMs, this.#bookUnderWay)
  }

  /** What another began may have more time. */
  #inTime<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
    return within(this.clock, timeoutMs, work, () => {
      throw this.timedOut()
    })
  }

  /** Is it told of every order that is placed? A session is not before its first book was asked for. */
  get isSubscribed(): boolean {
    return this.#subscribed.has('executions')
  }

  /** Was a book ever read on it? */
  get hasWorked(): boolean {
    return this.#hasWorked
  }

  /** The open orders as they were told, without asking; null when they never were. */
  get openOrders(): Book['orders'] | null {
    return this.isSubscribed ? this.#executions.open : null
  }

  /** Kraken refused to cancel this order, so there is one, whatever a snapshot may leave out. @param id null when it was not named */
  noteOpen(id: string | null): void {
    if (id !== null) this.#executions.holdOpen(id)
  }

  /** A cancel by their ids was acknowledged. */
  noteAcked(ids: readonly string[]): void {
    this.#told.noteAcked(ids)
  }

  async #readBook(timeoutMs: number): Promise<Book> {
    if (this.#isInMaintenance) throw new Refusal('maintenance', 'Kraken says that it is in maintenance')
    this.#executions.beginSnapshot()
    let stirred: Pick<Book, 'wasStirred' | 'grownBy'> = {}
    const take = (snapshot: Fields) => {
      this.#executions.takeSnapshot(snapshot)
      stirred = this.#executions.takeStirred() // what comes after this very message is for the next read
    }
    const read = await this.#snapshot(
      'executions',
      { snap_orders: true, snap_trades: false },
      timeoutMs,
      take,
    )
    this.#noteWork()
    const { open: orders, unlisted } = this.#executions
    return { ...read, orders, unlisted, ...stirred }
  }

  #noteWork(): void {
    if (this.#hasWorked) return
    this.#hasWorked = true
    this.#onWork()
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
    const takeOnce = (snapshot: Fields) => {
      this.#snapshots.delete(channel)
      try {
        checkMarket(snapshot)
        take(snapshot)
        resolve()
      } catch (error) {
        reject(error)
      }
    }
    const listen = () => void this.#snapshots.set(channel, { take: takeOnce, fail: reject })
    const mayBeSubscribed = this.#asked.has(channel)
    this.#asked.add(channel)
    const wasSubscribed = this.#subscribed.delete(channel)
    if (mayBeSubscribed) this.#unsubscribe(wanted, timeoutMs, listen)
    else listen()
    taken.catch(() => {}) // heard below, unless the request fails first
    try {
      const { responses, ...answered } = await this.request('subscribe', { ...wanted, ...params }, timeoutMs)
      responses.forEach(readSuccessful)
      this.#subscribed.add(channel)
      responses.forEach(checkSubscribed)
      await within(this.clock, endAt - this.clock.now(), taken, () => {
        throw this.timedOut()
      })
      return { ...answered, answeredAt: this.clock.now() }
    } catch (error) {
      if (!(error instanceof Refusal)) {
        this.close() // what comes late must not pass for the next snapshot
        throw error
      }
      if (!wasSubscribed || this.#subscribed.has(channel) || isKrakenErrorCode(error.code)) throw error
      // It may be subscribed still, as "Already subscribed" says: the next snapshot comes on a session of its own.
      this.close()
      throw new ExchangeError(error.code, error.message)
    } finally {
      this.#snapshots.delete(channel)
      this.endIfRetired()
    }
  }

  /**
   * Not waited for: requests on one connection are served in turn. Snapshots that come before its response are those of
   * the subscription that it ends.
   */
  #unsubscribe(wanted: Fields, timeoutMs: number, onResponse: () => void): void {
    const isLast = () => {
      onResponse()
      return true
    }
    this.request('unsubscribe', wanted, timeoutMs, isLast).catch(() => {})
  }
}
