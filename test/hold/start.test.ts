import { afterEach, beforeEach, expect, test } from 'vitest'
import { json } from '../../drill/answer.ts'
import { httpEvent, scheduleEvent } from '../../drill/events.ts'
import type { Misbehaviour } from '../../drill/exchange.ts'
import type { LambdaRuntime } from '../../drill/runtime.ts'
import { Stage } from '../../drill/stage.ts'
import { EmbeddedStepFunctions } from '../../drill/step-functions.ts'
import { EmbeddedTopic } from '../../drill/topic.ts'
import type { SettingName } from '../../lambda/init/settings.ts'
import type { Report } from '../../lambda/report/report.ts'

/* The built bundle in a process of its own: what goes on after a pull, and how it is asked for. */

const MACHINE = 'arn:aws:states:eu-central-1:123456789012:stateMachine:kill-switch-hold'
const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'

let stage: Stage
let states: EmbeddedStepFunctions
let topic: EmbeddedTopic

beforeEach(async () => {
  stage = await Stage.open()
  states = await EmbeddedStepFunctions.start()
  topic = await EmbeddedTopic.start()
  stage.rest(5)
})

afterEach(async () => {
  await stage.close()
  await Promise.all([states.close(), topic.close()])
})

function start(settings: Partial<Record<SettingName, string>> = {}): Promise<LambdaRuntime> {
  return stage.startFunction({
    timeoutMs: 4_000,
    settings: {
      HOLD_MACHINE_ARN: MACHINE,
      HOLD_PERSIST_MINUTES: '15',
      HOLD_KEEP_SHUT_MINUTES: '10',
      NOTIFY_TOPIC_ARN: TOPIC,
      AWS_ENDPOINT_URL_SFN: states.url,
      AWS_ENDPOINT_URL_SNS: topic.url,
      QUIET_PERIOD_MS: '200',
      ...settings,
    },
  })
}

/** Kraken takes every cancel, and none has an effect. */
const HEEDLESS: Misbehaviour = {
  answer: ({ endpoint }) =>
    endpoint.startsWith('cancel')
      ? json({ result: 'success', cancelStatus: { cancelledOrders: [] } })
      : undefined,
}

async function reportOf(running: LambdaRuntime): Promise<Report> {
  const { report } = await running.lastReport()
  if (report === undefined) throw new Error('no report')
  return report
}

test('a pull that proves nothing goes on: the hold is started under the name of the pull, and every message says how to end it', async () => {
  const running = await start()
  stage.exchange.misbehave(HEEDLESS)
  const result = await running.invoke({ reason: 'by hand', symbols: ['PF_XBTUSD'] })
  expect(result).toMatchObject({ error: { errorType: 'NotProvenEmpty' } })
  expect(states.executions).toHaveLength(1)
  const [{ stateMachineArn, name, input } = { name: '' }] = states.executions
  expect(stateMachineArn).toBe(MACHINE)
  expect(input).toMatchObject({
    hold: {
      name,
      pull: { kind: 'invoke', reason: 'by hand' },
      scope: ['PF_XBTUSD'],
      keepShutMinutes: 10,
      fuse: false,
      known: { laps: 0, shutUntil: null, seenAt: expect.stringMatching(/^\d{4}-.*Z$/) },
    },
  })
  const { provenBy } = (input as { hold: { provenBy: string } }).hold
  expect(Math.abs(Date.parse(provenBy) - Date.now() - 15 * 60_000)).toBeLessThan(5_000)
  expect(topic.published.at(-1)?.message).toMatch(
    /\nHOLDING until \d\d:\d\d:\d\d UTC at the latest: the switch sweeps on until there is proof, and then keeps the book shut for 10 min: .*Release it: aws stepfunctions stop-execution --execution-arn arn:aws:states:eu-central-1:123456789012:execution:kill-switch-hold:pull-[\w-]+\n/,
  )
})

test('a proven pull keeps the book shut where that is wanted, and its answer says until when', async () => {
  const running = await start()
  const { result } = (await running.invoke(httpEvent('{}'))) as {
    result: { statusCode: number; body: string }
  }
  expect(result.statusCode).toBe(200)
  const { verdict, hold, warnings } = JSON.parse(result.body) as Report
  expect(verdict).toBe('EMPTY')
  expect(hold).toMatchObject({
    executionArn: `arn:aws:states:eu-central-1:123456789012:execution:kill-switch-hold:${states.executions[0]?.name}`,
    keepShutMinutes: 10,
  })
  expect(warnings[0]).toMatch(
    /^HOLDING until \d\d:\d\d:\d\d UTC: the book is kept shut: whatever is placed in scope is cancelled\. Release it/,
  )
  expect(states.executions[0]?.input).toMatchObject({
    hold: { scope: 'all', known: { shutUntil: hold?.endsBy } },
  })
})

test.each<[string, Partial<Record<SettingName, string>>, () => unknown, number]>([
  ['no minutes to keep it shut', { HOLD_KEEP_SHUT_MINUTES: '0' }, () => ({}), 0],
  ['no machine', { HOLD_MACHINE_ARN: '' }, () => ({}), 0],
  ['a schedule', {}, () => scheduleEvent({}), 0],
  ['a schedule that says so', {}, () => scheduleEvent({ keepShut: true }), 1],
  ['a readiness check', {}, () => ({ readiness: true }), 0],
  ['refused input', {}, () => ({ symbols: [] }), 0],
])('after a proof, %s: %j starts as many', async (_, settings, event, count) => {
  const running = await start(settings)
  await running.invoke(event())
  expect(states.executions).toHaveLength(count)
})

test('with nothing to persist for, a pull that proves nothing is as it was', async () => {
  const running = await start({ HOLD_PERSIST_MINUTES: '0' })
  stage.exchange.misbehave(HEEDLESS)
  await running.invoke({})
  const { hold, warnings } = await reportOf(running)
  expect({ hold, said: warnings.filter((warning) => /HOLD/.test(warning)) }).toEqual({ hold: null, said: [] })
  expect(states.requests).toBe(0)
})

test.each<[EmbeddedStepFunctions['behaviour'], RegExp, number]>([
  ['refuses', /^HOLD NOT STARTED: .*\(AccessDeniedException\)/, 1],
  ['fails', /^HOLD NOT STARTED: .*\(InternalFailure\)/, 2],
  ['stalls', /^HOLD NOT STARTED: .*\(TimeoutError\)/, 1],
])(
  'Step Functions that %s changes no verdict, and is said and counted',
  async (behaviour, said, requests) => {
    states.behaviour = behaviour
    const running = await start()
    const { result } = (await running.invoke({})) as { result: Report }
    expect(result.verdict).toBe('EMPTY')
    expect(result.warnings[0]).toMatch(said)
    expect(result.hold).toBeNull()
    expect(states.requests).toBe(requests)
    expect(topic.published.at(-1)?.message).toMatch(/\nHOLD NOT STARTED/)
    const { lines } = running
    expect(lines.some((line) => /"HoldNotStarted":1/.test(line))).toBe(true)
  },
)

test('an execution that exists already, from a try before, is as good as started', async () => {
  const running = await start()
  const first = (await running.invoke({})) as { result: Report }
  const name = states.executions[0]?.name ?? ''
  states.executions.splice(0, 1, { stateMachineArn: MACHINE, name, input: {} })
  // Lambda keeps the request id when it tries again.
  const again = (await running.invoke({}, name.replace('pull-', ''))) as { result: Report }
  expect(again.result.hold?.executionArn).toBe(first.result.hold?.executionArn)
  expect(states.executions).toHaveLength(1)
})
