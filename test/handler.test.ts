import tls from 'node:tls'
import type { Context } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { AWS_KEYS } from '../drill/aws-keys.ts'
import { alarmEvent, httpEvent, scheduleEvent } from '../drill/events.ts'
import { faultNamed } from '../drill/faults.ts'
import { Stage } from '../drill/stage.ts'
import type { Report } from '../lambda/report/report.ts'

type Handler = typeof import('../lambda/handler.ts').handler

let stage: Stage

beforeAll(async () => {
  stage = await Stage.open()
  tls.setDefaultCACertificates([...tls.getCACertificates(), stage.certificate.cert])
})
afterAll(() => stage.close())
afterEach(() => {
  vi.unstubAllEnvs()
  stage.exchange.misbehave(null)
  stage.exchange.account.general = 'FULL_ACCESS'
  stage.secrets.behaviour = {}
})

/** A cold start in this process: all modules evaluated anew, as Lambda does in a new sandbox. */
async function coldStart(env: Readonly<Record<string, string>> = {}): Promise<Handler> {
  const settings = {
    KRAKEN_SECRET_ID: 'kill-switch/test',
    KRAKEN_FUTURES_URL: stage.exchange.url,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stage.secrets.url,
    QUIET_PERIOD_MS: '200',
    AWS_REGION: 'eu-central-1',
    AWS_ACCESS_KEY_ID: AWS_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: AWS_KEYS.secretAccessKey,
    POWERTOOLS_LOG_LEVEL: 'SILENT', // what is logged is tested where the function has a process of its own
    POWERTOOLS_METRICS_DISABLED: 'true',
    ...env,
  }
  for (const [name, value] of Object.entries(settings)) vi.stubEnv(name, value)
  vi.resetModules()
  return (await import('../lambda/handler.ts')).handler
}

function contextWith(remainingMs: number): Context {
  return {
    awsRequestId: 'request-1',
    functionName: 'kill-switch',
    getRemainingTimeInMillis: () => remainingMs,
  } as Context
}

const context = contextWith(10_000)

test('an alarm on a cold function: armed in the init phase, one cancel on the early connection, proof', async () => {
  stage.rest(37)
  const handler = await coldStart()
  const report = (await handler(alarmEvent(), context)) as Report
  expect(report.sentence).toMatch(/^EMPTY \(verified\): 37 orders cancelled, 0 open, \d+ ms after/)
  expect(report.timing.coldStart).toBe(true)
  const first = (call: string) => report.attempts.find((attempt) => attempt.call === call)
  expect(first('connect')?.atMs).toBeLessThan(0)
  expect(first('GetSecretValue')?.atMs).toBeLessThan(0)
  expect(first('cancelallorders')).toMatchObject({ connection: 'early', outcome: 'ok' })
})

test('the second event finds the function warm, with key and connection kept', async () => {
  const handler = await coldStart()
  const before = stage.secrets.requests
  for (const kind of ['early', 'kept']) {
    stage.rest(5)
    const report = (await handler(alarmEvent(), context)) as Report
    expect(report.verdict).toBe('EMPTY')
    expect(report.attempts.find(({ call }) => call === 'cancelallorders')?.connection).toBe(kind)
  }
  expect(stage.secrets.requests - before).toBeLessThanOrEqual(1)
})

test('a schedule for one symbol leaves the others alone', async () => {
  stage.rest(50)
  const handler = await coldStart()
  const report = (await handler(scheduleEvent({ symbol: 'PF_ETHUSD' }), context)) as Report
  expect(report).toMatchObject({ verdict: 'EMPTY', scope: ['PF_ETHUSD'], trigger: { kind: 'schedule' } })
  expect(stage.exchange.account.book.orders).toHaveLength(40)
})

test('an HTTPS call gets 200 with the proof, 400 for what cannot be read, 502 for what is not proven', async () => {
  stage.rest(5)
  const handler = await coldStart()
  expect(await handler(httpEvent('{}'), context)).toMatchObject({ statusCode: 200 })
  expect(await handler(httpEvent('{"symbol":"*"}'), context)).toMatchObject({ statusCode: 400 })
  stage.rest(5)
  stage.exchange.account.general = 'READ_ONLY'
  const answer = (await handler(httpEvent('{}'), context)) as { statusCode: number; body: string }
  expect(answer.statusCode).toBe(502)
  expect(JSON.parse(answer.body)).toMatchObject({ verdict: 'NOT_EMPTY', remaining: { count: 5 } })
})

test('an alarm that recovered is NOT FIRED, and nothing is sent', async () => {
  stage.rest(5)
  const handler = await coldStart()
  stage.exchange.misbehave(null)
  expect(await handler(alarmEvent('OK'), context)).toMatchObject({ verdict: 'NOT_FIRED', scope: null })
  expect(stage.exchange.calls).toEqual([])
})

test('a stale schedule is NOT FIRED', async () => {
  const handler = await coldStart()
  const event = scheduleEvent({}, new Date(Date.now() - 7_200_000))
  expect(await handler(event, context)).toMatchObject({ verdict: 'NOT_FIRED', sentence: /120 minutes ago/ })
})

