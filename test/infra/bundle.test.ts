import { readdirSync, statSync } from 'node:fs'
import { basename } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { Roads } from '../../drill/account.ts'
import { LatencyProxy } from '../../drill/latency-proxy.ts'
import type { LambdaRuntime } from '../../drill/runtime.ts'
import { Stage } from '../../drill/stage.ts'
import { BUNDLE_FOLDER, bundleSwitch } from '../../infra/bundle.ts'

/* What a cold start pays for: what is in the bundle, and what of it is evaluated before the first packet is out. */

/**
 * Of what a switch with the first road alone may load: 140 KB of it are the SDK, and what it says takes most of the rest. Mail
 * and chat, which are loaded once the verdict is there, take some 6 KB, and as much what an event may say of accounts.
 */
const MOST_KB = 298
/** Of what the second road adds, in files that are loaded only where it is taken. */
const MOST_KB_OF_SECOND_ROAD = 64

/** Of what a hold adds, in files that are loaded once the verdict is there, or by a lap. */
const MOST_KB_OF_HOLD = 16
/** Drawn when there is a verdict, for whoever pressed on a dashboard. */
const MOST_KB_OF_PICTURE = 28

/** Of what many accounts add, in files that are loaded only where there are some; 7 KB of it once they are held. */
const MOST_KB_OF_FLEET = 42

/** Every package that may be in the bundle: the six that are asked for, and what they bring. */
const PACKAGES = [
  '@aws-lambda-powertools/logger',
  '@aws-lambda-powertools/metrics',
  '@aws-sdk/client-secrets-manager',
  'aws4fetch',
  'valibot',
  'ws',

  '@aws-lambda-powertools/commons',
  '@aws-sdk/core',
  '@aws/lambda-invoke-store',
  '@smithy/core',
  '@smithy/node-http-handler',
  '@smithy/signature-v4',
  '@smithy/types',
]

/** On the way to the first cancel, of one account and the first road: each costs half a millisecond. */
const MOST_FILES = 8

/** All that is evaluated before both connections are dialled. */
const BEFORE_DIAL = [
  'lambda/clock.ts',
  'lambda/errors.ts',
  'lambda/handler.ts',
  'lambda/init/arm.ts',
  'lambda/init/armed.ts',
  'lambda/init/credentials.ts',
  'lambda/init/function-settings.ts',
  'lambda/init/secret-shape.ts',
  'lambda/init/secret.ts',
  'lambda/init/settings.ts',
  'lambda/json.ts',
  'lambda/kraken/http/addresses.ts',
  'lambda/kraken/http/api-sign.ts',
  'lambda/kraken/http/authent.ts',
  'lambda/kraken/http/budget.ts',
  'lambda/kraken/http/socket-pool.ts',
]

const RECORDER = new URL('../record-loads.ts', import.meta.url).pathname

/** What the recorder has said of a process. */
function recorded(running: LambdaRuntime): readonly Recorded[] {
  return running.lines.filter((line) => line.startsWith('{"loaded')).map((line) => JSON.parse(line))
}

interface Recorded {
  readonly loaded?: string
  readonly loadedAtDial?: readonly string[]
  readonly loadedAtHandshake?: readonly string[]
  readonly loadedAtCancel?: readonly string[]
}

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

function sizeOf(names: readonly string[]): number {
  return names.reduce((sum, name) => sum + statSync(`${BUNDLE_FOLDER}/${name}`).size, 0) / 1024
}

/** The files that hold something of the second road. */
function ofSecondRoad(): readonly string[] {
  return [...modules].filter(([, of]) => of.some((module) => SECOND_ROAD.test(module))).map(([file]) => file)
}

