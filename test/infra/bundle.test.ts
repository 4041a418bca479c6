import { readdirSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { Stage } from '../../drill/stage.ts'
import { BUNDLE_FOLDER, bundleSwitch } from '../../infra/bundle.ts'

/* What a cold start pays for: what is in the bundle, and what of it is evaluated before the first packet is out. */

const MOST_KB = 250

/** Every package that may be in the bundle: the five that are asked for, and what they bring. */
const PACKAGES = [
  '@aws-lambda-powertools/logger',
  '@aws-lambda-powertools/metrics',
  '@aws-sdk/client-secrets-manager',
  'aws4fetch',
  'valibot',

  '@aws-lambda-powertools/commons',
  '@aws-sdk/core',
  '@aws/lambda-invoke-store',
  '@smithy/core',
  '@smithy/node-http-handler',
  '@smithy/signature-v4',
  '@smithy/types',
]

/** All that is evaluated before both connections are dialled. */
const BEFORE_DIAL = [
  'lambda/arm.ts',
  'lambda/clock.ts',
  'lambda/credentials.ts',
  'lambda/errors.ts',
  'lambda/handler.ts',
  'lambda/kraken/authent.ts',
  'lambda/kraken/budget.ts',
  'lambda/kraken/socket-pool.ts',
  'lambda/settings.ts',
]

/** By file of the bundle: the modules that it was made from. */
let modules: ReadonlyMap<string, readonly string[]>

beforeAll(async () => {
  const { outputs } = (await bundleSwitch()).metafile
  modules = new Map(
    Object.entries(outputs).map(([file, { inputs }]) => [
      basename(file),
      Object.entries(inputs).flatMap(([module, { bytesInOutput }]) => (bytesInOutput > 0 ? [module] : [])),
    ]),
  )
})

/** Built-in modules are named after their importer, and left out. */
const all = () => [...modules.values()].flat().filter((module) => !module.startsWith('builtin:'))

test(`the bundle is no larger than ${MOST_KB} KB, all files together`, () => {
  const bytes = readdirSync(BUNDLE_FOLDER).map((name) => statSync(`${BUNDLE_FOLDER}/${name}`).size)
  expect(bytes.reduce((sum, size) => sum + size, 0) / 1024).toBeLessThanOrEqual(MOST_KB)
})

test('no module is in it twice', () => {
  const found = all()
  expect(found.length).toBeGreaterThan(100)
  expect(found.filter((module, i) => found.indexOf(module) !== i)).toEqual([])
})

test('it holds the packages that are named here, each in one copy, and no other', () => {
  const folders = new Set(all().flatMap((module) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(module) ?? []))
  const names = [...folders].map((folder) => folder.replace(/^.*node_modules\//, ''))
  expect(names.toSorted()).toEqual(PACKAGES.toSorted())
})

test('nothing beyond the named few is evaluated before both connections are dialled', async () => {
  const stage = await Stage.open()
  try {
    const recorder = new URL('../record-loads.ts', import.meta.url).pathname
    const running = await stage.startFunction({ execArgv: ['--import', recorder] })
    await running.invoke({})
    await new Promise((resolve) => setTimeout(resolve, 60))
    const line = running.lines.find((text) => text.includes('loadedAtDial')) ?? '{}'
    const { loadedAtDial = [] } = JSON.parse(line) as { readonly loadedAtDial?: readonly string[] }
    const evaluated = loadedAtDial.flatMap((file) => modules.get(file) ?? [file])
    expect(evaluated.filter((module) => /^(lambda|node_modules)\//.test(module)).toSorted()).toEqual(
      BEFORE_DIAL,
    )
  } finally {
    await stage.close()
  }
})
