import type { OrderDesk } from '../drill/order-desk.ts'
import { readAsked, type Said, UnifiedSession } from '../drill/unified-session.ts'
import type { WebSocketConnection, WebSocketListener } from '../lambda/kraken/unified/web-socket.ts'
import type { FaultInjector } from './fault-injector.ts'
import type { Process } from './process.ts'
import type { Travel } from './travel.ts'
import type { VirtualClock } from './virtual-time.ts'
import type { Telling, Visit } from './visit.ts'

const BEAT_MS = 1_000

interface Told {
  readonly order_id?: string
  readonly order_status?: string
}

export interface WebSocketInputs {
  readonly process: Process
  readonly listener: WebSocketListener
  readonly clock: VirtualClock
  readonly desk: OrderDesk
  readonly faultInjector: FaultInjector
  readonly travel: Travel
  /** Gets what arrives. */
  readonly visits: Visit[]
  /** Gets what is said unasked, when it is there. */
  readonly tellings: Telling[]
}

/** One WebSocket in virtual time: what is sent on it arrives in the order in which it was sent, or never. */
export class VirtualWebSocket implements WebSocketConnection {
  readonly connection = 'fresh'
  readonly distanceMs = Infinity
  readonly process: Process
  readonly #listener: WebSocketListener
  readonly #clock: VirtualClock
  readonly #desk: OrderDesk
  readonly #faultInjector: FaultInjector
  readonly #travel: Travel
  readonly #visits: Visit[]
  readonly #tellings: Telling[]
  readonly #session: UnifiedSession
  #isOpen = true
  #closedAt = Infinity
  /** It looks alive, but is not. */
  #isDead = false
  /** Nobody is at this end any more. */
  #isVanished = false
  #lastUpAt = 0
  #lastDownAt = 0

  constructor({ process, listener, clock, desk, faultInjector, travel, visits, tellings }: WebSocketInputs) {
    this.process = process
    this.#listener = listener
    this.#clock = clock
    this.#desk = desk
    this.#faultInjector = faultInjector
    this.#travel = travel
    this.#visits = visits
    this.#tellings = tellings
    this.#session = new UnifiedSession(desk.account, (said) => {
      for (const one of faultInjector.twist(said)) this.#down(one, () => this.#note(one))
    })
  }

  /**
   * Says something each second from now on.
   *
   * @see https://docs.kraken.com/exchange/api-reference/unified-ws/heartbeat (in the absence of anything else)
   */
  beat(): void {
    if (!this.#isOpen) return
    this.#down({ channel: 'heartbeat' }, () => {})
    this.#clock.after(BEAT_MS, () => this.beat())
  }

  /** The process was frozen: the other end may be gone by now, unnoticed. */
  freeze(): void {
    this.#isDead ||= this.#travel.isUnlucky
  }

  /** The process is gone: what was sent arrives, then the other end is told. */
  vanish(): void {
    this.#isVanished = true
    this.#clock.after(Math.max(this.#lastUpAt - this.#clock.now(), 0) + this.#travel.ms(), () => this.close())
  }

  send(message: string): void {
    if (!this.#isOpen) return
    const sentAt = this.#clock.now()
    const { occasion: pull } = this.process
    if (this.#isDead) {
      if (this.#faultInjector.killsConnections === 'reset')
        this.#clock.after(this.#travel.ms(), () => this.cut())
      return
    }
    this.#lastUpAt = Math.max(this.#lastUpAt, sentAt + this.#travel.ms())
    this.#clock.after(this.#lastUpAt - sentAt, () => this.#arrive(message, sentAt, pull))
  }

  close(): void {
    if (this.#isOpen) this.#closedAt = this.#clock.now()
    this.#isOpen = false
    this.#session.close()
  }

  #arrive(message: string, sentAt: number, pull: number): void {
    if (!this.#isOpen) return
    const asked = readAsked(message)
    const call = this.#desk.noteMessage(asked, this.#session.isAuthentic(asked))
    const { said, later, apartMs, delayMs, isCut, ...facts } = this.#faultInjector.respondTo({
      call,
      asked,
      session: this.#session,
    })
    const visit: Visit = { call, pull, sentAt, isScopeIgnored: false, ...facts, deliveredAt: null }
    this.#visits.push(visit)
    this.#clock.after(delayMs, () => {
      for (const [index, one] of said.entries())
        this.#down(one, () => {
          if (index === said.length - 1) visit.deliveredAt = this.#clock.now()
        })
      for (const [index, tell] of later.entries()) this.#clock.after((index + 1) * apartMs, tell)
      if (isCut) this.#clock.after(this.#downMs(), () => this.cut())
    })
  }

  /** @param onDelivered when it is there */
  #down(said: Said, onDelivered: () => void): void {
    if (this.#isDead) return
    this.#clock.after(this.#downMs(), () => {
      if (!this.#isOpen || this.#isVanished) return
      onDelivered()
      this.#listener.onMessage(typeof said === 'string' ? said : JSON.stringify(said))
    })
  }

  /** What it says of which orders. */
  #note(said: Said): void {
    const { data = [] } = typeof said === 'string' ? {} : (said as { readonly data?: readonly Told[] })
    for (const { order_id: orderId, order_status: status } of data)
      if (orderId !== undefined)
        this.#tellings.push({
          pull: this.process.occasion,
          at: this.#clock.now(),
          orderId,
          isOpen: status !== 'canceled',
          wasLive: (at) => at < this.#closedAt,
        })
  }

  #downMs(): number {
    const now = this.#clock.now()
    this.#lastDownAt = Math.max(this.#lastDownAt, now + this.#travel.ms())
    return this.#lastDownAt - now
  }

  /** Both ends hear of it. */
  cut(): void {
    if (!this.#isOpen) return
    this.close()
    if (!this.#isVanished) this.#listener.onClose()
  }
}
