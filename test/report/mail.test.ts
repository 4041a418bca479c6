import { afterEach, beforeEach, expect, test } from 'vitest'
import { error } from '../../drill/answer.ts'
import { fill } from '../../drill/book.ts'
import { alarmEvent, httpEvent } from '../../drill/events.ts'
import type { Fault } from '../../drill/fault.ts'
import { faultNamed } from '../../drill/faults.ts'
import type { InvocationResult, LambdaRuntime } from '../../drill/runtime.ts'
import { Stage } from '../../drill/stage.ts'
import { EmbeddedTopic } from '../../drill/topic.ts'
import type { Brief } from '../../lambda/messages/message.ts'
import { briefOf } from '../../lambda/report/brief.ts'
import type { Report } from '../../lambda/report/report.ts'

/* The built bundle, against an SNS endpoint of our own that checks the signature. */

const TOPIC_ARN = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'
const CHAT_ARN = `${TOPIC_ARN}-chat`

let stage: Stage
let topic: EmbeddedTopic

beforeEach(async () => {
  stage = await Stage.open()
  topic = await EmbeddedTopic.start()
})
afterEach(async () => {
  await stage.close()
  await topic.close()
})

function start(timeoutMs = 8_000, more: Readonly<Record<string, string>> = {}): Promise<LambdaRuntime> {
  const settings = { QUIET_PERIOD_MS: '200', NOTIFY_TOPIC_ARN: TOPIC_ARN, AWS_ENDPOINT_URL_SNS: topic.url }
  return stage.startFunction({ settings: { ...settings, ...more }, timeoutMs })
}

const verdictOf = (answer: InvocationResult) =>
  'result' in answer ? (answer.result as Report).verdict : 'thrown'

