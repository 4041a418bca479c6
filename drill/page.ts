import { readFile, writeFile } from 'node:fs/promises'
import { PAGE_START, renderPage } from '../lambda/page/page.ts'
import {
  type Story,
  storyOfHold,
  storyOfPull,
  storyOfReadiness,
  storyOfSentence,
} from '../lambda/page/story.ts'
import type { Played } from './played.ts'

/**
 * Looks whether a page may be written there: a new file, or one that is such a page.
 *
 * @throws Error that says why not
 */
export async function refuseOtherFile(file: string): Promise<void> {
  const present = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new Error(`--page takes a file that can be written; ${file} cannot (${error.code})`)
  })
  if (present === null || present.startsWith(PAGE_START)) return
  throw new Error(`--page takes a new file, or the page of an earlier drill; ${file} is neither`)
}

/** All rounds on one page. */
export async function writePage(
  file: string,
  played: readonly Played[],
  isAsItShouldBe: boolean,
): Promise<void> {
  const count = played.length === 1 ? 'One round' : `${played.length} rounds`
  const outcome = isAsItShouldBe ? 'each as it should be' : 'NOT as it should be'
  const about = `${count} against an embedded exchange, ${outcome}. No order of anybody was touched.`
  const page = renderPage({ title: 'Kraken Futures kill switch: drill', about, stories: played.map(storyOf) })
  await writeFile(file, page)
}

function storyOf(played: Played): Story {
  const { title, report, answer, sentence, hold } = played
  const more = { title, remarks: remarksOn(played) }
  if (hold !== undefined) {
    const pull = hold.report === null ? null : storyOfPull(hold.report, { title: 'The pull before it' })
    const outcome = answer === 'HELD' ? 'HELD' : 'HOLD_LOST'
    return storyOfHold({ laps: hold.laps, sentence, outcome, known: null }, pull, more)
  }
  if (report === null) return storyOfSentence('NO_ANSWER', sentence, more)
  return 'verdict' in report ? storyOfPull(report, more) : storyOfReadiness(report, more)
}

function remarksOn({ expected, answer, ordersLeft, kept, isAsItShouldBe, hold }: Played): readonly string[] {
  return [
    ...(hold === undefined
      ? []
      : [
          `${hold.placed} orders placed; once the hold had begun, none rested for longer than ${hold.longestRestMs} ms.`,
        ]),
    ...(kept === undefined
      ? []
      : [`${kept.after} of ${kept.before} reduce-only orders guard the position as before.`]),
    ...(answer === 'EMPTY' && ordersLeft > 0
      ? [`UNTRUE: ${ordersLeft} orders rest on the exchange's own book.`]
      : []),
    ...(isAsItShouldBe ? [] : [`WRONG: it should be ${expected.join(' or ')}, and is ${answer}.`]),
  ]
}
