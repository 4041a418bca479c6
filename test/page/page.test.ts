import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { PAGE_START, renderPage } from '../../lambda/page/page.ts'
import type { Story } from '../../lambda/page/story.ts'
import {
  storyOfAll,
  storyOfHold,
  storyOfPull,
  storyOfReadiness,
  storyOfReadinessOfAll,
} from '../../lambda/page/story.ts'
import { NOTHING_KNOWN } from '../../lambda/triggers/hold-event.ts'
import { elementsOf } from './elements.ts'
import { CLEAN, HOSTILE, HOSTILE_REPORT, ORDER } from './reports.ts'

const render = (...stories: Story[]) => renderPage({ title: 'Kill switch', about: null, stories })
const textsOf = (page: string, name: string, className?: string) =>
  elementsOf(page)
    .filter((one) => one.name === name && (className === undefined || one.attributes.class === className))
    .map(({ text }) => text.replace(/\s+/g, ' ').trim())

/** As the page shows foreign text: what cannot be seen is a space. */
const SHOWN = HOSTILE.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')

const HELD = {
  laps: [
    { atMs: 3_100, ms: 25_000, sentence: 'UNVERIFIED: the book read empty, but not for long enough.' },
    { atMs: 28_200, ms: 25_000, sentence: 'EMPTY (verified): 3 orders cancelled, 0 open.' },
  ],
  sentence: 'HELD 10 min: 3 refills, 41 orders cancelled, empty since 14:31:07 UTC.',
  outcome: 'HELD',
  known: { ...NOTHING_KNOWN, laps: 2, refills: 3, cancelled: 41, fuseFiresAt: '2026-12-01T14:42:07.000Z' },
} as const

test('the sentence comes first, word for word, and the verdict stands out of it', () => {
  const page = render(storyOfPull(CLEAN))
  expect(textsOf(page, 'div', 'verdict')).toEqual([CLEAN.sentence])
  expect(textsOf(page, 'strong')[0]).toBe('EMPTY (verified)')
  expect(page.indexOf(CLEAN.sentence.slice(18))).toBeLessThan(page.indexOf('PROTECTION REMOVED'))
})

test('the numbers that a person asks for first are those of the report', () => {
  const tiles = textsOf(render(storyOfPull(CLEAN)), 'dl', 'tiles')
  expect(tiles).toEqual([
    '37cancelled0still open1open positions3 mscancel sent6 msacknowledged1,016 msproven',
  ])
})

test.each([
  [
    'more may have been cancelled',
    { cancelled: { ...CLEAN.cancelled, isLowerBound: true } },
    '≥ 37cancelled',
  ],
  [
    'nobody knows what was',
    { cancelled: { ...CLEAN.cancelled, count: 0, isLowerBound: true } },
    '?cancelled',
  ],
  ['nobody knows what is open', { remaining: 'unknown' }, '?still open'],
  ['orders are open', { remaining: { count: 2, orders: [ORDER, ORDER] } }, '2still open'],
  ['orders are kept', { kept: { count: 14, orders: [ORDER] } }, '14reduce-only kept'],
  ['positions were not read', { positions: 'unknown' }, '?open positions'],
  ['there is no proof', { timing: { ...CLEAN.timing, verifiedMs: null } }, '–proven'],
] as const)('where %s the numbers say so', (_, difference, tile) => {
  expect(textsOf(render(storyOfPull({ ...CLEAN, ...difference })), 'dl', 'tiles')[0]).toContain(tile)
})

test('what was cancelled adds up, symbol by symbol', () => {
  const [table = ''] = textsOf(render(storyOfPull(CLEAN)), 'table', 'bars')
  expect(table).toBe('PF_XBTUSD20PF_ETHUSD10without detail7')
  const many = Object.fromEntries(Array.from({ length: 14 }, (_, at) => [`PF_${at}USD`, 2]))
  const cancelled = { ...CLEAN.cancelled, count: 30, bySymbol: many, withoutDetail: 2 }
  expect(textsOf(render(storyOfPull({ ...CLEAN, cancelled })), 'table', 'bars')[0]).toMatch(
    /4 more symbols8without detail2$/,
  )
})

test('the roads stand side by side, each with what it read', () => {
  const [rest, unified] = CLEAN.roads
  const roads = [
    { ...rest, road: 'rest', open: 11, trouble: 'it refused' } as const,
    { ...unified, road: 'unified' } as (typeof CLEAN.roads)[number],
  ] as (typeof CLEAN)['roads']
  const [table = ''] = textsOf(render(storyOfPull({ ...CLEAN, roads })), 'table', 'roads')
  expect(table).toContain('Derivatives REST APIUnified WebSocket')
  expect(table).toContain('Open then110')
  expect(table).toContain('Proof–✓ yes')
  expect(table).toContain('Troubleit refused–')
})

test('every call is drawn, and listed with its time', () => {
  const page = render(storyOfPull(CLEAN))
  const hints = elementsOf(page).filter(({ name, within }) => name === 'title' && within.includes('svg'))
  for (const { call, atMs, ms } of CLEAN.attempts) {
    const hint = `${call}: ok, at ${atMs.toLocaleString('en-US')} ms, took ${ms} ms`
    expect(hints.filter(({ text }) => text.startsWith(hint)).length).toBe(2) // for wide pages and for narrow ones
  }
  expect(textsOf(page, 'details')[0]).toContain('Every call (9)')
  expect(textsOf(page, 'details')[0]).toContain('1,0142executionskeptok')
})

