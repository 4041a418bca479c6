import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Account } from './account.ts'
import { type Answer, deliver } from './answer.ts'
import type { Certificate } from './certificate.ts'
import { LoopbackServer } from './loopback-server.ts'
import { type Call, OrderDesk } from './order-desk.ts'

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
  readonly #desk = new OrderDesk()
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

  get account(): Account {
    return this.#desk.account
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
    const answer = (await this.#fault?.answer?.(call, orderly, this)) ?? orderly()
    await deliver(answer, response, this.sockets)
  }
}
