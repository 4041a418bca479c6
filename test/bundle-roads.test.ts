import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Roads } from '../drill/account.ts'
import { json } from '../drill/answer.ts'
import { isNamedBy } from '../drill/book.ts'
import { alarmEvent, httpEvent, scheduleEvent } from '../drill/events.ts'
import type { Misbehaviour } from '../drill/exchange.ts'
import type { Fault } from '../drill/fault.ts'
import { faultNamed } from '../drill/faults.ts'
import type { InvocationResult, LambdaRuntime } from '../drill/runtime.ts'
import { type FunctionInputs, Stage } from '../drill/stage.ts'
import { formsOf } from '../siege/leaks.ts'
import { expectNoPieceOf } from './pieces.ts'
import { reportOf } from './report-of.ts'

/* The artefact itself over both roads: real TLS, real WebSockets, a process of its own. */

let stage: Stage

beforeEach(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.close())

const SYMBOL = 'PF_XBTUSD'

/** @param holds the keys that the secret holds; by default, those of the roads that are taken */
function start(
  roads: Roads | '',
  holds: Roads = roads || 'both',
  inputs: FunctionInputs = {},
): Promise<LambdaRuntime> {
  stage.secrets.put(stage.exchange.account.secretFor(holds))
  const settings = { QUIET_PERIOD_MS: '200', KRAKEN_ROADS: roads, ...inputs.settings }
  return stage.startFunction({ ...inputs, settings })
}

test.each<[string, (fields: { apiKey: string; apiSecret: string }) => object]>([
  ['with the second key as JSON text', (fields) => ({ unified: JSON.stringify(fields) })],
  [
    'in fields of their own',
    ({ apiKey, apiSecret }) => ({ unifiedApiKey: apiKey, unifiedApiSecret: apiSecret }),
  ],
])("a secret as the console's editor makes it, %s, is ready on both roads", async (_, second) => {
  const { apiKey, apiSecret, unified } = stage.exchange.account
  const running = await stage.startFunction({ settings: { QUIET_PERIOD_MS: '200' } })
  stage.secrets.put(`\uFEFF${JSON.stringify({ apiKey, apiSecret, ...second(unified.fields) })}`)
  expect(await running.invoke({ readiness: true })).toMatchObject({
    result: { ready: true, roads: [{ road: 'rest' }, { road: 'unified' }] },
  })
})

const triggers: readonly (readonly [string, () => unknown])[] = [
  ['an alarm', () => alarmEvent()],
  ['a schedule', () => scheduleEvent({ symbols: [SYMBOL] })],
  ['an HTTPS call', () => httpEvent(`{"symbol":"${SYMBOL}"}`)],
  ['an invocation', () => ({ reason: 'by hand' })],
]

test.each<[string, Roads]>([
  ['both:retired', 'both'],
  ['both:retired', 'unified'],
  ['both:second-dead', 'both'],
  ['both:second-silent', 'both'],
])('%s, over %s: EMPTY from every trigger, cold and warm', async (name, roads) => {
  stage.exchange.misbehave(faultNamed(name) as Fault)
  const running = await start(roads)
  for (const [, event] of triggers) {
    stage.rest(30)
    const report = reportOf(await running.invoke(event()))
    expect(report.verdict).toBe('EMPTY')
    const { orders } = stage.exchange.account.book
    expect(orders.filter((order) => report.scope === 'all' || isNamedBy(SYMBOL, order))).toEqual([])
    expect(report.cancelled.count).toBe(30 - orders.length)
    expect(report.warnings.filter((warning) => warning.startsWith('ROAD DOWN'))).toHaveLength(
      roads === 'both' ? 1 : 0,
    )
  }
})

test('the first road gone, and no second key: FAILED, and what to do', async () => {
  stage.exchange.misbehave(faultNamed('both:retired') as Fault)
  const running = await start('', 'rest', { timeoutMs: 2_500 })
  stage.rest(3)
  expect(await running.invoke(alarmEvent())).toMatchObject({
    error: { errorMessage: /^FAILED: .*retires it on 1 March 2027\. .*make one as docs\/deploy\.md says/ },
  })
})

