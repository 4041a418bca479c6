import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { json } from '../drill/answer.ts'
import { alarmEvent, alarmRuleEvent, alarmSnsEvent, httpEvent, scheduleEvent } from '../drill/events.ts'
import type { Fault } from '../drill/fault.ts'
import { faultNamed } from '../drill/faults.ts'
import { LatencyProxy } from '../drill/latency-proxy.ts'
import type { InvocationResult, LambdaRuntime } from '../drill/runtime.ts'
import { type FunctionInputs, Stage } from '../drill/stage.ts'
import { SETTING_NAMES, type SettingName } from '../lambda/init/settings.ts'
import { formsOf } from '../siege/leaks.ts'
import { expectNoPieceOf } from './pieces.ts'
import { reportOf } from './report-of.ts'

/*
 * The artefact itself, `dist/switch`, in a process of its own through the Lambda Runtime API:
 * the folder that is deployed, against real TLS, the real AWS SDK and the real log.
 */

let stage: Stage

beforeEach(async () => {
  stage = await Stage.open()
})
afterEach(() => stage.close())

const quick = { QUIET_PERIOD_MS: '200' }

function start(inputs: FunctionInputs = {}): Promise<LambdaRuntime> {
  return stage.startFunction({ ...inputs, settings: { ...quick, ...inputs.settings } })
}

/** The log as Lambda keeps it: one JSON value a line, nothing between. */
async function logOf(running: LambdaRuntime): Promise<Record<string, unknown>[]> {
  await new Promise((resolve) => setTimeout(resolve, 60))
  return running.lines.map((line) => JSON.parse(line))
}

test('a hundred mixed events in one process: each answered, none colours the next', async () => {
  const running = await start()
  // One in ten fires: a proof costs some 35 of the 500 units that Kraken allows in 10 s.
  const firing = [
    alarmEvent(),
    scheduleEvent({ symbols: ['PF_XBTUSD'] }),
    httpEvent('{"symbol":"PF_XBTUSD"}'),
    alarmRuleEvent(),
    alarmSnsEvent(),
  ]
  for (let i = 0; i < 100; i++) {
    stage.rest(5)
    if (i % 10 === 0) {
      const report = reportOf(await running.invoke(firing[(i / 10) % firing.length]))
      expect(report).toMatchObject({
        verdict: 'EMPTY',
        cancelled: { count: 5 },
        timing: { coldStart: i === 0 },
      })
    } else if (i % 10 === 1) {
      expect(await running.invoke({ readiness: true })).toMatchObject({
        result: { ready: true, roads: [{ openOrders: 5 }] },
      })
    } else if (i % 3 === 0) {
      expect(reportOf(await running.invoke(alarmEvent('OK')))).toMatchObject({
        verdict: 'NOT_FIRED',
        attempts: [],
      })
    } else if (i % 3 === 1) {
      expect(reportOf(await running.invoke(httpEvent('nonsense')))).toMatchObject({ verdict: 'NOT_FIRED' })
    } else {
      const refusal = { errorType: 'NotProvenEmpty', errorMessage: /^NOT FIRED: symbols is an empty list/ }
      expect(await running.invoke({ symbols: [] })).toMatchObject({ error: refusal })
    }
  }
  expect((await logOf(running)).every((line) => typeof line === 'object')).toBe(true)
}, 60_000)

test('the log: a firing line before the first call, the report after, then the metrics', async () => {
  stage.rest(37)
  const running = await start()
  await running.invoke(alarmEvent())
  const [firing, report, metrics, ofRoad, ...more] = await logOf(running)
  expect(more).toEqual([])
  expect(firing).toMatchObject({ level: 'INFO', message: 'firing', trigger: { kind: 'alarm' }, scope: 'all' })
  expect(report).toMatchObject({ level: 'INFO', message: /^EMPTY/, report: { verdict: 'EMPTY' } })
  expect(ofRoad).toMatchObject({ road: 'rest', RoadFailed: 0, RoadAckMs: expect.any(Number) })
  expect(metrics).toMatchObject({
    VerdictEmpty: 1,
    OrdersCancelled: 37,
    OrdersRemaining: 0,
    SentMs: expect.any(Number),
    AckMs: expect.any(Number),
    VerifiedMs: expect.any(Number),
    function: 'kill-switch',
    _aws: { CloudWatchMetrics: [expect.objectContaining({ Namespace: 'KillSwitch' })] },
  })
})

