import { expect, test } from 'vitest'
import { readConfig } from '../../infra/config.ts'
import { cdkJson } from './synth.ts'

const schedule = { name: 'close', cron: '0 22 ? * MON-FRI *', timeZone: 'Europe/Berlin' }
const rule = { name: 'drawdown', comparison: 'GreaterThanThreshold', threshold: 5 }
const measured = { namespace: 'Bot', metric: 'Drawdown', statistic: 'Maximum' }
const alarm = { kind: 'metric', ...measured, ...rule }
const heartbeat = { kind: 'heartbeat', name: 'beat', namespace: 'Bot', metric: 'Beat' }
const secretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kraken-AbCdEf'
const keyArn = 'arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f'
const topicArn = 'arn:aws:sns:eu-central-1:123456789012:pager'
const alarmArn = 'arn:aws:cloudwatch:eu-central-1:123456789012:alarm:desk drawdown'
const expression = { kind: 'expression', ...rule, expression: 'a / b', metrics: { a: measured, b: measured } }
const good = { secret: 'kill-switch/kraken', schedules: [schedule], alarms: [alarm, heartbeat] }

test('cdk.json as it is', () => {
  expect(() => readConfig(cdkJson.context.killSwitch)).not.toThrow()
})

test('the least there is, and its defaults', () => {
  expect(readConfig({ secret: 'x' })).toMatchObject({
    name: 'kill-switch',
    schedules: [],
    alarms: [],
    alarmsElsewhere: { prefixes: [], arns: [] },
    api: { enabled: true, ratePerSecond: 2, burst: 5 },
    readinessMinutes: 5,
    function: { memoryMb: 512, timeoutSeconds: 120, logRetentionDays: 365, fixedEgress: false },
  })
})

test('a heartbeat is looked for every 10 s, and missed three times', () => {
  expect(readConfig(good).alarms[1]).toMatchObject({ periodSeconds: 10, missedPeriods: 3 })
})

test('symbols are read as the function reads them', () => {
  const config = readConfig({ ...good, schedules: [{ ...schedule, symbols: ['pf_xbtusd'] }] })
  expect(config.schedules[0]?.symbols).toEqual(['PF_XBTUSD'])
})

