import type { AddressInfo } from 'node:net'
import { createConnection, createServer, type Server, type Socket } from 'node:net'

/** How the connections of a frozen process die. */
export type Death = 'FIN' | 'RST' | 'RST on write' | 'silence'

interface Pair {
  readonly near: Socket
  readonly far: Socket
  /** Set when nothing goes through any more. */
  isSilent: boolean
  resetsOnWrite: boolean
}

/**
 * A server on loopback, moved away: what goes through takes half a round trip each way, and a connection a whole one
 * before its first byte, as its handshake would.
 */
export class LatencyProxy {
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  readonly #roundTripMs: number
  readonly #target: URL

  private constructor(target: URL, roundTripMs: number) {
    this.#target = target
    this.#roundTripMs = roundTripMs
    this.#server = createServer({ noDelay: true, allowHalfOpen: false }, (near) => this.#join(near))
  }

  /** @param host, port where it is seen from afar; by default a free port of 127.0.0.1 */
  static async start(
    target: string,
    roundTripMs: number,
    host = '127.0.0.1',
    port = 0,
  ): Promise<LatencyProxy> {
    const proxy = new LatencyProxy(new URL(target), roundTripMs)
    await new Promise<void>((resolve) => proxy.#server.listen(port, host, resolve))
    return proxy
  }

  /** The target's address, as seen from afar. */
  get url(): string {
    const moved = new URL(this.#target)
    const { address, port } = this.#server.address() as AddressInfo
    moved.hostname = address
    moved.port = String(port)
    return moved.href.replace(/\/$/, '')
  }

  /** What becomes of the connections that are open now. */
  kill(death: Death): void {
    for (const pair of this.#pairs) {
      if (death === 'FIN') pair.near.end()
      if (death === 'RST') pair.near.resetAndDestroy()
      if (death === 'RST on write') pair.resetsOnWrite = true
      if (death === 'silence') pair.isSilent = true
    }
  }

  async close(): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy()
      far.destroy()
    }
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(near: Socket): void {
    const far = createConnection({
      host: this.#target.hostname,
      port: Number(this.#target.port),
      noDelay: true,
    })
    const pair: Pair = { near, far, isSilent: false, resetsOnWrite: false }
    this.#pairs.add(pair)
    const establishedAt = performance.now() + this.#roundTripMs
    this.#carry(pair, near, far, establishedAt)
    this.#carry(pair, far, near, establishedAt)
  }

  #carry(pair: Pair, from: Socket, to: Socket, establishedAt: number): void {
    const later = (work: () => void) => {
      const now = performance.now()
      const waitMs = Math.max(now, establishedAt) + this.#roundTripMs / 2 - now
      if (waitMs <= 0) work()
      else setTimeout(work, waitMs)
    }
    from.on('data', (bytes) => {
      if (pair.isSilent) return
      if (pair.resetsOnWrite && from === pair.near) pair.near.resetAndDestroy()
      else later(() => !pair.isSilent && to.writable && to.write(bytes))
    })
    from.on('error', () => {})
    from.once('close', () => {
      this.#pairs.delete(pair)
      if (!pair.isSilent) later(() => to.end())
    })
  }
}
