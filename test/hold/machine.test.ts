import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Bot } from '../../drill/bot.ts'
import { type Execution, startExecution } from '../../drill/hold-engine.ts'
import { Stage } from '../../drill/stage.ts'
import { EmbeddedTopic } from '../../drill/topic.ts'
import { holdDefinition } from '../../infra/hold-definition.ts'
import { type Hold, NOTHING_KNOWN } from '../../lambda/triggers/hold-event.ts'
import { Sandboxes } from '../sandboxes.ts'

/* The state machine as it is deployed, on a local engine, with the built bundle in processes of its own. */

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'
const ALIAS = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'
/** Of the function: so its laps are short. */
const TIMEOUT_MS = 2_000

let stage: Stage
let topic: EmbeddedTopic
let bot: Bot

beforeEach(async () => {
  stage = await Stage.open()
  topic = await EmbeddedTopic.start()
  stage.rest(3)
  stage.secrets.put(stage.exchange.account.secretFor('both'))
  bot = new Bot(stage.exchange.account.book, { prefix: 'mm7-', everyMs: 250 })
})

afterEach(async () => {
  bot.stop()
  await stage.close()
  await topic.close()
})

/** One that began a minute ago, and keeps the book shut for so many milliseconds more. */
function holdFor(ms: number): Hold {
  const iso = (fromNowMs: number) => new Date(Date.now() + fromNowMs).toISOString()
  return {
    name: 'pull-0815',
    pull: { kind: 'alarm', by: 'drawdown', reason: null, receivedAt: iso(-60_000) },
    scope: 'all',
    provenBy: iso(0),
    keepShutMinutes: 10,
    fuse: false,
    known: { ...NOTHING_KNOWN, emptySince: iso(-50_000), shutUntil: iso(ms), sentence: 'EMPTY.' },
  }
}

/** Of the function, on this stage. */
function sandboxesHere(): Sandboxes {
  return new Sandboxes(() =>
    stage.startFunction({
      timeoutMs: TIMEOUT_MS,
      settings: { NOTIFY_TOPIC_ARN: TOPIC, AWS_ENDPOINT_URL_SNS: topic.url, QUIET_PERIOD_MS: '200' },
    }),
  )
}

function start(hold: Hold, sandboxes: Sandboxes, secondMs = 300): Execution {
  const minutes = { persistMinutes: 1, keepShutMinutes: 1 }
  const definition = holdDefinition({ partition: 'aws', aliasArn: ALIAS, ...minutes })
  return startExecution({ definition, input: { hold }, invoke: sandboxes.invoke, secondMs })
}

/** Orders of the bot that rested for longer than that; milliseconds. */
function restedLongerThan(ms: number): readonly number[] {
  const { changes } = stage.exchange.account.book
  return changes
    .filter(({ kind, order }) => kind === 'placed' && order.cliOrdId?.startsWith('mm7-'))
    .map(({ at, order }) => {
      const gone = changes.find((one) => one.kind === 'removed' && one.order.order_id === order.order_id)
      return (gone?.at ?? Infinity) - at
    })
    .filter((restedMs) => restedMs > ms)
}

test('lap after lap, against a bot that goes on placing', async () => {
  const sandboxes = sandboxesHere()
  bot.start()
  setTimeout(() => bot.stop(), 4_500)
  const { outcome } = start(holdFor(5_500), sandboxes)
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' })
  expect(sandboxes.invocations.length).toBeGreaterThan(2)
  expect(bot.placed).toBeGreaterThan(10)
  // Between two laps nobody looks: there the next lap's first cancel has to come.
  expect(restedLongerThan(1_500)).toEqual([])
  expect(stage.exchange.account.book.orders).toEqual([])
  expect(topic.published.map(({ subject }) => subject)).toEqual([
    expect.stringMatching(/^HELD 1 min: \d+ refills?, \d+ orders cancelled, empty since/),
  ])
})

test('a lap whose process is killed is tried again, and the hold goes on', async () => {
  const sandboxes = sandboxesHere()
  sandboxes.onInvoke = (running, nth) => {
    if (nth === 1) setTimeout(() => running.kill(), 500)
  }
  const { outcome } = start(holdFor(4_000), sandboxes)
  await sleep(2_900) // in the pause before the second lap is tried again
  bot.start()
  setTimeout(() => bot.stop(), 800)
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' })
  expect(stage.exchange.account.book.orders).toEqual([])
  expect(bot.placed).toBeGreaterThan(0)
})

test('a lap that is paused until Lambda gives it up is tried again, and what nobody saw meanwhile is said', async () => {
  const sandboxes = sandboxesHere()
  sandboxes.onInvoke = (running, nth) => {
    if (nth === 1) setTimeout(() => running.kill('SIGSTOP'), 300)
  }
  sandboxes.throttled = [2, 3, 4]
  const { outcome } = start(holdFor(6_000), sandboxes, 1_000)
  await sleep(3_000)
  bot.start()
  setTimeout(() => bot.stop(), 3_000)
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' })
  expect(stage.exchange.account.book.orders).toEqual([])
  expect(topic.published[0]?.message).toMatch(/\nNOT WATCHED: for \d+ s nobody looked/)
}, 30_000)

test('an invocation that is throttled is tried again', async () => {
  const sandboxes = sandboxesHere()
  sandboxes.throttled = [0, 1, 3]
  const { outcome } = start(holdFor(3_000), sandboxes)
  expect(await outcome).toMatchObject({ status: 'SUCCEEDED' })
  expect(stage.exchange.account.book.orders).toEqual([])
  expect(sandboxes.invocations.length).toBeGreaterThan(4)
})

test('a hold that is stopped sends nothing after the lap that was running', async () => {
  const sandboxes = sandboxesHere()
  const { outcome, stop } = start(holdFor(60_000), sandboxes)
  await sleep(2_500)
  stop()
  expect(await outcome).toEqual({ status: 'ABORTED' })
  await sleep(TIMEOUT_MS)
  const { length } = stage.exchange.calls
  stage.exchange.account.book.place({ cliOrdId: 'mm7-late' })
  await sleep(1_000)
  expect(stage.exchange.calls).toHaveLength(length)
  expect(stage.exchange.account.book.orders).toHaveLength(1)
  expect(topic.published).toEqual([])
})

test('where no lap comes through any more, the hold fails, and says so itself', async () => {
  const sandboxes = sandboxesHere()
  sandboxes.throttled = Array.from({ length: 12 }, (_, i) => i) // all tries of two minutes
  const { outcome } = start(holdFor(60_000), sandboxes, 50)
  const { status, cause } = (await outcome) as { status: string; cause: string }
  expect(status).toBe('FAILED')
  expect(cause).toMatch(
    /^HOLD LOST: no lap came through any more \(Lambda\.TooManyRequestsException\); last known: EMPTY\.$/,
  )
  expect(topic.published.map(({ message }) => message.split('\n')[0])).toEqual([cause])
})
