import { expect, test } from 'vitest'
import {
  alarmEvent,
  alarmRuleEvent,
  alarmSnsEvent,
  compositeAlarmEvent,
  contributorAlarmEvent,
  contributorRuleEvent,
  httpEvent,
  scheduleEvent,
  snsEvent,
} from '../../drill/events.ts'
import { readTrigger, standDownIfStale, type Trigger } from '../../lambda/triggers/trigger.ts'

const read = (event: unknown) => readTrigger(event, 'req-1')

const ALL = { do: 'fire', scope: 'all' }

test.each([
  ['a metric alarm', alarmEvent()],
  ['a composite alarm out of a suppressor, ALARM to ALARM', compositeAlarmEvent()],
  ['an alarm through an EventBridge rule', alarmRuleEvent()],
  ['an alarm through SNS', alarmSnsEvent()],
  ['an alarm through an EventBridge rule and SNS', snsEvent(alarmRuleEvent())],
  ['one time series of an alarm over many', contributorAlarmEvent()],
  ['one time series through an EventBridge rule', contributorRuleEvent()],
  ['one time series through an EventBridge rule and SNS', snsEvent(contributorRuleEvent())],
])('fires on %s', (_, event) => {
  const trigger = read(event)
  expect(trigger).toMatchObject({ kind: 'alarm', by: 'bot-heartbeat-missing', action: ALL })
  expect(trigger.reason).toContain('Threshold Crossed')
  expect(Math.abs(Date.now() - (trigger.eventAt ?? 0))).toBeLessThan(5_000)
})

test('an alarm without a reason fires, too', () => {
  const { alarmData, ...event } = alarmEvent()
  const { reason: _, ...state } = alarmData.state
  expect(read({ ...event, alarmData: { ...alarmData, state } })).toMatchObject({ reason: null, action: ALL })
})

test.each([
  ['an alarm', alarmEvent],
  ['an alarm through an EventBridge rule', alarmRuleEvent],
  ['an alarm through SNS', alarmSnsEvent],
  ['one time series of an alarm over many', contributorAlarmEvent],
  ['one time series through an EventBridge rule', contributorRuleEvent],
])('stands down when %s recovers or lacks data', (_, event) => {
  for (const state of ['OK', 'INSUFFICIENT_DATA'] as const) {
    expect(read(event(state)).action).toEqual({
      do: 'stand down',
      why: `the alarm bot-heartbeat-missing is in state ${state}`,
    })
  }
})

test('fires on an alarm without a time that can be read', () => {
  const event = alarmEvent()
  const { timestamp: _, ...state } = event.alarmData.state
  const trigger = read({ ...event, alarmData: { ...event.alarmData, state } })
  expect(trigger).toMatchObject({ eventAt: null, action: ALL })
})

test('an alarm whose reason and time are null fires, in every shape', () => {
  const none = { value: 'ALARM', reason: null, timestamp: null }
  const byAction = alarmEvent()
  const byRule = alarmRuleEvent()
  for (const event of [
    { ...byAction, alarmData: { ...byAction.alarmData, state: none } },
    { ...byRule, detail: { ...byRule.detail, state: none } },
    snsEvent({ AlarmName: 'x', NewStateValue: 'ALARM', NewStateReason: null, StateChangeTime: null }),
  ]) {
    expect(read(event)).toMatchObject({ kind: 'alarm', reason: null, eventAt: null, action: ALL })
  }
})

test('fires on a schedule, for its symbols', () => {
  const trigger = read(scheduleEvent({ symbols: ['pf_xbtusd'], reason: 'end of session' }))
  expect(trigger).toMatchObject({
    kind: 'schedule',
    by: 'end-of-session',
    reason: 'end of session',
    action: { do: 'fire', scope: ['PF_XBTUSD'] },
  })
  expect(trigger.eventAt).toBeGreaterThan(0)
})

