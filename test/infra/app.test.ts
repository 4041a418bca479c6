import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { type Template, textOf } from '../../infra/template.ts'
import { pages } from '../documents/pages.ts'
import { cdkJson, everyTrigger } from './synth.ts'

/** Each app is a process, which takes seconds of a core. */
vi.setConfig({ testTimeout: 60_000 })

interface Ran {
  readonly status: number
  readonly stderr: string
}

/** The app as the CDK runs it, into a folder if there is one; with the variables that the CDK sets. */
function runApp(
  killSwitch: unknown,
  outdir?: string,
  set: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const env = {
    ...process.env,
    ...set,
    CDK_CONTEXT_JSON: JSON.stringify({ ...cdkJson.context, killSwitch }),
    ...(outdir === undefined ? {} : { CDK_OUTDIR: outdir }),
  }
  return new Promise((resolve) => {
    execFile(process.execPath, ['infra/app.ts'], { env }, (error, _, stderr) => {
      resolve({ status: error === null ? 0 : Number(error.code), stderr })
    })
  })
}

test('synthesizes cdk.json as it is, without an account and without a word', async () => {
  expect(await runApp(cdkJson.context.killSwitch)).toEqual({ status: 0, stderr: '' })
})

test('says what is wrong in cdk.json in a line, without a stack trace', async () => {
  const { status, stderr } = await runApp({ ...cdkJson.context.killSwitch, secrets: 'x' })
  expect(status).toBe(1)
  expect(stderr.trim().split('\n')).toEqual([
    'cdk.json is not right:',
    '  killSwitch.secrets is not a known setting. Did you mean secret?',
  ])
})

test.each([
  ['us-east-1', 1],
  ['eu-central-1', 0],
  ['', 0],
])('a secret of eu-central-1, where the CDK deploys to "%s": %i', async (region, wanted) => {
  const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:kraken-AbCdEf'
  const { status, stderr } = await runApp({ secret }, undefined, { CDK_DEFAULT_REGION: region })
  expect(status).toBe(wanted)
  const said = 'killSwitch.secret is in eu-central-1, but the stack is in us-east-1'
  expect(stderr.includes(said)).toBe(wanted === 1)
})

interface Deployed {
  readonly stacks: readonly string[]
  readonly outputs: readonly string[]
  /** The names that AWS gives once in an account and region, or once in an account. */
  readonly names: readonly string[]
}

/** What has its name within a function, an API or a role. */
const WITHIN = [
  'AWS::Lambda::Alias',
  'AWS::ApiGatewayV2::Authorizer',
  'AWS::ApiGatewayV2::Stage',
  'AWS::IAM::Policy',
]

async function deployed(killSwitch: unknown): Promise<Deployed> {
  const outdir = mkdtempSync(join(tmpdir(), 'switch-'))
  expect(await runApp(killSwitch, outdir)).toMatchObject({ status: 0 })
  const read = (file: string) => JSON.parse(readFileSync(join(outdir, file), 'utf8'))
  const stacks = Object.entries<{ type: string }>(read('manifest.json').artifacts)
    .filter(([, { type }]) => type === 'aws:cloudformation:stack')
    .map(([id]) => id)
  const templates = stacks.map((stack) => read(`${stack}.template.json`))
  rmSync(outdir, { recursive: true })
  return {
    stacks,
    outputs: templates.flatMap(({ Outputs }) => Object.keys(Outputs)),
    names: templates.flatMap(physicalNames),
  }
}

function physicalNames({ Resources }: Template): string[] {
  const namers = Object.values(Resources).filter(({ Type }) => !WITHIN.includes(Type))
  return namers.flatMap(({ Type, Properties = {} }) =>
    Object.entries(Properties)
      .filter(([key, value]) => /^(?!Metric|Display).*Name$/.test(key) && !isReference(value))
      .map(([, value]) => `${Type} ${textOf(value)}`),
  )
}

function isReference(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('Ref' in value || 'Fn::GetAtt' in value)
}

test('another name is another switch: another stack, and no name that the first has', async () => {
  const [one, other, third] = await Promise.all(
    ['desk', 'desk-2', 'desk-readiness'].map((name) => deployed({ ...everyTrigger, roads: 'both', name })),
  )
  expect(one?.stacks).toEqual(['desk'])
  expect(other?.stacks).toEqual(['desk-2'])
  expect(one?.names.length).toBeGreaterThan(20)
  for (const name of one?.names ?? []) expect(name).toMatch(/ (\/.*\/)?desk(-|$)/)
  const all = [one, other, third].flatMap((each) => each?.names ?? [])
  expect(new Set(all).size).toBe(all.length)
})

test('a list is a stack for each of its switches, with its tags and its protection', async () => {
  const blocks = [
    { ...everyTrigger, tags: { desk: 'one' }, terminationProtection: true },
    { ...everyTrigger, name: 'desk-2' },
  ]
  const outdir = mkdtempSync(join(tmpdir(), 'switch-'))
  expect(await runApp(blocks, outdir)).toEqual({ status: 0, stderr: '' })
  const { artifacts } = JSON.parse(readFileSync(join(outdir, 'manifest.json'), 'utf8'))
  rmSync(outdir, { recursive: true })
  expect(artifacts['kill-switch'].properties).toMatchObject({
    tags: { desk: 'one' },
    terminationProtection: true,
  })
  expect(artifacts['desk-2'].properties.tags ?? {}).toEqual({})
})

test('two switches of one name in the list are refused, in a line', async () => {
  const { status, stderr } = await runApp([{ secret: 'x' }, { secret: 'y' }])
  expect(status).toBe(1)
  expect(stderr.trim().split('\n')).toEqual([
    'cdk.json is not right:',
    '  killSwitch.1.name is kill-switch, as that of killSwitch.0. Give one of them another name',
  ])
})

test('the outputs have the names that the documents give them', async () => {
  const { outputs } = await deployed({
    ...everyTrigger,
    notify: { chat: true },
    function: { fixedEgress: true },
  })
  const told = pages.flatMap(({ text }) => [...text.matchAll(/\boutputs? `(\w+)`/g)].map(([, name]) => name))
  expect(told).toEqual(expect.arrayContaining(['AliasArn', 'Curl', 'EgressAddresses']))
  for (const name of told) expect(outputs).toContain(name)
  for (const name of outputs) expect(name).toMatch(/^[A-Z][A-Za-z]+$/) // no hash
})

test('the policy that may press carries the region: IAM is one for all of them', async () => {
  const { names } = await deployed(everyTrigger)
  expect(names).toContain('AWS::IAM::ManagedPolicy kill-switch-may-press-*')
})
