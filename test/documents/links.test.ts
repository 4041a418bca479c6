import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { pageOf, pages, sectionOf } from './pages.ts'

const links = pages.flatMap((page) => page.links)

test('there are pages and links to look at', () => {
  expect(pages.length).toBeGreaterThan(12)
  expect(links.length).toBeGreaterThan(80)
  expect(links.filter(({ anchor }) => anchor !== null).length).toBeGreaterThan(30)
})

test('every link leads to a file of the project', () => {
  expect(links.filter(({ file }) => !existsSync(file))).toEqual([])
})

test('every anchor of a link is a heading or a mark of its page', () => {
  const lost = links.filter(({ file, anchor }) => anchor !== null && !pageOf(file).anchors.has(anchor))
  expect(lost).toEqual([])
})

test('no two headings of a page have the same anchor', () => {
  for (const { file, text, anchors } of pages.filter((page) => page.file.startsWith('docs/'))) {
    const titles = [...text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, '').matchAll(/^#+ |<a id=/gm)]
    expect(anchors.size, file).toBe(titles.length)
  }
})

// What somebody new wants to do, and what has to stand there.
test.each([
  ['try it', 'README.md', /npm ci && npm run drill/],
  ['make the keys', 'docs/deploy.md', /Cancel & close orders[\s\S]*Full access/],
  ['deploy', 'docs/deploy.md', /create-secret[\s\S]*cdk\.json[\s\S]*npm run deploy[\s\S]*set-alarm-state/],
  ['press', 'README.md', /aws lambda invoke/],
  [
    'read a verdict',
    'docs/runbook.md',
    /EMPTY[\s\S]*NOT EMPTY[\s\S]*UNVERIFIED[\s\S]*FAILED[\s\S]*NOT FIRED/,
  ],
  ['disarm', 'docs/operate.md', /disable-alarm-actions[\s\S]*update-schedule/],
  ['rotate the keys', 'docs/operate.md', /put-secret-value[\s\S]*"readiness":true/],
  ['upgrade', 'docs/operate.md', /npx cdk diff[\s\S]*npm run deploy/],
  ['remove', 'docs/operate.md', /npx cdk destroy[\s\S]*delete-secret/],
])('from the README it takes one click to %s', (task, file, what) => {
  const [, written] = new RegExp(`^\\| ${task} \\| \\[[^\\]]+\\]\\(([^)]+)\\)`, 'm').exec(
    pageOf('README.md').text,
  ) ?? [null, 'nowhere']
  const link = pageOf('README.md').links.find((one) => one.written === written)
  expect(link?.file).toBe(file)
  const page = pageOf(file)
  const shown = link?.anchor == null ? page.text : sectionOf(page, link.anchor)
  expect(shown).toMatch(what)
})

test('the README names every page, and a page its figures on paper', () => {
  const named = new Set(pageOf('README.md').links.map(({ file }) => file))
  for (const { file } of pageOf('docs/fleet.md').links) if (file.endsWith('-on-paper.md')) named.add(file)
  const others = pages.filter(({ file }) => /^docs\/|^[A-Z]+\.md$/.test(file) && file !== 'README.md')
  expect(others.filter(({ file }) => !named.has(file)).map(({ file }) => file)).toEqual([])
})

test('the README has 150 lines at most', () => {
  expect(pageOf('README.md').text.trimEnd().split('\n').length).toBeLessThanOrEqual(150)
})

test('each page says first for whom it is', () => {
  for (const { file, text } of pages.filter((page) => /^docs\/|^CONTRIBUTING/.test(page.file))) {
    expect(text, file).toMatch(/^# .+\n\n> For [^:]+[:,] /)
  }
})

test('code stands in blocks that name their language', () => {
  for (const { file, text, blocks } of pages.filter((page) => /^docs\/|^[A-Z]+\.md$/.test(page.file))) {
    for (const { language } of blocks) expect(['sh', 'json', 'text', 'ts'], file).toContain(language)
    expect(text.replaceAll(/^ *```[\s\S]*?^ *```$/gm, ''), file).not.toMatch(/```|^$\n {4,}\S/m)
  }
})
