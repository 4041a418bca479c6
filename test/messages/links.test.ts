import { expect, test } from 'vitest'
import { KRAKEN_URL, linksOf, MARKS, NO_LINKS } from '../../lambda/messages/links.ts'
import { VERDICT_METRIC } from '../../lambda/report/metric-names.ts'
import { pageOf } from '../documents/pages.ts'

const runbook = pageOf('docs/runbook.md')

test('every mark is one of the runbook, on the line that begins with those words', () => {
  for (const [name, mark] of Object.entries(MARKS)) {
    const [line = ''] = runbook.text.split('\n').filter((one) => one.includes(`<a id="${mark}">`))
    const word = name === 'DISPUTED' ? 'The roads disagree' : name.replaceAll('_', ' ')
    expect(line, name).toMatch(new RegExp(`^\\| <a id="${mark}"></a>\\*\\*[^*]*${word}`))
  }
})

test('every verdict has a mark', () => {
  expect(Object.keys(MARKS)).toEqual(expect.arrayContaining(Object.keys(VERDICT_METRIC)))
})

test('the runbook and the messages name the same page of Kraken', () => {
  expect(runbook.text).toContain(`](${KRAKEN_URL})`)
})

test('without links the runbook is named as the project has it, and no dashboard', () => {
  expect(linksOf(MARKS.FAILED, NO_LINKS)).toEqual([
    ['Runbook', 'docs/runbook.md#failed'],
    ['By hand', expect.stringContaining(KRAKEN_URL)],
  ])
})