test.each([
  [undefined, true],
  [false, true],
  [true, false],
])('after a schedule with keepShut %s the session may be over: %s', (keepShut, isSessionEnd) => {
  const { action } = read(scheduleEvent(keepShut === undefined ? {} : { keepShut }))
  expect(action).toEqual({ do: 'fire', scope: 'all', isSessionEnd })
})

test("keepShut is a schedule's word alone, and true or false", () => {
  expect(read(scheduleEvent({ keepShut: 'yes' })).action).toMatchObject({ do: 'refuse' })
  expect(read({ keepShut: true }).action).toMatchObject({ do: 'refuse' })
})

test('a schedule stands down when it is older than allowed, and only a schedule does', () => {
  const now = Date.now()
  const aged = (ms: number): Trigger => read(scheduleEvent({}, new Date(now - ms)))
  expect(standDownIfStale(aged(890_000), now, 900_000).action).toMatchObject(ALL)
  expect(standDownIfStale(aged(7_200_000), now, 900_000).action).toMatchObject({
    do: 'stand down',
    why: 'the schedule end-of-session was due 120 minutes ago',
  })
  expect(standDownIfStale(aged(-7_200_000), now, 900_000).action.do).toBe('stand down')
  expect(standDownIfStale({ ...aged(7_200_000), kind: 'alarm' }, now, 900_000).action).toMatchObject(ALL)
  const atTheLimit = aged(0)
  expect(standDownIfStale(atTheLimit, Number(atTheLimit.eventAt) + 900_000, 900_000).action).toMatchObject(
    ALL,
  )
  expect(standDownIfStale(atTheLimit, Number(atTheLimit.eventAt) + 900_001, 900_000).action.do).toBe(
    'stand down',
  )
  const refused = read({ schedule: { name: 'x' } })
  expect(standDownIfStale(refused, now, 900_000)).toBe(refused)
})

test('fires on POST /cancel-all, in the name of the authorised caller', () => {
  expect(read(httpEvent('{"symbol":"PF_XBTUSD","reason":"drawdown"}'))).toMatchObject({
    kind: 'http',
    by: 'arn:aws:sts::123456789012:assumed-role/trading-desk/desk',
    reason: 'drawdown',
    action: { do: 'fire', scope: ['PF_XBTUSD'] },
  })
})

test.each([
  ['no body', httpEvent(undefined)],
  ['an empty body', httpEvent('')],
  ['an empty object', httpEvent('{}')],
  ['null for the body that is not there', httpEvent(undefined, { body: null })],
  [
    'null for all that is not there',
    httpEvent(undefined, { body: null, rawQueryString: null, isBase64Encoded: null, cookies: null }),
  ],
])('fires for all on an HTTPS call with %s', (_, event) => {
  expect(read(event).action).toEqual(ALL)
})

test('takes the caller from a JWT, never from headers', () => {
  const { requestContext } = httpEvent('{}')
  const jwt = { jwt: { claims: { sub: 'desk-4' }, scopes: null } }
  const headers = { 'x-forwarded-user': 'root', 'x-amzn-iam-user-arn': 'arn:aws:iam::1:root' }
  const event = httpEvent('{}', { headers, requestContext: { ...requestContext, authorizer: jwt } })
  expect(read(event)).toMatchObject({ by: 'desk-4', action: ALL })
  expect(JSON.stringify(read(event))).not.toContain('root')
})

test('takes a base64 body, and a stage before the path', () => {
  const body = Buffer.from('{"symbols":["PF_XBTUSD"]}').toString('base64')
  const event = httpEvent(body, { isBase64Encoded: true, rawPath: '/prod/cancel-all' })
  expect(read(event).action).toEqual({ do: 'fire', scope: ['PF_XBTUSD'] })
})

const { requestContext } = httpEvent('{}')
const withMethod = (method: string) => ({
  requestContext: { ...requestContext, http: { ...requestContext.http, method } },
})
const withAuthorizer = (authorizer: unknown) => ({ requestContext: { ...requestContext, authorizer } })

