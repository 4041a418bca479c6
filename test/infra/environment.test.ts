import { expect, test } from 'vitest'
import { readConfig } from '../../infra/config.ts'
import { longestDashboardLink } from '../../infra/dashboard-link.ts'
import { environmentBytes, environmentOf } from '../../infra/environment.ts'
import { switchesOf } from '../../infra/switch-in-template.ts'
import { buildApp, synth } from './synth.ts'

const topicArn = 'arn:aws:sns:eu-central-1:123456789012:pager'
const dashboard = (name: string) =>
  `https://eu-central-1.console.aws.amazon.com/cloudwatch/home?region=eu-central-1#dashboards/dashboard/${name}`
const place = { partition: 'aws', region: 'eu-central-1', account: '123456789012' }
const beat = (i: number, more: object = {}) => ({
  kind: 'heartbeat',
  name: `bot-${i}`,
  namespace: 'Bot',
  metric: `Beat${i}`,
  ...more,
})
const beats = (count: number, more?: object) => Array.from({ length: count }, (_, i) => beat(i, more))

function variablesOf(config: unknown): Record<string, unknown> {
  return switchesOf(synth(buildApp(config, place)))[0]?.function.Environment.Variables
}

/** The mistake about the environment; null when it fits. */
function refusal(config: unknown): string | null {
  try {
    readConfig(config)
    return null
  } catch (error) {
    return /killSwitch needs .*/.exec((error as Error).message)?.[0] ?? null
  }
}

test('what is counted is the environment of the template, variable by variable', () => {
  const config = {
    name: 'desk-one',
    secret: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kraken-AbCdEf',
    roads: 'both',
    notify: { topicArn, chat: true, runbookUrl: 'https://wiki.example.com/runbook' },
    hold: { persistMinutes: 20, keepShutMinutes: 10, fuse: true },
    alarms: [
      beat(0, { reason: 'Bot „eins“ schweigt' }),
      beat(1, { symbols: ['pf_xbtusd'] }),
      beat(2),
      beat(3, { keep: 'reduceOnly' }),
    ],
    function: { settings: { QUIET_PERIOD_MS: 100, KRAKEN_API_URL: 'https://proxy.example.com' } },
  }
  const counted = environmentOf(readConfig(config), topicArn, place, dashboard('desk-one'))
  expect(variablesOf(config)).toEqual(counted)
  expect(Object.keys(counted)).toHaveLength(13)
  expect(counted).toMatchObject({
    HOLD_MACHINE_ARN: 'arn:aws:states:eu-central-1:123456789012:stateMachine:desk-one-hold',
    HOLD_PERSIST_MINUTES: '20',
    HOLD_KEEP_SHUT_MINUTES: '10',
    HOLD_FUSE: 'true',
    CHAT_TOPIC_ARN: 'arn:aws:sns:eu-central-1:123456789012:desk-one-chat',
    RUNBOOK_URL: 'https://wiki.example.com/runbook',
  })
  expect(JSON.parse(String(counted.ALARM_SCOPES))).toEqual({
    'desk-one-pull-bot-0': { reason: 'Bot „eins“ schweigt' },
    'desk-one-pull-bot-1': { symbols: ['PF_XBTUSD'] },
    'desk-one-pull-bot-3': { keep: 'reduceOnly' },
  })
})

// Lambda's refusal says "String measured: {"A":"…"}": JSON, so each quote of a value has a backslash.
test.each([
  [{ KRAKEN_SECRET_ID: 'x' }, 24],
  [{ KRAKEN_SECRET_ID: '"' }, 25],
  [{ KRAKEN_SECRET_ID: '€' }, 26],
])('%j takes %i bytes', (environment, bytes) => {
  expect(environmentBytes(environment)).toBe(bytes)
})

test('50 heartbeats pass without reasons, which then take no room, and not with ordinary ones', () => {
  expect(refusal({ secret: 'x', alarms: beats(50) })).toBeNull()
  expect(variablesOf({ secret: 'x', alarms: beats(50) })).not.toHaveProperty('ALARM_SCOPES')
  expect(refusal({ secret: 'x', alarms: beats(50, { reason: 'a bot of the desk has fallen silent' }) })).toBe(
    'killSwitch needs 4429 bytes of environment for the function, and Lambda gives 4096. Shorten the reasons, symbols, accounts or names of alarms, which take 4060 of them',
  )
})

