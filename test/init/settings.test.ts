import { expect, test } from 'vitest'
import { readFunctionSettings } from '../../lambda/init/function-settings.ts'
import { SETTING_NAMES } from '../../lambda/init/settings.ts'

const good = { KRAKEN_SECRET_ID: 'kill-switch/kraken', AWS_REGION: 'eu-central-1' }

test('has the documented defaults', async () => {
  const settings = readFunctionSettings(good)
  expect(settings).toMatchObject({
    secretId: 'kill-switch/kraken',
    quietPeriodMs: 1_000,
    attemptTimeoutMs: 2_500,
    spareAfterMs: 250,
    staleScheduleMs: 900_000,
  })
  expect(settings.futuresUrl.href).toBe('https://futures.kraken.com/derivatives/api/v3')
  expect(settings.unifiedUrl.href).toBe('wss://uws.kraken.com/v2/private')
  expect(settings.apiUrl.href).toBe('https://api.kraken.com/')
  expect(settings.roads).toBeNull()
  expect(settings.aws.secretsEndpoint.href).toBe('https://secretsmanager.eu-central-1.amazonaws.com/')
  expect(settings.hold).toBeNull()
  expect(settings.aws.statesEndpoint.href).toBe('https://states.eu-central-1.amazonaws.com/')
  expect(settings.aws.snsEndpoint.href).toBe('https://sns.eu-central-1.amazonaws.com/')
})

test.each([
  'https://api.futures.kraken.com/derivatives/api/v3',
  'https://futures.kraken.com/derivatives/api/v3/',
  'http://127.0.0.1:8080/derivatives/api/v3',
  'http://localhost:8080/derivatives/api/v3',
  'http://[::1]:8080/derivatives/api/v3',
])('takes the address %s', (url) => {
  expect(readFunctionSettings({ ...good, KRAKEN_FUTURES_URL: url }).futuresUrl.pathname).toBe(
    '/derivatives/api/v3',
  )
})

test.each([
  ['', null],
  ['rest', ['rest']],
  ['unified', ['unified']],
  ['both', ['rest', 'unified']],
])('KRAKEN_ROADS=%s takes %o', (roads, taken) => {
  expect(readFunctionSettings({ ...good, KRAKEN_ROADS: roads }).roads).toEqual(taken)
})

test('takes loopback addresses of the second road', () => {
  const { unifiedUrl, apiUrl } = readFunctionSettings({
    ...good,
    KRAKEN_UNIFIED_URL: 'ws://127.0.0.1:9/v2/private/',
    KRAKEN_API_URL: 'http://localhost:9',
  })
  expect([unifiedUrl.href, apiUrl.href]).toEqual(['ws://127.0.0.1:9/v2/private', 'http://localhost:9/'])
})

