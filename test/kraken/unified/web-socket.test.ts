import type { Socket } from 'node:net'
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