test.each<[Roads | '', Roads, readonly string[]]>([
  ['', 'rest', ['rest']],
  ['', 'unified', ['unified']],
  ['', 'both', ['rest', 'unified']],
  ['rest', 'both', ['rest']],
  ['unified', 'both', ['unified']],
  ['both', 'both', ['rest', 'unified']],
])('KRAKEN_ROADS=%s with keys for %s takes %j', async (roads, holds, taken) => {
  const running = await start(roads, holds)
  stage.rest(5)
  const report = reportOf(await running.invoke(alarmEvent()))
  expect(report).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
  expect(report.roads.map(({ road }) => road)).toEqual(taken)
  expect(await running.invoke({ readiness: true })).toMatchObject({
    result: { ready: true, roads: taken.map((road) => ({ road, ready: true, openOrders: 0 })) },
  })
})

test('a road that is chosen and has no key is down, and the other carries it', async () => {
  const running = await start('both', 'rest')
  stage.rest(5)
  const report = reportOf(await running.invoke(alarmEvent()))
  expect(report.verdict).toBe('EMPTY')
  expect(report.warnings[0]).toMatch(
    /^ROAD DOWN: the Unified WebSocket failed\. The secret is malformed: unified is missing/,
  )
  expect(await running.invoke({ readiness: true })).toMatchObject({
    error: {
      errorType: 'NotReady',
      errorMessage: /^NOT READY: On the Unified WebSocket: The secret is malformed/,
    },
  })
})

test('readiness: each road for itself, and a road that stopped working is not ready', async () => {
  const running = await start('both')
  stage.rest(7)
  expect(await running.invoke({ readiness: true })).toMatchObject({
    result: {
      ready: true,
      roads: [
        { road: 'rest', openOrders: 7 },
        { road: 'unified', openOrders: 7 },
      ],
    },
  })
  expect(stage.exchange.account.book.orders).toHaveLength(7)
  stage.exchange.misbehave(faultNamed('both:second-dead') as Fault)
  expect(await running.invoke({ readiness: true })).toMatchObject({
    error: { errorMessage: /^NOT READY: On the Unified WebSocket: / },
  })
  const { readiness } = await running.lastReport()
  expect(readiness?.roads.map(({ ready }) => ready)).toEqual([true, false])
})

test('the second road is up before the first event, subscribed, and knows what it cancels', async () => {
  stage.rest(12)
  const running = await start('unified')
  await expect
    .poll(() => stage.exchange.calls.map(({ endpoint }) => endpoint))
    .toContain('subscribe executions')
  await sleep(50)
  const report = reportOf(await running.invoke(alarmEvent()))
  expect(report.cancelled).toMatchObject({ count: 12, withoutDetail: 0 })
  expect(stage.exchange.calls.filter(({ endpoint }) => endpoint === 'GetWebSocketsToken')).toHaveLength(1)
  expect(report.attempts.find(({ call }) => call === 'cancel_all')).toMatchObject({
    connection: 'early',
    outcome: 'ok',
  })
})

test.each<Roads>(['unified', 'both'])(
  'frozen and thawed with its WebSocket gone, %s still cancels at once',
  async (roads) => {
    stage.rest(5)
    const running = await start(roads)
    await running.invoke(alarmEvent())
    running.kill('SIGSTOP')
    for (const socket of stage.exchange.sockets) socket.destroy()
    stage.rest(5)
    await sleep(1_600)
    running.kill('SIGCONT')
    const report = reportOf(await running.invoke(alarmEvent()))
    expect(report).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
    expect(report.timing.ackMs).toBeLessThan(1_000)
  },
)

test('frozen and thawed with its WebSocket silent, the cancel goes out on a new one beside it', async () => {
  stage.rest(5)
  const running = await start('unified')
  await running.invoke(alarmEvent())
  const [old] = stage.exchange.account.unified.tokens
  running.kill('SIGSTOP')
  await sleep(1_700)
  stage.exchange.misbehave({
    message: ({ asked }) => (asked.params.token === old?.token ? { said: [] } : undefined),
  })
  stage.rest(5)
  running.kill('SIGCONT')
  const report = reportOf(await running.invoke(alarmEvent()))
  expect(report).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
  expect(report.timing.ackMs).toBeLessThan(1_000)
})