test('the firing line has the scope that the alarm really has, and none is written for a stale schedule', async () => {
  const ALARM_SCOPES = JSON.stringify({ 'bot-heartbeat-missing': { symbols: ['PF_XBTUSD'] } })
  const running = await start({ settings: { ALARM_SCOPES } })
  await running.invoke(scheduleEvent({}, new Date(Date.now() - 7_200_000)))
  await running.invoke(alarmEvent())
  const firing = (await logOf(running)).filter(({ message }) => message === 'firing')
  expect(firing).toEqual([expect.objectContaining({ scope: ['PF_XBTUSD'] })])
})

test('readiness is a metric of 1, or of 0 with a sentence: thrown, or returned to a schedule', async () => {
  const running = await start()
  await running.invoke({ readiness: true })
  stage.exchange.account.general = 'READ_ONLY'
  const answer = await running.invoke({ readiness: true })
  expect(answer).toMatchObject({ error: { errorType: 'NotReady', errorMessage: /^NOT READY: .*READ_ONLY/ } })
  const scheduled = await running.invoke({ readiness: true, ...scheduleEvent() })
  expect(scheduled).toMatchObject({ result: { ready: false, sentence: /^NOT READY: .*READ_ONLY/ } })
  const ready = (await logOf(running)).flatMap((line) => ('Ready' in line ? [line.Ready] : []))
  expect(ready).toEqual([1, 0, 0])
})

test('the same event twice: both act, both report', async () => {
  const running = await start()
  const event = alarmEvent()
  for (const _ of [1, 2]) {
    stage.rest(5)
    expect(reportOf(await running.invoke(event))).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
  }
})

test('five at once, in five processes: the book ends empty, and all say so', async () => {
  stage.rest(37)
  const running = await Promise.all(Array.from({ length: 5 }, () => start()))
  const reports = (await Promise.all(running.map((one) => one.invoke({})))).map(reportOf)
  expect(reports.map(({ verdict }) => verdict)).toEqual(Array(5).fill('EMPTY'))
  expect(reports.reduce((sum, { cancelled }) => sum + cancelled.count, 0)).toBe(37)
})

test('a cold function without Secrets Manager fails in time and says so; a warm one fires', async () => {
  stage.rest(5)
  stage.secrets.behaviour = { error: 'InternalServiceError' }
  const cold = await start()
  expect(await cold.invoke({})).toMatchObject({
    error: {
      errorMessage:
        /^FAILED: nothing was acknowledged\. Secrets Manager gave no secret \(InternalServiceError\)/,
    },
  })
  stage.secrets.behaviour = {}
  expect(reportOf(await cold.invoke({})).verdict).toBe('EMPTY')
  stage.secrets.behaviour = { error: 'InternalServiceError' }
  stage.rest(5)
  expect(reportOf(await cold.invoke({})).verdict).toBe('EMPTY')
})

test('a Secrets Manager that is busy for a while costs a cold function that while, not the pull', async () => {
  stage.rest(5)
  stage.secrets.behaviour = { error: 'ThrottlingException' }
  const cold = await start()
  const invoking = cold.invoke({})
  setTimeout(() => {
    stage.secrets.behaviour = {}
  }, 1_500)
  expect(reportOf(await invoking)).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
})

test('a secret that is refused for good is not asked for again', async () => {
  stage.secrets.behaviour = { error: 'AccessDeniedException' }
  const cold = await start()
  const before = stage.secrets.requests
  expect(await cold.invoke({})).toMatchObject({ error: { errorMessage: /AccessDeniedException/ } })
  expect(stage.secrets.requests - before).toBeLessThanOrEqual(2) // that of init, and that of the event
})

test('a stalled Secrets Manager does not hold the function beyond its time', async () => {
  stage.secrets.behaviour = { isStalled: true }
  const running = await start({ timeoutMs: 4_000 })
  expect(await running.invoke({})).toMatchObject({
    error: { errorType: 'NotProvenEmpty', errorMessage: /^FAILED: .*Secrets Manager gave no secret/ },
  })
})

