import { rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { dirname } from 'node:path'
import tls from 'node:tls'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Certificate, makeCertificate } from '../drill/certificate.ts'
import { EmbeddedExchange } from '../drill/exchange.ts'
import type { LambdaRuntime } from '../drill/runtime.ts'
import { EmbeddedSecretsManager } from '../drill/secrets.ts'
import { type FunctionInputs, Stage } from '../drill/stage.ts'
import { EmbeddedTopic } from '../drill/topic.ts'
import { reportOf } from './report-of.ts'

/* What else stands in the environment of the function, and that the switch is the same: the built bundle. */

const TOPIC_ARN = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'

let stage: Stage

beforeEach(async () => {
  stage = await Stage.open()
  stage.secrets.put(stage.exchange.account.secretFor('both'))
})
afterEach(() => stage.close())

function start({ settings, ...inputs }: FunctionInputs): Promise<LambdaRuntime> {
  return stage.startFunction({ ...inputs, settings: { QUIET_PERIOD_MS: '200', ...settings } })
}

async function topicWith(certificate: Certificate): Promise<EmbeddedTopic> {
  const topic = await EmbeddedTopic.start(certificate)
  onTestFinished(() => topic.close())
  return topic
}

async function logOf(running: LambdaRuntime): Promise<Record<string, unknown>[]> {
  await new Promise((resolve) => setTimeout(resolve, 60))
  return running.lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
}

describe('with NODE_TLS_REJECT_UNAUTHORIZED=0, a host whose authority is unknown gets nothing', () => {
  const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
  let stranger: Certificate

  beforeEach(async () => {
    stranger = await makeCertificate()
  })
  afterEach(() => rm(dirname(stranger.caFile), { recursive: true }))

  test('Secrets Manager: no request, and so none to Kraken', async () => {
    const secrets = await EmbeddedSecretsManager.start(stranger)
    onTestFinished(() => secrets.close())
    secrets.put(stage.exchange.account.secretFor('both'))
    const settings = { AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url }
    const running = await start({ settings, environment, timeoutMs: 4_000 })
    expect(await running.invoke({})).toMatchObject({
      error: { errorMessage: /^FAILED: .*Secrets Manager gave no secret/ },
    })
    expect(secrets.requests).toBe(0)
    expect(stage.exchange.calls).toEqual([])
  })

  test.each(['rest', 'unified', 'both'])('Kraken, over %s: no request, no token', async (KRAKEN_ROADS) => {
    const exchange = await EmbeddedExchange.start(stranger)
    onTestFinished(() => exchange.close())
    const settings = {
      KRAKEN_ROADS,
      KRAKEN_FUTURES_URL: exchange.url,
      KRAKEN_UNIFIED_URL: exchange.unifiedUrl,
      KRAKEN_API_URL: exchange.apiUrl,
    }
    const running = await start({ settings, environment, timeoutMs: 3_000 })
    expect(await running.invoke({})).toMatchObject({ error: { errorMessage: /^FAILED: .*SELF_SIGNED/ } })
    expect(await running.invoke({ readiness: true })).toMatchObject({ error: { errorType: 'NotReady' } })
    expect(stage.secrets.requests).toBeGreaterThan(0)
    expect(exchange.calls).toEqual([])
  })

  test("the WebSocket alone: no message, and so no token of Kraken's", async () => {
    const exchange = await EmbeddedExchange.start(stranger)
    onTestFinished(() => exchange.close())
    const settings = { KRAKEN_ROADS: 'unified', KRAKEN_UNIFIED_URL: exchange.unifiedUrl }
    const running = await start({ settings, environment, timeoutMs: 3_000 })
    expect(await running.invoke({})).toMatchObject({ error: { errorMessage: /^FAILED/ } })
    expect(stage.exchange.account.unified.issued.size).toBeGreaterThan(0)
    expect(exchange.calls).toEqual([])
  })

  test('the topic: no message, and no session token', async () => {
    const topic = await topicWith(stranger)
    const settings = { NOTIFY_TOPIC_ARN: TOPIC_ARN, AWS_ENDPOINT_URL_SNS: topic.url }
    const running = await start({ settings, environment })
    expect(reportOf(await running.invoke({})).verdict).toBe('EMPTY')
    expect(topic.requests).toBe(0)
    const cause = 'DEPTH_ZERO_SELF_SIGNED_CERT'
    expect(await logOf(running)).toContainEqual(
      expect.objectContaining({ message: 'the topic was not told', cause }),
    )
  })

  test('and one that is known gets all of it; readiness names the variable', async () => {
    const topic = await topicWith(stage.certificate)
    const settings = { NOTIFY_TOPIC_ARN: TOPIC_ARN, AWS_ENDPOINT_URL_SNS: topic.url }
    const running = await start({ settings, environment })
    expect(reportOf(await running.invoke({})).verdict).toBe('EMPTY')
    expect(topic.published).toHaveLength(1)
    expect(await running.invoke({ readiness: true })).toMatchObject({
      result: { ready: true, warnings: [expect.stringMatching(/^NODE_TLS_REJECT_UNAUTHORIZED=0 asks/)] },
    })
  })
})