test.each([
  ['GET', httpEvent(undefined, withMethod('GET')), /not POST/],
  ['PUT', httpEvent('{}', withMethod('PUT')), /not POST/],
  ['HEAD', httpEvent(undefined, withMethod('HEAD')), /not POST/],
  ['another path', httpEvent('{}', { rawPath: '/cancel' }), /not POST/],
  ['no authorizer', httpEvent('{}', withAuthorizer(undefined)), /not authenticated/],
  ['null for the authorizer', httpEvent('{}', withAuthorizer(null)), /not authenticated/],
  ['an authorizer that says nothing', httpEvent('{}', withAuthorizer({})), /not authenticated/],
  ['a Lambda authorizer', httpEvent('{}', withAuthorizer({ lambda: { user: 'desk' } })), /not authenticated/],
  ['symbols in the query', httpEvent(undefined, { rawQueryString: 'symbol=PF_XBTUSD' }), /JSON body/],
  ['a form body', httpEvent('symbol=PF_XBTUSD'), /not JSON/],
  ['a body cut short', httpEvent('{"symbol":'), /not JSON/],
  ['a field twice', httpEvent('{"symbol":"PF_XBTUSD","symbol":"PF_ETHUSD"}'), /twice/],
  ['a field twice, once escaped', httpEvent('{"symbol":"PF_XBTUSD","s\\u0079mbol":"PF_ETHUSD"}'), /twice/],
  ['4 KB and a byte', httpEvent(`{"reason":"${'x'.repeat(4_084)}"}`), /too long/],
  ['a megabyte', httpEvent('x'.repeat(1_000_000)), /too long/],
  [
    'bytes that are no text',
    httpEvent(Buffer.from([0xff, 0xfe]).toString('base64'), { isBase64Encoded: true }),
    /not text/,
  ],
  ['a body that is null', httpEvent('null'), /missing or of the wrong type/],
  ['a list', httpEvent('["PF_XBTUSD"]'), /is a list/],
  ['an empty list', httpEvent('[]'), /is a list/],
  ['a number', httpEvent('0'), /missing or of the wrong type/],
  ['false', httpEvent('false'), /missing or of the wrong type/],
  ['deep JSON', httpEvent(`${'['.repeat(1_000)}${']'.repeat(1_000)}`), /is a list/],
])('refuses an HTTPS call with %s', (_, event, why) => {
  const { kind, action } = read(event)
  expect(kind).toBe('http')
  expect(action.do).toBe('refuse')
  expect(action).toMatchObject({ why: expect.stringMatching(why) })
})

test('a colon in a text is no field', () => {
  expect(read(httpEvent('{"reason":"\\"reason\\": \\"x\\""}')).action).toEqual(ALL)
})

test('fires on a direct invocation, in the name of its request', () => {
  expect(read({})).toEqual({ kind: 'invoke', by: 'request req-1', reason: null, eventAt: null, action: ALL })
  expect(read({ symbols: ['PF_XBTUSD', 'pf_xbtusd', 'FI_XBTUSD'], reason: 'by hand' })).toMatchObject({
    reason: 'by hand',
    action: { do: 'fire', scope: ['PF_XBTUSD', 'FI_XBTUSD'] },
  })
})

const keep = 'reduceOnly'

test.each<[string, object, unknown]>([
  ['a direct invocation', { keep }, { symbols: 'all', keep }],
  ['one of symbols', { symbols: ['pf_xbtusd'], keep, reason: 'x' }, { symbols: ['PF_XBTUSD'], keep }],
  [
    'an HTTPS call',
    httpEvent('{"symbol":"PF_XBTUSD","keep":"reduceOnly"}'),
    { symbols: ['PF_XBTUSD'], keep },
  ],
  ['a schedule', scheduleEvent({ keep }), { symbols: 'all', keep }],
])('keeps reduce-only orders where %s says so', (_, event, scope) => {
  expect(read(event).action).toMatchObject({ do: 'fire', scope })
})