test('a hold is told lap by lap, before the pull that it goes on from', () => {
  const page = render(storyOfHold(HELD, storyOfPull(HOSTILE_REPORT, { title: 'The pull before it' })))
  expect(textsOf(page, 'div', 'verdict')[0]).toBe(HELD.sentence)
  const [laps = ''] = textsOf(page, 'table', 'laps')
  expect(laps).toContain('3,100 ms25 sUNVERIFIED')
  expect(laps).toContain('28.2 s25 sEMPTY')
  expect(page).toContain('Kraken&#39;s own timer fires at 14:42:07 UTC')
  expect(page.indexOf('28.2 s')).toBeLessThan(page.indexOf('The pull before it'))
})

const OF_ALL = {
  verdict: 'NOT_PROVEN',
  sentence: 'NOT PROVEN: 2 of 3 accounts EMPTY; arb-1 FAILED.',
  warnings: ['ROSTER: …'],
  attempts: [],
  accounts: { 'mm-btc': CLEAN, 'mm-eth': CLEAN, 'arb-1': null },
} as const

test('several accounts of one pull stand side by side within its picture, also one that gave no answer', () => {
  const page = render(storyOfAll(OF_ALL))
  const panels = elementsOf(page).filter(({ name }) => name === 'article')
  expect(panels.map(({ within }) => within.includes('article'))).toEqual([false, true, true, true])
  expect(textsOf(page, 'h2')).toEqual(['mm-btc', 'mm-eth', 'arb-1'])
  expect(textsOf(page, 'div', 'verdict')).toEqual([
    OF_ALL.sentence,
    CLEAN.sentence,
    CLEAN.sentence,
    'FAILED: it gave no answer.',
  ])
})

test('above the accounts stands every cancel, by the name of its account, and no other call', () => {
  const [calls = ''] = textsOf(render(storyOfAll(OF_ALL)), 'details')
  expect(calls).toContain('Every call (4)')
  for (const call of ['cancelallorders of mm-btc', 'cancel_all of mm-eth']) expect(calls).toContain(call)
})

test('a readiness check of several accounts has a picture of each', () => {
  const own = { ready: true, sentence: 'READY: a.', problems: [], warnings: [], roads: [], attempts: [] }
  const page = render(storyOfReadinessOfAll({ ...own, accounts: { 'mm-btc': own, 'mm-eth': own } }))
  expect(textsOf(page, 'h2')).toEqual(['mm-btc', 'mm-eth'])
})

test('a readiness check has its problems', () => {
  const report = {
    ready: false,
    sentence: 'NOT READY: a.',
    problems: ['a', 'b'],
    warnings: ['c'],
    roads: [],
    attempts: [],
  }
  expect(textsOf(render(storyOfReadiness(report)), 'ul', 'warnings')).toEqual(['bc'])
})

test('several pictures are listed first, each with a link to it', () => {
  const page = render(storyOfPull(CLEAN, { title: 'one' }), storyOfPull(HOSTILE_REPORT, { title: 'two' }))
  const links = elementsOf(page).filter(({ name }) => name === 'a')
  expect(links.map(({ attributes, text }) => [attributes.href, text])).toEqual([
    ['#s1', 'EMPTYone'],
    ['#s2', 'NOT EMPTYtwo'],
  ])
  for (const { attributes } of links) expect(page).toContain(`id="${String(attributes.href).slice(1)}"`)
})

test('hostile text stays text, wherever it comes from', () => {
  const hold = { ...HELD, laps: [{ atMs: 0, ms: 1, sentence: HOSTILE }], sentence: HOSTILE }
  const inner = storyOfPull(HOSTILE_REPORT, { title: HOSTILE, remarks: [HOSTILE] })
  const page = renderPage({ title: HOSTILE, about: HOSTILE, stories: [storyOfHold(hold, inner), inner] })
  const elements = elementsOf(page)
  expect(elements.filter(({ name }) => /^(script|img|iframe|object|link|use|base|form)$/.test(name))).toEqual(
    [],
  )
  expect(
    elements.flatMap(({ attributes }) => Object.keys(attributes)).filter((name) => /^on|^style$/.test(name)),
  ).toEqual([])
  expect(elements[0]?.text.split(SHOWN).length).toBeGreaterThan(20)
  expect(page).not.toMatch(/[\u061C\u200F\u202A-\u202E\u2066-\u2069]|\p{Cc}(?<!\n)/u)
})

test('what turns the direction of text keeps to its own place', () => {
  const bdi = textsOf(render(storyOfPull(HOSTILE_REPORT)), 'bdi')
  for (const text of bdi.filter((text) => text.includes('evil'))) expect(text).toContain('evil')
  expect(bdi.filter((text) => text.includes('evil')).length).toBeGreaterThan(12)
})

test('it fetches nothing, runs nothing, and takes no style but its own', () => {
  const page = render(storyOfPull(CLEAN), storyOfHold(HELD, null))
  const elements = elementsOf(page)
  const policy = elements.find(({ attributes }) => attributes['http-equiv'] === 'Content-Security-Policy')
  const [style, ...others] = elements.filter(({ name }) => name === 'style')
  const hash = createHash('sha256').update(String(style?.text)).digest('base64')
  expect(policy?.attributes.content).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
  )
  expect(others).toEqual([])
  expect(page).not.toMatch(/https?:|url\(|@import|src=/)
  expect(page.startsWith(PAGE_START)).toBe(true)
})

test('nothing that is drawn has a size that is no number', () => {
  const empty = {
    ...CLEAN,
    attempts: [{ ...(CLEAN.attempts[0] as (typeof CLEAN.attempts)[0]), atMs: 0, ms: 0 }],
  }
  const page = render(storyOfPull(CLEAN), storyOfPull(empty), storyOfHold(HELD, null))
  expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/)
})