test.each([
  ['a pull', {}, /^FAILED: .*Secrets Manager gave no secret \(no answer in time\)/],
  [
    'a readiness check',
    { readiness: true },
    /^NOT READY: .*Secrets Manager gave no secret \(no answer in time\)/,
  ],
])(
  'a Secrets Manager that takes longer than there is time is not waited for by %s',
  async (_, event, message) => {
    stage.secrets.behaviour = { isStalled: true }
    const running = await start({ timeoutMs: 2_000 })
    await running.initialised
    await new Promise((resolve) => setTimeout(resolve, 1_500)) // the init phase has given up: it is asked anew, for three seconds
    expect(await running.invoke(event)).toMatchObject({ error: { errorMessage: message } })
  },
)

test('a slow Secrets Manager holds up the init phase, not the cancel', async () => {
  stage.secrets.behaviour = { latencyMs: 500 }
  stage.rest(5)
  const running = await start()
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const { attempts, timing, verdict } = reportOf(await running.invoke({}))
  expect(verdict).toBe('EMPTY')
  expect(timing.secretMs).toBeLessThan(250)
  expect(attempts.find(({ call }) => call === 'GetSecretValue')).toMatchObject({ outcome: 'ok' })
})

test('two pulls of a warm function, one right after the other, stay within what Kraken allows for both', async () => {
  const symbols = Array.from({ length: 19 }, (_, i) => `PF_COIN${i}USD`) // 475 of 500 units
  const running = await start()
  for (const symbol of symbols) stage.exchange.account.book.place({ symbol })
  const [first, second] = [await running.invoke({ symbols }), await running.invoke({ symbols })].map(reportOf)
  expect([first?.verdict, second?.verdict]).toEqual(['EMPTY', 'EMPTY'])
  const { calls } = stage.exchange
  expect(calls.filter(({ endpoint }) => endpoint === 'cancelallorders')).toHaveLength(19)
  expect(calls.reduce((sum, { units }) => sum + units, 0)).toBeLessThanOrEqual(500)
})

test('a rotated key works without a restart', async () => {
  const running = await start()
  stage.rest(5)
  expect(reportOf(await running.invoke({})).verdict).toBe('EMPTY')
  stage.exchange.account.rotate()
  stage.secrets.put(stage.exchange.account.secret)
  stage.rest(5)
  expect(reportOf(await running.invoke({}))).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
})

test('connections that died while the process was frozen cost no cancel', async () => {
  const running = await start()
  stage.rest(5)
  await running.invoke({})
  process.kill(running.pid, 'SIGSTOP')
  for (const socket of stage.exchange.sockets) socket.resetAndDestroy()
  await new Promise((resolve) => setTimeout(resolve, 100))
  stage.rest(5)
  const answer = running.invoke({})
  process.kill(running.pid, 'SIGCONT')
  expect(reportOf(await answer)).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
})

test.each([1, 5])(
  '%d connections that swallow everything after a freeze cost no cancel, and no timeout',
  async (count) => {
    const proxy = await LatencyProxy.start(new URL(stage.exchange.url).origin, 4)
    onTestFinished(() => proxy.close())
    const running = await start({
      settings: { KRAKEN_FUTURES_URL: `${proxy.url}/derivatives/api/v3`, ATTEMPT_TIMEOUT_MS: '5000' },
    })
    const symbols = ['PF_XBTUSD', 'PF_ETHUSD', 'PF_SOLUSD', 'PI_XBTUSD', 'FI_XBTUSD_261225']
    const event = count === 1 ? {} : { symbols }
    stage.rest(5)
    await running.invoke(event)
    await new Promise((resolve) => setTimeout(resolve, 1_600))
    process.kill(running.pid, 'SIGSTOP')
    proxy.kill('silence')
    stage.rest(5)
    const answer = running.invoke(event)
    process.kill(running.pid, 'SIGCONT')
    const report = reportOf(await answer)
    expect(report).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
    expect(report.timing.ackMs).toBeLessThan(3_000)
    expect(report.attempts.filter(({ connection }) => connection === 'spare')).toHaveLength(count)
  },
)

