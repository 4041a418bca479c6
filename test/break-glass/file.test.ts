import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { Laptop } from '../../drill/laptop.ts'
import { Stage } from '../../drill/stage.ts'
import { BREAK_GLASS_FILE, bundleBreakGlass } from '../../infra/bundle.ts'

/* The one file that is handed out: what is in it, and what it needs. */

/** A sweep over two roads and its hold take 174, the picture 26, and many accounts another 27; with room for some sentences. */
const MOST_KB = 240

let modules: readonly string[]
const text = () => readFileSync(BREAK_GLASS_FILE, 'utf8')

beforeAll(async () => {
  const [output] = Object.values((await bundleBreakGlass()).metafile.outputs)
  modules = Object.entries(output?.inputs ?? {}).flatMap(([name, { bytesInOutput }]) =>
    bytesInOutput > 0 ? [name] : [],
  )
})

test('it is one file that runs by itself', () => {
  expect(text()).toMatch(/^#!\/usr\/bin\/env node\n/)
  expect(statSync(BREAK_GLASS_FILE).mode & 0o111).toBe(0o111)
  expect(execFileSync(BREAK_GLASS_FILE, ['--help'], { encoding: 'utf8' })).toMatch(/^Empties the order book/)
  expect(statSync(BREAK_GLASS_FILE).size / 1024).toBeLessThanOrEqual(MOST_KB)
})

test('there is no AWS in it', () => {
  expect(text()).not.toMatch(/amazonaws|AWS_/)
  expect(modules.filter((name) => /aws|armed|function-settings|secret-store|respond|log/.test(name))).toEqual(
    [],
  )
})

test('it holds the switch, two packages, and nothing of the drill', () => {
  const packages = modules.flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? [])
  expect([...new Set(packages)].toSorted()).toEqual(['valibot', 'ws'])
  const own = modules.filter((name) => !/node_modules|^builtin:|^uncompressed:/.test(name))
  expect(own.filter((name) => !/^(lambda|break-glass)\//.test(name))).toEqual([])
  for (const name of ['fire.ts', 'check.ts', 'sweep/sweep.ts', 'sweep/proof.ts', 'report/sentence.ts'])
    expect(own).toContain(`lambda/${name}`)
})

test('the build prints its SHA-256, and makes the same file every time', () => {
  const build = execFileSync(process.execPath, ['--input-type=module', '-e', BUILD], { encoding: 'utf8' })
  const sha256 = createHash('sha256').update(readFileSync(BREAK_GLASS_FILE)).digest('hex')
  expect(build).toContain(`${BREAK_GLASS_FILE}: `)
  expect(build).toContain(`SHA-256 ${sha256}\n`)
})

/** As `npm run build`, which says what it made on standard error. */
const BUILD = `
  import { spawnSync } from 'node:child_process'
  process.stdout.write(spawnSync(process.execPath, ['infra/bundle.ts'], { encoding: 'utf8' }).stderr)
`

test('it needs nothing that Node.js 20.0 has not: without what came since, it presses over both roads', async () => {
  const stage = await Stage.open()
  onTestFinished(() => stage.close())
  stage.rest(5)
  const node = [process.execPath, '--import', OLDER] as const
  const args = ['--yes', '--json']
  const laptop = await Laptop.press(stage, { args, node: [...node], env: { QUIET_PERIOD_MS: '200' } })
  expect(await laptop.ended).toBe(0)
  expect(JSON.parse(laptop.stdout).roads).toMatchObject([
    { ackMs: expect.any(Number) },
    { ackMs: expect.any(Number) },
  ])
})

/** Takes away what version 20.0 had not, as far as a program can ask for it. */
const OLDER = `data:text/javascript,${encodeURIComponent(`
  const since = [
    [Promise, 'withResolvers', 'try'], [URL, 'parse'], [Array, 'fromAsync'], [Object, 'groupBy'], [Map, 'groupBy'],
    [RegExp, 'escape'], [Error, 'isError'], [Math, 'f16round', 'sumPrecise'], [Atomics, 'waitAsync'],
    [Uint8Array, 'fromBase64', 'fromHex'], [Uint8Array.prototype, 'toBase64', 'toHex'],
    [ArrayBuffer.prototype, 'transfer', 'transferToFixedLength'],
    [Set.prototype, 'union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom'],
    [Object.getPrototypeOf(Object.getPrototypeOf([].values())), 'map', 'filter', 'take', 'drop', 'flatMap', 'reduce', 'toArray', 'forEach', 'some', 'every', 'find'],
    [globalThis, 'Iterator', 'WebSocket', 'CloseEvent', 'navigator', 'Float16Array', 'DisposableStack', 'URLPattern'],
  ]
  for (const [owner, ...names] of since) for (const name of names) delete owner[name]
  delete process.getBuiltinModule
`)}`
