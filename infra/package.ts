import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, normalize } from 'node:path'
import { build } from 'esbuild'

/** What an app imports: the construct, compiled, with its types. */
const LIBRARY = 'lib'
const DECLARATIONS = join(LIBRARY, 'declarations')
const ENTRY = 'kill-switch'

/** What stands instead of `import.meta.url` in CommonJS. */
const OWN_URL = 'const ownUrl = require("node:url").pathToFileURL(__filename).href;'

/**
 * Makes one CommonJS file, as the CDK itself is, with all that it needs inside but the CDK; and an ES module that gives
 * the same classes, so that an app which takes it in both ways has one of each.
 */
async function compile(): Promise<void> {
  await build({
    entryPoints: [`infra/${ENTRY}.ts`],
    outfile: join(LIBRARY, `${ENTRY}.cjs`),
    bundle: true,
    platform: 'node',
    target: 'node20', // an app runs on what its owner has
    format: 'cjs',
    external: ['aws-cdk-lib', 'constructs'],
    define: { 'import.meta.url': 'ownUrl' },
    banner: { js: OWN_URL },
  })
  writeFileSync(join(LIBRARY, `${ENTRY}.mjs`), `export * from './${ENTRY}.cjs'\n`)
}

/** The types that the entry shows, for ES modules and for CommonJS; of what is inside none are needed. */
function declare(): void {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.package.json'], {
    stdio: 'inherit',
  })
  for (const [file, text] of shown(join(DECLARATIONS, 'infra', `${ENTRY}.d.ts`))) {
    const name = basename(file, '.d.ts')
    for (const kind of ['mts', 'cts']) {
      const imports = text.replace(/(from '\.\/[^']+)\.ts'/g, `$1.${kind.replace('ts', 'js')}'`)
      writeFileSync(join(LIBRARY, `${name}.d.${kind}`), imports)
    }
  }
  rmSync(DECLARATIONS, { recursive: true })
}

/** A declaration and all that it imports of the project's own. */
function shown(file: string, seen: Map<string, string> = new Map()): ReadonlyMap<string, string> {
  if (seen.has(file)) return seen
  const text = readFileSync(file, 'utf8')
  seen.set(file, text)
  for (const [, path] of text.matchAll(/from '(\.[^']+)\.ts'/g)) {
    shown(normalize(join(dirname(file), `${path}.d.ts`)), seen)
  }
  return seen
}

rmSync(LIBRARY, { recursive: true, force: true })
mkdirSync(LIBRARY)
await compile()
declare()
