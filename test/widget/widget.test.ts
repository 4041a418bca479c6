import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { dashboardEvent, widgetContext } from '../../drill/events.ts'
import { EmbeddedLogs } from '../../drill/logs.ts'
import { LambdaRuntime } from '../../drill/runtime.ts'
import { bundleWidget } from '../../infra/bundle.ts'
import type { Report } from '../../lambda/report/report.ts'
import { NOTHING_KNOWN } from '../../lambda/triggers/hold-event.ts'
import { readTrigger } from '../../lambda/triggers/trigger.ts'
import { elementsOf } from '../page/elements.ts'
import { CLEAN, HOSTILE, HOSTILE_REPORT } from '../page/reports.ts'

/* The widget's own bundle, in a process of its own, against a log of ours: what CloudWatch shows. */

const ALIAS_ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'
const HOUR_MS = 3_600_000

let logs: EmbeddedLogs
let folder: string
let running: LambdaRuntime
let size = 0
beforeAll(async () => {
  logs = await EmbeddedLogs.start()
  folder = await mkdtemp(join(tmpdir(), 'widget-'))
  const { files } = await bundleWidget(folder)
  size = files.reduce((sum, { contents }) => sum + contents.length, 0)
  running = await start()
})
afterAll(async () => {
  await running.close()
  await logs.close()
  await rm(folder, { recursive: true })
})
beforeEach(() => {
  logs.behaviour = 'finds'
  logs.events.length = 0
  logs.queries.length = 0
})

async function start(settings: Readonly<Record<string, string>> = {}): Promise<LambdaRuntime> {
  const env = {
    SWITCH_LOG_GROUP: '/aws/lambda/kill-switch',
    SWITCH_ALIAS_ARN: ALIAS_ARN,
    AWS_ENDPOINT_URL_CLOUDWATCH_LOGS: logs.url,
    ...settings,
  }
  const module = pathToFileURL(join(folder, 'index.mjs'))
  const started = new LambdaRuntime({ env, timeoutMs: 15_000, module })
  await started.start()
  return started
}

async function show(event: unknown = { widgetContext: widgetContext() }, on = running): Promise<string> {
  const answer = await on.invoke(event)
  if ('error' in answer) throw new Error(answer.error.errorMessage)
  return String(answer.result)
}

const verdictsOf = (html: string) =>
  elementsOf(html)
    .filter(({ attributes }) => attributes.class === 'verdict')
    .map(({ text }) => text.trim())

/** A pull so long ago, as the switch logs it. */
function logPull(agoMs: number, report: Report = CLEAN): void {
  const at = Date.now() - agoMs
  const { sentence, trigger } = report
  const logged = { ...report, trigger: { ...trigger, receivedAt: new Date(at).toISOString() } }
  logs.events.push({
    timestamp: at,
    message: JSON.stringify({ level: 'INFO', message: sentence, report: logged }),
  })
}

function logNoise(count: number, agoMs: number): void {
  const message = JSON.stringify({ level: 'INFO', message: 'READY', readiness: { ready: true } })
  for (let i = 0; i < count; i++) logs.events.push({ timestamp: Date.now() - agoMs, message })
}

test('the last pull is drawn, those before are one line each; readiness checks are none', async () => {
  logPull(2 * HOUR_MS, HOSTILE_REPORT)
  logNoise(7, HOUR_MS)
  logPull(60_000)
  logNoise(7, 30_000)
  const html = await show()
  expect(verdictsOf(html)[0]).toBe(CLEAN.sentence)
  expect(verdictsOf(html)).toHaveLength(2)
  const older = elementsOf(html).filter(({ attributes }) => attributes.class === 'older')
  expect(older.map(({ text }) => text.trim().slice(0, 60))).toEqual([
    expect.stringMatching(/^20.* UTC NOT EMPTY 1 order still open/),
  ])
  expect(html).not.toContain('LOG NOT READ')
})

test('the newest pulls are looked for first, within the time range of the dashboard', async () => {
  for (let i = 0; i < 6; i++) logPull(10_000 * (6 - i))
  const { timeRange } = widgetContext()
  const context = {
    ...widgetContext(),
    timeRange: { ...timeRange, start: timeRange.end - 30 * 24 * HOUR_MS },
  }
  await show({ widgetContext: context })
  expect(logs.queries.every(({ startTime }) => startTime === timeRange.end - HOUR_MS)).toBe(true)
  expect(logs.queries[0]).toMatchObject({
    filterPattern: '{ $.report.verdict = "*" }',
    endTime: timeRange.end,
  })
})

test('a pull outside of what is zoomed into is not shown', async () => {
  logPull(2 * HOUR_MS)
  const now = Date.now()
  const timeRange = { ...widgetContext().timeRange, zoom: { start: now - HOUR_MS, end: now } }
  expect(await show({ widgetContext: { ...widgetContext(), timeRange } })).toContain(
    'No pull of the switch in the log',
  )
})