test('half a second is enough to cancel, and to report that there was no time for a proof', async () => {
  const running = await start()
  await running.invoke({})
  const short = await stage.startFunction({ timeoutMs: 500 })
  await short.invoke({ readiness: true })
  stage.rest(5)
  const answer = await short.invoke({})
  expect(answer).toMatchObject({ error: { errorType: 'NotProvenEmpty', errorMessage: /^UNVERIFIED/ } })
  expect(stage.exchange.account.book.orders).toEqual([])
})

test('killed between ack and proof: the firing line is there, and the next pull proves', async () => {
  stage.rest(5)
  const running = await start({ settings: { QUIET_PERIOD_MS: '5000' } })
  stage.exchange.misbehave(null)
  const answer = running.invoke(alarmEvent())
  while (!stage.exchange.calls.some(({ endpoint }) => endpoint === 'openorders')) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  running.kill('SIGKILL')
  expect(await answer).toMatchObject({ error: { errorType: 'Runtime.ExitError' } })
  expect((await logOf(running)).map(({ message }) => message)).toEqual(['firing'])
  const next = await start()
  expect(reportOf(await next.invoke(alarmEvent())).verdict).toBe('EMPTY')
})

test('50,000 orders with a heap of 128 MB, and a report that fits one log event', async () => {
  stage.rest(0)
  for (let i = 0; i < 50_000; i++) stage.exchange.account.book.place({ cliOrdId: `mass-${i}` })
  const running = await start({ execArgv: ['--max-old-space-size=128'] })
  expect(reportOf(await running.invoke({}))).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 50_000 } })
  await logOf(running)
  expect(Math.max(...running.lines.map(({ length }) => length))).toBeLessThan(1_000_000)
}, 30_000)

const malformed: [string, (fields: { apiKey: string; apiSecret: string }) => string][] = [
  [
    'a line break in the secret',
    ({ apiKey, apiSecret }) =>
      JSON.stringify({ apiKey, apiSecret: `${apiSecret.slice(0, 40)}\n${apiSecret.slice(40)}` }),
  ],
  ['wrong base64', ({ apiKey, apiSecret }) => JSON.stringify({ apiKey, apiSecret: apiSecret.slice(0, -1) })],
  ['a missing field', ({ apiSecret }) => JSON.stringify({ apiSecret })],
  ['no JSON', ({ apiKey, apiSecret }) => `${apiKey}:${apiSecret}`],
  ['JSON encoded twice', (fields) => JSON.stringify(JSON.stringify(fields))],
  ['the object under a name', (fields) => JSON.stringify({ kraken: JSON.stringify(fields) })],
  ['a key that Kraken does not know', (fields) => JSON.stringify(fields)],
]

test.each(malformed)('%s: FAILED, and no fragment of it anywhere', async (_, secretOf) => {
  const fields = { apiKey: randomBytes(42).toString('base64'), apiSecret: randomBytes(64).toString('base64') }
  stage.secrets.put(secretOf(fields))
  const running = await start()
  const answers = [
    await running.invoke(alarmEvent()),
    await running.invoke(httpEvent('{}')),
    await running.invoke({ readiness: true }),
  ]
  expect(answers[0]).toMatchObject({ error: { errorMessage: /^FAILED: nothing was acknowledged/ } })
  expect(answers[1]).toMatchObject({ result: { statusCode: 502 } })
  expect(answers[2]).toMatchObject({ error: { errorType: 'NotReady' } })
  await logOf(running)
  expectNoSecret(fields, JSON.stringify(answers) + running.lines.join('\n'))
})

test('no fragment of key, secret or signature in what a working switch says', async () => {
  const running = await start({ timeoutMs: 1_500 })
  const answers: InvocationResult[] = []
  for (const fault of [
    null,
    'redirect',
    'html-200',
    'error:unknownError@500',
    'scope-ignored',
    'lying-status',
  ]) {
    stage.rest(5)
    stage.exchange.misbehave(fault === null ? null : (faultNamed(fault) as Fault))
    answers.push(await running.invoke(httpEvent('{"symbol":"PF_XBTUSD"}')))
  }
  answers.push(await running.invoke({ readiness: true }))
  await logOf(running)
  expectNoSecret(stage.exchange.account, JSON.stringify(answers) + running.lines.join('\n'))
})