// Each row differs from the good environment in one place.
test.each([
  ['KRAKEN_SECRET_ID', undefined, /KRAKEN_SECRET_ID is missing/],
  ['KRAKEN_SECRET_ID', '', /is missing/],
  ['KRAKEN_SECRET_ID', '{"apiKey":"x"}', /no Secrets Manager name/],
  ['KRAKEN_SECRET_ID', 'a b', /no Secrets Manager name/],
  ['KRAKEN_FUTURES_URL', 'futures.kraken.com', /is no URL/],
  ['KRAKEN_FUTURES_URL', 'http://futures.kraken.com/derivatives/api/v3', /is not https/],
  ['KRAKEN_FUTURES_URL', 'http://127.0.0.1.example.com/derivatives/api/v3', /is not https/],
  ['KRAKEN_FUTURES_URL', 'ftp://127.0.0.1/derivatives/api/v3', /is not https/],
  ['KRAKEN_FUTURES_URL', 'https://demo-futures.kraken.com/derivatives/api/v3', /demo venue/],
  ['KRAKEN_FUTURES_URL', 'https://futures.kraken.com', /another path/],
  ['KRAKEN_FUTURES_URL', 'https://futures.kraken.com/derivatives/api/v4', /another path/],
  ['KRAKEN_FUTURES_URL', 'https://u@futures.kraken.com/derivatives/api/v3', /more than a path/],
  ['KRAKEN_FUTURES_URL', 'https://futures.kraken.com/derivatives/api/v3?x=1', /more than a path/],
  ['KRAKEN_ROADS', 'all', /KRAKEN_ROADS is no choice of roads/],
  ['KRAKEN_ROADS', 'Both', /no choice/],
  ['KRAKEN_ROADS', 'rest,unified', /no choice/],
  ['KRAKEN_ROADS', 'toString', /no choice/],
  ['KRAKEN_UNIFIED_URL', 'uws.kraken.com', /KRAKEN_UNIFIED_URL is no URL/],
  ['KRAKEN_UNIFIED_URL', 'ws://uws.kraken.com/v2/private', /is not wss/],
  ['KRAKEN_UNIFIED_URL', 'https://uws.kraken.com/v2/private', /is not wss/],
  ['KRAKEN_UNIFIED_URL', 'http://127.0.0.1/v2/private', /is not wss/],
  ['KRAKEN_UNIFIED_URL', 'wss://uws.kraken.com/v2', /another path than \/v2\/private/],
  ['KRAKEN_UNIFIED_URL', 'wss://uws.kraken.com/v2/private?token=x', /more than a path/],
  ['KRAKEN_API_URL', 'ws://127.0.0.1', /is not https/],
  ['KRAKEN_API_URL', 'http://api.kraken.com', /KRAKEN_API_URL is not https/],
  ['KRAKEN_API_URL', 'https://api.kraken.com/0', /another path than \//],
  ['QUIET_PERIOD_MS', 'soon', /QUIET_PERIOD_MS is not a duration/],
  ['QUIET_PERIOD_MS', '49', /not a duration/],
  ['QUIET_PERIOD_MS', '10001', /not a duration/],
  ['QUIET_PERIOD_MS', '1e3', /not a duration/],
  ['QUIET_PERIOD_MS', '-1', /not a duration/],
  ['ATTEMPT_TIMEOUT_MS', '99', /ATTEMPT_TIMEOUT_MS/],
  ['ATTEMPT_TIMEOUT_MS', '20001', /ATTEMPT_TIMEOUT_MS/],
  ['SPARE_AFTER_MS', '9', /SPARE_AFTER_MS/],
  ['SPARE_AFTER_MS', '2501', /SPARE_AFTER_MS/],
  ['STALE_SCHEDULE_MS', '59999', /STALE_SCHEDULE_MS/],
  ['NOTIFY_TOPIC_ARN', 'kill-switch', /NOTIFY_TOPIC_ARN is no ARN/],
  ['NOTIFY_TOPIC_ARN', 'arn:aws:sqs:eu-central-1:123456789012:kill-switch', /NOTIFY_TOPIC_ARN is no ARN/],
  ['CHAT_TOPIC_ARN', 'kill-switch-chat', /CHAT_TOPIC_ARN is no ARN/],
  ['DASHBOARD_URL', 'http://console.aws.amazon.com', /DASHBOARD_URL is no https URL/],
  ['DASHBOARD_URL', 'https://console.aws.amazon.com/<a|b>', /DASHBOARD_URL is no https URL/],
  ['DASHBOARD_URL', `https://a.example/${'a'.repeat(1_000)}`, /DASHBOARD_URL is no https URL/],
  ['RUNBOOK_URL', 'docs/runbook.md', /RUNBOOK_URL is no https URL/],
  ['RUNBOOK_URL', 'https://wiki.example.com/a b', /RUNBOOK_URL is no https URL/],
  ['RUNBOOK_URL', 'https://wiki.example.com/runbook#top', /RUNBOOK_URL is no https URL/],
  ['HOLD_MACHINE_ARN', 'kill-switch-hold', /HOLD_MACHINE_ARN is no ARN/],
  ['HOLD_PERSIST_MINUTES', '61', /HOLD_PERSIST_MINUTES is no time/],
  ['HOLD_KEEP_SHUT_MINUTES', '-1', /HOLD_KEEP_SHUT_MINUTES is no time/],
  ['HOLD_KEEP_SHUT_MINUTES', '1.5', /HOLD_KEEP_SHUT_MINUTES is no time/],
  ['HOLD_FUSE', 'yes', /HOLD_FUSE is neither/],
  ['AWS_ENDPOINT_URL_SFN', 'http://10.0.0.1:8083', /AWS_ENDPOINT_URL_SFN is not https/],
  ['AWS_REGION', undefined, /AWS_REGION/],
  ['AWS_ENDPOINT_URL_SECRETS_MANAGER', 'nowhere', /AWS_ENDPOINT_URL_SECRETS_MANAGER/],
  ['AWS_ENDPOINT_URL_SECRETS_MANAGER', 'http://secrets.internal', /_SECRETS_MANAGER is not https/],
  ['AWS_ENDPOINT_URL_SNS', 'http://10.0.0.1:4566', /AWS_ENDPOINT_URL_SNS is not https/],
  ['AWS_ENDPOINT_URL_SNS', 'file:///tmp/x', /AWS_ENDPOINT_URL_SNS is not https/],
])('refuses %s=%s', (name, value, message) => {
  expect(() => readFunctionSettings({ ...good, [name]: value })).toThrow(message)
})

test('never quotes a value: it may be a secret in the wrong place', () => {
  const value = 'hush-hush {"apiSecret"'
  for (const name of SETTING_NAMES) {
    if (name === 'ALARM_SCOPES') continue // read when an alarm fires
    const quotesNothing = expect.not.stringContaining('hush')
    expect(() => readFunctionSettings({ ...good, [name]: value })).toThrow(
      expect.objectContaining({ name: 'SettingInvalid', message: quotesNothing, whatToDo: quotesNothing }),
    )
  }
})

test('reads the credentials that Lambda sets when they are asked for', async () => {
  const env: Record<string, string> = { ...good, AWS_ACCESS_KEY_ID: 'A', AWS_SECRET_ACCESS_KEY: 'S' }
  const { credentials } = readFunctionSettings(env).aws
  expect(await credentials()).toEqual({ accessKeyId: 'A', secretAccessKey: 'S' })
  env.AWS_SESSION_TOKEN = 'T'
  expect(await credentials()).toMatchObject({ sessionToken: 'T' })
})
