/* The pictures of the documents: three drills, as their pages show them. `npm run pictures` */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openBrowser } from './chromium.ts'

interface Picture {
  readonly name: string
  /** Of the drill. */
  readonly args: readonly string[]
  /** The title of its round. */
  readonly title: string
}

const PICTURES: readonly Picture[] = [
  { name: 'clean', args: [], title: 'CloudWatch alarm, over both roads' },
  { name: 'bot', args: ['--hold', '2'], title: 'a bot that places' },
  { name: 'roads-disagree', args: ['--fault', 'both:disagree'], title: 'CloudWatch alarm, while' },
]
const FOLDER = 'docs/pictures'
/** A list of them is no longer than a screen. */
const ORDERS = 12
const MOST_KB = 150
/** What is further down is cut off. */
const MOST_PX = 960

const folder = await mkdtemp(join(tmpdir(), 'pictures-'))
const browser = await openBrowser()
try {
  await mkdir(FOLDER, { recursive: true })
  for (const picture of PICTURES) await take(picture)
} finally {
  await browser.close()
  await rm(folder, { recursive: true })
}

async function take({ name, args, title }: Picture): Promise<void> {
  const file = join(folder, `${name}.html`)
  execFileSync(process.execPath, ['drill/drill.ts', ...args, '--orders', String(ORDERS), '--page', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const page = await browser.newPage({ viewport: { width: 940, height: 900 }, colorScheme: 'light' })
  await page.goto(`file://${file}`)
  const path = join(FOLDER, `${name}.png`)
  const panel = page.locator('main > div', { has: page.locator('h2', { hasText: title }) }).first()
  const box = (await panel.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
  const clip = { ...box, height: Math.min(box.height, MOST_PX) }
  await page.screenshot({ path, clip, fullPage: true })
  await page.close()
  const kb = Math.ceil((await stat(path)).size / 1024)
  console.log(`${path}: ${kb} KB`)
  if (kb > MOST_KB) throw new Error(`${path} is larger than ${MOST_KB} KB`)
}
