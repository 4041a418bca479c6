import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { Laptop } from '../../drill/laptop.ts'
import { Stage } from '../../drill/stage.ts'
import { elementsOf } from '../page/elements.ts'

/* The picture that the file itself, in a process of its own, writes after the verdict. */

const stage = await Stage.open()
afterAll(() => stage.close())

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'))
  stage.rest(7)
})
afterEach(() => rm(folder, { recursive: true }))

async function press(...args: string[]): Promise<Laptop & { readonly code: unknown }> {
  const laptop = await Laptop.press(stage, { args: ['--yes', ...args], env: { QUIET_PERIOD_MS: '200' } })
  return Object.assign(laptop, { code: await laptop.ended })
}

const verdictOf = (page: string) =>
  elementsOf(page)
    .find(({ attributes }) => attributes.class === 'verdict')
    ?.text.trim()

test('--page: the report is the same, and the page shows its sentence, to nobody but its owner', async () => {
  const file = join(folder, 'page.html')
  const { stdout, stderr, code } = await press('--json', '--page', file)
  expect(code).toBe(0)
  expect(verdictOf(await readFile(file, 'utf8'))).toBe(JSON.parse(stdout).sentence)
  expect(stderr.trimEnd().split('\n').at(-1)).toBe(`The page: ${file}`)
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

test('a page that is there is not written over', async () => {
  const file = join(folder, 'page.html')
  await writeFile(file, 'evidence')
  const { stderr, code } = await press('--page', file)
  expect(code).toBe(0)
  expect(await readFile(file, 'utf8')).toBe('evidence')
  expect((await readdir(folder)).toSorted()).toEqual(['page-2.html', 'page.html'])
  expect(stderr).toContain(`The page: ${join(folder, 'page-2.html')}\n`)
})

test('a page that cannot be written costs a line, and neither the verdict nor its exit code', async () => {
  const { stdout, stderr, code } = await press('--page', join(folder, 'no', 'page.html'))
  expect(stdout).toMatch(/^EMPTY \(verified\): 7 orders cancelled/)
  expect(stderr).toContain('NO PAGE: it could not be written (ENOENT). The verdict stands.\n')
  expect(code).toBe(0)
})

test('a hold is on it lap by lap, with the pull before', async () => {
  const file = join(folder, 'page.html')
  const { stdout, code } = await press('--hold', '1s', '--page', file)
  const page = await readFile(file, 'utf8')
  expect(code).toBe(0)
  expect(verdictOf(page)).toMatch(/^HELD 1 min: 0 refills/)
  expect(stdout).toContain(verdictOf(page))
  expect(page).toContain('The pull before it')
})

test('a readiness check has a page too', async () => {
  const file = join(folder, 'page.html')
  const laptop = await Laptop.press(stage, { args: ['--check', '--page', file] })
  expect(await laptop.ended).toBe(0)
  expect(verdictOf(await readFile(file, 'utf8'))).toMatch(/^READY: /)
})

test('a page without a name is refused, and nothing is sent', async () => {
  const { stderr, code } = await press('--page', '')
  expect([stderr, code]).toEqual(['NOT FIRED: --page takes the name of a file, such as page.html.\n', 64])
  expect(stage.exchange.account.book.orders).toHaveLength(7)
})
