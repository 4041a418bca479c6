import { execFile } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BUNDLE_FOLDER } from '../../infra/artefact.ts'
import { resourcesOf, type Template } from '../../infra/template.ts'
import { schemaFaults } from './resource-schema.ts'

const run = promisify(execFile)
const { version: cdk } = createRequire(import.meta.url)('aws-cdk-lib/package.json')
const { version: constructs } = createRequire(import.meta.url)('constructs/package.json')

/** Outside of the project: its node_modules are out of reach. */
const folder = mkdtempSync(join(tmpdir(), 'desk-'))
/** What is in the package. */
let packed: string[]

beforeAll(async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--silent', '--pack-destination', folder])
  const [{ filename, files }] = JSON.parse(stdout.slice(stdout.indexOf('[')))
  packed = files.map(({ path }: { path: string }) => path)
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'desk', private: true }))
  const wanted = [`./${filename}`, `aws-cdk-lib@${cdk}`, `constructs@${constructs}`]
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--silent']
  await run('npm', ['install', ...wanted, ...quietly], { cwd: folder })
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs an app in the fresh folder, as the CDK does. */
async function synthesize(file: string, text?: string): Promise<Template[]> {
  const name = basename(file)
  if (text === undefined) copyFileSync(file, join(folder, name))
  else writeFileSync(join(folder, name), text)
  const outdir = join(folder, `${name}.out`)
  mkdirSync(join(folder, 'elsewhere'), { recursive: true })
  const env = { ...process.env, CDK_OUTDIR: outdir, CDK_DEFAULT_REGION: '' }
  await run(process.execPath, [join(folder, name)], { cwd: join(folder, 'elsewhere'), env })
  return readdirSync(outdir)
    .filter((one) => one.endsWith('.template.json'))
    .map((one) => JSON.parse(readFileSync(join(outdir, one), 'utf8')))
}

test('the package holds what an app needs, and nothing else', () => {
  const bundled = readdirSync(BUNDLE_FOLDER).map((file) => `${BUNDLE_FOLDER}/${file}`)
  const declared = ['alarm-props', 'config-invalid', 'function-props', 'kill-switch', 'props']
  const types = declared.flatMap((name) => [`lib/${name}.d.cts`, `lib/${name}.d.mts`])
  expect(packed.toSorted()).toEqual(
    [
      ...[
        'LICENSE',
        'README.md',
        'package.json',
        'dist/break-glass/kill-switch.mjs',
        'dist/widget/index.mjs',
      ],
      ...['lib/kill-switch.cjs', 'lib/kill-switch.mjs', ...types, ...bundled],
    ].toSorted(),
  )
})

test('nothing is pulled with it but the CDK', () => {
  const installed = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))
  expect(installed).toEqual(['@aws-cdk', 'aws-cdk-lib', 'constructs', 'kraken-futures-kill-switch'])
})

const APP = `new KillSwitch(new Stack(new App(), 'Desk'), 'KillSwitch', { secret: 'x' })`
const IMPORTS = `import { App, Stack } from 'aws-cdk-lib'\nimport { KillSwitch } from 'kraken-futures-kill-switch'`
const REQUIRES = `const { App, Stack } = require('aws-cdk-lib')\nconst { KillSwitch } = require('kraken-futures-kill-switch')`

test.each([
  ['an ES module in JavaScript', 'app.mjs', `${IMPORTS}\n${APP}`],
  ['an ES module in TypeScript', 'app.mts', `${IMPORTS}\nconst made: KillSwitch = ${APP}\nmade.url`],
  ['CommonJS in JavaScript', 'app.cjs', `${REQUIRES}\n${APP}`],
  ['CommonJS in TypeScript', 'app.cts', `${REQUIRES}\nconst url: string | null = ${APP}.url`],
  [
    'both at once',
    'both.mjs',
    `${IMPORTS}\nimport { createRequire } from 'node:module'
const required = createRequire(import.meta.url)('kraken-futures-kill-switch')
if (required.KillSwitch !== KillSwitch) throw new Error('two classes')\n${APP}`,
  ],
])(
  '%s synthesizes, in whatever folder it runs',
  async (_, file, text) => {
    const [template] = await synthesize(file, text)
    expect(resourcesOf(template as Template, 'AWS::Lambda::Function')).toHaveLength(2) // and the dashboard's widget
    expect(schemaFaults(template as Template)).toEqual([])
  },
  180_000,
)

test.each([
  ['examples/alone.ts', 1],
  ['examples/desk.ts', 1],
  ['examples/two-accounts.cjs', 2],
])(
  '%s synthesizes as it is, to what CloudFormation takes',
  async (file, stacks) => {
    const templates = await synthesize(file)
    expect(templates).toHaveLength(stacks)
    expect(templates.flatMap(schemaFaults)).toEqual([])
  },
  180_000,
)

test('the app in the document about it synthesizes', async () => {
  const [, code = ''] = /```ts\n(import [\s\S]*?)```/.exec(readFileSync('docs/reuse.md', 'utf8')) ?? []
  const [template] = await synthesize('document.mts', code)
  expect(schemaFaults(template as Template)).toEqual([])
}, 180_000)

test('an app in TypeScript is checked against its types, as an ES module and as CommonJS', async () => {
  const wrong = `${APP.replace(`'x'`, `1`)}`
  for (const kind of ['mts', 'cts']) writeFileSync(join(folder, `typed.${kind}`), `${IMPORTS}\n${APP}.url\n`)
  writeFileSync(join(folder, 'wrong.mts'), `${IMPORTS}\n${wrong}\n`)
  const check = (file: string) =>
    run(process.execPath, [
      ...['node_modules/typescript/bin/tsc', '--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck'],
      ...['--module', 'nodenext', '--target', 'es2022', '--types', '', join(folder, file)],
    ])
  await check('typed.mts')
  await check('typed.cts')
  await expect(check('wrong.mts')).rejects.toMatchObject({ stdout: expect.stringContaining('TS2322') })
}, 180_000)

test('the command without AWS is in it', async () => {
  const { stdout } = await run(join(folder, 'node_modules/.bin/kill-switch'), ['--help']).catch(
    (error) => error,
  )
  expect(stdout).toContain('kill-switch')
})

// Each row breaks a good template in one place.
test.each<[string, object, string]>([
  ['an unknown property', { Type: 'AWS::SNS::Topic', Properties: { Name: 'x' } }, 'X.Name is unknown'],
  [
    'a missing one',
    { Type: 'AWS::SQS::QueuePolicy', Properties: { Queues: [] } },
    'X.PolicyDocument is missing',
  ],
  [
    'a wrong type',
    { Type: 'AWS::SNS::Topic', Properties: { FifoTopic: 'yes' } },
    'X.FifoTopic is no boolean',
  ],
  [
    'one within another',
    {
      Type: 'AWS::CloudWatch::Alarm',
      Properties: { ComparisonOperator: 'x', EvaluationPeriods: 1, Dimensions: [{ Name: 'x' }] },
    },
    'X.Dimensions.0.Value is missing',
  ],
  [
    'an unknown type',
    { Type: 'AWS::SNS::Thema' },
    'X is of the type AWS::SNS::Thema, which CloudFormation does not have',
  ],
])('the schemas find %s', (_, resource, fault) => {
  expect(schemaFaults({ Resources: { X: resource as { Type: string } } })).toEqual([fault])
})