test.each<Roads>(['unified', 'both'])(
  'over %s, no fragment of a key, a secret, a signature or a token in what is said',
  async (roads) => {
    const running = await start(roads, 'both', { timeoutMs: 1_500 })
    const { account } = stage.exchange
    const answers: InvocationResult[] = []
    const echo: Misbehaviour = {
      answer: ({ credentials: { apikey, authent } }) => json({ error: [`${apikey} ${authent}`] }, 403),
      message: ({ asked, session, call }) => ({
        said: [session.failure(asked, call.credentials.authent), `{"token":"${call.credentials.authent}`],
      }),
    }
    const authents: string[] = []
    for (const fault of [
      null,
      echo,
      faultNamed('unified:garbage'),
      faultNamed('unified:closed-before-ack'),
    ]) {
      stage.rest(5)
      stage.exchange.misbehave(fault as Misbehaviour | null)
      answers.push(await running.invoke(httpEvent('{"symbol":"PF_XBTUSD"}')))
      answers.push(await running.invoke({ readiness: true }))
      authents.push(...stage.exchange.calls.map(({ credentials }) => credentials.authent))
    }
    await sleep(60)
    const said = JSON.stringify(answers) + running.lines.join('\n')
    expect(account.unified.issued.size).toBeGreaterThan(0)
    expectNoPieceOf([...[account, account.unified].flatMap(formsOf), ...authents], said)
    expect(said).not.toMatch(/API-Sign|Authent/)
  },
)

test.each<[string, (unified: { apiKey: string; apiSecret: string }) => unknown, RegExp]>([
  ['a text', ({ apiSecret }) => apiSecret, /unified is not an object/],
  ['no apiKey', ({ apiSecret }) => ({ apiSecret }), /unified\.apiKey is missing/],
  ['wrong base64', (key) => ({ ...key, apiSecret: key.apiSecret.slice(1) }), /unified\.apiSecret is not/],
  [
    'a line break',
    (key) => ({ ...key, apiKey: `${key.apiKey.slice(0, 20)}\n${key.apiKey.slice(20)}` }),
    /unified\.apiKey holds a line break/,
  ],
  [
    'both swapped',
    ({ apiKey, apiSecret }) => ({ apiKey: apiSecret, apiSecret: apiKey }),
    /unified\.apiKey and unified\.apiSecret look swapped/,
  ],
])('a second key with %s costs its road alone, and no fragment of it is said', async (_, spoil, message) => {
  const { account } = stage.exchange
  const { apiKey, apiSecret } = account
  stage.secrets.put(JSON.stringify({ apiKey, apiSecret, unified: spoil(account.unified.fields) }))
  const running = await stage.startFunction({ settings: { QUIET_PERIOD_MS: '200' } })
  stage.rest(5)
  const report = reportOf(await running.invoke(alarmEvent()))
  expect(report).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
  expect(report.warnings[0]).toMatch(/^ROAD DOWN: the Unified WebSocket failed\. The secret is malformed/)
  const readiness = await running.invoke({ readiness: true })
  expect(readiness).toMatchObject({ error: { errorMessage: expect.stringMatching(message) } })
  await sleep(60)
  const said = JSON.stringify([report, readiness]) + running.lines.join('\n')
  expectNoPieceOf([account, account.unified].flatMap(formsOf), said)
})

test('an order that the second road was told of stands against the proof of the first, though the second can read no more', async () => {
  const running = await start('both', 'both', { timeoutMs: 4_000 })
  expect(await running.invoke({ readiness: true })).toMatchObject({ result: { ready: true } })
  let reads = 0
  stage.exchange.misbehave({
    message: ({ asked, session }, orderly) => {
      if (asked.method !== 'subscribe' || asked.params.channel !== 'executions') return undefined
      if (reads++ > 0) return { said: [session.failure(asked, 'EService:Busy')] }
      const entry = { order_id: 'told', symbol: SYMBOL, exec_type: 'new', order_status: 'new' }
      return { said: [...orderly(), { channel: 'executions', type: 'update', data: [entry] }] }
    },
  })
  expect(await running.invoke(alarmEvent())).toMatchObject({
    error: { errorMessage: expect.stringMatching(/^NOT EMPTY: 1 order /) },
  })
})

test('after the report nothing more leaves on the road that was not waited for, not even a spare', async () => {
  const settings = { QUIET_PERIOD_MS: '50', SPARE_AFTER_MS: '900' }
  const running = await start('both', 'both', { settings })
  expect(await running.invoke({ readiness: true })).toMatchObject({ result: { ready: true } })
  stage.rest(5)
  let upgrades = 0
  stage.exchange.misbehave({
    message: () => ({ said: [] }),
    upgrade: () => {
      upgrades += 1
      return undefined
    },
  })
  expect(reportOf(await running.invoke(alarmEvent())).verdict).toBe('EMPTY')
  const { length } = stage.exchange.calls
  await sleep(1_300)
  expect([stage.exchange.calls.slice(length), upgrades]).toEqual([[], 0])
})
