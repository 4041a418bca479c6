import dns, { type LookupAddress } from 'node:dns'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { LatencyProxy } from '../../../drill/latency-proxy.ts'
import type { LambdaRuntime } from '../../../drill/runtime.ts'
import { type FunctionInputs, Stage } from '../../../drill/stage.ts'
import { Addresses } from '../../../lambda/kraken/http/addresses.ts'
import type { Report } from '../../../lambda/report/report.ts'
import { reportOf } from '../../report-of.ts'

/* A far host with addresses of both families, and what becomes of what is sent to each: through the built bundle. */

const ATTEMPT_MS = 2_500
const ROUND_TRIP_MS = 320

let stage: Stage

beforeEach(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.close())

/** A function to which its exchange is `localhost`, far away over one or both families. */
async function start(network: string, inputs: FunctionInputs = {}): Promise<LambdaRuntime> {
  const { port } = new URL(stage.exchange.url)
  // The same exchange and the same port, seen at the IPv6 address.
  const relay = await LatencyProxy.start(new URL(stage.exchange.url).origin, 0, '::1', Number(port))
  onTestFinished(() => relay.close())
  const preload = `${new URL('./far-network.ts', import.meta.url).href}?ports=${port}&${network}`
  const atLocalhost = (url: string) => url.replace('127.0.0.1', 'localhost')
  return stage.startFunction({
    execArgv: ['--import', preload],
    settings: {
      KRAKEN_FUTURES_URL: atLocalhost(stage.exchange.url),
      KRAKEN_UNIFIED_URL: atLocalhost(stage.exchange.unifiedUrl),
      KRAKEN_API_URL: atLocalhost(stage.exchange.apiUrl),
      QUIET_PERIOD_MS: '200',
      ...inputs.settings,
    },
  })
}

const connectOf = ({ attempts }: Report) => attempts.find(({ call }) => call === 'connect')

const networks: readonly (readonly [string, string, number])[] = [
  ['A alone', 'order=4&4=far', 1],
  ['AAAA alone', 'order=6&6=far', 1],
  ['A first, no route to AAAA', 'order=46&4=far&6=none', 1],
  ['AAAA first, without a route', 'order=64&4=far&6=none', 1],
  ['A first, AAAA swallows everything', 'order=46&4=far&6=hole', 1],
  ['AAAA first, and it swallows everything', 'order=64&4=far&6=hole', 2],
  ['A first, and it swallows everything', 'order=46&4=hole&6=far', 2],
]

describe('over a round trip of 320 ms', () => {
  test.each(networks)('%s: connected within one attempt, and no call fails', async (_, network, dials) => {
    stage.rest(5)
    const running = await start(network)
    const report = reportOf(await running.invoke({}))
    expect(report).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
    expect(report.attempts.filter(({ outcome }) => outcome !== 'ok')).toEqual([])
    const { ms = Number.NaN } = connectOf(report) ?? {}
    expect(ms).toBeGreaterThanOrEqual(ROUND_TRIP_MS - 5)
    // An address that swallows everything gets a third of an attempt; the others no time at all.
    expect(ms).toBeLessThan(dials === 1 ? ATTEMPT_MS / 3 : ATTEMPT_MS - ROUND_TRIP_MS)
  })
})

test('an address that swallows everything costs the first connection its time, and no other', async () => {
  const running = await start('order=64&4=far&6=hole')
  stage.rest(5)
  await running.invoke({})
  for (const socket of stage.exchange.sockets) socket.resetAndDestroy()
  stage.rest(5)
  const { verdict, timing } = reportOf(await running.invoke({}))
  expect(verdict).toBe('EMPTY')
  expect(timing.ackMs).toBeLessThan(ATTEMPT_MS / 3)
})

test.each(['fail', 'hang'])(
  'a name server that begins to %s costs a warm process no connection',
  async (names) => {
    const running = await start(`order=46&4=far&6=none&names=${names}`)
    stage.rest(5)
    await running.invoke({})
    for (const socket of stage.exchange.sockets) socket.resetAndDestroy()
    stage.rest(5)
    expect(reportOf(await running.invoke({}))).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
  },
)

test('while a name is not answered it is not asked for again: each question holds a thread', async () => {
  const asked: ((error: null, addresses: LookupAddress[]) => void)[] = []
  const { lookup } = dns
  onTestFinished(() => {
    dns.lookup = lookup
  })
  const unanswered = (_host: string, _options: object, done: (typeof asked)[0]) => asked.push(done)
  dns.lookup = unanswered as unknown as typeof lookup
  const addresses = new Addresses()
  const look = () =>
    new Promise((resolve) => addresses.lookup('h', { all: true }, (...answer) => resolve(answer)))
  const looks = [look(), look(), look()]
  expect(asked).toHaveLength(1)
  const both = [
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ]
  asked[0]?.(null, both)
  expect(await Promise.all(looks)).toEqual(Array(3).fill([null, both]))
  addresses.noteReached('127.0.0.1')
  const next = look()
  asked[1]?.(null, both)
  expect(await next).toEqual([null, both.toReversed()])
  expect(asked).toHaveLength(2)
})

test('a name that was never answered is an error', async () => {
  const addresses = new Addresses()
  const answer = await new Promise((resolve) =>
    addresses.lookup('kill-switch.invalid', { all: true }, (error) => resolve(error)),
  )
  expect(answer).toBeInstanceOf(Error)
})

test('the second road gets through as the first does', async () => {
  stage.secrets.put(stage.exchange.account.secretFor('unified'))
  stage.rest(5)
  const running = await start('order=46&4=far&6=none', { settings: { KRAKEN_ROADS: 'unified' } })
  const report = reportOf(await running.invoke({}))
  expect(report.verdict).toBe('EMPTY')
  expect(report.attempts.filter(({ outcome }) => outcome !== 'ok')).toEqual([])
})
