import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { Account } from './account.ts'
import { type Answer, deliver } from './answer.ts'
import type { Certificate } from './certificate.ts'
import { LoopbackServer } from './loopback-server.ts'
import { type Accounts, type Call, OrderDesk } from './order-desk.ts'
import { type Asked, readAsked, type Said, UnifiedSession } from './unified-session.ts'

/** What makes the exchange, or somebody on the account, misbehave. */
export interface Misbehaviour {
  /** Goes on beside the calls; gives what ends it. */
  readonly start?: (exchange: EmbeddedExchange) => () => void
  /** Answers a call itself, or not; `orderly` does what was asked and gives the good answer. */
  readonly answer?: (
    call: Call,
    orderly: () => Answer,
    exchange: EmbeddedExchange,
  ) => Answer | Promise<Answer> | undefined
  /** Refuses a WebSocket, says that there were too many, leaves it without an answer, or cuts it off as soon as it is open. */
  readonly upgrade?: () => Refused | Promise<Refused>
  /** Says what is said to a message, or not; `orderly` does what was asked and gives the good answer. */
  readonly message?: (
    asked: Heard,
    orderly: () => readonly Said[],
    exchange: EmbeddedExchange,
  ) => Saying | undefined | Promise<Saying | undefined>
  /** Says what is said unasked: updates of the book. */
  readonly update?: (said: Said) => readonly Said[]
}

type Refused = 'refuse' | 'too many' | 'ignore' | 'cut' | undefined

/** A message as it arrived, and the session that it came to. */
export interface Heard {
  readonly call: Call
  readonly asked: Asked
  readonly session: UnifiedSession
}

export interface Saying {
  readonly said: readonly Said[]
  /** The connection is cut after that. */
  readonly isCut?: boolean
}

/**
 * A Kraken Futures of our own, over real HTTP or HTTPS and WebSockets on loopback: both roads lead to the same book.
 *
 * It checks every signature, keeps a book, answers in the shapes that Kraken really sends, enforces the budget, and
 * misbehaves on order.
 */
export class EmbeddedExchange {
  readonly #desk: OrderDesk
  readonly #webSockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  #server!: LoopbackServer
  #fault: Misbehaviour | null = null
  #stopFault: () => void = () => {}

  private constructor(accounts: Accounts) {
    this.#desk = new OrderDesk(undefined, accounts)
  }

  /** @param certificate null for plain HTTP */
  static async start(certificate: Certificate | null, accounts: Accounts = {}): Promise<EmbeddedExchange> {
    const exchange = new EmbeddedExchange(accounts)
    exchange.#server = await LoopbackServer.start(
      certificate,
      (...request) => exchange.#serve(...request),
      (...upgrade) => void exchange.#upgrade(...upgrade),
    )
    return exchange
  }

  /** What goes into `KRAKEN_FUTURES_URL`. */
  get url(): string {
    return `${this.#server.origin}/derivatives/api/v3`
  }

  /** What goes into `KRAKEN_UNIFIED_URL`. */
  get unifiedUrl(): string {
    return `${this.#server.origin.replace('http', 'ws')}/v2/private`
  }

  /** What goes into `KRAKEN_API_URL`. */
  get apiUrl(): string {
    return this.#server.origin
  }

  /** The first account, which faults are about. */
  get account(): Account {
    return this.#desk.account
  }

  get accounts(): ReadonlyMap<string, Account> {
    return this.#desk.accounts
  }

  /** Whose call it was. */
  accountOf(call: Call): Account {
    return this.#desk.accountOf(call)
  }

  get calls(): readonly Call[] {
    return this.#desk.calls
  }

  /** From now on; null for good behaviour. */
  misbehave(fault: Misbehaviour | null): void {
    this.#stopFault()
    this.#fault = fault
    this.#desk.forgetCalls()
    this.#stopFault = fault?.start?.(this) ?? (() => {})
  }

  /** The connections that are open now, for a test to break. */
  get sockets(): readonly Socket[] {
    return this.#server.sockets
  }

  async close(): Promise<void> {
    this.#stopFault()
    await this.#server.close()
  }

  async #serve(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const { method = '', url = '/', headers } = request
    const call = this.#desk.note({ method, target: url, headers, body })
    const orderly = () => this.#desk.answer(call)
    const fault = this.#desk.accountOf(call) === this.account ? this.#fault : null
    const answer = (await fault?.answer?.(call, orderly, this)) ?? orderly()
    await deliver(answer, response, this.sockets)
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const refusal = request.url === '/v2/private' ? await this.#fault?.upgrade?.() : 'refuse'
    if (refusal === 'refuse') socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n')
    if (refusal === 'too many') socket.end('HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\n\r\n')
    if (refusal !== undefined && refusal !== 'cut') return
    this.#webSockets.handleUpgrade(request, socket, head, (client) => {
      if (refusal === 'cut') client.terminate()
      else this.#attend(client)
    })
  }

  #attend(client: WebSocket): void {
    const say = (said: Said) => client.send(typeof said === 'string' ? said : JSON.stringify(said), () => {})
    let session: UnifiedSession | null = null
    const sessionOf = (account: Account) => {
      session ??= new UnifiedSession(account, (said) => {
        const fault = account === this.account ? this.#fault : null
        for (const one of fault?.update?.(said) ?? [said]) say(one)
      })
      return session
    }
    const heartbeat = setInterval(() => say({ channel: 'heartbeat' }), HEARTBEAT_MS)
    client.once('close', () => {
      clearInterval(heartbeat)
      session?.close()
    })
    client.on('error', () => {})
    client.on('message', (message) => {
      const asked = readAsked(String(message))
      const account = this.#desk.accountOfMessage(asked)
      void this.#hear(asked, sessionOf(account), account, client, say)
    })
    say({
      channel: 'status',
      type: 'update',
      data: [{ api_version: 'v2', system: 'online', version: '2.0.0' }],
    })
  }

  async #hear(
    asked: Asked,
    session: UnifiedSession,
    account: Account,
    client: WebSocket,
    say: (said: Said) => void,
  ): Promise<void> {
    const call = this.#desk.noteMessage(asked, session.isAuthentic(asked))
    const orderly = () => session.answer(asked)
    const fault = account === this.account ? this.#fault : null
    const saying = (await fault?.message?.({ call, asked, session }, orderly, this)) ?? {
      said: orderly(),
    }
    for (const said of saying.said) say(said)
    if (saying.isCut) client.terminate()
  }
}

const HEARTBEAT_MS = 1_000
