import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

interface Source {
  readonly file: string
  readonly text: string
  /** Files of the project that it imports, from its root. */
  readonly imports: readonly string[]
}

const sources: Source[] = globSync('{lambda,infra,break-glass,drill,siege}/**/*.ts').map((file) => {
  const text = readFileSync(file, 'utf8')
  const found = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => String(match[1]))
  return { file, text, imports: found.map((path) => normalize(join(dirname(file), path))) }
})

function importsOf(folder: string): { readonly file: string; readonly imported: string }[] {
  return sources
    .filter(({ file }) => file.startsWith(folder))
    .flatMap(({ file, imports }) => imports.map((imported) => ({ file, imported })))
}

test('there is something to look at', () => {
  expect(sources.length).toBeGreaterThan(40)
  expect(importsOf('lambda/').length).toBeGreaterThan(50)
})

test('lambda/ knows nothing of infra/, break-glass/ or drill/', () => {
  expect(importsOf('lambda/').filter(({ imported }) => !imported.startsWith('lambda/'))).toEqual([])
})

test('infra/ and break-glass/ know lambda/ alone, drill/ and siege/ what stands before them', () => {
  // The drill runs the state machines as they are deployed.
  const known = {
    infra: ['lambda/'],
    'break-glass': ['lambda/'],
    drill: ['lambda/', 'break-glass/', 'infra/hold-definition.ts', 'infra/fleet-definition.ts'],
    siege: ['lambda/', 'drill/'],
  }
  for (const [folder, others] of Object.entries(known)) {
    const allowed = [`${folder}/`, ...others]
    const outward = importsOf(`${folder}/`).filter(
      ({ imported }) => !allowed.some((name) => imported.startsWith(name)),
    )
    expect(outward).toEqual([])
  }
})

const BASE = ['lambda/clock.ts', 'lambda/errors.ts', 'lambda/json.ts', 'lambda/printable.ts']
const SETTINGS = /^lambda\/init\/(function-)?settings\.ts$/
/** Of Kraken what every road has: the exchange, its errors, attempts and symbols. */
const KRAKEN = /^lambda\/kraken\/[^/]+\.ts$/

