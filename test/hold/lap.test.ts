import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { json } from '../../drill/answer.ts'
import type { LambdaRuntime } from '../../drill/runtime.ts'
import { Stage } from '../../drill/stage.ts'
import { EmbeddedTopic } from '../../drill/topic.ts'
import type { LapAnswer } from '../../lambda/hold/answer-lap.ts'
import { type Hold, NOTHING_KNOWN } from '../../lambda/triggers/hold-event.ts'

/* The built bundle in a process of its own, lap after lap, as the state machine asks for them. */

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'
/** So long a function of 3 s takes for a lap: the rest is for its answer. */
const LAP_MS = 2_700

let stage: Stage
let topic: EmbeddedTopic
let running: LambdaRuntime

beforeEach(async () => {
  stage = await Stage.open()
  topic = await EmbeddedTopic.start()
  stage.rest(5)
  stage.secrets.put(stage.exchange.account.secretFor('both'))
  running = await start()
})

afterEach(async () => {
  await stage.close()
  await topic.close()
})

function start(timeoutMs = 3_000): Promise<LambdaRuntime> {
  return stage.startFunction({
    timeoutMs,
    settings: { NOTIFY_TOPIC_ARN: TOPIC, AWS_ENDPOINT_URL_SNS: topic.url, QUIET_PERIOD_MS: '200' },
  })
}

const KEEPING = { symbols: 'all', keep: 'reduceOnly' } as const

const iso = (fromNowMs: number): string => new Date(Date.now() + fromNowMs).toISOString()

function holdOf(own: Partial<Hold> = {}): Hold {
  return {
    name: 'pull-0815',
    pull: { kind: 'alarm', by: 'drawdown', reason: 'drawdown above 5 %', receivedAt: iso(-1_000) },
    scope: 'all',
    provenBy: iso(60_000),
    keepShutMinutes: 10,
    fuse: false,
    known: NOTHING_KNOWN,
    ...own,
  }
}

async function lap(hold: unknown, lost?: object): Promise<LapAnswer> {
  const result = await running.invoke(lost === undefined ? { hold } : { hold, lost })
  if ('error' in result) throw new Error(`${result.error.errorType}: ${result.error.errorMessage}`)
  return result.result as LapAnswer
}

/** What is answered of a cancel-all that has no effect. */
const UNHEEDED = json({
  result: 'success',
  cancelStatus: { cancelOnly: 'all', status: 'noOrdersToCancel', cancelledOrders: [], orderEvents: [] },
})

test('a lap keeps the book shut until its end, and hands over what it knows', async () => {
  const startedAt = performance.now()
  const first = lap(holdOf())
  await sleep(1_200)
  stage.exchange.account.book.place({ cliOrdId: 'mm7-1' })
  const { next, hold, sentence } = await first
  expect(performance.now() - startedAt).toBeGreaterThan(LAP_MS - 200)
  expect(next).toBe('lap')
  expect(sentence).toMatch(/^EMPTY \(verified\): 6 orders cancelled/)
  expect(hold.known).toMatchObject({ laps: 1, refills: 1, cancelled: 6, sentence })
  expect(Date.parse(hold.known.shutUntil ?? '')).toBeGreaterThan(Date.now() + 9 * 60_000)
  const second = await lap(hold)
  expect(second.hold.known).toMatchObject({
    laps: 2,
    refills: 1,
    cancelled: 6,
    emptySince: hold.known.emptySince,
    shutUntil: hold.known.shutUntil,
  })
  expect(topic.published).toEqual([])
  expect(Buffer.byteLength(JSON.stringify(second.hold.known))).toBeLessThan(2_048)
})

test('at its end it says in one sentence what it did, to the topic as well', async () => {
  const known = {
    ...NOTHING_KNOWN,
    laps: 3,
    refills: 2,
    cancelled: 41,
    shutUntil: iso(500),
    seenAt: iso(-40_000),
  }
  const { next, sentence } = await lap(
    holdOf({ known, pull: { ...holdOf().pull, receivedAt: iso(-600_000) } }),
  )
  expect(next).toBe('held')
  expect(sentence).toMatch(/^HELD 10 min: 2 refills, 46 orders cancelled, empty since \d\d:\d\d:\d\d UTC\.$/)
  expect(topic.published.map(({ subject }) => subject)).toEqual([sentence])
  expect(topic.published[0]?.message).toMatch(/\nNOT WATCHED: for 40 s nobody looked/)
  expect(topic.published[0]?.message).toMatch(
    /\nHeld for: {3}alarm, drawdown, at .*\nReason: {5}drawdown above 5 %\n/,
  )
  expect(topic.published[0]?.message).toMatch(
    /^HELD .*\nEmpty: {6}since .* UTC\nCancelled: {2}46, in 2 refills\n/,
  )
  expect(topic.published[0]?.message).toContain('\nRunbook:    docs/runbook.md#held\n')
})

test('without a time to keep it shut, it ends with the proof', async () => {
  const { next, sentence } = await lap(holdOf({ keepShutMinutes: 0 }))
  expect(next).toBe('held')
  expect(sentence).toMatch(/^HELD 1 min: 0 refills, 5 orders cancelled, empty since/)
})

