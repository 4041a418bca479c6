import http from 'node:http'
import https from 'node:https'
import type { Socket } from 'node:net'
import tls from 'node:tls'
import { ExchangeError } from '../exchange-error.ts'
import type { Reply } from './reply.ts'

/** One request, as its bytes will be. */
export interface Request {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RoundTripInputs {
  /** Connected or connecting, and nobody else's until `onFree`. */
  readonly socket: Socket
  readonly request: Request
  /** From now to the last byte, not between bytes; milliseconds. */
  readonly timeoutMs: number
  /** The last byte of the request was handed to the network, or may have been when the connection failed. */
  readonly onSent: () => void
  readonly onFirstByte: () => void
  /** The connection may serve the next request, if it is still open. */
  readonly onFree: () => void
}

/** 50,000 orders are 20 MB; an endless body ends here. */
const MOST_BYTES = 40_000_000

/**
 * One request and its whole reply on one connection. Redirects are replies like any other: nothing is followed.
 *
 * @throws ExchangeError when the connection broke, or the reply was not whole in time, or too long
 */
export function roundTrip(inputs: RoundTripInputs): Promise<Reply> {
  const { socket, request, timeoutMs, onSent, onFirstByte, onFree } = inputs
  const { promise, resolve, reject } = Promise.withResolvers<Reply>()
  const client = request.url.protocol === 'https:' ? https : http
  const outgoing = client.request(request.url, {
    method: request.method,
    headers: { ...request.headers, Connection: 'keep-alive' },
    insecureHTTPParser: false, // NODE_OPTIONS may say otherwise
    createConnection: () => socket,
  })
  // Where the other end hangs up, that is heard before the news that the request is written, which it may be.
  let mayBeSent = isOpen(socket)
  if (!mayBeSent) {
    socket.once(socket instanceof tls.TLSSocket ? 'secureConnect' : 'connect', () => {
      mayBeSent = true
    })
  }
  const fail = (error: ExchangeError) => {
    clearTimeout(timer)
    if (mayBeSent) onSent()
    reject(error)
    outgoing.destroy()
    socket.destroy()
  }
  const timer = setTimeout(
    () => fail(new ExchangeError('timeout', 'Kraken did not answer in time')),
    Math.max(0, timeoutMs),
  )
  outgoing.once('finish', onSent)
  outgoing.on('error', (error) => fail(brokenConnection(error)))
  outgoing.once('close', onFree)
  outgoing.once('response', (response) => {
    onFirstByte()
    collect(response, fail, (body) => {
      clearTimeout(timer)
      const reply = { status: response.statusCode ?? 0, headers: response.headers, body }
      // An answer can overtake the news that the request is written; the connection is free a moment later.
      if (outgoing.writableFinished) resolve(reply)
      else setImmediate(resolve, reply)
    })
  })
  outgoing.end(request.body)
  return promise
}

/** What is written goes out at once, and not when a handshake is over. */
function isOpen(socket: Socket): boolean {
  if (socket instanceof tls.TLSSocket) return socket.getFinished() !== undefined
  return !socket.connecting && !socket.destroyed
}

function collect(
  response: http.IncomingMessage,
  fail: (error: ExchangeError) => void,
  done: (body: Buffer) => void,
): void {
  const chunks: Buffer[] = []
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > MOST_BYTES) fail(new ExchangeError('endless body', 'Kraken sent more than any answer holds'))
  })
  response.on('error', (error) => fail(brokenConnection(error)))
  response.once('end', () => done(Buffer.concat(chunks)))
}

/** Only the code is kept: a low-level message may hold anything. */
function brokenConnection(error: NodeJS.ErrnoException): ExchangeError {
  const code = /^[A-Z][A-Z0-9_]{1,60}$/.test(error.code ?? '') ? String(error.code) : 'broken connection'
  return new ExchangeError(code, `The connection to Kraken failed (${code})`)
}
