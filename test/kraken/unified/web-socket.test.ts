import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { EmbeddedExchange } from '../../../drill/exchange.ts'
import { SocketPool } from '../../../lambda/kraken/http/socket-pool.ts'
import { webSockets } from '../../../lambda/kraken/unified/web-socket.ts'

class WatchedPool extends SocketPool {
  readonly dialled: Socket[] = []

  override dial() {
    const socket = super.dial()
    this.dialled.push(socket)
    return socket
  }
}

test('a connection that may have died in a freeze carries no WebSocket, and is not left open', async () => {
  const exchange = await EmbeddedExchange.start(null)
  onTestFinished(() => exchange.close())
  const pool = new WatchedPool(new URL(exchange.unifiedUrl), -1)
  await pool.dialEarly().connected
  const open = webSockets(new URL(exchange.unifiedUrl), pool)
  const opened = await open({ onMessage: () => {}, onClose: () => {} }, 1_000)
  expect(opened.connection).toBe('fresh')
  expect(pool.dialled.map(({ destroyed }) => destroyed)).toEqual([true, false])
  opened.close()
})

/** Its handshake takes 200 ms. */
class SlowPool extends SocketPool {
  readonly #port: number

  constructor(origin: URL) {
    super(origin)
    this.#port = Number(origin.port)
  }

  override dial() {
    return connect({
      port: this.#port,
      host: 'kraken.invalid',
      lookup: (_, { all }, done) =>
        setTimeout(
          () => (all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4)),
          200,
        ),
    })
  }
}

test.each([true, false])(
  'how far away Kraken is shows by its answer, not by the handshake: connected before: %s',
  async (isEarly) => {
    const exchange = await EmbeddedExchange.start(null)
    onTestFinished(() => exchange.close())
    exchange.misbehave({ upgrade: async () => void (await sleep(100)) })
    const pool = new SlowPool(new URL(exchange.unifiedUrl))
    if (isEarly) await pool.dialEarly().connected
    const open = webSockets(new URL(exchange.unifiedUrl), pool)
    const opened = await open({ onMessage: () => {}, onClose: () => {} }, 2_000)
    opened.close()
    expect(opened.distanceMs).toBeGreaterThan(95)
    expect(opened.distanceMs).toBeLessThan(190)
  },
)
