import WebSocket from 'ws'
import type { ConnectionKind } from '../attempt.ts'
import { ExchangeError } from '../exchange-error.ts'
import type { SocketPool } from '../http/socket-pool.ts'

/** One open WebSocket, as far as the road needs it. */
export interface WebSocketConnection {
  /** How its connection came to be. */
  readonly connection: ConnectionKind
  /** From the request for it to the answer; Infinity where that is not known. */
  readonly distanceMs: number
  send(message: string): void
  close(): void
}

/** What comes on it. */
export interface WebSocketListener {
  readonly onMessage: (message: string) => void
  /** Nothing more will come; heard once, also when the other end hung up. */
  readonly onClose: () => void
}

/** Opens one. @throws ExchangeError when that failed, or took too long */
export type OpenWebSocket = (listener: WebSocketListener, timeoutMs: number) => Promise<WebSocketConnection>

/** 50,000 orders are 20 MB; an endless message ends here. */
const MOST_BYTES = 40_000_000

/**
 * Opens WebSockets over connections of a pool, the first over the one that was dialled at load.
 *
 * The library is `ws`: it takes a connection that is there already, and evaluating it takes 4 ms; the WebSocket that Node
 * has built in takes 20, since it loads the whole of undici, and dials for itself.
 */
export function webSockets(url: URL, pool: SocketPool): OpenWebSocket {
  return (listener, timeoutMs) => openWebSocket(url, pool, listener, timeoutMs)
}

function openWebSocket(
  url: URL,
  pool: SocketPool,
  listener: WebSocketListener,
  timeoutMs: number,
): Promise<WebSocketConnection> {
  const { promise, resolve, reject } = Promise.withResolvers<WebSocketConnection>()
  const idle = pool.take()
  const connection = idle.isSuspect ? pool.fresh() : idle
  if (idle.isSuspect) idle.socket.destroy()
  const socket = new WebSocket(url, {
    createConnection: () => connection.socket,
    perMessageDeflate: false, // orders cross in one packet or two; inflating costs more
    maxPayload: MOST_BYTES,
  })
  let askedAt = performance.now()
  for (const handshake of ['connect', 'secureConnect']) {
    connection.socket.once(handshake, () => {
      askedAt = performance.now() // what was written before goes out now
    })
  }
  const fail = (error: ExchangeError) => {
    clearTimeout(timer)
    reject(error)
    socket.terminate()
    connection.socket.destroy()
  }
  const timer = setTimeout(
    () => fail(new ExchangeError('timeout', 'Kraken opened no WebSocket in time')),
    Math.max(0, timeoutMs),
  )
  socket.on('error', (error: NodeJS.ErrnoException) => fail(brokenWebSocket(error.code)))
  socket.on('unexpected-response', (_, { statusCode }) => fail(brokenWebSocket(`HTTP ${statusCode}`)))
  socket.on('message', (message) => listener.onMessage(String(message)))
  socket.once('close', () => {
    fail(brokenWebSocket(undefined))
    listener.onClose()
  })
  socket.once('open', () => {
    clearTimeout(timer)
    // An idle connection is no reason to keep a process alive.
    connection.socket.unref()
    resolve({
      connection: connection.kind,
      distanceMs: performance.now() - askedAt,
      send: (message) => socket.send(message, ignore),
      close: () => socket.terminate(),
    })
  })
  return promise
}

/** Only a code is kept: a low-level message may hold anything. */
function brokenWebSocket(code: string | undefined): ExchangeError {
  const known = code !== undefined && /^[A-Z][A-Z0-9_ ]{1,60}$/.test(code) ? code : 'broken connection'
  return new ExchangeError(known, `The WebSocket to Kraken failed (${known})`)
}

/** A message that could not be written is one without an answer. */
function ignore(): void {}