test.each([
  ['refused input', { symbols: [] }, /^NOT FIRED: symbols is an empty list/],
  ['an event that nobody knows', { Records: [{ eventSource: 'aws:s3' }] }, /^NOT FIRED: /],
])('%s throws the sentence', async (_, event, message) => {
  const handler = await coldStart()
  await expect(handler(event, context)).rejects.toMatchObject({ name: 'NotProvenEmpty', message })
})

test('what is not proven throws the sentence, so that Lambda tries again and somebody is paged', async () => {
  stage.rest(5)
  const handler = await coldStart()
  stage.exchange.misbehave(faultNamed('read-fails') ?? null)
  await expect(handler({}, contextWith(2_000))).rejects.toMatchObject({
    name: 'NotProvenEmpty',
    message: 'UNVERIFIED: Kraken acknowledged the cancel, but the open orders could not be read.',
  })
})

test.each([
  ['KRAKEN_SECRET_ID', '', /FAILED: .*KRAKEN_SECRET_ID is missing/],
  ['KRAKEN_FUTURES_URL', 'http://futures.kraken.com/derivatives/api/v3', /FAILED: .*is not https/],
  ['QUIET_PERIOD_MS', '0', /FAILED: .*QUIET_PERIOD_MS/],
])('a bad %s loads, and fails with its name at the first event', async (name, value, message) => {
  const handler = await coldStart({ [name]: value })
  await expect(handler(alarmEvent(), context)).rejects.toThrow(message)
  await expect(handler({ readiness: true }, context)).rejects.toMatchObject({ name: 'NotReady' })
  expect(await handler(httpEvent('{}'), context)).toMatchObject({ statusCode: 502 })
})

test('an alarm fires for the symbols that the stack set for it, and names a setting that is broken', async () => {
  stage.rest(50)
  const scoped = { 'bot-heartbeat-missing': { symbols: ['PF_ETHUSD'] } }
  const handler = await coldStart({ ALARM_SCOPES: JSON.stringify(scoped) })
  expect(await handler(alarmEvent(), context)).toMatchObject({ verdict: 'EMPTY', scope: ['PF_ETHUSD'] })
  const broken = await coldStart({ ALARM_SCOPES: 'PF_ETHUSD' })
  await expect(broken(alarmEvent(), context)).rejects.toThrow(/FAILED: .*ALARM_SCOPES/)
  await expect(broken({ readiness: true }, context)).rejects.toThrow(/NOT READY: .*ALARM_SCOPES/)
  const scheduled = await broken({ readiness: true, ...scheduleEvent() }, context)
  expect(scheduled).toMatchObject({
    ready: false,
    sentence: expect.stringMatching(/NOT READY: .*ALARM_SCOPES/),
  })
})

test('not ready: a schedule gets the report, so that nothing is retried or dead-lettered; by hand it is thrown', async () => {
  const handler = await coldStart()
  stage.exchange.account.general = 'READ_ONLY'
  const message = expect.stringMatching(/^NOT READY: .*READ_ONLY/)
  const scheduled = await handler({ readiness: true, ...scheduleEvent() }, context)
  expect(scheduled).toMatchObject({ ready: false, sentence: message, roads: [{ ready: false }] })
  await expect(handler({ readiness: true }, context)).rejects.toMatchObject({ name: 'NotReady', message })
  stage.exchange.account.general = 'FULL_ACCESS'
  expect(await handler({ readiness: true, ...scheduleEvent() }, context)).toMatchObject({ ready: true })
})

test('readiness looks, and cancels nothing', async () => {
  stage.rest(7)
  const handler = await coldStart()
  stage.exchange.misbehave(null)
  const report = await handler({ readiness: true }, context)
  expect(report).toMatchObject({
    ready: true,
    problems: [],
    roads: [{ road: 'rest', openOrders: 7, key: { general: 'FULL_ACCESS' } }],
  })
  expect(stage.exchange.calls.map(({ endpoint }) => endpoint).sort()).toEqual(['check', 'openorders'])
})

test('a log and metrics that fail change no verdict', async () => {
  stage.rest(5)
  const handler = await coldStart({ POWERTOOLS_LOG_LEVEL: 'INFO', POWERTOOLS_METRICS_DISABLED: 'false' })
  const broken = Object.defineProperty({ ...context }, 'functionName', {
    get: () => {
      throw new Error('no name')
    },
  })
  const written: string[] = []
  const { write } = process.stderr
  process.stderr.write = (line) => written.push(String(line)) > 0
  const report = await handler({}, broken)
  process.stderr.write = write
  expect(report).toMatchObject({ verdict: 'EMPTY', cancelled: { count: 5 } })
  expect(written).toHaveLength(4) // the firing line, the report, the metrics, those of the road
  for (const line of written)
    expect(JSON.parse(line)).toMatchObject({ level: 'ERROR', message: /not written/ })
})

test('an exchange that cannot be reached at load is no crash, but FAILED at the first event', async () => {
  const handler = await coldStart({ KRAKEN_FUTURES_URL: 'https://127.0.0.1:1/derivatives/api/v3' })
  const answer = (await handler(httpEvent('{}'), contextWith(1_500))) as { statusCode: number; body: string }
  expect(answer.statusCode).toBe(502)
  const report = JSON.parse(answer.body) as Report
  expect(report.sentence).toMatch(
    /^FAILED: nothing was acknowledged\. The connection to Kraken failed \(ECONNREFUSED\)/,
  )
  expect(report.attempts[0]).toMatchObject({ call: 'connect', outcome: 'failed' })
})
