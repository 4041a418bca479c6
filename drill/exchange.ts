import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Account } from './account.ts'
import { type Answer, deliver, error } from './answer.ts'
import type { Certificate } from './certificate.ts'
import { ENDPOINTS, type Endpoint } from './endpoints.ts'
import { LoopbackServer } from './loopback-server.ts'

/** One request, as it arrived. */
export interface Call {
  /** The last part of its path: `cancelallorders`. */
  readonly endpoint: string
  readonly method: string
  readonly params: URLSearchParams
  /** Monotonic milliseconds, when its last byte was here. */
  readonly at: number
  /** How many calls of this endpoint came before. */
  readonly nth: number
  readonly isAuthentic: boolean
  /** Empty when none was sent. */
  readonly nonce: string
  readonly units: number
}

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
}

/**
 * A Kraken Futures of our own, over real HTTP or HTTPS on loopback.
 *
 * It checks every signature, keeps a book, answers in the shapes that Kraken really sends, enforces the budget, and
 * misbehaves on order.
 */
export class EmbeddedExchange {
  readonly account = new Account()
  readonly calls: Call[] = []
  #server!: LoopbackServer
  #fault: Misbehaviour | null = null
  #stopFault: () => void = () => {}

  private constructor() {}

  /** @param certificate null for plain HTTP */
  static async start(certificate: Certificate | null): Promise<EmbeddedExchange> {
    const exchange = new EmbeddedExchange()
    exchange.#server = await LoopbackServer.start(certificate, (...request) => exchange.#serve(...request))
    return exchange
  }

  /** What goes into `KRAKEN_FUTURES_URL`. */
  get url(): string {
    return `${this.#server.origin}/derivatives/api/v3`
  }

  /** From now on; null for good behaviour. */
  misbehave(fault: Misbehaviour | null): void {
    this.#stopFault()
    this.#fault = fault
    this.calls.length = 0
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
    const url = new URL(request.url ?? '/', 'http://localhost')
    const endpoint = ENDPOINTS[url.pathname]
    const call = this.#note(request, url, body, endpoint)
    const orderly = () => this.#answer(call, endpoint)
    const answer = (await this.#fault?.answer?.(call, orderly, this)) ?? orderly()
    await deliver(answer, response, this.sockets)
  }

  #note(request: IncomingMessage, url: URL, body: string, endpoint: Endpoint | undefined): Call {
    const name = url.pathname.split('/').at(-1) ?? ''
    const call: Call = {
      endpoint: name,
      method: request.method ?? '',
      params: new URLSearchParams(body === '' ? url.search : body),
      at: performance.now(),
      nth: this.calls.filter(({ endpoint }) => endpoint === name).length,
      isAuthentic: this.#isAuthentic(request, url, body),
      nonce: String(request.headers.nonce ?? ''),
      units: endpoint?.units ?? 0,
    }
    this.calls.push(call)
    return call
  }

  /** Query and body are signed alike, exactly as sent. */
  #isAuthentic({ headers }: IncomingMessage, url: URL, body: string): boolean {
    const postData = url.search.replace(/^\?/, '') + body
    const expected = this.account.expectedAuthent(postData, String(headers.nonce ?? ''), url.pathname)
    return headers.apikey === this.account.apiKey && headers.authent === expected
  }

  #answer(call: Call, endpoint: Endpoint | undefined): Answer {
    if (endpoint === undefined || endpoint.method !== call.method) return error('notFound', 404)
    if (!call.isAuthentic) return endpoint.refusal ?? error('authenticationError')
    if (!this.account.charge(endpoint.units)) return error('apiLimitExceeded')
    if (endpoint.needsFullAccess && this.account.general !== 'FULL_ACCESS')
      return error('insufficientPrivileges')
    return endpoint.answer(this.account, call.params)
  }
}
