import { type Clock, within } from '../../clock.ts'
import type { Order } from '../exchange.ts'
import { ExchangeError } from '../exchange-error.ts'
import { SUSPECT_AFTER_MS } from '../http/socket-pool.ts'
import { RedialPause } from '../redial-pause.ts'
import { Session } from './session.ts'
import type { SessionToken } from './token.ts'
import { ToldOrders } from './told-orders.ts'
import type { OpenWebSocket } from './web-socket.ts'

/** Kraken takes a token for 15 minutes. */
const MOST_TOKEN_AGE_MS = 10 * 60_000
/** Where every token is refused, 15 of them last for half a minute. */
const LEAST_RENEWAL_MS = 2_000

interface Opening {
  readonly session: Promise<Session>
  readonly startedAt: number
  /** Of everybody who waits for it: is it still of use? */
  readonly needs: (() => boolean)[]
}

/** The sessions of this process: the one that is kept for the next request, and the one that is being opened. */
export class Sessions {
  readonly #openWebSocket: OpenWebSocket
  readonly #clock: Clock
  readonly #told = new ToldOrders()
  /** Tokens are counted, so one serves every session that is opened while it is good. */
  #token: { readonly token: SessionToken; readonly at: number } | null = null
  #renewedAt = -Infinity
  readonly #pause: RedialPause
  #kept: Session | null = null
  #opening: Opening | null = null

  constructor(openWebSocket: OpenWebSocket, clock: Clock) {
    this.#openWebSocket = openWebSocket
    this.#clock = clock
    this.#pause = new RedialPause(clock)
  }

  /** The session that may be used now; null when there is none. */
  get kept(): Session | null {
    return this.#kept?.isOpen === true ? this.#kept : null
  }

  /**
   * What was cancelled before is another invocation's; and after a pause, what was told before may be over by now. It waits
   * for no session at its begin.
   */
  beginInvocation(): void {
    this.#told.forgetCancelled(this.#clock.wallTime())
    if (this.kept?.isSuspect !== false) this.#told.forgetOpen()
    this.#pause.allowOne()
  }

  /** Orders that were told of and not called gone; null when no session is alive that would have heard of their end. */
  get toldOpen(): readonly Order[] | null {
    if (this.kept === null) return null
    return Array.from(this.#told.open, ([, order]) => order)
  }

  /** Resolves when one of them is told of the next order. */
  get nextTold(): Promise<void> {
    return this.#told.next
  }

  /** Orders that were called cancelled, on whatever session, since the invocation began. */
  get toldCancelled(): Iterable<Order> {
    return this.#told.cancelled
  }

  /**
   * Kraken does not know the token any more: the next session is opened with a new one.
   *
   * @returns false when that was done a moment ago: then the new one is refused too, and another would be
   */
  renewToken(): boolean {
    const now = this.#clock.now()
    if (now - this.#renewedAt < LEAST_RENEWAL_MS) return false
    this.#renewedAt = now
    this.#token = null
    return true
  }

  /**
   * The session that is being opened, unless that began before the process may have been frozen; else a new one, which
   * replaces the one that is kept; but where that one has been heard again and nobody needs another any more, it stays: it is
   * subscribed, and tells of what is placed.
   *
   * @param isNeeded asked once it is open
   * @throws ExchangeError when there is no token, or no connection, in time; or it is too early after some that failed
   * @throws SecretUnavailable, SecretInvalid when there is no key
   */
  open(
    fetchToken: () => Promise<SessionToken>,
    timeoutMs: number,
    isNeeded: () => boolean = () => true,
  ): Promise<Session> {
    const now = this.#clock.now()
    if (this.#opening !== null && now - this.#opening.startedAt <= SUSPECT_AFTER_MS) {
      this.#opening.needs.push(isNeeded)
      // Who began it may have more time: a pull that is longer, or the init phase.
      return within(this.#clock, timeoutMs, this.#opening.session, () => {
        throw new ExchangeError('timeout', 'Kraken opened no WebSocket in time')
      })
    }
    const { error } = this.#pause
    if (error !== null) return Promise.reject(error)
    const needs = [isNeeded]
    const opening = { session: this.#open(fetchToken, timeoutMs, needs), startedAt: now, needs }
    const forget = () => {
      if (this.#opening === opening) this.#opening = null
    }
    opening.session.then(forget, (error) => {
      this.#pause.noteRefusal(error)
      forget()
    })
    this.#opening = opening
    return opening.session
  }

  /** Closes what is open, and what is being opened once it is. */
  close(): void {
    this.#kept?.close()
    void this.#opening?.session.then(
      (session) => session.close(),
      () => {},
    )
  }

  /** None is being opened any more, however that ended. */
  async opened(): Promise<void> {
    await this.#opening?.session.catch(() => {})
  }

  /** The connection is opened while the token is on its way. */
  async #open(
    fetchToken: () => Promise<SessionToken>,
    timeoutMs: number,
    needs: Opening['needs'],
  ): Promise<Session> {
    let session: Session | null = null
    let isClosed = false
    const early: string[] = []
    const webSocket = this.#openWebSocket(
      {
        onMessage: (message) => (session === null ? early.push(message) : session.hear(message)),
        onClose: () => {
          isClosed = true
          if (session !== null) this.#heardClose(session)
        },
      },
      timeoutMs,
    )
    try {
      const [opened, token] = await Promise.all([webSocket, this.#goodToken(fetchToken)])
      session = new Session(opened, token, this.#clock, this.#told, () => this.#pause.forget())
    } catch (error) {
      webSocket.then(
        (opened) => opened.close(),
        () => {},
      )
      throw error
    }
    for (const message of early) session.hear(message)
    const { kept } = this
    if (kept !== null && !kept.isSuspect && !needs.some((isNeeded) => isNeeded())) {
      session.close()
      return kept
    }
    this.#kept?.retire()
    this.#kept = session
    if (isClosed) this.#heardClose(session)
    return session
  }

  /** One whose place is taken, or that this end has closed, tells nothing of the next. */
  #heardClose(session: Session): void {
    const isEarly = session === this.#kept && session.isOpen && !session.hasWorked
    session.heardClose()
    if (isEarly) this.#pause.noteEarlyEnd()
  }

  async #goodToken(fetchToken: () => Promise<SessionToken>): Promise<SessionToken> {
    const now = this.#clock.now()
    if (this.#token !== null && now - this.#token.at < MOST_TOKEN_AGE_MS) return this.#token.token
    const token = await fetchToken()
    this.#token = { token, at: now }
    return token
  }
}
