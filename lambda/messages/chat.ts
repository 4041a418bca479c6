import type { LinkSettings } from '../init/function-settings.ts'
import { linksOf } from './links.ts'
import type { Fact, Message } from './message.ts'

/**
 * Of our own, since AWS names none: what chat programs show of a title without cutting it, and what Slack takes as one
 * section of text.
 */
const MOST_TITLE = 250
const MOST_DESCRIPTION = 3_000
const MORE = '… the mail and the log have the rest'

/**
 * A message as a custom notification of Amazon Q Developer in chat applications, which drops in silence what has another
 * form.
 *
 * @param thread messages of one pull have the same, and are shown below each other
 * @returns JSON
 * @see https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html (Event schema)
 */
export function chatOf(message: Message, links: LinkSettings, thread: string): string {
  const { sentence, numbers, warnings, details, mark } = message
  const title = cut(plain(sentence), MOST_TITLE)
  const lines = [
    ...(title === plain(sentence) ? [] : [plain(sentence)]),
    ...numbers.map(line),
    ...warnings.map(plain),
    ...details.map(line),
  ]
  return JSON.stringify({
    version: '1.0',
    source: 'custom',
    content: {
      textType: 'client-markdown',
      title,
      description: fitting(lines),
      nextSteps: linksOf(mark, links).map(([label, value]) => `${label}: ${value}`),
      keywords: ['kill switch', mark],
    },
    metadata: { threadId: thread, summary: title, eventType: mark },
  })
}

function line([label, value]: Fact): string {
  return `*${label}:* ${plain(value)}`
}

/**
 * Text that is shown as it is, by Slack and by Teams: whatever would make it a link, a mention, a picture or emphasis has
 * lost that power. Slack knows no backslash: its three characters become entities, the others something like them.
 *
 * @see https://docs.slack.dev/messaging/formatting-message-text (Escaping text)
 */
function plain(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('`', "'")
    .replaceAll('*', '∗')
    .replaceAll('~', '∼')
    .replaceAll(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, '‗')
    .replaceAll('](', '] (')
    .replaceAll('://', ': //')
    .replaceAll(/@(?=\w)/g, '@ ')
    .replaceAll(/www\./gi, (www) => `${www} `)
}

/** As many whole lines as there is room for. */
function fitting(lines: readonly string[]): string {
  const kept: string[] = []
  let left = MOST_DESCRIPTION - MORE.length - 1
  for (const one of lines) {
    left -= one.length + 1
    if (left < 0) return [...kept, MORE].join('\n')
    kept.push(one)
  }
  return kept.join('\n')
}

/** Never within an entity. */
function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 3).replace(/&[a-z]*$/, '')}...`
}
