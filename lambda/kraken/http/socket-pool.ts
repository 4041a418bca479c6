import net from 'node:net'
import tls from 'node:tls'
import type { ConnectionKind } from '../attempt.ts'
import { Addresses } from './addresses.ts'

/** A connection that may be used now. */
export interface Connection {
  readonly socket: net.Socket
  readonly kind: ConnectionKind
  /** Idle for so long that the process may have been frozen meanwhile, and the other end be gone unnoticed. */
  readonly isSuspect: boolean
}

interface Idle {
  readonly socket: net.Socket
  readonly kind: 'early' | 'kept'
  /** When it was dialled early, or last used; monotonic milliseconds. */
  readonly since: number
}

/** Twenty symbols at once keep this many; more than that is closed after use. */
const MOST_IDLE = 20
/** Longer than the pauses within one invocation, by default; between two, the process may have been frozen. */
export const SUSPECT_AFTER_MS = 1_500
/** A third of an attempt: what takes longer for one of its three round trips (TCP, TLS, request) is late anyhow. */
const ADDRESS_TIMEOUT_MS = 833

/** The connections to one origin: dialled, lent to one request at a time, and kept in between. */
export class SocketPool {
  readonly #isTls: boolean
  readonly #host: string
  readonly #port: number
  readonly #suspectAfterMs: number
  readonly #addressTimeoutMs: number
  /** Of its host. */
  readonly addresses: Addresses
  /** From a request to its answer on a connection that was there, at the quickest; Infinity while that is not known. */
  distanceMs = Infinity
  /** A connection that may be dead is not tried: there are no units for a second request beside it. */
  dropsSuspect = false
  #idle: Idle[] = []

  /**
   * @param origin https or wss; http or ws for a loopback host
   * @param suspectAfterMs idle for longer than this, a connection may have died in a freeze
   * @param addressTimeoutMs each address but the last has so long to answer before the next one is tried
   * @param addresses of its host, where another pool leads there too
   */
  constructor(
    origin: URL,
    suspectAfterMs = SUSPECT_AFTER_MS,
    addressTimeoutMs: number = ADDRESS_TIMEOUT_MS,
    addresses = new Addresses(),
  ) {
    this.addresses = addresses
    this.#suspectAfterMs = suspectAfterMs
    this.#addressTimeoutMs = addressTimeoutMs
    this.#isTls = origin.protocol === 'https:' || origin.protocol === 'wss:'
    this.#host = origin.hostname.replace(/^\[|\]$/g, '')
    this.#port = Number(origin.port || (this.#isTls ? 443 : 80))
  }

  /**
   * Dials for the first request, before there is one. Neither promise rejects: a failure only means that there is
   * no early connection.
   *
   * @returns `underway` once the first packet is out, `connected` once the handshake is done (true) or has failed (false)
   */
  dialEarly(): { readonly underway: Promise<unknown>; readonly connected: Promise<boolean> } {
    const socket = this.dial()
    this.#add(socket, 'early')
    const connectEvent = this.#isTls ? 'secureConnect' : 'connect'
    return {
      underway: Promise.race([once(socket, 'connectionAttempt'), once(socket, 'close')]),
      connected: Promise.race([
        once(socket, connectEvent).then(() => true),
        once(socket, 'close').then(() => false),
      ]),
    }
  }

  /**
   * A new connection, its handshake under way. What is written meanwhile goes out after it.
   *
   * What Node takes from the environment, or has another default for, is said here. Left as they are: no idle timeout,
   * since each request has a time of its own; no keep-alive probes, since a frozen process sends none and `isSuspect`
   * counts on none.
   */
  dial(): net.Socket {
    const target = {
      host: this.#host,
      port: this.#port,
      lookup: this.addresses.lookup,
      autoSelectFamily: true, // NODE_OPTIONS may say otherwise
      autoSelectFamilyAttemptTimeout: this.#addressTimeoutMs, // by default 250 ms: too short for another continent
    }
    const socket = this.#isTls ? tls.connect({ ...target, ...this.#verified() }) : net.connect(target)
    socket.setNoDelay(true) // a request is one small packet, and waits for no other
    socket.once('connect', () => this.addresses.noteReached(socket.remoteAddress))
    socket.on('error', () => {}) // an idle connection may break unheard; a request hears its own error
    socket.once('close', () => this.#drop(socket))
    return socket
  }

  /** Asked for by name: where it is not, NODE_TLS_REJECT_UNAUTHORIZED=0 takes any certificate. */
  #verified(): tls.ConnectionOptions {
    return {
      ...(net.isIP(this.#host) === 0 ? { servername: this.#host } : {}),
      ALPNProtocols: ['http/1.1'],
      secureContext: trust(),
      rejectUnauthorized: true,
    }
  }

  /** Would a connection of this pool reach that host? */
  leadsTo(host: string, port: number): boolean {
    return host === this.#host && port === this.#port
  }

  /** The connection used last, if there is one; else a fresh one. */
  take(): Connection {
    const idle = this.#idle.pop()
    if (idle === undefined) return this.fresh()
    if (idle.socket.destroyed) return this.take()
    idle.socket.off('data', hangUp).ref()
    const isSuspect = performance.now() - idle.since > this.#suspectAfterMs
    if (!isSuspect || !this.dropsSuspect) return { socket: idle.socket, kind: idle.kind, isSuspect }
    idle.socket.destroy()
    return this.fresh()
  }

  fresh(): Connection {
    return { socket: this.dial(), kind: 'fresh', isSuspect: false }
  }

  /** Keeps a connection for the next request, unless it is closed or there are enough. */
  keep(socket: net.Socket): void {
    if (socket.destroyed || !socket.writable) return
    if (this.#idle.length >= MOST_IDLE) socket.destroy()
    else this.#add(socket, 'kept')
  }

  /** Closes what is idle. */
  close(): void {
    for (const { socket } of this.#idle) socket.destroy()
  }

  #add(socket: net.Socket, kind: 'early' | 'kept'): void {
    // An idle connection is no reason to keep a process alive. What comes on it unasked is no answer to what is
    // asked next; and only a connection that is being read shows that the other end has hung up.
    socket.on('data', hangUp).unref()
    this.#idle.push({ socket, kind, since: performance.now() })
  }

  #drop(socket: net.Socket): void {
    this.#idle = this.#idle.filter((idle) => idle.socket !== socket)
  }
}

let trusted: tls.SecureContext | null = null

/**
 * The authorities that Node has, prepared once for all connections: each of its own takes twice the time to dial.
 * NODE_OPTIONS cannot lower the version.
 */
function trust(): tls.SecureContext {
  trusted ??= tls.createSecureContext({ minVersion: 'TLSv1.2' })
  return trusted
}

function hangUp(this: net.Socket): void {
  this.destroy()
}

function once(socket: net.Socket, event: string): Promise<void> {
  return new Promise((resolve) => socket.once(event, () => setImmediate(resolve)))
}