test('an old version of TLS gets nothing, whatever NODE_OPTIONS lower', async () => {
  let handshakes = 0
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const server = tls.createServer({ ...stage.certificate, ...old }, (socket) => {
    handshakes += 1
    socket.destroy()
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const running = await start({
    settings: {
      KRAKEN_ROADS: 'rest',
      KRAKEN_FUTURES_URL: `${origin}/derivatives/api/v3`,
      NOTIFY_TOPIC_ARN: TOPIC_ARN,
      AWS_ENDPOINT_URL_SNS: origin,
    },
    environment: { NODE_OPTIONS: '--tls-min-v1.0 --tls-cipher-list=DEFAULT@SECLEVEL=0' },
    timeoutMs: 2_000,
  })
  expect(await running.invoke({})).toMatchObject({ error: { errorMessage: /^FAILED/ } })
  expect(handshakes).toBe(0)
})

test('an answer that is no HTTP is none, whatever NODE_OPTIONS allow', async () => {
  const empty = JSON.stringify({
    result: 'success',
    serverTime: new Date().toISOString(),
    openOrders: [],
    cancelStatus: { status: 'noOrdersToCancel', cancelledOrders: [], orderEvents: [] },
  })
  const server = tls.createServer(stage.certificate, (socket) => {
    socket.on('error', () => {})
    // Lines that end in LF alone: a strict parser takes them for no header.
    socket.on('data', () => socket.write(`HTTP/1.1 200 OK\ncontent-length: ${empty.length}\n\n${empty}`))
  })
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const KRAKEN_FUTURES_URL = `https://127.0.0.1:${port}/derivatives/api/v3`
  const running = await start({
    settings: { KRAKEN_ROADS: 'rest', KRAKEN_FUTURES_URL },
    environment: { NODE_OPTIONS: '--insecure-http-parser' },
    timeoutMs: 2_500,
  })
  expect(await running.invoke({})).toMatchObject({ error: { errorMessage: /^FAILED: .*HPE_/ } })
})

test('a proxy that Node would use gets no connection; readiness names the variables', async () => {
  let connections = 0
  const proxy = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  onTestFinished(() => void proxy.close())
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const topic = await topicWith(stage.certificate)
  const running = await start({
    settings: { KRAKEN_ROADS: 'both', NOTIFY_TOPIC_ARN: TOPIC_ARN, AWS_ENDPOINT_URL_SNS: topic.url },
    environment: { NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: address, HTTP_PROXY: address, https_proxy: address },
  })
  expect(reportOf(await running.invoke({})).verdict).toBe('EMPTY')
  expect(topic.published).toHaveLength(1)
  expect(await running.invoke({ readiness: true })).toMatchObject({
    result: { ready: true, warnings: [expect.stringMatching(/^HTTPS_PROXY, https_proxy, HTTP_PROXY would/)] },
  })
  expect(connections).toBe(0)
})

describe('log and metrics are the same', () => {
  test.each([
    ['POWERTOOLS_METRICS_DISABLED', 'true'],
    ['POWERTOOLS_METRICS_DISABLED', 'maybe'],
    ['POWERTOOLS_METRICS_NAMESPACE', 'Elsewhere'],
    ['POWERTOOLS_SERVICE_NAME', 'another'],
    ['POWERTOOLS_DEV', 'true'],
    ['POWERTOOLS_LOG_LEVEL', 'SILENT'],
    ['POWERTOOLS_LOGGER_LOG_EVENT', 'true'],
    ['POWERTOOLS_LOGGER_LOG_EVENT', '1'],
    ['POWERTOOLS_LOGGER_SAMPLE_RATE', '1'],
    ['POWERTOOLS_LOGGER_SAMPLE_RATE', 'often'],
    ['LOG_LEVEL', 'SILENT'],
    ['AWS_LAMBDA_LOG_LEVEL', 'FATAL'],
  ])('with %s=%s', async (name, value) => {
    stage.secrets.put(stage.exchange.account.secret)
    const running = await start({ environment: { [name]: value } })
    expect(reportOf(await running.invoke({})).verdict).toBe('EMPTY')
    const [firing, report, metrics, ofRoad, ...more] = await logOf(running)
    expect(firing).toMatchObject({ level: 'INFO', message: 'firing', service: 'kraken-futures-kill-switch' })
    expect(report).toMatchObject({ level: 'INFO', report: { verdict: 'EMPTY' } })
    const CloudWatchMetrics = [expect.objectContaining({ Namespace: 'KillSwitch' })]
    const service = 'kraken-futures-kill-switch'
    expect(metrics).toMatchObject({ VerdictEmpty: 1, service, _aws: { CloudWatchMetrics } })
    expect(ofRoad).toMatchObject({ road: 'rest', RoadFailed: 0, _aws: { CloudWatchMetrics } })
    expect(more).toEqual([])
  })
})