/** What the files of a folder of lambda/ may import, beside each other. */
const FENCES: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  'lambda/kraken/http/': [KRAKEN],
  'lambda/kraken/rest/': [KRAKEN, /^lambda\/kraken\/http\//],
  'lambda/kraken/unified/': [KRAKEN, /^lambda\/kraken\/http\//],
  'lambda/sweep/': [KRAKEN],
  'lambda/triggers/': [KRAKEN],
  'lambda/messages/': [SETTINGS, 'lambda/report/aws-post.ts'],
  'lambda/report/': [KRAKEN, SETTINGS, /^lambda\/(messages|sweep|triggers)\//],
  'lambda/readiness/': [KRAKEN, SETTINGS, /^lambda\/(sweep|report)\//],
  'lambda/page/': [KRAKEN, /^lambda\/(readiness|report|sweep|triggers)\//],
  'lambda/widget/': [SETTINGS, /^lambda\/(page|report|triggers)\//],
  'lambda/hold/': [KRAKEN, 'lambda/exchanges.ts', /^lambda\/(init|messages|report|sweep|triggers)\//],
  'lambda/fleet/': [
    KRAKEN,
    'lambda/kraken/http/shared-budget.ts',
    'lambda/fire.ts',
    'lambda/check.ts',
    'lambda/respond.ts',
    /^lambda\/(hold|init|messages|readiness|report|sweep|triggers)\//,
  ],
  'lambda/init/': [/^lambda\/kraken\//],
}

test.each(Object.entries(FENCES))('%s keeps to its fence', (folder, allowed) => {
  const within = importsOf(folder)
  expect(within.length).toBeGreaterThan(0)
  const may = (imported: string) =>
    imported.startsWith(folder) ||
    [...BASE, ...allowed].some((one) => (typeof one === 'string' ? one === imported : one.test(imported)))
  expect(within.filter(({ imported }) => !may(imported))).toEqual([])
})

test('what every road of kraken/ has knows of nothing but the base', () => {
  const outward = sources
    .filter(({ file }) => KRAKEN.test(file))
    .flatMap(({ file, imports }) => imports.map((imported) => ({ file, imported })))
    .filter(({ imported }) => !KRAKEN.test(imported) && !BASE.includes(imported))
  expect(outward).toEqual([])
})

test('lambda/kraken knows nothing of AWS', () => {
  const aws = sources.filter(({ file, text }) => file.startsWith('lambda/kraken/') && /aws/i.test(text))
  expect(aws.map(({ file }) => file)).toEqual([])
})

test("break-glass/ takes nothing of lambda/ that is AWS's alone", () => {
  const aws =
    /^lambda\/(handler|respond|init\/(armed|function-settings|secret-store)|report\/(log|aws-post)|messages\/publish|readiness\/lambda)/
  expect(importsOf('break-glass/').length).toBeGreaterThan(2)
  expect(importsOf('break-glass/').filter(({ imported }) => aws.test(imported))).toEqual([])
})

test('the second road is reached by init/ alone, and loaded when it is asked for', () => {
  const outside = sources.filter(
    ({ file, imports }) =>
      file.startsWith('lambda/') &&
      !file.startsWith('lambda/kraken/unified/') &&
      imports.some((imported) => imported.startsWith('lambda/kraken/unified/')),
  )
  expect(outside.map(({ file }) => file)).toEqual(['lambda/init/unified-connections.ts'])
  for (const { file, text } of sources) {
    expect(text, file).not.toMatch(/import (?!type)[^\n]*unified-connections/)
  }
})

test('the picture is reached by nothing that presses, and loaded when there is a verdict', () => {
  for (const { file, text } of sources.filter(({ file }) => /^(lambda|break-glass)\//.test(file))) {
    if (!/^lambda\/(page|widget)\/|^break-glass\/page-file/.test(file)) {
      expect(text, file).not.toMatch(/import (?!type)[^\n(]*\/page(-file)?(\/|\.ts)/)
    }
  }
})

test('the use cases do not import each other', () => {
  const cases = ['lambda/fire.ts', 'lambda/check.ts']
  expect(
    importsOf('lambda/').filter((one) => cases.includes(one.file) && cases.includes(one.imported)),
  ).toEqual([])
})

test('no folder is a drawer: ten files at the root of lambda/, twelve in a folder', () => {
  const counts = new Map<string, number>()
  for (const { file } of sources.filter(({ file }) => file.startsWith('lambda/')))
    counts.set(dirname(file), (counts.get(dirname(file)) ?? 0) + 1)
  expect(counts.get('lambda')).toBeLessThanOrEqual(10)
  expect([...counts].filter(([, count]) => count > 12)).toEqual([])
})

test('only settings.ts reads the environment', () => {
  const readers = sources.filter(
    ({ file, text }) => /^(lambda|break-glass)\//.test(file) && text.includes('process.env'),
  )
  expect(readers.map(({ file }) => file)).toEqual(['lambda/init/settings.ts'])
})

test('no test replaces a module of ours', () => {
  const tests = globSync('test/**/*.ts').filter((file) => !/architecture|node_modules/.test(file))
  expect(tests.filter((file) => /vi\.mock|vi\.doMock|vi\.spyOn/.test(readFileSync(file, 'utf8')))).toEqual([])
})

test('the handler imports what dials, and the rest only once that is done', () => {
  const handler = readFileSync('lambda/handler.ts', 'utf8')
  const values = [...handler.matchAll(/^import (?!type )(?:[^\n]* from )?'([^']+)'/gm)].map(
    (match) => match[1],
  )
  expect(values).toEqual(['./errors.ts', './init/armed.ts'])
})