const symbols = (count: number) => Array.from({ length: count }, (_, i) => `PF_COIN${i}USD`)

test('takes 20 symbols', () => {
  expect(read({ symbols: symbols(20) }).action).toEqual({ do: 'fire', scope: symbols(20) })
})

// Never a silent "all", never a guess: the same rows for every source that takes symbols.
const refused: [string, object, RegExp][] = [
  ['symbol null', { symbol: null }, /symbol .*not a string/],
  ['an empty symbol', { symbol: '' }, /symbol is not a symbol/],
  ['symbol "*"', { symbol: '*' }, /not a symbol/],
  ['symbol "all"', { symbol: 'all' }, /not a symbol/],
  ['symbol as a number', { symbol: 1 }, /symbol .*not a string/],
  ['symbol as a list', { symbol: ['PF_XBTUSD'] }, /symbol .*not a string/],
  ['a symbol with a parameter', { symbol: 'PF_XBTUSD&x=1' }, /not a symbol/],
  ['a symbol of another exchange', { symbol: 'BTC-PERP' }, /not a symbol/],
  ['symbols null', { symbols: null }, /symbols is not a list/],
  ['no symbols in the list', { symbols: [] }, /empty list/],
  ['symbols as text', { symbols: 'PF_XBTUSD' }, /symbols is not a list/],
  ['symbols as an object', { symbols: { 0: 'PF_XBTUSD' } }, /symbols is not a list/],
  ['an empty symbol in the list', { symbols: ['PF_XBTUSD', ''] }, /symbols\.1 is not a symbol/],
  ['null in the list', { symbols: [null] }, /symbols\.0 is not a string/],
  ['21 symbols', { symbols: symbols(21) }, /more than 20/],
  ['both spellings', { symbol: 'PF_XBTUSD', symbols: ['PF_XBTUSD'] }, /both/],
  ['keep null', { keep: null }, /keep is not "reduceOnly"/],
  ['keep empty', { keep: '' }, /keep is not "reduceOnly"/],
  ['keep true', { keep: true }, /keep is not "reduceOnly"/],
  ['keep "all"', { keep: 'all' }, /keep is not "reduceOnly"/],
  ['keep "stops"', { keep: 'stops' }, /keep is not "reduceOnly"/],
  ['keep in another case', { keep: 'reduceonly' }, /keep is not "reduceOnly"/],
  ['keep as a list', { keep: ['reduceOnly'] }, /keep is not "reduceOnly"/],
  ['another word for keep', { keepOnly: 'reduceOnly' }, /"keepOnly" is not a field/],
  ['an unknown field', { symbls: ['PF_XBTUSD'] }, /"symbls" is not a field/],
  ['a field from the prototype', JSON.parse('{"__proto__":{"symbol":"PF_XBTUSD"}}'), /not a field/],
  ['constructor', { constructor: 'PF_XBTUSD' }, /not a field/],
  ['reason null', { reason: null }, /reason .*not a string/],
  ['an empty reason', { reason: '' }, /reason is empty/],
  ['a reason of 201 characters', { reason: 'x'.repeat(201) }, /longer than 200/],
  ['a line break in the reason', { reason: 'a\nb' }, /line break/],
  ['U+2028 in the reason', { reason: 'a\u2028b' }, /line break/],
  ['a right-to-left override in the reason', { reason: 'a\u202Eb' }, /printed/],
]

test.each(refused)('refuses a direct invocation with %s, and says what to send', (_, pull, why) => {
  const { action } = read(pull)
  expect(action).toMatchObject({ do: 'refuse', why: expect.stringMatching(why) })
  expect(action).toMatchObject({ why: expect.stringContaining('{"symbols":["PF_XBTUSD"]}') })
})

