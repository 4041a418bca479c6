import { createServer, type Server, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../../lambda/clock.ts'
import { Spending } from '../../../lambda/kraken/http/budget.ts'
import { send, type Try } from '../../../lambda/kraken/http/connection.ts'
import { roundTrip } from '../../../lambda/kraken/http/round-trip.ts'
import { SocketPool } from '../../../lambda/kraken/http/socket-pool.ts'

const spending = () => new Spending(1, 1_000, systemClock)

const SUSPECT_AFTER_MS = 40
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** A server below HTTP: it sees bytes, and does with each connection what the test says. */
interface WebSocketConnection {
  readonly pool: SocketPool
  readonly url: URL
  /** Whole requests, with the number of the connection that each came on. */
  readonly received: { readonly on: number; readonly text: string }[]
  readonly connections: Socket[]
}

const servers: Server[] = []
const pools: SocketPool[] = []
afterEach(() => {
  for (const pool of pools.splice(0)) pool.close()
  for (const server of servers.splice(0)) server.close()
})

type OnRequest = (socket: Socket, on: number, nthOnIt: number) => void

async function rawServer(onRequest: OnRequest): Promise<WebSocketConnection> {
  const connections: Socket[] = []
  const received: { on: number; text: string }[] = []
  const server = createServer({ noDelay: true }, (socket) => {
    const on = connections.push(socket) - 1
    let nth = 0
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      received.push({ on, text: bytes.toString() })
      onRequest(socket, on, nth++)
    })
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  const url = new URL(`http://127.0.0.1:${port}/derivatives/api/v3/cancelallorders`)
  const pool = new SocketPool(url, SUSPECT_AFTER_MS)
  pools.push(pool)
  return { pool, url, received, connections }
}

interface Sent {
  readonly tries: (Try<string> & { readonly isLate: boolean })[]
  readonly answer: Promise<string>
}

function post({ pool, url }: WebSocketConnection, overrides: Partial<Parameters<typeof send>[0]> = {}): Sent {
  const tries: Sent['tries'] = []
  const answer = send<string>({
    pool,
    roundTrip,
    clock: systemClock,
    request: () => ({ method: 'POST', url, headers: { 'Content-Length': '0' }, body: '' }),
    isFresh: false,
    spending: spending(),
    spendAgain: spending,
    timeoutMs: 1_000,
    spareAfterMs: 150,
    read: ({ status, body }) => `${status} ${body}`,
    ...(overrides as object),
    onTry: (tried, isLate) => tries.push({ ...tried, isLate }),
  })
  return { tries, answer }
}

const kinds = ({ tries }: Sent) => tries.map(({ connection }) => connection)

/** A raw server with one connection that has served a request, long enough ago to be under suspicion. */
async function warmWire(onRequest: OnRequest): Promise<WebSocketConnection> {
  const warm = await rawServer((socket, on, nth) => {
    if (on === 0 && nth === 0) socket.write(OK)
    else onRequest(socket, on, nth)
  })
  await post(warm).answer
  await sleep(2 * SUSPECT_AFTER_MS)
  return warm
}

test('dials once and keeps the connection', async () => {
  const wire = await rawServer((socket) => socket.write(OK))
  expect(await post(wire).answer).toBe('200 ok')
  const second = post(wire)
  expect(await second.answer).toBe('200 ok')
  expect(kinds(second)).toEqual(['kept'])
  expect(wire.connections).toHaveLength(1)
})

test('uses the connection that was dialled early', async () => {
  const wire = await rawServer((socket) => socket.write(OK))
  await wire.pool.dialEarly().connected
  const first = post(wire)
  await first.answer
  expect(kinds(first)).toEqual(['early'])
  expect(wire.connections).toHaveLength(1)
})

test('an early connection that cannot be made is no error, only none', async () => {
  const wire = await rawServer(() => {})
  servers[0]?.close()
  const { underway, connected } = wire.pool.dialEarly()
  await Promise.all([underway, connected])
  const refused = post(wire)
  await expect(refused.answer).rejects.toMatchObject({ code: 'ECONNREFUSED', remedy: 'wait' })
  expect(kinds(refused)).toEqual(['fresh'])
})

test('an early connection that the other end hung up on is not used', async () => {
  const wire = await rawServer((socket) => socket.write(OK))
  await wire.pool.dialEarly().connected
  await sleep(10)
  wire.connections[0]?.end()
  await sleep(20)
  const sent = post(wire)
  await sent.answer
  expect(kinds(sent)).toEqual(['fresh'])
})

test('what an idle connection says unasked is not taken for an answer', async () => {
  const wire = await rawServer((socket) => socket.write(OK.replace('ok', 'so')))
  await post(wire).answer
  wire.connections[0]?.write(OK)
  await sleep(20)
  const sent = post(wire)
  expect(await sent.answer).toBe('200 so')
  expect(kinds(sent)).toEqual(['fresh'])
})

test('a healthy exchange that thinks for 60 ms gets no duplicate', async () => {
  const wire = await warmWire((socket) => setTimeout(() => socket.write(OK), 60))
  const sent = post(wire)
  await sent.answer
  await sleep(200)
  expect(kinds(sent)).toEqual(['kept'])
  expect(wire.received).toHaveLength(2)
})

test('writes on the kept connection at once, and dials a spare beside it', async () => {
  const wire = await warmWire((socket) => setTimeout(() => socket.write(OK), 60))
  await post(wire).answer
  expect(wire.connections).toHaveLength(2)
  const next = post(wire)
  await next.answer
  expect(kinds(next)).toEqual(['kept'])
})

test('a kept connection that is silent gets its request repeated on the spare, no earlier than set', async () => {
  const wire = await warmWire((socket, on) => on > 0 && socket.write(OK))
  const startedAt = performance.now()
  const sent = post(wire)
  expect(await sent.answer).toBe('200 ok')
  const [spare] = sent.tries
  expect(spare?.connection).toBe('spare')
  expect((spare?.startedAt ?? 0) - startedAt).toBeGreaterThan(140)
  expect(wire.received.map(({ on }) => on)).toEqual([0, 0, 1])
  expect(wire.received[2]?.text).toBe(wire.received[1]?.text)
})

test.each<[string, (socket: Socket) => void]>([
  ['reset', (socket) => socket.resetAndDestroy()],
  ['ended', (socket) => socket.end()],
  [
    'answered with half an answer and reset',
    (socket) => socket.write('HTTP/1.1 200', () => socket.resetAndDestroy()),
  ],
  ['answered with something that is not HTTP', (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n')],
])('a kept connection that is %s on the write costs no wait for the spare', async (_, misbehave) => {
  const wire = await warmWire((socket, on) => (on === 0 ? misbehave(socket) : socket.write(OK)))
  const sent = post(wire, { spareAfterMs: 900 })
  expect(await sent.answer).toBe('200 ok')
  expect(kinds(sent)).toEqual(['kept', 'spare'])
  const [kept, spare] = sent.tries
  expect((spare?.startedAt ?? 0) - (kept?.endedAt ?? 0)).toBeLessThan(800)
})

test('a spare that could not be made is an error at once, not at the end of the time', async () => {
  const wire = await warmWire((socket) => setTimeout(() => socket.resetAndDestroy(), 50))
  servers[0]?.close() // the kept connection goes on, a new one is refused
  const startedAt = performance.now()
  const sent = post(wire, { timeoutMs: 10_000, spareAfterMs: 5_000 })
  await expect(sent.answer).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect(kinds(sent)).toEqual(['kept', 'spare'])
  expect(performance.now() - startedAt).toBeLessThan(4_000)
})

test('a connection that was just destroyed is not used, even before it says so', async () => {
  const { pool, ...wire } = await rawServer((socket) => socket.write(OK))
  await post({ pool, ...wire }).answer
  const { socket } = pool.take()
  pool.keep(socket)
  socket.destroy()
  const taken = pool.take()
  expect(taken.kind).toBe('fresh')
  taken.socket.destroy()
})

test('a connection that died while it was idle is not used', async () => {
  const wire = await warmWire((socket) => socket.write(OK))
  wire.connections[0]?.resetAndDestroy()
  await sleep(20)
  const sent = post(wire)
  await sent.answer
  expect(kinds(sent)).toEqual(['fresh'])
})

test('the second answer to one request is heard too', async () => {
  const wire = await warmWire((socket, on) => setTimeout(() => socket.write(OK), on === 0 ? 400 : 10))
  const sent = post(wire)
  await sent.answer
  expect(kinds(sent)).toEqual(['spare'])
  await sleep(400)
  expect(sent.tries.map(({ connection, isLate }) => [connection, isLate])).toEqual([
    ['spare', false],
    ['kept', true],
  ])
})

test('an answer that has begun needs no duplicate, however slowly it goes on', async () => {
  const wire = await warmWire((socket) => {
    socket.write(OK.slice(0, -1))
    setTimeout(() => socket.write('k'), 300)
  })
  const sent = post(wire)
  expect(await sent.answer).toBe('200 ok')
  await sleep(100)
  expect(kinds(sent)).toEqual(['kept'])
  expect(wire.received).toHaveLength(2)
})

test('nothing is sent a second time once the time is over', async () => {
  const wire = await warmWire(() => {})
  const sent = post(wire, { timeoutMs: 100, spareAfterMs: 10_000 })
  await expect(sent.answer).rejects.toMatchObject({ code: 'timeout' })
  await sleep(50)
  expect(kinds(sent)).toEqual(['kept'])
  expect(wire.received).toHaveLength(2)
})

test('a spare that was not needed is kept for what comes next', async () => {
  const wire = await warmWire((socket) => setTimeout(() => socket.write(OK), 60))
  await post(wire).answer
  const both = [post(wire), post(wire)]
  await Promise.all(both.map(({ answer }) => answer))
  expect(both.flatMap(kinds)).toEqual(['kept', 'kept'])
  expect(wire.connections).toHaveLength(2)
})

test('says when a request was handed to the network, and that it was answered', async () => {
  const wire = await rawServer((socket) => setTimeout(() => socket.write(OK), 30))
  const sent = post(wire)
  await sent.answer
  const [tried] = sent.tries
  expect(tried?.sentAt).toBeGreaterThanOrEqual(tried?.startedAt ?? Infinity)
  expect(tried?.sentAt).toBeLessThan(tried?.endedAt ?? 0)
  expect(tried?.wasAnswered).toBe(true)
})

test('an answer that cannot be read, for whatever reason, is an error of the exchange', async () => {
  const wire = await rawServer((socket) => socket.write(OK))
  const read = () => {
    throw new TypeError('secret')
  }
  const sent = post(wire, { read })
  await expect(sent.answer).rejects.toMatchObject({ name: 'ExchangeError', code: 'unreadable' })
  expect(sent.tries[0]?.wasAnswered).toBe(true)
})

test('a refusal is an answer: it is not asked again elsewhere', async () => {
  const wire = await warmWire((socket) => socket.write('HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n'))
  const sent = post(wire)
  expect(await sent.answer).toBe('503 ')
  await sleep(200)
  expect(wire.received).toHaveLength(2)
})

test('several kept connections, all dead: no request is lost', async () => {
  const wire = await rawServer((socket, on, nth) => (on > 2 || nth === 0) && socket.write(OK))
  await Promise.all([post(wire).answer, post(wire).answer, post(wire).answer])
  await sleep(2 * SUSPECT_AFTER_MS)
  const sent = [post(wire), post(wire), post(wire)]
  expect(await Promise.all(sent.map(({ answer }) => answer))).toEqual(['200 ok', '200 ok', '200 ok'])
  expect(sent.flatMap(kinds)).toEqual(['spare', 'spare', 'spare'])
})

test('what needs a fresh connection gets one', async () => {
  const wire = await rawServer((socket) => socket.write(OK))
  await post(wire).answer
  const sent = post(wire, { isFresh: true })
  await sent.answer
  expect(kinds(sent)).toEqual(['fresh'])
})

test('when the spare dies too, that is the end: there is one spare', async () => {
  const wire = await warmWire((socket) => socket.resetAndDestroy())
  const sent = post(wire)
  await expect(sent.answer).rejects.toMatchObject({ code: 'ECONNRESET' })
  await sleep(200)
  expect(kinds(sent)).toEqual(['kept', 'spare'])
  expect(wire.received).toHaveLength(3)
})

test('what has failed is not sent again later, though the budget would allow it then', async () => {
  const wire = await warmWire((socket) => socket.resetAndDestroy())
  let asked = 0
  const sent = post(wire, { spendAgain: () => (asked++ > 0 ? spending() : null) })
  await expect(sent.answer).rejects.toMatchObject({ code: 'ECONNRESET' })
  await sleep(250)
  expect(kinds(sent)).toEqual(['kept'])
})

test('without leave there is no duplicate, and a dead connection is an error', async () => {
  const wire = await warmWire((socket) => socket.resetAndDestroy())
  const sent = post(wire, { spendAgain: () => null })
  await expect(sent.answer).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(kinds(sent)).toEqual(['kept'])
})

test.each<[string, (socket: Socket) => void, string]>([
  ['silence', () => {}, 'timeout'],
  [
    'headers and then silence',
    (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n'),
    'timeout',
  ],
  ['half a body and then silence', (socket) => socket.write(OK.slice(0, -1)), 'timeout'],
  ['half a body and then the end', (socket) => socket.end(OK.slice(0, -1)), 'ECONNRESET'],
  ['a reset', (socket) => socket.resetAndDestroy(), 'ECONNRESET'],
  ['an end without an answer', (socket) => socket.end(), 'ECONNRESET'],
  ['garbage', (socket) => socket.write('\u0000\u0001\u0002 nonsense\r\n\r\n'), 'HPE_INVALID_CONSTANT'],
])('on a fresh connection, %s is an error in time', async (_, misbehave, code) => {
  const wire = await rawServer(misbehave)
  const startedAt = performance.now()
  const sent = post(wire, { timeoutMs: 300 })
  await expect(sent.answer).rejects.toMatchObject({ name: 'ExchangeError', code, remedy: 'wait' })
  expect(kinds(sent)).toEqual(['fresh'])
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

test('the timeout is for the whole answer, not between bytes', async () => {
  const wire = await rawServer((socket) => {
    const timer = setInterval(() => socket.write('x'), 30)
    socket.once('close', () => clearInterval(timer))
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n')
  })
  await expect(post(wire, { timeoutMs: 300 }).answer).rejects.toMatchObject({ code: 'timeout' })
})

test('an endless body is cut off', async () => {
  const wire = await rawServer((socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const chunk = Buffer.alloc(4_000_000, ' ')
    const more = (): void => void (socket.writable && socket.write(chunk, () => setImmediate(more)))
    more()
  })
  await expect(post(wire, { timeoutMs: 10_000 }).answer).rejects.toMatchObject({ code: 'endless body' })
})

test('a redirect is an answer like any other: nothing is followed', async () => {
  const wire = await rawServer((socket) =>
    socket.write('HTTP/1.1 301 Moved\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n'),
  )
  expect(await post(wire).answer).toBe('301 ')
  expect(wire.received).toHaveLength(1)
})

test('a name that does not resolve is an error', async () => {
  const url = new URL('http://kill-switch.invalid/derivatives/api/v3/cancelallorders')
  const pool = new SocketPool(url)
  const sent = send({
    pool,
    roundTrip,
    clock: systemClock,
    request: () => ({ method: 'POST', url, headers: {}, body: '' }),
    isFresh: false,
    spending: spending(),
    spendAgain: spending,
    timeoutMs: 3_000,
    spareAfterMs: 250,
    read: () => 'never',
    onTry: () => {},
  })
  await expect(sent).rejects.toMatchObject({ remedy: 'wait', message: expect.stringContaining('failed') })
})
