import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { type AddressInfo, connect } from 'node:net'
import { dirname } from 'node:path'
import tls from 'node:tls'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type Delivery, json } from '../drill/answer.ts'
import { type Certificate, makeCertificate } from '../drill/certificate.ts'
import { type Death, LatencyProxy } from '../drill/latency-proxy.ts'
import { Stage } from '../drill/stage.ts'
import type { ApiInputs } from '../lambda/kraken/http/call.ts'
import { SocketPool } from '../lambda/kraken/http/socket-pool.ts'
import type { Scope } from '../lambda/kraken/symbol.ts'
import type { Report } from '../lambda/report/report.ts'
import { type Pulled, pullOver } from './pull.ts'
import { openVenue, type Venue } from './venue.ts'

/* What a network does, over real TLS connections, to the real sweep. */

let certificate: Certificate

beforeAll(async () => {
  certificate = await makeCertificate()
  tls.setDefaultCACertificates([...tls.getCACertificates(), certificate.cert])
})
afterAll(() => rm(dirname(certificate.caFile), { recursive: true }))

async function venueFor(trusted: Certificate = certificate): Promise<Venue> {
  const venue = await openVenue(12, trusted)
  onTestFinished(() => venue.close())
  return venue
}

/** Over the first road alone. */
function pull(
  venue: Venue,
  overrides: Partial<ApiInputs> = {},
  scope: Scope = 'all',
  timeMs = 3_000,
): Promise<Pulled> {
  const roads = (deadlineAt: number) => venue.roads('rest', { deadlineAt, ...overrides })
  return pullOver(venue, { scope, timeMs, quietPeriodMs: 200, roads })
}

/** A client that leads elsewhere. */
function towards(origin: string): Partial<ApiInputs> {
  const url = new URL(`${origin}/derivatives/api/v3`)
  const pool = new SocketPool(url)
  onTestFinished(() => pool.close())
  return { url, pool }
}

async function from(target: string, roundTripMs: number): Promise<LatencyProxy> {
  const proxy = await LatencyProxy.start(target, roundTripMs)
  onTestFinished(() => proxy.close())
  return proxy
}

describe.concurrent('distance', () => {
  test.each([
    [10, 'EMPTY'],
    [400, 'EMPTY'],
    [5_000, 'FAILED'],
  ] as const)('round trips of %d ms: %s', async (roundTripMs, kind) => {
    const venue = await openVenue(12, certificate)
    const proxy = await LatencyProxy.start(new URL(venue.exchange.url).origin, roundTripMs)
    const url = new URL(`${proxy.url}/derivatives/api/v3`)
    const { verdict } = await pull(
      venue,
      { url, pool: new SocketPool(url), attemptTimeoutMs: 2_500 },
      'all',
      6_000,
    )
    await Promise.all([proxy.close(), venue.close()])
    expect(verdict.kind).toBe(kind)
  })
})

// The first cancel is carried out, and its answer comes like that; then all is well.
const deliveries: readonly Delivery[] = [
  'reset',
  'end',
  'headers only',
  'half, then silence',
  'half, then reset',
  'half, then end',
  'drip',
  'endless',
  'never',
]

describe.concurrent('an answer that gets lost costs a try, and no order', () => {
  test.each(deliveries)('%s', async (delivery) => {
    const venue = await openVenue(12, certificate)
    venue.exchange.misbehave({
      answer: ({ endpoint, nth }, orderly) =>
        endpoint === 'cancelallorders' && nth === 0 ? { ...orderly(), delivery } : undefined,
    })
    const { verdict } = await pull(venue)
    await venue.close()
    expect(verdict.kind).toBe('EMPTY')
    expect(venue.attempts[0]?.outcome).not.toBe('ok')
  })
})

test.each<[Death, number]>([
  ['FIN', 1],
  ['FIN', 5],
  ['RST', 1],
  ['RST', 5],
  ['RST on write', 1],
  ['RST on write', 5],
  ['silence', 1],
  ['silence', 5],
])('connections that died by %s, %d of them: no cancel is lost', async (death, count) => {
  const venue = await venueFor()
  const proxy = await from(new URL(venue.exchange.url).origin, 4)
  const url = new URL(`${proxy.url}/derivatives/api/v3`)
  const pool = new SocketPool(url, 50)
  onTestFinished(() => pool.close())
  const symbols = ['PF_XBTUSD', 'PF_ETHUSD', 'PF_SOLUSD', 'PI_XBTUSD', 'FI_XBTUSD_261225'].slice(0, count)
  const scope = count === 1 ? 'all' : symbols
  // A timeout that were waited for could not be missed.
  const client = { url, pool, attemptTimeoutMs: 8_000 }
  expect((await pull(venue, client, scope, 12_000)).verdict.kind).toBe('EMPTY')
  await new Promise((resolve) => setTimeout(resolve, 100))
  proxy.kill(death)
  for (const symbol of symbols) venue.exchange.account.book.place({ symbol })
  const { verdict, tookMs } = await pull(venue, client, scope, 12_000)
  expect(verdict.kind).toBe('EMPTY')
  expect(tookMs).toBeLessThan(6_000)
})

