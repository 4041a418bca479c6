import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { renderPage } from '../../lambda/page/page.ts'
import { storyOfHold, storyOfPull, storyOfSentence } from '../../lambda/page/story.ts'
import { CLEAN, HOSTILE, HOSTILE_REPORT } from '../page/reports.ts'
import { openBrowser } from './chromium.ts'

/* What no parser can tell: what a browser makes of the page. */

const LAPS = Array.from({ length: 30 }, (_, at) => ({
  atMs: at * 25_000,
  ms: 24_900,
  sentence: at % 3 === 0 ? HOSTILE : 'EMPTY (verified): 3 orders cancelled, 0 open.',
}))
const LONG = 'x'.repeat(300)
const held = { laps: LAPS, sentence: 'HELD 10 min: 3 refills.', outcome: 'HELD', known: null } as const
const busy = Array.from({ length: 100 }, (_, at) => ({
  ...(CLEAN.attempts[2] as (typeof CLEAN.attempts)[0]),
  atMs: at * 97,
  outcome: at % 4 === 0 ? 'apiLimitExceeded' : 'ok',
}))
const PAGE = renderPage({
  title: `A page of everything ${HOSTILE}`,
  about: LONG,
  stories: [
    storyOfPull(CLEAN, { title: 'clean' }),
    storyOfPull(HOSTILE_REPORT, { title: HOSTILE, remarks: [HOSTILE] }),
    storyOfPull({ ...CLEAN, account: LONG, sentence: LONG, attempts: busy }, { title: LONG }),
    storyOfHold(held, storyOfPull(CLEAN, { title: 'The pull before it' }), { title: 'a hold' }),
    storyOfSentence('UNVERIFIED', 'NOT PROVEN: 1 of 3 accounts EMPTY.', {
      title: 'a fleet',
      within: [storyOfPull(CLEAN, { title: LONG }), storyOfPull(HOSTILE_REPORT), storyOfPull(CLEAN)],
    }),
    storyOfSentence('NOT_FIRED', 'NOT FIRED: the alarm is in state OK.'),
  ],
})

let browser: Browser
let folder: string
beforeAll(async () => {
  browser = await openBrowser()
  folder = await mkdtemp(join(tmpdir(), 'page-'))
  await writeFile(join(folder, 'page.html'), PAGE)
})
afterAll(async () => {
  await browser.close()
  await rm(folder, { recursive: true })
})

interface Looked {
  readonly page: Page
  /** What the browser complained of, and what it asked for beside the page. */
  readonly said: readonly string[]
}

async function look(width: number, colorScheme: 'light' | 'dark'): Promise<Looked> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme })
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const said: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(error.message))
  page.on('request', (request) => {
    if (!request.url().endsWith('/page.html')) said.push(request.url())
  })
  await page.goto(`file://${join(folder, 'page.html')}`)
  return { page, said }
}

const SIGHTS = [360, 700, 1_600].flatMap((width) => [[width, 'light'] as const, [width, 'dark'] as const])

test.each(SIGHTS)(
  'at %i pixels and %s: no complaint, no request, nothing beyond the edge',
  async (width, scheme) => {
    const { page, said } = await look(width, scheme)
    expect(said).toEqual([])
    const beyond = await page.evaluate(() => {
      const edge = document.documentElement.clientWidth
      const isCut = (one: Element) => one.closest('.scroll, svg') !== null
      const wide = [...document.querySelectorAll('body *')].filter(
        (one) => !isCut(one) && one.getBoundingClientRect().right > edge + 0.5,
      )
      return [document.documentElement.scrollWidth - edge, ...wide.map((one) => one.outerHTML.slice(0, 120))]
    })
    expect(beyond).toEqual([0])
  },
)

test.each(SIGHTS)('at %i pixels and %s: axe finds nothing serious or critical', async (width, scheme) => {
  const { page } = await look(width, scheme)
  const { violations, passes } = await new AxeBuilder({ page }).analyze()
  expect(passes.map(({ id }) => id)).toContain('color-contrast')
  const found = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(found.map(({ id, nodes }) => [id, nodes[0]?.html, nodes[0]?.failureSummary])).toEqual([])
})

test('hostile text is text: no element, no attribute and no style comes of it', async () => {
  const { page, said } = await look(1_600, 'light')
  const found = await page.evaluate(() => ({
    title: document.title.length > 3,
    foreign: document.querySelectorAll('img, script, iframe, b, form, [onerror], [onmouseover], [style]')
      .length,
    shown: document.body.innerText.split('<img src=x onerror="document.title=1">').length - 1,
  }))
  expect(found).toMatchObject({ title: true, foreign: 0 })
  expect(found.shown).toBeGreaterThan(15)
  expect(said).toEqual([])
})

test('light and dark differ, and each sets its own background', async () => {
  const backgrounds = await Promise.all(
    (['light', 'dark'] as const).map(async (scheme) => {
      const { page } = await look(700, scheme)
      return page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    }),
  )
  expect(backgrounds).toEqual(['rgb(244, 245, 247)', 'rgb(14, 17, 22)'])
})

test('one timeline of the two is seen, the one that fits', async () => {
  for (const [width, seen] of [
    [360, 'narrow'],
    [1_600, 'wide'],
  ] as const) {
    const { page } = await look(width, 'light')
    const visible = await page.evaluate(() =>
      [...document.querySelectorAll('#s1 .timeline > div')]
        .filter((one) => one.getBoundingClientRect().width > 0)
        .map((one) => one.className),
    )
    expect(visible).toEqual([seen])
  }
})
