import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { basename, join } from 'node:path'
import { build, type OutputFile, type Plugin } from 'esbuild'

/** Where the one artefact lies: the stack deploys it; drill and tests run it. */
export const BUNDLE_FOLDER = 'dist/switch'

/**
 * Built-in modules through `process.getBuiltinModule`, when they are first needed.
 *
 * A static `import 'node:http'` is evaluated before anything else, and touches a getter that loads undici: 25 ms.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const names = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)])
    onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path }) =>
      names.has(path) ? { path: path.replace(/^node:/, ''), namespace: 'builtin' } : undefined,
    )
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}')`,
    }))
  },
}

/** The SDK's default credential chain, which is never asked: Lambda's own environment is given. A third of the bundle. */
const noCredentialChain: Plugin = {
  name: 'no-credential-chain',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@aws-sdk\/credential-provider-node$/ }, ({ path }) => ({
      path,
      namespace: 'unused',
    }))
    onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => ({
      contents: `export const defaultProvider = () => { throw new Error('${path} is not in this bundle') }`,
    }))
  },
}

async function bundle(): Promise<void> {
  const { outputFiles } = await build({
    entryPoints: { index: 'lambda/handler.ts' },
    outdir: BUNDLE_FOLDER,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true, // what is needed after the verdict only is a file of its own
    chunkNames: '[name]-[hash]',
    platform: 'node',
    target: 'node24',
    format: 'esm', // top-level await: init waits for key and connection
    mainFields: ['module', 'main'],
    minify: true,
    legalComments: 'none',
    plugins: [lazyBuiltins, noCredentialChain],
    write: false,
  })
  await removeOthers(outputFiles.map(({ path }) => basename(path)))
  await Promise.all(outputFiles.map(writeIfChanged))
  const bytes = outputFiles.reduce((sum, { contents }) => sum + contents.length, 0)
  console.log(`${BUNDLE_FOLDER}: ${outputFiles.length} files, ${Math.ceil(bytes / 1024)} KB`)
}

async function removeOthers(names: readonly string[]): Promise<void> {
  await mkdir(BUNDLE_FOLDER, { recursive: true })
  const others = (await readdir(BUNDLE_FOLDER)).filter((name) => !names.includes(name))
  await Promise.all(others.map((name) => rm(join(BUNDLE_FOLDER, name))))
}

/** Building again what is there already changes no file: it may be in use. */
async function writeIfChanged({ path, contents }: OutputFile): Promise<void> {
  const present = await readFile(path).catch(() => null)
  if (present === null || !present.equals(contents)) await writeFile(path, contents)
}

if (import.meta.main) await bundle()