// Each row differs from the good configuration in one place.
test.each<[string, unknown, RegExp]>([
  ['nothing', undefined, /killSwitch is missing/],
  ['a list', [], /killSwitch is missing/],
  ['no secret', { ...good, secret: undefined }, /killSwitch\.secret is missing/],
  [
    'a secret value for its name',
    { ...good, secret: '{"apiKey":"x"}' },
    /killSwitch\.secret is no name or ARN/,
  ],
  [
    'an unknown setting',
    { ...good, alarm: [] },
    /killSwitch\.alarm is not a known setting\. Did you mean alarms\?$/m,
  ],
  [
    'secrett',
    { ...good, secrett: 'x' },
    /killSwitch\.secrett is not a known setting\. Did you mean secret\?$/m,
  ],
  [
    'an unknown setting that resembles none',
    { ...good, venue: 'x' },
    /killSwitch\.venue is not a known setting\. Look into docs\/configuration\.md, which lists them$/m,
  ],
  [
    'an unknown setting within',
    { ...good, api: { enable: true } },
    /killSwitch\.api\.enable is not a known setting\. Did you mean enabled\?$/m,
  ],
  [
    'an unknown setting in an alarm',
    { ...good, alarms: [{ ...alarm, treshold: 1 }] },
    /killSwitch\.alarms\.0\.treshold is not a known setting\. Did you mean threshold\?$/m,
  ],
  [
    'an unknown setting in a metric',
    { ...good, alarms: [{ ...expression, metrics: { a: { ...measured, metrik: 'x' }, b: measured } }] },
    /killSwitch\.alarms\.0\.metrics\.a\.metrik is not a known setting\. Did you mean metric\?$/m,
  ],
  ['a number for a name', { ...good, name: 7 }, /killSwitch\.name is no name/],
  ['a name with spaces', { ...good, name: 'my switch' }, /killSwitch\.name is no name/],
  [
    'a name whose pulls are those of another',
    { ...good, name: 'desk-pull' },
    /name is no name.*no part pull/,
  ],
  ['a name with the part pull', { ...good, name: 'desk-pull-2' }, /name is no name.*no part pull/],
  [
    'an address without @',
    { ...good, notify: { emails: ['ops'] } },
    /killSwitch\.notify\.emails\.0 is no e-mail/,
  ],
  [
    'addresses and a topic',
    { ...good, notify: { emails: ['a@example.com'], topicArn } },
    /both emails and a topicArn/,
  ],
  ['a word for chat', { ...good, notify: { chat: 'slack' } }, /killSwitch\.notify\.chat takes true or false/],
  [
    'a runbook that is no address',
    { ...good, notify: { runbookUrl: 'docs/runbook.md' } },
    /killSwitch\.notify\.runbookUrl is no https address without #/,
  ],
  [
    'a runbook with a mark of its own',
    { ...good, notify: { runbookUrl: 'https://wiki.example.com/runbook#top' } },
    /killSwitch\.notify\.runbookUrl is no https address without #/,
  ],
  [
    'another ARN for the topic',
    { ...good, notify: { topicArn: 'arn:aws:sqs:x:1:t' } },
    /killSwitch\.notify\.topicArn is no ARN of a standard SNS topic\. Copy it from the console/,
  ],
  [
    'five cron fields',
    { ...good, schedules: [{ ...schedule, cron: '0 22 * * *' }] },
    /schedules\.0\.cron "0 22 \* \* \*" has 5 fields/,
  ],
  [
    'hour 25',
    { ...good, schedules: [{ ...schedule, cron: '0 25 ? * * *' }] },
    /has 25 in the field hour, which takes 0 to 23/,
  ],
  ['no ?', { ...good, schedules: [{ ...schedule, cron: '0 22 * * * *' }] }, /needs a \?/],
  [
    'a zone that does not exist',
    { ...good, schedules: [{ ...schedule, timeZone: 'Europe/Berln' }] },
    /schedules\.0\.timeZone is no time zone/,
  ],
  ['no zone', { ...good, schedules: [{ ...schedule, timeZone: undefined }] }, /timeZone is missing/],
  [
    'an hour that is skipped',
    { ...good, schedules: [{ ...schedule, cron: '30 2 ? * * *' }] },
    /schedules\.0 is due at \d{4}-03-\d\d 02:30 in Europe\/Berlin/,
  ],
  [
    'a schedule name that is too long with its prefix',
    { ...good, schedules: [{ ...schedule, name: 'x'.repeat(48) }] },
    /killSwitch\.schedules holds x{48}: with its prefix kill-switch-pull- longer than the 64 characters/,
  ],
  [
    'two schedules of a name',
    { ...good, schedules: [schedule, schedule] },
    /killSwitch\.schedules holds close twice\. Leave one of them out/,
  ],
  [
    'a symbol of another exchange',
    { ...good, schedules: [{ ...schedule, symbols: ['BTC-PERP'] }] },
    /schedules\.0\.symbols\.0 is not a symbol/,
  ],
  [
    'no symbols in the list',
    { ...good, schedules: [{ ...schedule, symbols: [] }] },
    /symbols is an empty list/,
  ],
  [
    'something else to keep after a schedule',
    { ...good, schedules: [{ ...schedule, keep: 'all' }] },
    /schedules\.0\.keep is not "reduceOnly"/,
  ],
  ['nothing to keep after an alarm', { ...good, alarms: [{ ...alarm, keep: null }] }, /alarms\.0\.keep/],
  ['no kind', { ...good, alarms: [{ ...alarm, kind: undefined }] }, /alarms\.0\.kind/],
  [
    'another kind',
    { ...good, alarms: [{ ...alarm, kind: 'hartbeat' }] },
    /takes a kind: metric, expression or heartbeat/,
  ],
  [
    'a statistic that does not exist',
    { ...good, alarms: [{ ...alarm, statistic: 'Averge' }] },
    /statistic takes one of Average/,
  ],
  [
    'a period of 15 s',
    { ...good, alarms: [{ ...alarm, periodSeconds: 15 }] },
    /periodSeconds takes 10, 20, 30 or a multiple of 60/,
  ],
  [
    'a comparison that does not exist',
    { ...good, alarms: [{ ...alarm, comparison: '>' }] },
    /comparison takes one of/,
  ],
  ['a threshold in quotes', { ...good, alarms: [{ ...alarm, threshold: '5' }] }, /threshold takes a number/],
  [
    '3 datapoints of 2',
    { ...good, alarms: [{ ...alarm, datapointsToAlarm: 3, evaluationPeriods: 2 }] },
    /more datapointsToAlarm/,
  ],
  [
    'missing data misspelt',
    { ...good, alarms: [{ ...alarm, missingData: 'notbreaching' }] },
    /missingData takes one of/,
  ],
  [
    'a heartbeat with a threshold',
    { ...good, alarms: [{ ...heartbeat, threshold: 1 }] },
    /alarms\.0\.threshold is not a known setting/,
  ],
  [
    'an id that metric math does not take',
    { ...good, alarms: [{ ...expression, metrics: { A: measured } }] },
    /alarms\.0\.metrics\.A is no id of a metric/,
  ],
  [
    '51 alarms',
    { ...good, alarms: Array.from({ length: 51 }, (_, i) => ({ ...alarm, name: `a${i}` })) },
    /more than 50/,
  ],
  [
    'more reasons than fit',
    {
      ...good,
      alarms: Array.from({ length: 20 }, (_, i) => ({ ...alarm, name: `a${i}`, reason: 'x'.repeat(200) })),
    },
    /killSwitch needs \d{4} bytes of environment for the function, and Lambda gives 4096\. Shorten the reasons/,
  ],
  ['a prefix of two letters', { ...good, alarmsElsewhere: { prefixes: ['ab'] } }, /prefixes\.0 is no prefix/],
  [
    'a wildcard for a prefix',
    { ...good, alarmsElsewhere: { prefixes: ['kill*'] } },
    /prefixes\.0 is no prefix/,
  ],
  [
    'an issuer without https',
    { ...good, api: { jwt: { issuer: 'http://x', audiences: ['a'] } } },
    /api\.jwt\.issuer is no issuer/,
  ],
  ['no audience', { ...good, api: { jwt: { issuer: 'https://x', audiences: [] } } }, /audiences is empty/],
  ['no throttle', { ...good, api: { ratePerSecond: 0 } }, /ratePerSecond takes a whole number from 1/],
  [
    'readiness every two hours',
    { ...good, readinessMinutes: 120 },
    /readinessMinutes takes a whole number from 1 to 60/,
  ],
  ['128 MB', { ...good, function: { memoryMb: 128 } }, /memoryMb takes a whole number from 256/],
  [
    'a quarter of an hour and a second',
    { ...good, function: { timeoutSeconds: 901 } },
    /timeoutSeconds takes a whole number from 10 to 900/,
  ],
  [
    'a retention that logs do not have',
    { ...good, function: { logRetentionDays: 100 } },
    /logRetentionDays takes 30/,
  ],
  [
    'a setting of the function that does not exist',
    { ...good, function: { settings: { QUIET_MS: 1 } } },
    /settings\.QUIET_MS is not a known setting/,
  ],
  [
    'a setting out of range',
    { ...good, function: { settings: { QUIET_PERIOD_MS: 1 } } },
    /QUIET_PERIOD_MS takes a whole number from 50/,
  ],
])('refuses %s, with its path and fix', (_, config, message) => {
  expect(() => readConfig(JSON.parse(JSON.stringify(config ?? null)))).toThrow(message)
})

