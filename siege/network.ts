import type { Socket } from 'node:net'
import type { Answer } from '../drill/answer.ts'
import type { OrderDesk } from '../drill/order-desk.ts'
import { ExchangeError } from '../lambda/kraken/exchange-error.ts'
import type { ApiInputs } from '../lambda/kraken/http/call.ts'
import type { Reply } from '../lambda/kraken/http/reply.ts'
import type { RoundTripInputs } from '../lambda/kraken/http/round-trip.ts'
import { type Connection, SUSPECT_AFTER_MS } from '../lambda/kraken/http/socket-pool.ts'
import type {
  OpenWebSocket,
  WebSocketConnection,
  WebSocketListener,
} from '../lambda/kraken/unified/web-socket.ts'
import type { FaultInjector } from './fault-injector.ts'
import type { Plan } from './plan.ts'
import type { Process } from './process.ts'
import { Travel } from './travel.ts'
import type { VirtualClock } from './virtual-time.ts'
import { VirtualWebSocket } from './virtual-web-socket.ts'
import type { Telling, Visit } from './visit.ts'

interface VirtualConnection {
  destroyed: boolean
  isOpen: boolean
  idleSince: number
  /** It looks alive, but is not. */
  isDead: boolean
}

/** What lies between the switch and the exchange: messages take their time, get lost and come late. */
export class Network {
  readonly visits: Visit[] = []
  readonly tellings: Telling[] = []
  readonly webSockets: VirtualWebSocket[] = []
  readonly #clock: VirtualClock
  readonly #desk: OrderDesk
  readonly #faultInjector: FaultInjector
  readonly #travel: Travel
  readonly #hasHeartbeat: boolean

  constructor(clock: VirtualClock, desk: OrderDesk, faultInjector: FaultInjector, plan: Plan) {
    this.#clock = clock
    this.#desk = desk
    this.#faultInjector = faultInjector
    this.#travel = new Travel(plan, faultInjector)
    this.#hasHeartbeat = plan.hasHeartbeat
  }

  /** The connections of one process, and how requests travel on them: in the place of sockets. */
  connectionsOf(process: Process): Pick<ApiInputs, 'pool' | 'roundTrip'> {
    const idle: VirtualConnection[] = []
    const dial = () => ({ destroyed: false, isOpen: false, idleSince: 0, isDead: false })
    const take = (): Connection => {
      const connection = idle.pop()
      if (connection === undefined) return { socket: asSocket(dial()), kind: 'fresh', isSuspect: false }
      connection.isDead = this.#travel.isUnlucky
      return {
        socket: asSocket(connection),
        kind: 'kept',
        isSuspect: this.#clock.now() - connection.idleSince > SUSPECT_AFTER_MS,
      }
    }
    const keep = (socket: Socket) => {
      const connection = asConnection(socket)
      connection.idleSince = this.#clock.now()
      if (!connection.destroyed) idle.push(connection)
    }
    return {
      pool: {
        take,
        keep,
        dial: () => asSocket(dial()),
        distanceMs: Infinity,
        fresh: () => ({ socket: asSocket(dial()), kind: 'fresh', isSuspect: false }),
      },
      roundTrip: (inputs) => this.#roundTrip(process, inputs),
    }
  }

  #roundTrip(
    process: Process,
    { socket, request, timeoutMs, onSent, onFirstByte, onFree }: RoundTripInputs,
  ): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>()
    const clock = this.#clock
    const connection = asConnection(socket)
    const sentAt = clock.now()
    const { occasion: pull } = process
    let isOver = false
    const fail = (code: string) => {
      if (isOver || process.isDead) return
      isOver = true
      connection.destroyed = true
      reject(new ExchangeError(code, `The connection to Kraken failed (${code})`))
    }
    const deliver = (visit: Visit, { status, headers, body, delivery }: Answer) => {
      if (isOver || process.isDead || delivery === 'never') return
      if (delivery === 'reset') return fail('ECONNRESET')
      onFirstByte()
      if (delivery === 'half, then reset') return fail('ECONNRESET')
      if (delivery === 'endless') return fail('endless body')
      if (delivery !== 'whole' && delivery !== 'half, then end') return
      isOver = true
      visit.deliveredAt = clock.now()
      const bytes = Buffer.from(body)
      resolve({ status, headers, body: delivery === 'whole' ? bytes : bytes.subarray(0, bytes.length / 2) })
      onFree()
    }
    clock.after(timeoutMs, () => fail('timeout'))
    onSent()
    if (connection.isDead) {
      if (this.#faultInjector.killsConnections === 'reset')
        clock.after(this.#travel.ms(), () => fail('ECONNRESET'))
      return promise
    }
    const handshakeMs = connection.isOpen ? 0 : this.#travel.ms() + this.#travel.ms()
    connection.isOpen = true
    clock.after(handshakeMs, () => {
      if (!isOver && !process.isDead) clock.after(this.#travel.ms(), arrive) // else hung up before anything was sent
    })
    const arrive = () => {
      const { pathname, search } = request.url
      const call = this.#desk.note({
        method: request.method,
        target: pathname + search,
        headers: lowerCase(request.headers),
        body: request.body,
      })
      const { answer, delayMs, ...facts } = this.#faultInjector.respond(call)
      const visit: Visit = { call, pull, sentAt, ...facts, deliveredAt: null }
      this.visits.push(visit)
      clock.after(delayMs + this.#travel.ms(), () => deliver(visit, answer))
    }
    return promise
  }

  /** The WebSockets of one process, in the place of real ones. */
  openWebSocketOf(process: Process): OpenWebSocket {
    return (listener, timeoutMs) => this.#openWebSocket(process, listener, timeoutMs)
  }

  /** Cuts every WebSocket that is open. */
  breakSessions(): void {
    for (const webSocket of this.webSockets) webSocket.cut()
  }

  #openWebSocket(
    process: Process,
    listener: WebSocketListener,
    timeoutMs: number,
  ): Promise<WebSocketConnection> {
    const { promise, resolve, reject } = Promise.withResolvers<WebSocketConnection>()
    const clock = this.#clock
    const lost = this.#faultInjector.losesWebSockets
    let isLate = false
    clock.after(timeoutMs, () => {
      isLate = true
      reject(new ExchangeError('timeout', 'Kraken opened no WebSocket in time'))
    })
    if (lost === 'silence') return promise
    clock.after(4 * this.#travel.ms(), () => {
      if (process.isDead) return
      if (lost !== null) reject(new ExchangeError('HTTP 503', 'The WebSocket to Kraken failed (HTTP 503)'))
      else if (!isLate) resolve(this.#join(process, listener))
    })
    return promise
  }

  #join(process: Process, listener: WebSocketListener): VirtualWebSocket {
    const webSocket = new VirtualWebSocket({
      process,
      listener,
      clock: this.#clock,
      desk: this.#desk,
      faultInjector: this.#faultInjector,
      travel: this.#travel,
      visits: this.visits,
      tellings: this.tellings,
    })
    if (this.#hasHeartbeat) webSocket.beat()
    this.webSockets.push(webSocket)
    return webSocket
  }
}

/** `send` does nothing with a socket but hand it on, and look whether it is destroyed. */
function asSocket(connection: VirtualConnection): Socket {
  return connection as unknown as Socket
}

function asConnection(socket: Socket): VirtualConnection {
  return socket as unknown as VirtualConnection
}

/** As Node.js hands them to a server. */
function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  const lowered: Record<string, string> = {}
  for (const name in headers) lowered[name.toLowerCase()] = String(headers[name])
  return lowered
}
