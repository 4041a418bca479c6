import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** How an answer reaches the caller. */
export type Delivery =
  | 'whole'
  /** Nothing is ever sent. */
  | 'never'
  /** Headers, then silence. */
  | 'headers only'
  | 'half, then silence'
  | 'half, then reset'
  | 'half, then end'
  | 'reset'
  /** The connection is closed, before any header. */
  | 'end'
  /** A byte a second. */
  | 'drip'
  /** More and more, without end. */
  | 'endless'

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly delivery: Delivery
}

export function json(body: unknown, status = 200): Answer {
  const headers = { 'content-type': 'application/json' }
  return { status, headers, body: JSON.stringify(body), delivery: 'whole' }
}

/** A business error as Kraken sends it today: HTTP 200, and the code as a string. */
export function error(code: string, status = 200): Answer {
  return json({ result: 'error', error: code, serverTime: new Date().toISOString() }, status)
}

export function html(status: number): Answer {
  const body = `<!DOCTYPE html><html><head><title>${status}</title></head><body>cloud proxy</body></html>`
  return { status, headers: { 'content-type': 'text/html' }, body, delivery: 'whole' }
}

const DRIP_MS = 1_000
const ENDLESS_CHUNK = Buffer.alloc(1_000_000, ' ')

/** @param sockets the server's TCP connections, among them that of the response */
export async function deliver(
  { status, headers, body, delivery }: Answer,
  response: ServerResponse,
  sockets: Iterable<Socket>,
): Promise<void> {
  const bytes = Buffer.from(body)
  const half = bytes.subarray(0, Math.floor(bytes.length / 2))
  const length = { 'content-length': String(bytes.length) }
  switch (delivery) {
    case 'never':
      return
    case 'reset':
      reset(response, sockets)
      return
    case 'end':
      response.socket?.end()
      return
    case 'whole':
      response.writeHead(status, { ...headers, ...length }).end(bytes)
      return
    case 'headers only':
      response.writeHead(status, { ...headers, ...length }).flushHeaders()
      return
    case 'half, then silence':
      response.writeHead(status, { ...headers, ...length }).write(half)
      return
    case 'half, then reset':
      response.writeHead(status, { ...headers, ...length }).write(half, () => reset(response, sockets))
      return
    case 'half, then end':
      response.writeHead(status, headers).end(half)
      return
    case 'drip':
      response.writeHead(status, { ...headers, ...length })
      for (const byte of bytes) {
        if (response.destroyed) return
        response.write(Buffer.of(byte))
        await sleep(DRIP_MS)
      }
      response.end()
      return
    case 'endless':
      response.writeHead(status, headers)
      while (!response.destroyed) {
        response.write(ENDLESS_CHUNK)
        await sleep(5)
      }
  }
}

/** A TLS socket cannot reset its connection; the TCP socket below it can. */
function reset(response: ServerResponse, sockets: Iterable<Socket>): void {
  const { remotePort } = response.socket ?? {}
  for (const socket of sockets) if (socket.remotePort === remotePort) socket.resetAndDestroy()
}
