import { writeFile } from 'node:fs/promises'
import { parse } from 'node:path'
import { renderPage } from '../lambda/page/page.ts'
import type { Story } from '../lambda/page/story.ts'

/** Of a name that is taken, so many are tried. */
const MOST_NAMES = 100
/** Of a file system that does not answer. */
const MOST_WRITE_MS = 5_000

/**
 * Writes the picture of what happened, beside whatever is there: a page is evidence, and none is written over.
 *
 * @returns a line for the person: where it is, or why it is not. Never rejects: the verdict stands without it
 */
export async function writePage(file: string, story: Story): Promise<string> {
  try {
    const page = renderPage({ title: 'Kraken Futures kill switch', about: null, stories: [story] })
    return `The page: ${await writeBeside(file, page)}`
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException
    return `NO PAGE: it could not be written (${code ?? name}). The verdict stands.`
  }
}

/** @returns the name of the file, with a number where the name was taken */
async function writeBeside(file: string, page: string): Promise<string> {
  const { dir, name, ext } = parse(file)
  const signal = AbortSignal.timeout(MOST_WRITE_MS)
  for (let count = 1; ; count++) {
    const path = count === 1 ? file : `${dir === '' ? '' : `${dir}/`}${name}-${count}${ext}`
    try {
      // Orders, positions and the owner's name: nobody else's business.
      await inTime(writeFile(path, page, { flag: 'wx', mode: 0o600, signal }), signal)
      return path
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || count === MOST_NAMES) throw error
    }
  }
}

/** A call to a file system that hangs hears no signal. */
function inTime<T>(written: Promise<T>, signal: AbortSignal): Promise<T> {
  return Promise.race([
    written,
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  ])
}