test('names every mistake, not the first alone', () => {
  const many = { ...good, readinessMinutes: 0, function: { memoryMb: 1 }, api: { burst: 0 } }
  expect(() => readConfig(many)).toThrow(
    /readinessMinutes.*memoryMb|memoryMb.*readinessMinutes|[\s\S]*\n.*\n.*\n/,
  )
  try {
    readConfig(many)
  } catch (error) {
    expect((error as Error).message.split('\n')).toHaveLength(4)
  }
})

test('a schedule name that is wrong in itself hides no other that is too long with its prefix', () => {
  const names = ['no name', 'y'.repeat(65), 'x'.repeat(48), 'z'.repeat(49)]
  const schedules = [...names.map((name) => ({ ...schedule, name })), 'no schedule'] as (typeof schedule)[]
  let said = ''
  try {
    readConfig({ ...good, schedules })
  } catch (error) {
    said = (error as Error).message
  }
  expect(said.match(/schedules\.\d/g)).toEqual(['schedules.0', 'schedules.1', 'schedules.4'])
  expect(said).toMatch(/killSwitch\.schedules holds x{48}, z{49}: with its prefix/)
})

test.each([true, false])('a quarter of an hour is fine, be the API on or off: %s', (enabled) => {
  const config = readConfig({ ...good, api: { enabled }, function: { timeoutSeconds: 900 } })
  expect(config.function.timeoutSeconds).toBe(900)
})