test('a certificate that nobody vouches for gets no request', async () => {
  const stranger = await makeCertificate()
  onTestFinished(() => rm(dirname(stranger.caFile), { recursive: true }))
  const venue = await venueFor(stranger)
  const { verdict } = await pull(venue, {}, 'all', 1_000)
  expect(verdict).toMatchObject({ kind: 'FAILED', cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' } })
  expect(venue.exchange.calls).toEqual([])
})

test('a certificate for another host gets no request', async () => {
  const venue = await venueFor()
  const { port } = new URL(venue.exchange.url)
  // 127.0.0.2 is this machine too, and not among the names of the certificate.
  const relay = await LatencyProxy.start(`https://127.0.0.1:${port}`, 0, '127.0.0.2')
  onTestFinished(() => relay.close())
  const { verdict } = await pull(venue, towards(relay.url), 'all', 1_000)
  expect(verdict).toMatchObject({ kind: 'FAILED', cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
  expect(venue.exchange.calls).toEqual([])
})

test('a server that speaks no TLS gets no request', async () => {
  const venue = await venueFor()
  const plain = await openVenue(0)
  onTestFinished(() => plain.close())
  const { verdict } = await pull(
    venue,
    towards(plain.exchange.url.replace('http:', 'https:').replace(/\/derivatives.*/, '')),
    'all',
    1_000,
  )
  expect(verdict.kind).toBe('FAILED')
  expect(plain.exchange.calls).toEqual([])
})

test('a name that does not resolve is FAILED, in time', async () => {
  const venue = await venueFor()
  const { verdict } = await pull(venue, towards('https://kill-switch.invalid'), 'all', 1_000)
  expect(verdict.kind).toBe('FAILED')
})

/** A server below HTTP that gives every request the same bytes. */
async function rawServer(bytes: Buffer): Promise<string> {
  const server = tls.createServer(certificate, (socket) => {
    socket.on('error', () => {})
    socket.on('data', () => socket.write(bytes))
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `https://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const bomb = gzipSync(Buffer.alloc(200_000_000))

test.each<[string, Buffer]>([
  ['something that is not HTTP', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
  ['zeros', Buffer.alloc(1_000)],
  [
    'a gzip bomb',
    Buffer.concat([
      Buffer.from(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`),
      bomb,
    ]),
  ],
  ['headers without end', Buffer.from(`HTTP/1.1 200 OK\r\n${'x-more: and more\r\n'.repeat(5_000)}`)],
])('%s is FAILED, and costs no memory', async (_, bytes) => {
  const venue = await venueFor()
  const before = process.memoryUsage().rss
  const { verdict } = await pull(venue, towards(await rawServer(bytes)), 'all', 1_500)
  expect(verdict.kind).toBe('FAILED')
  expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000)
})

test('a byte too many after an answer is no answer to what is asked next', async () => {
  const venue = await venueFor()
  const empty = json({ result: 'success', openOrders: [], serverTime: new Date().toISOString() })
  const smuggled = `HTTP/1.1 200 OK\r\ncontent-length: ${empty.body.length}\r\n\r\n${empty.body}`
  const { verdict } = await pull(
    venue,
    towards(await rawServer(Buffer.from(smuggled + smuggled))),
    'all',
    1_500,
  )
  expect(verdict.kind).not.toBe('EMPTY')
})

test('an IPv6 address that swallows everything does not hold up the cancel', async () => {
  // A stopped process with a full queue: what is dialled there stays unanswered, as behind a broken route.
  const script =
    "const s = require('net').createServer(); s.listen({ host: '::1', port: 0, backlog: 1 }, () => console.log(s.address().port))"
  const hole = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void hole.kill('SIGKILL'))
  const [line] = await once(hole.stdout, 'data')
  hole.kill('SIGSTOP')
  const stage = await Stage.open()
  onTestFinished(() => stage.close())
  const port = Number(String(line))
  for (let i = 0; i < 3; i++) connect({ host: '::1', port }).on('error', () => {})
  const relay = await LatencyProxy.start(new URL(stage.exchange.url).origin, 0, '127.0.0.1', port)
  onTestFinished(() => relay.close())
  const resolver = new URL('./resolve-both.ts', import.meta.url).pathname
  const running = await stage.startFunction({
    execArgv: ['--import', resolver],
    settings: { KRAKEN_FUTURES_URL: `https://localhost:${port}/derivatives/api/v3`, QUIET_PERIOD_MS: '200' },
  })
  const answer = await running.invoke({})
  expect('result' in answer && (answer.result as Report).verdict).toBe('EMPTY')
})