test.each(refused)('refuses an HTTPS call with %s', (_, pull, why) => {
  expect(read(httpEvent(JSON.stringify(pull))).action).toMatchObject({
    do: 'refuse',
    why: expect.stringMatching(why),
  })
})

test.each(refused)('refuses a schedule with %s', (_, pull, why) => {
  const event = Object.assign(scheduleEvent(), Object.hasOwn(pull, '__proto__') ? { oops: 1 } : pull)
  const { kind, action } = read(event)
  expect(kind).toBe('schedule')
  expect(action).toMatchObject({
    do: 'refuse',
    why: expect.stringMatching(Object.hasOwn(pull, '__proto__') ? /not a field/ : why),
  })
})

test.each([
  ['no time', { schedule: { name: 'x' } }],
  ['no name', { schedule: { scheduledTime: '2026-11-22T21:00:00Z' } }],
  [
    'a time that was not filled in',
    { schedule: { name: 'x', scheduledTime: '<aws.scheduler.scheduled-time>' } },
  ],
  ['a time that is none', { schedule: { name: 'x', scheduledTime: '2026-13-45T99:00:00Z' } }],
  ['a number for the time', { schedule: { name: 'x', scheduledTime: 1_795_377_600 } }],
  ['null', { schedule: null }],
])('refuses a schedule with %s', (_, event) => {
  expect(read(event)).toMatchObject({ kind: 'schedule', action: { do: 'refuse' } })
})

test('checks readiness, and nothing else with it', () => {
  expect(read({ readiness: true })).toEqual({
    kind: 'readiness',
    by: 'request req-1',
    reason: null,
    eventAt: null,
    action: { do: 'check', isScheduled: false },
  })
})

test('checks readiness for a schedule, and knows that one asked', () => {
  const event = { readiness: true, ...scheduleEvent({}, new Date('2026-11-22T21:00:00Z')) }
  expect(read(event)).toEqual({
    kind: 'readiness',
    by: 'end-of-session',
    reason: null,
    eventAt: Date.UTC(2026, 10, 22, 21),
    action: { do: 'check', isScheduled: true },
  })
})

test('checks some groups of a fleet', () => {
  expect(read({ readiness: true, groups: ['mm', 'arb'] }).action).toEqual({
    do: 'check',
    isScheduled: false,
    groups: ['mm', 'arb'],
  })
})

test.each<[string, object]>([
  ['no group', { groups: [] }],
  ['null for its groups', { groups: null }],
  ['a group that is no name', { groups: ['*'] }],
  ['one group that is in no list', { group: 'mm' }],
  ['accounts', { accounts: ['mm-btc'] }],
  ['null for its schedule', { schedule: null }],
  ['a schedule without a time', { schedule: { name: 'x' } }],
  [
    'a time that was not filled in',
    { schedule: { name: 'x', scheduledTime: '<aws.scheduler.scheduled-time>' } },
  ],
  ['a field more in its schedule', { schedule: { ...scheduleEvent().schedule, symbols: ['PF_XBTUSD'] } }],
  ['symbols', scheduleEvent({ symbols: ['PF_XBTUSD'] })],
  ['a reason', scheduleEvent({ reason: 'end of session' })],
])('refuses a readiness check with %s', (_, others) => {
  expect(read({ readiness: true, ...others })).toMatchObject({ kind: 'readiness', action: { do: 'refuse' } })
})

test.each([
  { readiness: false },
  { readiness: 'true' },
  { readiness: null },
  { readiness: true, symbols: ['PF_XBTUSD'] },
  { readiness: true, ...alarmEvent() },
  { readiness: true, ...scheduleEvent() },
])('an event that speaks of readiness never fires: %j', (event) => {
  expect(['check', 'refuse']).toContain(read(event).action.do)
})