/** A configuration whose size the last reason decides. */
const filled = (fill: number, own = topicArn) => ({
  secret: 'x',
  hold: { persistMinutes: 0 },
  notify: own === topicArn ? { topicArn } : {},
  alarms: [...beats(20, { reason: 'r'.repeat(135) }), beat(20, { reason: 'r'.repeat(fill) })],
})
const sizeOf = (fill: number, own = topicArn) =>
  environmentBytes(
    environmentOf(readConfig(filled(fill, own)), own, place, longestDashboardLink('kill-switch')),
  )
/** As long as the last reason may be. */
const most = (own = topicArn) => 1 + 4_096 - sizeOf(1, own)

test('the last byte that fits is taken, and the next one is not', () => {
  expect(refusal(filled(most()))).toBeNull()
  expect(refusal(filled(most() + 1))).toMatch(/needs 4097 bytes/)
  const shorter = longestDashboardLink('kill-switch').length - dashboard('kill-switch').length // in this region
  expect(Buffer.byteLength(JSON.stringify(variablesOf(filled(most()))))).toBe(4_096 - shorter)
})

test.each<[string, object, number]>([
  [
    'a longer name of the stack, which every alarm and the dashboard carry',
    { name: 'kill-switch-2' },
    4_096 + 2 * 22,
  ],
  ['a longer name of the secret', { secret: 'xyz' }, 4_098],
  [
    'the hold',
    { hold: { keepShutMinutes: 5 } },
    4_096 +
      ',"HOLD_MACHINE_ARN":"arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:kill-switch-hold"'
        .length +
      ',"HOLD_PERSIST_MINUTES":"15","HOLD_KEEP_SHUT_MINUTES":"5"'.length,
  ],
  [
    'the topic for chat',
    { notify: { topicArn, chat: true } },
    4_096 + ',"CHAT_TOPIC_ARN":"arn:aws-us-gov:sns:us-gov-west-1:123456789012:kill-switch-chat"'.length,
  ],
  [
    'the address of the runbook',
    { notify: { topicArn, runbookUrl: 'https://wiki.example.com' } },
    4_096 + ',"RUNBOOK_URL":"https://wiki.example.com"'.length,
  ],
  ['the roads', { roads: 'rest' }, 4_096 + ',"KRAKEN_ROADS":"rest"'.length],
  [
    'a setting',
    { function: { settings: { QUIET_PERIOD_MS: 50 } } },
    4_096 + ',"QUIET_PERIOD_MS":"50"'.length,
  ],
])('%s is counted', (_, more, bytes) => {
  expect(refusal({ ...filled(most()), ...more })).toContain(`needs ${bytes} bytes`)
})

test('without a hold there is no setting of one', () => {
  const off = { secret: 'x', hold: { persistMinutes: 0, keepShutMinutes: 0 } }
  expect(Object.keys(variablesOf(off)).filter((name) => name.startsWith('HOLD'))).toEqual([])
  expect(variablesOf({ secret: 'x' })).not.toHaveProperty('HOLD_KEEP_SHUT_MINUTES')
  expect(variablesOf({ secret: 'x' })).not.toHaveProperty('HOLD_FUSE')
})

test('letters that take several bytes are counted as such', () => {
  const reason = 'ü'.repeat(200)
  expect(refusal({ secret: 'x', alarms: beats(10, { reason }) })).toMatch(/needs 4\d\d\d bytes/)
  expect(refusal({ secret: 'x', alarms: beats(10, { reason: 'u'.repeat(200) }) })).toBeNull()
})

test('the topic of the stack is counted by the longest ARN that it may get', () => {
  const longest = 'arn:aws-us-gov:sns:us-gov-west-1:123456789012:kill-switch'
  expect(refusal(filled(most(longest), longest))).toBeNull()
  expect(refusal(filled(most(longest) + 1, longest))).toMatch(/needs 4097 bytes/)
  expect(variablesOf(filled(1, longest)).NOTIFY_TOPIC_ARN).toEqual({ Ref: expect.any(String) }) // known to AWS alone
})

test('an address that takes too much is named itself', () => {
  const settings = { KRAKEN_API_URL: `https://${'x'.repeat(4_100)}` }
  expect(refusal({ secret: 'x', function: { settings } })).toMatch(
    /Shorten KRAKEN_API_URL, which takes 4\d\d\d/,
  )
})