test('every pull is told to the topic, the sentence first; readiness is not', async () => {
  fill(stage.exchange.account.book, 37)
  const running = await start()
  await running.invoke({ readiness: true })
  await running.invoke(alarmEvent())
  await running.invoke(httpEvent('nonsense'))
  await running.invoke(alarmEvent('OK'))
  expect(topic.published.map(({ subject }) => subject.split(/[:(]/)[0]?.trim())).toEqual([
    'EMPTY',
    'NOT FIRED',
    'NOT FIRED',
  ])
  const [empty] = topic.published
  expect(empty?.topicArn).toBe(TOPIC_ARN)
  expect(empty?.subject).toMatch(
    /^EMPTY \(verified\): 37 orders cancelled, 0 open, \d+ ms after the trigger was received\.$/,
  )
  expect(empty?.message).toContain('PROTECTION REMOVED: 7')
  expect(empty?.message).toContain('Pulled by:  alarm, bot-heartbeat-missing')
  expect(empty?.message).toContain('Positions:  1 open (PF_XBTUSD long 0.4)')
})

test.each([
  ['refuses', 'AuthorizationError'],
  ['stalls', 'TimeoutError'],
] as const)('a topic that %s changes no verdict, and is logged and counted', async (behaviour, cause) => {
  fill(stage.exchange.account.book, 5)
  topic.behaviour = behaviour
  const running = await start()
  expect(verdictOf(await running.invoke({}))).toBe('EMPTY')
  const log = () => running.lines.map((line) => JSON.parse(line))
  const failure = { level: 'ERROR', message: 'the topic was not told', cause }
  await expect.poll(log).toContainEqual(expect.objectContaining(failure))
  await expect.poll(log).toContainEqual(expect.objectContaining({ NotifyFailed: 1 }))
})

test('a sentence that is too long for a subject is cut; text stays whole', () => {
  const sentence = `NOT FIRED: ${'ä'.repeat(3)} ${'x'.repeat(200)}.`
  const report = {
    sentence,
    warnings: [],
    trigger: { kind: 'invoke', by: 'request 1', receivedAt: '2026-11-22T20:00:00.000Z', reason: null },
    scope: null,
    account: null,
    cancelled: { count: 0, bySymbol: {} },
    roads: [],
    remaining: 'unknown',
    kept: null,
    positions: 'unknown',
    timing: { sentMs: null, ackMs: null, verifiedMs: null, coldStart: false },
  } as unknown as Report
  const { subject, text }: Brief = briefOf(report)
  expect(subject).toHaveLength(100)
  expect(subject).toMatch(/^NOT FIRED: \? x+\.\.\.$/)
  expect(text).toContain(sentence)
})

test('a pull that has not ended after 10 s says so once, and goes on', async () => {
  stage.rest(5)
  stage.exchange.misbehave(faultNamed('live-bot:10') as Fault)
  const running = await start(14_000)
  expect(verdictOf(await running.invoke(alarmEvent()))).toBe('thrown')
  const [interim, verdict, ...others] = topic.published
  expect(interim?.subject).toMatch(
    /^STILL SWEEPING after 10 s: \d+ orders? open at the last read|^STILL SWEEPING after 10 s: no order/,
  )
  expect(interim?.message).toContain('A bot keeps placing')
  expect(interim?.message).toContain('This is no verdict. The verdict follows.')
  expect(verdict?.subject).toMatch(/^NOT EMPTY|^UNVERIFIED/)
  expect(others).toEqual([])
  expect(running.lines.filter((line) => line.includes('STILL SWEEPING'))).toHaveLength(1)
})

test('a topic that stalls while a pull goes on holds up neither the sweep nor the verdict', async () => {
  stage.rest(5)
  topic.behaviour = 'stalls'
  let isBusy = true
  stage.exchange.misbehave({ answer: () => (isBusy ? error('Unavailable', 503) : undefined) })
  const running = await start(30_000)
  setTimeout(() => {
    isBusy = false
  }, 10_300)
  const answer = await running.invoke(alarmEvent())
  expect(verdictOf(answer)).toBe('EMPTY')
  expect((('result' in answer && answer.result) as Report).timing.verifiedMs).toBeLessThan(13_000)
}, 40_000)

test('the mail leads to dashboard and runbook, by the addresses that the function was given', async () => {
  fill(stage.exchange.account.book, 3)
  const running = await start(8_000, {
    DASHBOARD_URL: 'https://console.example.com/home?region=x#dashboards/dashboard/kill-switch',
    RUNBOOK_URL: 'https://wiki.example.com/runbook',
  })
  await running.invoke({})
  const { message = '' } = topic.published[0] ?? {}
  expect(message).toContain('\nRunbook:    https://wiki.example.com/runbook#empty\n')
  expect(message).toContain('\nBy hand:    https://pro.kraken.com (')
  expect(message).toContain(
    '\nDashboard:  https://console.example.com/home?region=x#dashboards/dashboard/kill-switch\n',
  )
})

test('the chat hears the same, as a custom notification, and of no readiness', async () => {
  fill(stage.exchange.account.book, 37)
  const running = await start(8_000, { CHAT_TOPIC_ARN: CHAT_ARN })
  await running.invoke({ readiness: true })
  await running.invoke({ reason: '<!channel> [now](https://evil.example)' })
  expect(topic.published.map(({ topicArn }) => topicArn).toSorted()).toEqual([TOPIC_ARN, CHAT_ARN])
  const mail = topic.published.find(({ topicArn }) => topicArn === TOPIC_ARN)
  const chat = topic.published.find(({ topicArn }) => topicArn === CHAT_ARN)
  const { version, source, content, metadata } = JSON.parse(String(chat?.message))
  expect([version, source, content.textType, chat?.subject]).toEqual(['1.0', 'custom', 'client-markdown', ''])
  expect(content.title).toBe(mail?.subject)
  expect(content.description).toContain('*Open now:* 0\n*Cancelled:* 37 (')
  expect(content.description).toContain('*Reason:* &lt;!channel&gt; [now] (https: //evil.example)')
  expect(metadata.threadId).toMatch(/^pull-/)
})

test.each([
  ['the chat', CHAT_ARN, TOPIC_ARN],
  ['the mail', TOPIC_ARN, CHAT_ARN],
])('where %s is refused, the other is told, and the verdict is as it was', async (_, refused, told) => {
  fill(stage.exchange.account.book, 5)
  topic.refused.add(refused)
  const running = await start(8_000, { CHAT_TOPIC_ARN: CHAT_ARN })
  expect(verdictOf(await running.invoke({}))).toBe('EMPTY')
  expect(topic.published.map(({ topicArn }) => topicArn)).toEqual([told])
  const log = () => running.lines.map((line) => JSON.parse(line))
  const failure = { message: 'the topic was not told', cause: 'AuthorizationError', topicArn: refused }
  await expect.poll(log).toContainEqual(expect.objectContaining(failure))
  await expect.poll(log).toContainEqual(expect.objectContaining({ NotifyFailed: 1 }))
})