test.each([
  ['null', null, 'the event is not a JSON object'],
  ['a string', 'cancel', 'the event is not a JSON object'],
  ['a list', [{}], 'the event is not a JSON object'],
  ['a number', 1, 'the event is not a JSON object'],
  [
    'an alarm without a state',
    { source: 'aws.cloudwatch', alarmData: {} },
    'The switch is pulled by a CloudWatch alarm',
  ],
  [
    'readiness false',
    { readiness: false },
    'Send {"readiness": true}, with "groups" for some of a fleet\'s, and nothing else',
  ],
  ['a schedule without a time', { schedule: { name: 'x' } }, 'Send {"schedule":{"name","scheduledTime"}}'],
  [
    'a time in words',
    { schedule: { name: 'x', scheduledTime: 'at 2026-11-22T21:00:00Z' } },
    'scheduled-time> gives one',
  ],
  ['a time that is none', { schedule: { name: 'x', scheduledTime: '2026-13-45T99:00:00Z' } }, 'is no time'],
])('says of %s what is wrong, and what to send', (_, event, said) => {
  expect(read(event).action).toMatchObject({ do: 'refuse', why: expect.stringContaining(said) })
})

test.each([
  ['no method', { ...requestContext, http: {} }],
  ['a method that is no word', { ...requestContext, http: { method: 1 } }],
  ['an authorizer that is text', { ...requestContext, authorizer: 'desk' }],
  ['a caller that is no name', { ...requestContext, authorizer: { iam: { userArn: 42 } } }],
  ['claims that are missing', { ...requestContext, authorizer: { jwt: {} } }],
  ['a subject that is no name', { ...requestContext, authorizer: { jwt: { claims: { sub: 42 } } } }],
])('refuses an HTTPS call with %s', (_, context) => {
  expect(read(httpEvent('{}', { requestContext: context })).action.do).toBe('refuse')
})

const alarm = alarmEvent()
test.each<[string, unknown]>([
  ['null', null],
  ['a string', 'cancel'],
  ['a number', 1],
  ['a list', [{}]],
  ['an alarm without a state', { ...alarm, alarmData: { alarmName: 'x' } }],
  [
    'an alarm in a state that does not exist',
    { ...alarm, alarmData: { alarmName: 'x', state: { value: 'alarm' } } },
  ],
  ['an alarm without a name', { ...alarm, alarmData: { ...alarm.alarmData, alarmName: '' } }],
  [
    'another event of CloudWatch',
    { ...alarmRuleEvent(), 'detail-type': 'CloudWatch Alarm Configuration Change' },
  ],
  ['an SNS message that is no alarm', snsEvent({ hello: 'world' })],
  ['an SNS message that is text', { Records: [{ EventSource: 'aws:sns', Sns: { Message: 'ALARM' } }] }],
  ['two SNS records', { Records: [...alarmSnsEvent().Records, ...alarmSnsEvent().Records] }],
  ['no SNS record', { Records: [] }],
  ['an S3 event', { Records: [{ eventSource: 'aws:s3', s3: {} }] }],
  ['an SQS event', { Records: [{ eventSource: 'aws:sqs', body: '{}' }] }],
  ['an EventBridge scheduled event', { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} }],
  [
    'an API Gateway v1 event',
    { httpMethod: 'POST', path: '/cancel-all', requestContext: { stage: 'x' }, body: '{}' },
  ],
  ['a Cognito event', { triggerSource: 'PreSignUp_SignUp', userName: 'x' }],
])('refuses %s, and says what pulls the switch', (_, event) => {
  const { action } = read(event)
  expect(action.do).toBe('refuse')
})

test('foreign text in a sentence is one printable line', () => {
  const event = alarmEvent('OK')
  const alarmData = { ...event.alarmData, alarmName: `a\r\nb\u2028${'x'.repeat(500)}` }
  const { by, action } = read({ ...event, alarmData })
  expect(by).toMatch(/^a b x{10,}$/)
  expect(by.length).toBeLessThanOrEqual(200)
  expect(JSON.stringify(action)).not.toContain('\\n')
})
