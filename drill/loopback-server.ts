import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Certificate } from './certificate.ts'

/** A request whose body is here. */
export type OnRequest = (
  request: IncomingMessage,
  body: string,
  response: ServerResponse,
) => void | Promise<void>

/** A request to speak another protocol on the same connection. */
export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** An HTTP or HTTPS server on a free port of 127.0.0.1. */
export class LoopbackServer {
  readonly #server: Server
  readonly #isTls: boolean
  readonly #sockets = new Set<Socket>()

  private constructor(certificate: Certificate | null, onRequest: OnRequest, onUpgrade?: OnUpgrade) {
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void serve(request, response, onRequest)
    this.#isTls = certificate !== null
    this.#server =
      certificate === null ? createHttpServer(listener) : createHttpsServer(certificate, listener)
    if (onUpgrade !== undefined) this.#server.on('upgrade', onUpgrade)
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** @param certificate null for plain HTTP */
  static async start(
    certificate: Certificate | null,
    onRequest: OnRequest,
    onUpgrade?: OnUpgrade,
  ): Promise<LoopbackServer> {
    const started = new LoopbackServer(certificate, onRequest, onUpgrade)
    await new Promise<void>((resolve) => started.#server.listen(0, '127.0.0.1', resolve))
    return started
  }

  /** `https://127.0.0.1:40123` */
  get origin(): string {
    return `${this.#isTls ? 'https' : 'http'}://${this.host}`
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** The TCP connections that are open now. */
  get sockets(): readonly Socket[] {
    return [...this.#sockets]
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  onRequest: OnRequest,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  await onRequest(request, Buffer.concat(chunks).toString(), response)
}