/** Without a schedule, whose years ahead take a tenth of a second to look through. */
const plain = { secret: 'kill-switch/kraken' }
const withSecret = (secret: string) => ({ ...plain, secret })
const withZone = (timeZone: string) => ({ ...good, schedules: [{ ...schedule, timeZone }] })
const withCron = (cron: string) => ({ ...good, schedules: [{ ...schedule, cron }] })
const withAlarm = (one: object) => ({ ...plain, alarms: [one] })
const many = (count: number, one: (i: number) => unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${i}`, one(i)]))

// What CloudFormation would refuse halfway, or what would never work and never say so.
test.each<[string, unknown, RegExp]>([
  [
    'a secret ARN without its six characters',
    withSecret('arn:aws:secretsmanager:eu-central-1:123456789012:secret:desk/kraken'),
    /killSwitch\.secret lacks the six characters.*Append them, or give the name alone$/m,
  ],
  [
    'a secret ARN that ends in a word of the name',
    withSecret('arn:aws:secretsmanager:eu-central-1:123456789012:secret:kill-switch'),
    /killSwitch\.secret ends in -switch, which reads as a part of the name/,
  ],
  [
    "another service's ARN for the secret",
    withSecret('arn:aws:ssm:eu-central-1:123456789012:parameter/kraken'),
    /killSwitch\.secret is an ARN of ssm, not of Secrets Manager\. Copy the ARN/,
  ],
  [
    'a JSON key behind the secret ARN',
    withSecret(`${secretArn}:apiKey::`),
    /killSwitch\.secret has a JSON key or a version behind the ARN.*End it with kraken-AbCdEf$/m,
  ],
  [
    'a JSON key behind the name of the secret',
    withSecret('kraken:apiKey::'),
    /killSwitch\.secret is no name or ARN/,
  ],
  [
    'half a secret ARN',
    withSecret('arn:aws:secretsmanager:secret:kraken-AbCdEf'),
    /killSwitch\.secret is no whole ARN of a secret/,
  ],
  [
    'the ARN of all secrets',
    withSecret('arn:aws:secretsmanager:eu-central-1:123456789012:secret:kraken-??????'),
    /killSwitch\.secret is no whole ARN of a secret/,
  ],
  ['half a topic ARN', { ...plain, notify: { topicArn: 'arn:aws:sns:' } }, /notify\.topicArn is no ARN/],
  [
    'the ARN of a subscription',
    { ...plain, notify: { topicArn: `${topicArn}:0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f` } },
    /notify\.topicArn is no ARN of a standard SNS topic/,
  ],
  [
    'a FIFO topic',
    { ...plain, notify: { topicArn: `${topicArn}.fifo` } },
    /notify\.topicArn is no ARN of a standard SNS topic/,
  ],
  [
    'the alias of a key',
    { ...plain, secretKeyArn: 'arn:aws:kms:eu-central-1:123456789012:alias/kraken' },
    /killSwitch\.secretKeyArn is no ARN of a KMS key\. Copy the ARN of the key itself, not of an alias/,
  ],
  [
    'a part of a key ARN',
    { ...plain, secretKeyArn: keyArn.slice(0, -1) },
    /secretKeyArn is no ARN of a KMS key/,
  ],
  [
    'a role for a permissions boundary',
    { ...plain, function: { permissionsBoundaryArn: 'arn:aws:iam::123456789012:role/edge' } },
    /function\.permissionsBoundaryArn is no ARN of an IAM policy\. Copy it/,
  ],
  [
    'another ARN of CloudWatch for an alarm',
    { ...plain, alarmsElsewhere: { arns: ['arn:aws:cloudwatch::123456789012:dashboard/desk'] } },
    /alarmsElsewhere\.arns\.0 is no ARN of an alarm\. Copy it/,
  ],
  [
    'the ARN of every alarm',
    { ...plain, alarmsElsewhere: { arns: ['arn:aws:cloudwatch:eu-central-1:123456789012:alarm:*'] } },
    /alarmsElsewhere\.arns\.0 is no ARN of an alarm/,
  ],
  [
    'one prefix twice',
    { ...plain, alarmsElsewhere: { prefixes: ['desk-', 'desk-'] } },
    /alarmsElsewhere\.prefixes holds desk- twice/,
  ],
  [
    'one alarm ARN twice',
    { ...plain, alarmsElsewhere: { arns: [alarmArn, alarmArn] } },
    /alarmsElsewhere\.arns holds arn:.* twice/,
  ],
  ['an offset for a zone', withZone('+02:00'), /schedules\.0\.timeZone is no time zone\. Use a name such as/],
  [
    'a zone in small letters',
    withZone('europe/berlin'),
    /schedules\.0\.timeZone is no time zone\. Did you mean Europe\/Berlin\?$/m,
  ],
  ['utc', withZone('utc'), /schedules\.0\.timeZone is no time zone\. Did you mean UTC\?$/m],
  ['PST', withZone('PST'), /schedules\.0\.timeZone is no time zone\. Use a name such as/],
  [
    '30 February',
    withCron('0 22 30 2 ? *'),
    /schedules\.0\.cron "0 22 30 2 \? \*" never fires from now on\. Choose a day, month and year/,
  ],
  ['a year gone by', withCron('0 22 ? * MON-FRI 2020-2025'), /schedules\.0\.cron .* never fires from now on/],
  [
    'two days of short periods',
    withAlarm({ ...alarm, periodSeconds: 1_800, evaluationPeriods: 96 }),
    /alarms\.0 looks back 172800 seconds.*takes 86400 at most, 604800 from periods of an hour on\. Lower evaluationPeriods to 48$/m,
  ],
  [
    'eight days of long periods',
    withAlarm({ ...alarm, periodSeconds: 86_400, evaluationPeriods: 8 }),
    /alarms\.0 looks back 691200 seconds.*takes 604800 at most\. Lower evaluationPeriods to 7$/m,
  ],
  [
    'two days of missed heartbeats',
    withAlarm({ ...heartbeat, periodSeconds: 1_800, missedPeriods: 96 }),
    /alarms\.0 looks back 172800 seconds, periodSeconds times missedPeriods/,
  ],
  [
    'metric math over an id that is not there',
    withAlarm({ ...expression, expression: 'a / c' }),
    /alarms\.0\.expression holds c, which is not among its metrics\. Add it, or use a, b/,
  ],
  [
    'a search for metrics',
    withAlarm({ ...expression, expression: 'SUM(SEARCH(\'{Bot} MetricName="Beat"\', "Sum"))' }),
    /alarms\.0\.expression holds SEARCH, which no alarm may/,
  ],
  [
    '11 metrics in metric math',
    withAlarm({ ...expression, expression: 'm1', metrics: many(11, () => measured) }),
    /alarms\.0\.metrics holds more than the 10 that an alarm may use/,
  ],
  [
    '31 dimensions',
    withAlarm({ ...alarm, dimensions: many(31, String) }),
    /alarms\.0\.dimensions holds more than the 30 that CloudWatch takes/,
  ],
  [
    '31 dimensions in metric math',
    withAlarm({ ...expression, metrics: { a: { ...measured, dimensions: many(31, String) }, b: measured } }),
    /alarms\.0\.metrics\.a\.dimensions holds more than the 30/,
  ],
  [
    'a dimension of nothing',
    withAlarm({ ...alarm, dimensions: { Bot: '' } }),
    /alarms\.0\.dimensions\.Bot takes text\. Use 1 to 255/,
  ],
  [
    'a metric of AWS itself every 10 s',
    withAlarm({ ...alarm, namespace: 'AWS/Lambda', periodSeconds: 10 }),
    /alarms\.0\.periodSeconds takes 60 seconds or more for metrics of AWS itself/,
  ],
  [
    'a heartbeat of AWS itself every 10 s, as by default',
    withAlarm({ ...heartbeat, namespace: 'AWS/ECS' }),
    /alarms\.0\.periodSeconds takes 60 seconds or more for metrics of AWS itself/,
  ],
  [
    'metric math over a metric of AWS itself every 30 s',
    withAlarm({
      ...expression,
      periodSeconds: 30,
      metrics: { a: measured, b: { ...measured, namespace: 'AWS/EC2' } },
    }),
    /alarms\.0\.periodSeconds takes 60 seconds or more for metrics of AWS itself/,
  ],
  [
    'the id that the CDK gives the expression itself',
    withAlarm({ ...expression, expression: 'expr_1', metrics: { expr_1: measured } }),
    /alarms\.0\.metrics\.expr_1 is no id of a metric/,
  ],
  [
    'metric math without a metric',
    withAlarm({ ...expression, expression: ' ' }),
    /alarms\.0\.expression uses none of its metrics\. Use a, b/,
  ],
  [
    'one address twice',
    { ...plain, notify: { emails: ['ops@example.com', 'ops@example.com'] } },
    /killSwitch\.notify\.emails holds ops@example\.com twice\. Leave one of them out/,
  ],
  [
    'two characters before the * of an alarm ARN',
    { ...plain, alarmsElsewhere: { arns: ['arn:aws:cloudwatch:eu-central-1:123456789012:alarm:xy*'] } },
    /arns\.0 is no ARN of an alarm\. .*alarm:NAME, with three characters at least before a \* at its end$/m,
  ],
])('refuses %s, which synthesizes and does not work', (_, config, message) => {
  expect(() => readConfig(config)).toThrow(message)
})

test.each<[string, object]>([
  ['a whole secret ARN', withSecret(secretArn)],
  ['a secret that a service of AWS keeps', withSecret('rds!db-0a1b')],
  [
    'every ARN in one region',
    {
      ...withSecret(secretArn),
      secretKeyArn: keyArn,
      notify: { topicArn },
      alarmsElsewhere: { arns: [alarmArn, `${alarmArn}*`] },
      function: { permissionsBoundaryArn: 'arn:aws:iam::123456789012:policy/desk/edge' },
    },
  ],
  [
    'a multi-Region key',
    { ...plain, secretKeyArn: `${keyArn.split('key/')[0]}key/mrk-${'0a1b2c3d'.repeat(4)}` },
  ],
  ['GovCloud', withSecret('arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:kraken-AbCdEf')],
  ['an old name of a zone', withZone('US/Eastern')],
  ['a new name of a zone', withZone('Europe/Kyiv')],
  ['the day that comes every four years', withCron('0 22 29 2 ? *')],
  ['seven days of long periods', withAlarm({ ...alarm, periodSeconds: 86_400, evaluationPeriods: 7 })],
  ['a day of short periods', withAlarm({ ...heartbeat, periodSeconds: 1_800, missedPeriods: 48 })],
  ['a metric that the expression leaves out', withAlarm({ ...expression, expression: 'a * 1e3' })],
  [
    'a metric of AWS itself every minute',
    withAlarm({ ...heartbeat, namespace: 'AWS/ECS', periodSeconds: 60 }),
  ],
  ['ten metrics', withAlarm({ ...expression, expression: 'm1', metrics: many(10, () => measured) })],
])('takes %s', (_, config) => {
  expect(() => readConfig(config)).not.toThrow()
})

// The function, its secret, its topic and the alarms that invoke it are all of one region.
test.each<[string, object, RegExp]>([
  ['secret', { secret: secretArn }, /killSwitch\.secret is in eu-central-1, but the stack is in us-east-1/],
  ['key', { secretKeyArn: keyArn }, /killSwitch\.secretKeyArn is in eu-central-1, but/],
  ['topic', { notify: { topicArn } }, /killSwitch\.notify\.topicArn is in eu-central-1, but/],
  [
    'alarm',
    { alarmsElsewhere: { arns: [alarmArn] } },
    /killSwitch\.alarmsElsewhere\.arns\.0 is in eu-central-1, but/,
  ],
])('refuses a %s of another region, where the region is known', (_, elsewhere, message) => {
  expect(() => readConfig({ ...plain, ...elsewhere }, { region: 'us-east-1' })).toThrow(message)
  expect(() => readConfig({ ...plain, ...elsewhere }, { region: 'eu-central-1' })).not.toThrow()
  expect(() => readConfig({ ...plain, ...elsewhere })).not.toThrow()
})

test('refuses ARNs that disagree about the region, though it is not known', () => {
  const config = {
    ...plain,
    secret: secretArn,
    notify: { topicArn: topicArn.replace('eu-central-1', 'us-east-1') },
  }
  expect(() => readConfig(config)).toThrow(
    /killSwitch\.notify\.topicArn is in us-east-1, but killSwitch\.secret is in eu-central-1/,
  )
})

test('never quotes what stands in for the secret', () => {
  for (const secret of [
    '{"apiSecret":"hunter2"}',
    'hunter2:hunter2',
    'arn:hunter2',
    `x${'hunter2'.repeat(99)}`,
  ]) {
    let message = ''
    try {
      readConfig(withSecret(secret), { region: 'eu-central-1' })
    } catch (error) {
      message = (error as Error).message
    }
    expect(message).toMatch(/killSwitch\.secret/)
    expect(message).not.toContain('hunter2')
  }
})

/** The mistakes that one synth names. */
function mistakes(config: unknown, region?: string): string[] {
  try {
    readConfig(config, { region })
    return []
  } catch (error) {
    return (error as Error).message.split('\n').slice(1)
  }
}

test('names what is wrong between fields in the same synth as what is wrong with one', () => {
  const long = { ...schedule, name: 'x'.repeat(48), cron: 'never' }
  const apart = {
    ...alarm,
    threshold: '5',
    datapointsToAlarm: 3,
    periodSeconds: 1_800,
    evaluationPeriods: 96,
  }
  const config = {
    ...good,
    secrett: 'x',
    readinessMinuts: 1,
    readinessMinutes: 'five',
    notify: { emails: ['ops@example.com'], topicArn, topic: 'x' },
    schedules: [long, schedule, { ...schedule, cron: '30 2 ? * * *', reason: '' }],
    alarms: [
      { ...apart, datapointsToAlarm: 97 },
      { ...expression, threshold: '5', expression: 'a / c' },
      ...Array.from({ length: 20 }, (_, i) => ({ ...heartbeat, name: `b${i}`, reason: 'x'.repeat(200) })),
    ],
    alarmsElsewhere: { arns: [alarmArn] },
  }
  const found = mistakes(config, 'us-east-1')
  for (const part of [
    /secrett is not a known/,
    /readinessMinuts is not a known/,
    /readinessMinutes takes a whole number/,
    /notify\.topic is not a known/,
    /notify has both emails and a topicArn/,
    /schedules\.0\.cron "never" has 1 fields/,
    /schedules holds close twice/,
    /schedules holds x{48}: with its prefix/,
    /schedules\.2\.reason is empty/,
    /schedules\.2 is due at .* which daylight saving skips/,
    /alarms\.0\.threshold takes a number/,
    /alarms\.0 wants more datapointsToAlarm/,
    /alarms\.0 looks back/,
    /alarms\.1\.threshold takes a number/,
    /alarms holds drawdown twice/,
    /alarms\.1\.expression holds c/,
    /killSwitch needs \d+ bytes of environment/,
    /notify\.topicArn is in eu-central-1, but the stack is in us-east-1/,
    /alarmsElsewhere\.arns\.0 is in eu-central-1/,
  ]) {
    expect(found).toContainEqual(expect.stringMatching(part))
  }
  expect(found).toHaveLength(19)
})

test.each<[string, unknown, string]>([
  ['text for a block', { ...plain, api: 'hunter2' }, 'killSwitch.api takes named fields in braces'],
  [
    'text for settings',
    { ...plain, function: { settings: 'x' } },
    'killSwitch.function.settings takes named fields in braces',
  ],
  [
    'a number for a block',
    { ...plain, alarmsElsewhere: 7 },
    'killSwitch.alarmsElsewhere takes named fields in braces',
  ],
])('says what it takes, not what it got: %s', (_, config, message) => {
  expect(mistakes(config)).toEqual([`  ${message}`])
})

// A mistake in one item leaves the others as they are.
test.each<[string, unknown, readonly RegExp[]]>([
  [
    'a zone that does not exist, and a cron that never fires',
    { ...plain, schedules: [{ ...schedule, cron: '0 22 30 2 ? *', timeZone: 'Europe/Berln' }] },
    [/schedules\.0\.timeZone is no time zone/, /schedules\.0\.cron .* never fires/],
  ],
  [
    'no zone, and a cron that never fires',
    { ...plain, schedules: [{ ...schedule, cron: '0 22 30 2 ? *', timeZone: undefined }] },
    [/schedules\.0\.timeZone is missing/, /schedules\.0\.cron .* never fires/],
  ],
  [
    'a name of a wrong type, and another twice',
    { ...plain, alarms: [{ ...heartbeat, name: 7 }, heartbeat, null, heartbeat] },
    [/alarms\.0\.name is no name/, /alarms\.2 /, /alarms holds beat twice/],
  ],
  [
    'a wrong prefix, and another twice',
    { ...plain, alarmsElsewhere: { prefixes: [7, 'desk-', 'desk-'] } },
    [/prefixes\.0 is no prefix/, /prefixes holds desk- twice/],
  ],
  [
    'a wrong address, and another twice',
    { ...plain, notify: { emails: [null, 'a@example.com', 'a@example.com'] } },
    [/emails\.0 takes an address/, /emails holds a@example\.com twice/],
  ],
])('names both: %s', (_, config, messages) => {
  const found = mistakes(config)
  for (const message of messages) expect(found).toContainEqual(expect.stringMatching(message))
  expect(found).toHaveLength(messages.length)
})