test('without a proof in its time it is lost, and says what was known last', async () => {
  stage.exchange.misbehave({
    answer: ({ endpoint }) => (endpoint.startsWith('cancel') ? UNHEEDED : undefined),
    message: ({ asked, session }) =>
      asked.method.startsWith('cancel') ? { said: [session.cancelled(asked, 0)] } : undefined,
  })
  const goesOn = await lap(holdOf())
  expect(goesOn.next).toBe('lap')
  const { next, sentence } = await lap({ ...goesOn.hold, provenBy: iso(0) })
  expect(next).toBe('lost')
  expect(sentence).toMatch(
    /^HOLD LOST: not proven empty by \d\d:\d\d:\d\d UTC; last known: NOT EMPTY: 5 orders still open .*\.$/,
  )
  expect(topic.published).toHaveLength(1)
})

test('a last sweep that the end of its lap cuts short has the next lap for its proof', async () => {
  const known = { ...NOTHING_KNOWN, emptySince: iso(-9_000), shutUntil: iso(LAP_MS - 100) }
  const cut = await lap(holdOf({ known }))
  expect(cut.next).toBe('lap')
  const { next, sentence } = await lap(cut.hold)
  expect(next).toBe('held')
  expect(sentence).toMatch(/^HELD 1 min: 1 refill, 5 orders cancelled, empty since/)
})

test('who keeps placing is said, whichever lap saw it', async () => {
  const placing = setInterval(
    () => stage.exchange.account.book.place({ cliOrdId: `mm7-${Math.random()}` }),
    150,
  )
  const first = await lap(holdOf()).finally(() => clearInterval(placing))
  expect(first.hold.known.placed).toMatch(
    /^\d+ since the first cancel, .* a second \(the cliOrdId of most begins with mm7-0\.\)$/,
  )
  const { hold } = await lap({ ...first.hold, known: { ...first.hold.known, shutUntil: iso(200) } })
  expect(hold.known.placed).toBe(first.hold.known.placed)
  expect(topic.published[0]?.message).toMatch(/\nSOMEBODY PLACES: .*mm7-/)
})

test('a lap without a key lasts for a while all the same, and the hold goes on', async () => {
  stage.secrets.put('{}')
  running = await start(4_000)
  const startedAt = performance.now()
  const { next, sentence } = await lap(holdOf())
  expect(next).toBe('lap')
  expect(sentence).toMatch(/^FAILED: nothing was acknowledged\. The secret is malformed/)
  expect(performance.now() - startedAt).toBeGreaterThan(3_000)
})

test('a lap that keeps reduce-only orders leaves them, old and new, and hands the scope on', async () => {
  const first = lap(holdOf({ scope: KEEPING }))
  await sleep(1_200)
  const { book } = stage.exchange.account
  book.place({ cliOrdId: 'mm7-1' })
  book.place({ cliOrdId: 'new stop', orderType: 'stop', reduceOnly: true })
  const { hold, sentence } = await first
  expect(sentence).toMatch(/^EMPTY \(verified\): 4 orders cancelled, 0 open in scope, 3 reduce-only kept,/)
  expect(hold).toMatchObject({ scope: KEEPING, known: { refills: 1, cancelled: 4 } })
  expect(book.orders.map(({ reduceOnly }) => reduceOnly)).toEqual([true, true, true])
})

test('where no lap came through any more, the last one says so and does nothing', async () => {
  const known = {
    ...NOTHING_KNOWN,
    laps: 4,
    sentence: 'EMPTY (verified): 3 orders cancelled, 0 open, 512 ms after the trigger was received.',
  }
  const { next, sentence } = await lap(holdOf({ known }), {
    error: 'Lambda.TooManyRequestsException',
    cause: 'Rate Exceeded',
  })
  expect({ next, sentence }).toEqual({
    next: 'lost',
    sentence: `HOLD LOST: no lap came through any more (Lambda.TooManyRequestsException); last known: ${known.sentence}`,
  })
  expect(stage.exchange.calls).toEqual([])
  expect(topic.published.map(({ message }) => message.split('\n')[0])).toEqual([sentence])
})

test.each<[string, unknown]>([
  ['no object', 7],
  ['an unknown field', { ...holdOf(), more: 1 }],
  ['no scope', { ...holdOf(), scope: [] }],
  ['a scope in words', { ...holdOf(), scope: '*' }],
  ['a scope that keeps another thing', { ...holdOf(), scope: { symbols: 'all', keep: 'stops' } }],
  ['a scope that keeps, of no symbols', { ...holdOf(), scope: { symbols: [], keep: 'reduceOnly' } }],
  ['a scope that keeps, of nothing', { ...holdOf(), scope: { keep: 'reduceOnly' } }],
  ['a fuse for some orders', { ...holdOf(), scope: ['PF_XBTUSD'], fuse: true }],
  ['a fuse for all but what is kept', { ...holdOf({ fuse: true }), scope: KEEPING }],
  ['no time', { ...holdOf(), provenBy: 'tomorrow' }],
  ['too long', { ...holdOf(), keepShutMinutes: 61 }],
])(
  'a lap with %s is refused by a name that the state machine knows, and nothing is sent',
  async (_, hold) => {
    const result = await running.invoke({ hold })
    expect(result).toMatchObject({ error: { errorType: 'HoldRefused' } })
    expect(stage.exchange.calls).toEqual([])
  },
)

test('what the laps before knew and cannot be read is forgotten, and the book is swept', async () => {
  const { next, hold } = await lap({ ...holdOf({ keepShutMinutes: 0 }), known: { laps: 'many' } })
  expect(next).toBe('held')
  expect(hold.known).toMatchObject({ laps: 1, cancelled: 5 })
})