/** Nor the name of the header that carries a signature. */
function expectNoSecret(fields: { apiKey: string; apiSecret: string }, output: string): void {
  expectNoPieceOf(formsOf(fields), output)
  expect(output).not.toMatch(/Authent/)
}

test('a redirect takes the credentials nowhere', async () => {
  stage.rest(5)
  const running = await start({ timeoutMs: 2_000 })
  stage.exchange.misbehave(faultNamed('redirect') ?? null)
  expect(await running.invoke({})).toMatchObject({ error: { errorMessage: /^FAILED: .*1 March 2027/ } })
  expect(stage.exchange.calls.length).toBeGreaterThan(0)
  expect(stage.exchange.calls.filter(({ endpoint }) => endpoint === 'elsewhere')).toEqual([])
})

const badSettings: [SettingName | 'AWS_REGION', string][] = [
  ['KRAKEN_SECRET_ID', ''],
  ['KRAKEN_ROADS', 'all'],
  ['KRAKEN_FUTURES_URL', 'https://example.com/'],
  ['KRAKEN_UNIFIED_URL', 'https://uws.kraken.com/v2/private'],
  ['KRAKEN_API_URL', 'https://api.kraken.com/0'],
  ['QUIET_PERIOD_MS', 'a second'],
  ['ATTEMPT_TIMEOUT_MS', '1'],
  ['SPARE_AFTER_MS', '1'],
  ['STALE_SCHEDULE_MS', '1'],
  ['ALARM_SCOPES', '{'],
  ['NOTIFY_TOPIC_ARN', 'kill-switch'],
  ['CHAT_TOPIC_ARN', 'kill-switch-chat'],
  ['DASHBOARD_URL', 'the dashboard'],
  ['RUNBOOK_URL', 'docs/runbook.md'],
  ['HOLD_MACHINE_ARN', 'kill-switch-hold'],
  ['HOLD_PERSIST_MINUTES', '61'],
  ['HOLD_KEEP_SHUT_MINUTES', 'an hour'],
  ['HOLD_FUSE', 'yes'],
  ['AWS_REGION', ''],
]

test('each setting is among those that are set badly here', () => {
  expect(
    badSettings
      .map(([name]) => name)
      .filter((name) => name !== 'AWS_REGION')
      .toSorted(),
  ).toEqual([...SETTING_NAMES].toSorted())
})

test.each(badSettings)('a bad %s is no crash at load, but an answer that names it', async (name, value) => {
  const running = await start({ settings: { [name]: value } })
  const errorMessage = expect.stringMatching(new RegExp(`^FAILED: .*${name}`))
  expect(await running.invoke(alarmEvent())).toMatchObject({ error: { errorMessage } })
  expect(await running.invoke({ readiness: true })).toMatchObject({ error: { errorType: 'NotReady' } })
  if (name !== 'ALARM_SCOPES') {
    expect(await running.invoke(httpEvent('{}'))).toMatchObject({ result: { statusCode: 502 } })
  }
})

test('text that would break out of a log line, or a terminal, does not', async () => {
  const hostile = 'a\r\n{"level":"INFO"}\u2028\u001b[31m\u0000\u202e@channel'
  const running = await start({ timeoutMs: 2_500 })
  stage.exchange.misbehave({
    answer: ({ endpoint }) =>
      endpoint === 'openorders'
        ? json({
            result: 'success',
            openOrders: [
              { order_id: hostile, cliOrdId: hostile, symbol: hostile, side: hostile, orderType: hostile },
            ],
          })
        : undefined,
  })
  const event = alarmEvent()
  const { alarmData } = event
  const state = { ...alarmData.state, reason: hostile }
  await running.invoke({ ...event, alarmData: { ...alarmData, alarmName: hostile, state } })
  await running.invoke({
    ...event,
    alarmData: { ...alarmData, alarmName: hostile, state: { ...state, value: 'OK' } },
  })
  await running.invoke(httpEvent(JSON.stringify({ reason: hostile })))
  await running.invoke({ [hostile]: hostile })
  const log = await logOf(running)
  expect(log.length).toBeGreaterThanOrEqual(8)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  for (const line of running.lines) expect(line).not.toMatch(/[\u0000-\u001f\u2028\u2029\u202e]/)
})
