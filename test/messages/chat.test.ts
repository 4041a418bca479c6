import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chatOf } from '../../lambda/messages/chat.ts'
import { MARKS } from '../../lambda/messages/links.ts'
import type { Message } from '../../lambda/messages/message.ts'

/* What goes to a chat program: the form that is taken, and no power for text that others wrote. */

const LINKS = {
  dashboardUrl:
    'https://eu-central-1.console.aws.amazon.com/cloudwatch/home#dashboards/dashboard/kill-switch',
  runbookUrl: 'https://wiki.example.com/runbook',
}

const message: Message = {
  sentence: 'NOT EMPTY: 2 orders open.',
  numbers: [
    ['Open now', '2 (PF_XBTUSD buy 1, PF_XBTUSD buy 1)'],
    ['Cancelled', '41'],
  ],
  warnings: ['SOMEBODY PLACES: 3 orders whose ids begin with grid-.'],
  details: [['Reason', 'drawdown']],
  mark: MARKS.NOT_EMPTY,
}

const read = (of: Message, links = LINKS) => JSON.parse(chatOf(of, links, 'pull-7'))

test('it has the form of a custom notification, and no field that is not in it', () => {
  expect(read(message)).toEqual({
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title: 'NOT EMPTY: 2 orders open.',
      description: [
        '*Open now:* 2 (PF_XBTUSD buy 1, PF_XBTUSD buy 1)',
        '*Cancelled:* 41',
        'SOMEBODY PLACES: 3 orders whose ids begin with grid-.',
        '*Reason:* drawdown',
      ].join('\n'),
      nextSteps: [
        'Runbook: https://wiki.example.com/runbook#not-empty',
        'By hand: https://pro.kraken.com (Open Orders and Trigger Orders, each: Cancel All)',
        `Dashboard: ${LINKS.dashboardUrl}`,
      ],
      keywords: ['kill switch', 'not-empty'],
    },
    metadata: { threadId: 'pull-7', summary: 'NOT EMPTY: 2 orders open.', eventType: 'not-empty' },
  })
})

test.each([
  ['a mention of all', 'for <!channel> now', 'for &lt;!channel&gt; now'],
  ['a link of Slack', '<https://evil.example|Kraken>', '&lt;https: //evil.example|Kraken&gt;'],
  ['a link of Teams', '[Kraken](https://evil.example)', '[Kraken] (https: //evil.example)'],
  ['a picture', '![x](http://evil.example/x.png)', '![x] (http: //evil.example/x.png)'],
  ['an address that is made a link', 'see www.evil.example', 'see www. evil.example'],
  ['a person', '@here and @desk', '@ here and @ desk'],
  ['emphasis', '*EMPTY* ~2 open~ _all_ `code`', "∗EMPTY∗ ∼2 open∼ ‗all‗ 'code'"],
  ['an entity of its own', '&lt;', '&amp;lt;'],
  ['the symbol of a market', 'PF_XBTUSD', 'PF_XBTUSD'],
])('%s in what others wrote stays text', (_, written, shown) => {
  const { title, description } = read({
    ...message,
    sentence: written,
    details: [['Reason', written]],
  }).content
  expect(title).toBe(shown)
  expect(description).toContain(`*Reason:* ${shown}`)
})

const foreign = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 400 }),
  fc
    .array(fc.constantFrom('<', '>', '&', '](', '*', '_', '`', '~', '://', '@', '|', 'www.', '!', 'a', ' '), {
      maxLength: 400,
    })
    .map((parts) => parts.join('')),
)

test('whatever is written, nothing of it can begin a link, a mention or emphasis, and it is never too long', () => {
  fc.assert(
    fc.property(foreign, fc.array(foreign, { maxLength: 40 }), (sentence, warnings) => {
      const { content, metadata } = read({ ...message, sentence, warnings, details: [['Reason', sentence]] })
      const own = content.description.replaceAll(/^\*[\w ]+:\*/gm, '')
      for (const text of [content.title, metadata.summary, own]) {
        expect(text).not.toMatch(/[<>`*~]|\]\(|:\/\/|@\w|www\.\S/i)
        expect(text).not.toMatch(/&(?!amp;|lt;|gt;)/)
      }
      expect(content.title.length).toBeLessThanOrEqual(250)
      expect(content.description.length).toBeLessThanOrEqual(3_000)
    }),
  )
})

test('what does not fit is left out by whole lines, and that is said; the numbers stay', () => {
  const warnings = Array.from({ length: 100 }, (_, i) => `${i} ${'x'.repeat(90)}`)
  const lines = read({ ...message, warnings }).content.description.split('\n')
  expect(lines[0]).toBe('*Open now:* 2 (PF_XBTUSD buy 1, PF_XBTUSD buy 1)')
  expect(lines.at(-1)).toBe('… the mail and the log have the rest')
  expect(lines.at(-2)).toMatch(/^\d+ x{90}$/)
})

test('a sentence that is too long for a title is whole below it', () => {
  const sentence = `FAILED: ${'x'.repeat(400)}.`
  const { title, description } = read({ ...message, sentence }).content
  expect(title).toHaveLength(250)
  expect(title).toMatch(/\.\.\.$/)
  expect(description.split('\n')[0]).toBe(sentence)
})
