import type { LinkSettings } from '../init/function-settings.ts'
import { linksOf } from './links.ts'
import type { Brief, Fact, Message } from './message.ts'

const MOST_SUBJECT = 100
const LABEL = 12

/** A message as mail: the sentence, the numbers that a person asks for first, where to go, and then the rest. */
export function mailOf({ sentence, numbers, warnings, details, mark }: Message, links: LinkSettings): Brief {
  const parts = [
    [sentence, ...numbers.map(line)],
    warnings,
    linksOf(mark, links).map(line),
    details.map(line),
  ]
  const text = parts
    .filter((part) => part.length > 0)
    .map((part) => part.join('\n'))
    .join('\n\n')
  return { subject: subjectOf(sentence), text: `${text}\n` }
}

function line([label, value]: Fact): string {
  return `${`${label}:`.padEnd(LABEL)}${value}`
}

/** @returns at most 100 characters of ASCII, cut short where need be */
function subjectOf(sentence: string): string {
  const ascii = sentence.replace(/[^\x20-\x7e]+/g, '?')
  return ascii.length <= MOST_SUBJECT ? ascii : `${ascii.slice(0, MOST_SUBJECT - 3)}...`
}
