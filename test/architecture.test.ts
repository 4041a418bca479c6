import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { expect, test } from 'vitest'

interface Source {
  readonly file: string
  readonly text: string
  /** Files of the project that it imports, from its root. */
  readonly imports: readonly string[]
}

const sources: Source[] = globSync('{lambda,infra,drill,siege}/**/*.ts').map((file) => {
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

test('lambda/ knows nothing of infra/ or drill/', () => {
  expect(importsOf('lambda/').filter(({ imported }) => !imported.startsWith('lambda/'))).toEqual([])
})

test('infra/ knows lambda/ alone, drill/ and siege/ what stands before them', () => {
  const known = { infra: ['lambda'], drill: ['lambda'], siege: ['lambda', 'drill'] }
  for (const [folder, others] of Object.entries(known)) {
    const allowed = [folder, ...others].map((name) => `${name}/`)
    const outward = importsOf(`${folder}/`).filter(
      ({ imported }) => !allowed.some((name) => imported.startsWith(name)),
    )
    expect(outward).toEqual([])
  }
})

test('lambda/kraken knows nothing of AWS, and of the rest only errors, the clock and JSON', () => {
  const allowed = ['lambda/errors.ts', 'lambda/clock.ts', 'lambda/json.ts']
  const outward = importsOf('lambda/kraken/').filter(({ imported }) => !imported.startsWith('lambda/kraken/'))
  expect(outward.filter(({ imported }) => !allowed.includes(imported))).toEqual([])
  const aws = sources.filter(({ file, text }) => file.startsWith('lambda/kraken/') && /aws/i.test(text))
  expect(aws.map(({ file }) => file)).toEqual([])
})

test('only settings.ts reads the environment', () => {
  const readers = sources.filter(
    ({ file, text }) => file.startsWith('lambda/') && text.includes('process.env'),
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
  expect(values).toEqual(['./errors.ts', './init/arm.ts'])
})