test('a hold is one picture, lap by lap, with the pull before it', async () => {
  logPull(120_000, HOSTILE_REPORT)
  const pull = JSON.parse(String(logs.events[0]?.message)).report.trigger
  for (const [at, next] of [
    [90_000, 'lap'],
    [60_000, 'held'],
  ] as const) {
    const report = { ...CLEAN, trigger: { ...pull, receivedAt: new Date(Date.now() - at).toISOString() } }
    const hold = { name: 'pull-1', pull, known: { ...NOTHING_KNOWN, laps: 2, refills: 3 } }
    const message = next === 'held' ? 'HELD 1 min: 3 refills.' : report.sentence
    logs.events.push({
      timestamp: Date.now() - at,
      message: JSON.stringify({ message, lap: { next, hold, warnings: [] }, report }),
    })
  }
  const html = await show()
  expect(verdictsOf(html)).toEqual(['HELD 1 min: 3 refills.', expect.stringMatching(/^NOT EMPTY: 1 order/)])
  expect(html).toContain('3 refills, 0 orders cancelled')
})

test('the button calls the alias after a confirmation, and what it sends fires', async () => {
  const html = await show()
  const [action] = elementsOf(html).filter(({ name }) => name === 'cwdb-action')
  expect(action?.attributes).toMatchObject({ action: 'call', display: 'popup', endpoint: ALIAS_ARN })
  expect(action?.attributes.confirmation).toMatch(/Cancel ALL open orders/)
  const sent = { ...JSON.parse(String(action?.text)), widgetContext: widgetContext() }
  expect(readTrigger(sent, 'r')).toMatchObject({ kind: 'dashboard', action: { do: 'fire', scope: 'all' } })
  expect(html).toMatch(/<\/a><cwdb-action/) // it works on the element right before it
})

test.each([
  ['may not be read', 'refuses', 'AccessDeniedException'],
  ['answers no JSON', 'babbles', 'its answer cannot be read'],
] as const)('where the log %s, it says so, and the button is there', async (_, behaviour, why) => {
  logs.behaviour = behaviour
  const html = await show()
  expect(html).toContain('LOG NOT READ')
  expect(html).toContain(why)
  expect(html).toContain('<cwdb-action')
})

test.each(['stalls', 'endless'] as const)(
  'a log that %s is given up in time',
  async (behaviour) => {
    logs.behaviour = behaviour
    expect(await show()).toContain('LOG NOT READ')
  },
  15_000,
)

test('where older pulls cannot be read, the newest are known to be', async () => {
  logPull(60_000)
  logs.failsBefore = Date.now() - HOUR_MS
  try {
    const html = await show()
    expect(verdictsOf(html)).toEqual([CLEAN.sentence])
    expect(html).toContain('to its end (AccessDeniedException): older pulls are missing here')
  } finally {
    logs.failsBefore = 0
  }
})

test('a report of another version is shown as far as it can be', async () => {
  const { verdict, sentence } = CLEAN
  const trigger = { receivedAt: new Date().toISOString() }
  const report = { verdict, sentence, trigger, timing: { totalMs: 1 } }
  logs.events.push({ timestamp: Date.now() - 10, message: JSON.stringify({ message: sentence, report }) })
  const html = await show()
  expect(verdictsOf(html)).toEqual([sentence])
  expect(html).toContain('Its picture cannot be drawn')
})

test('no script, no frame, no use; the theme of the dashboard, one timeline that fits', async () => {
  logPull(1_000, HOSTILE_REPORT)
  const html = await show({ widgetContext: { ...widgetContext(), theme: 'dark', title: HOSTILE } })
  const elements = elementsOf(html)
  expect(elements.filter(({ name }) => /^(script|iframe|use|img|link|object|form)$/.test(name))).toEqual([])
  expect(elements[0]?.attributes.class).toBe('ks dark')
  expect(elements.filter(({ name, attributes }) => name === 'svg' && attributes.role === 'img')).toHaveLength(
    1,
  )
})

test('asked for its description it answers Markdown, and reads nothing', async () => {
  expect(await show({ describe: true })).toMatch(/^## Last pulls of the kill switch\n/)
  expect(logs.queries).toEqual([])
})

test.each([{}, null, { widgetContext: { timeRange: { start: 'x', end: Number.NaN }, width: 'x' } }, 'x'])(
  'an event that tells nothing (%j) gets the last week',
  async (event) => {
    logPull(24 * HOUR_MS)
    expect(verdictsOf(await show(event))).toEqual([CLEAN.sentence])
  },
)

test('it never presses: a press that is sent to it draws the widget', async () => {
  logPull(1_000)
  expect(verdictsOf(await show(dashboardEvent()))).toEqual([CLEAN.sentence])
})

test.each([
  ['SWITCH_LOG_GROUP', ''],
  ['SWITCH_ALIAS_ARN', 'kill-switch'],
  ['AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', 'http://example.org'],
])('a bad %s is named in the widget', async (name, value) => {
  const other = await start({ [name]: value })
  try {
    expect(await show(undefined, other)).toContain(`<strong>NO WIDGET</strong>: The setting ${name} `)
  } finally {
    await other.close()
  }
})

test('it is small: nothing of what reaches Kraken is in it', () => {
  expect(size / 1024).toBeLessThan(64)
})