/** The files that hold something of the hold, and nothing that a pull needs. */
const ofHold = () => filesOf(HOLD)
const ofPicture = () => filesOf(/^lambda\/page\//)

/** The files that hold such modules and no others. */
function filesOf(wanted: RegExp): readonly string[] {
  return [...modules]
    .filter(([, of]) => of.length > 0 && of.every((module) => wanted.test(module)))
    .map(([file]) => file)
}

const ofFleet = () => filesOf(FLEET)

const FLEET = /^lambda\/(fleet\/|init\/fleet\/|kraken\/http\/shared-budget|triggers\/(group|fleet)-event)/

const HOLD = /^lambda\/(hold\/|sweep\/hold)/

const SECOND_ROAD = /^(node_modules\/ws\/|lambda\/init\/unified-connections|lambda\/kraken\/unified\/)/

test(`without the second road, the hold and the fleet it is no larger than ${MOST_KB} KB; they and the picture add no more than ${MOST_KB_OF_SECOND_ROAD}, ${MOST_KB_OF_HOLD}, ${MOST_KB_OF_FLEET} and ${MOST_KB_OF_PICTURE}`, () => {
  const second = ofSecondRoad()
  const hold = ofHold()
  const picture = ofPicture()
  expect(picture).toHaveLength(1)
  expect(sizeOf(picture)).toBeLessThanOrEqual(MOST_KB_OF_PICTURE)
  const fleet = ofFleet()
  expect(hold.length).toBeGreaterThan(0)
  expect(sizeOf(hold)).toBeLessThanOrEqual(MOST_KB_OF_HOLD)
  expect(fleet.length).toBeGreaterThan(0)
  expect(sizeOf(fleet)).toBeLessThanOrEqual(MOST_KB_OF_FLEET)
  expect(second).toHaveLength(1)
  expect(sizeOf(second)).toBeLessThanOrEqual(MOST_KB_OF_SECOND_ROAD)
  const others = [...second, ...hold, ...fleet, ...picture]
  expect(sizeOf(readdirSync(BUNDLE_FOLDER).filter((name) => !others.includes(name)))).toBeLessThanOrEqual(
    MOST_KB,
  )
})

test('a switch with one account, the first road alone, and no machine for holds, loads nothing of the rest', async () => {
  const stage = await Stage.open()
  try {
    const running = await stage.startFunction({ execArgv: ['--import', RECORDER] })
    await running.invoke({})
    await running.invoke({ readiness: true })
    await new Promise((resolve) => setTimeout(resolve, 60))
    const loaded = recorded(running).flatMap((said) => said.loaded ?? [])
    expect(loaded.length).toBeGreaterThan(3)
    const others = [...ofSecondRoad(), ...ofHold(), ...ofFleet(), ...ofPicture()]
    expect(loaded.filter((file) => others.includes(file))).toEqual([])
  } finally {
    await stage.close()
  }
})

test(`no more than ${MOST_FILES} files are loaded before the first cancel, and what answers events once the secret can be asked for`, async () => {
  const stage = await Stage.open()
  const far = await LatencyProxy.start(stage.secrets.url, 80)
  try {
    const running = await stage.startFunction({
      execArgv: ['--import', RECORDER],
      settings: { AWS_ENDPOINT_URL_SECRETS_MANAGER: far.url },
    })
    await running.invoke({})
    await new Promise((resolve) => setTimeout(resolve, 60))
    const said = recorded(running)
    const { loadedAtHandshake = [] } = said.find((one) => 'loadedAtHandshake' in one) ?? {}
    const { loadedAtCancel = [] } = said.find((one) => 'loadedAtCancel' in one) ?? {}
    const ofAnswer = (files: readonly string[]) => files.filter((file) => file.startsWith('respond-'))
    expect(loadedAtHandshake.length).toBeGreaterThan(3)
    expect(ofAnswer(loadedAtHandshake)).toEqual([])
    expect(ofAnswer(loadedAtCancel)).toHaveLength(1)
    expect(loadedAtCancel.length).toBeLessThanOrEqual(MOST_FILES)
  } finally {
    await Promise.all([stage.close(), far.close()])
  }
})

test.each<Roads | ''>(['both', ''])(
  'KRAKEN_ROADS=%s, with both keys: the second road is evaluated once the first road has written its cancel',
  async (roads) => {
    const stage = await Stage.open()
    try {
      stage.secrets.put(stage.exchange.account.secretFor('both'))
      const running = await stage.startFunction({
        execArgv: ['--import', RECORDER],
        settings: { KRAKEN_ROADS: roads },
      })
      await running.invoke({})
      await new Promise((resolve) => setTimeout(resolve, 60))
      const said = recorded(running)
      const { loadedAtCancel = [] } = said.find((one) => 'loadedAtCancel' in one) ?? {}
      expect(loadedAtCancel.length).toBeGreaterThan(3)
      expect(loadedAtCancel).not.toContain(ofSecondRoad()[0])
      expect(said.flatMap(({ loaded = [] }) => loaded)).toContain(ofSecondRoad()[0])
    } finally {
      await stage.close()
    }
  },
)

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
    const running = await stage.startFunction({ execArgv: ['--import', RECORDER] })
    await running.invoke({})
    await new Promise((resolve) => setTimeout(resolve, 60))
    const { loadedAtDial = [] } = recorded(running).find((said) => 'loadedAtDial' in said) ?? {}
    const evaluated = loadedAtDial.flatMap((file) => modules.get(file) ?? [file])
    expect(evaluated.filter((module) => /^(lambda|node_modules)\//.test(module)).toSorted()).toEqual(
      BEFORE_DIAL,
    )
  } finally {
    await stage.close()
  }
})
