import { expect, onTestFinished, test } from 'vitest'
import { dashboardEvent } from '../../drill/events.ts'
import { faultNamed } from '../../drill/faults.ts'
import { Stage } from '../../drill/stage.ts'
import { pressedFragment } from '../../lambda/page/fragment.ts'
import { elementsOf } from './elements.ts'
import { HOSTILE_REPORT } from './reports.ts'

/* The button on the dashboard, against the artefact itself: what CloudWatch shows in its popup. */

async function press(event: unknown, fault?: string) {
  const stage = await Stage.open()
  onTestFinished(() => stage.close())
  stage.rest(7)
  const settings = { QUIET_PERIOD_MS: '200', KRAKEN_ROADS: 'rest' }
  const running = await stage.startFunction({ timeoutMs: 3_000, settings })
  await running.initialised
  stage.exchange.misbehave(fault === undefined ? null : (faultNamed(fault) ?? null))
  const answer = await running.invoke(event)
  const { report } = await running.lastReport()
  return { answer, report, left: stage.exchange.account.book.orders.length }
}

const verdictOf = (html: unknown) =>
  elementsOf(String(html))
    .find(({ attributes }) => attributes.class === 'verdict')
    ?.text.trim()

test('a press empties the book, and its popup shows the picture', async () => {
  const { answer, report, left } = await press(dashboardEvent({}, { theme: 'dark' }))
  expect(left).toBe(0)
  const { result } = answer as { result: string }
  expect(verdictOf(result)).toBe(report?.sentence)
  expect(report).toMatchObject({ verdict: 'EMPTY', trigger: { kind: 'dashboard' } })
  expect(elementsOf(result)[0]?.attributes.class).toBe('ks dark')
})

test('what proves nothing is shown all the same: whoever pressed has to see it', async () => {
  const { answer, left } = await press(dashboardEvent(), 'nothing-cancelled')
  expect(left).toBe(7)
  expect(verdictOf((answer as { result: string }).result)).toMatch(/^NOT EMPTY: 7 orders still open/)
})

test('a press that is refused is shown, and nothing is sent', async () => {
  const { answer, left } = await press(dashboardEvent({ symbols: [] }))
  expect(left).toBe(7)
  expect(verdictOf((answer as { result: string }).result)).toMatch(/^NOT FIRED: symbols is an empty list/)
})

test('no script, no frame, nothing fetched; hostile text stays text', () => {
  const html = pressedFragment(HOSTILE_REPORT, { theme: 'light', width: 400 })
  const names = new Set(elementsOf(html).map(({ name }) => name))
  for (const name of ['script', 'iframe', 'use', 'img', 'link', 'object']) expect(names).not.toContain(name)
  expect(
    elementsOf(html).filter(({ name, attributes }) => name === 'svg' && attributes.role === 'img'),
  ).toHaveLength(1)
})
