import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'
import { type BuildOptions, build, type Metafile, type OutputFile, type Plugin } from 'esbuild'
import { BREAK_GLASS_FILE, BUNDLE_FOLDER, WIDGET_FOLDER } from './artefact.ts'

export { BREAK_GLASS_FILE, BUNDLE_FOLDER }

/**
 * Built-in modules through `process.getBuiltinModule`, when something of them is first used.
 *
 * A static `import 'node:http'` is evaluated before anything else, and touches a getter that loads undici: 25 ms;
 * `ReadStream` of `node:fs` is another, of 3 ms. A dynamic import touches the same getters, see `withoutImports`.
 */
const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup({ onResolve, onLoad }) {
    const names = new Set([...builtinModules, ...builtinModules.map((name) => `node:${name}`)])
    // One for each importer: shared, each would become a file of its own, and a file costs half a millisecond.
    onResolve({ filter: /^(node:)?[a-z_/]+$/ }, ({ path, importer, kind }) => {
      if (!names.has(path)) return undefined
      if (kind === 'dynamic-import') return { path, external: true }
      return { path: path.replace(/^node:/, ''), suffix: `?${importer}`, namespace: 'builtin' }
    })
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule('node:${path}')`,
    }))
  },
}

/** What is there when anything is loaded on demand. */
const ARMS = ['lambda/init/arm.ts', 'lambda/init/function-settings.ts']
/** What is there when anything but these few is. */
const ANSWERS = 'lambda/respond.ts'
const EARLY = [ANSWERS, 'lambda/init/secret-store.ts', 'lambda/init/fleet/fleet-switch.ts']

/**
 * Each file on the way to the first cancel costs half a millisecond, and esbuild makes one of all modules that the same
 * entries share. So what is loaded on demand imports what is there by then: that is shared by the same entries now.
 */
const fewFiles: Plugin = {
  name: 'few-files',
  setup({ onResolve, onLoad }) {
    const early = new Set(EARLY.map((path) => resolve(path)))
    const onDemand = new Set<string>()
    onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, resolveDir, kind }) => {
      if (kind === 'dynamic-import') onDemand.add(resolve(resolveDir, path))
      return undefined
    })
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      if (!onDemand.has(path)) return undefined
      const present = early.has(path) ? ARMS : [...ARMS, ANSWERS]
      const imports = present.map((one) => `import ${JSON.stringify(resolve(one))};`)
      return { contents: imports.join('') + (await readFile(path, 'utf8')), loader: 'ts' }
    })
  },
}

function withoutImports(javascript: string): string {
  return javascript.replace(
    /\bimport\("(?:node:)?([a-z_/]+)"\)/g,
    'Promise.resolve(process.getBuiltinModule("node:$1"))',
  )
}

/**
 * What the SDK would bring and this function never asks for: the default credential chain (Lambda's own environment is
 * given), the user agents of browsers, event streams, SHA-256 for a Node without crypto, retries that adapt (`standard`
 * is given), the table that an endpoint is looked up in and the region of an instance (both are given). Half of the bundle.
 */
const UNUSED =
  /^(@aws-sdk\/credential-provider-node|bowser|@smithy\/core\/event-streams|\.\/Sha256Js|\.\.\/util-retry\/AdaptiveRetryStrategy|\.\/partitions|(?:\.|\.\.\/config-resolver\/regionConfig)\/getInstanceMetadataRegion)$/

/** Of `ws`, the client alone, without the compression that is never asked for: 36 KB instead of 70, and half of the time. */
const WS_CLIENT = resolve('node_modules/ws/lib/websocket.js')

const withoutUnused: Plugin = {
  name: 'without-unused',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^ws$/ }, () => ({ path: WS_CLIENT }))
    onResolve({ filter: /^\.\/permessage-deflate$/ }, ({ path }) => ({ path, namespace: 'uncompressed' }))
    onLoad({ filter: /.*/, namespace: 'uncompressed' }, () => ({
      contents: `module.exports = class { static extensionName = 'permessage-deflate' }`,
    }))
    // Whole, it would be there for its version, which goes into the user agent.
    onLoad({ filter: /client-secrets-manager\/package\.json$/ }, async ({ path }) => {
      const { version } = JSON.parse(await readFile(path, 'utf8'))
      return { contents: JSON.stringify({ version }), loader: 'json' }
    })
    onResolve({ filter: UNUSED }, ({ path }) => ({ path, namespace: 'unused' }))
    onLoad({ filter: /.*/, namespace: 'unused' }, ({ path }) => {
      const refuse = `() => { throw new Error('${path} is not in this bundle') }`
      const names = [
        'defaultProvider',
        'EventStreamSerde',
        'Sha256Js',
        'AdaptiveRetryStrategy',
        'getInstanceMetadataRegion',
        'partitionsInfo',
      ]
      return { contents: names.map((name) => `export const ${name} = ${refuse}`).join(';') }
    })
  },
}

const OPTIONS = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm', // top-level await: init waits for key and connection
  outExtension: { '.js': '.mjs' },
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  plugins: [lazyBuiltins],
} satisfies BuildOptions

/** Bundles as the artefact is bundled: what it is measured against is made in the same way. */
export async function bundle(options: BuildOptions): Promise<{ files: OutputFile[]; metafile: Metafile }> {
  const plugins = [...OPTIONS.plugins, ...(options.plugins ?? [])]
  const { outputFiles, metafile } = await build({
    ...OPTIONS,
    ...options,
    plugins,
    write: false,
    metafile: true,
  })
  const files = outputFiles.map((file) => ({ ...file, contents: Buffer.from(withoutImports(file.text)) }))
  await Promise.all(files.map(writeIfChanged))
  return { files, metafile }
}

/** Makes the artefact, and gives its files and what of which module went into them. */
export async function bundleSwitch(): Promise<{ files: OutputFile[]; metafile: Metafile }> {
  const { files, metafile } = await bundle({
    entryPoints: { index: 'lambda/handler.ts' },
    outdir: BUNDLE_FOLDER,
    splitting: true, // what is not needed at once is a file of its own
    chunkNames: '[name]-[hash]',
    plugins: [fewFiles, withoutUnused],
  })
  await removeOthers(files.map(({ path }) => basename(path)))
  return { files, metafile }
}

/** Makes the function of the dashboard's widget, in one file. */
export function bundleWidget(outdir = WIDGET_FOLDER): Promise<{ files: OutputFile[]; metafile: Metafile }> {
  return bundle({ entryPoints: { index: 'lambda/widget/handler.ts' }, outdir })
}

/** Node.js has it since 20.16: what the bundle asks for its built-in modules. */
const GET_BUILTIN =
  "import { createRequire } from 'node:module'; process.getBuiltinModule ??= createRequire(import.meta.url)"

/** Makes the one file of the switch without AWS. */
export async function bundleBreakGlass(): Promise<{ files: OutputFile[]; metafile: Metafile }> {
  const made = await bundle({
    entryPoints: { 'kill-switch': 'break-glass/kill-switch.ts' },
    outdir: dirname(BREAK_GLASS_FILE),
    target: 'node20', // a laptop has what its owner installed
    banner: { js: GET_BUILTIN },
    plugins: [withoutUnused],
  })
  await chmod(BREAK_GLASS_FILE, 0o755)
  return made
}

async function removeOthers(names: readonly string[]): Promise<void> {
  const others = (await readdir(BUNDLE_FOLDER)).filter((name) => !names.includes(name))
  await Promise.all(others.map((name) => rm(join(BUNDLE_FOLDER, name))))
}

/** Building again what is there already changes no file: it may be in use. */
async function writeIfChanged({ path, contents }: OutputFile): Promise<void> {
  const present = await readFile(path).catch(() => null)
  if (present?.equals(contents)) return
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, contents)
}

if (import.meta.main) {
  const { files } = await bundleSwitch()
  const bytes = files.reduce((sum, { contents }) => sum + contents.length, 0)
  console.error(`${BUNDLE_FOLDER}: ${files.length} files, ${Math.ceil(bytes / 1024)} KB`)
  for (const { contents } of (await bundleWidget()).files) {
    console.error(`${WIDGET_FOLDER}: ${Math.ceil(contents.length / 1024)} KB`)
  }
  for (const { contents } of (await bundleBreakGlass()).files) {
    const sha256 = createHash('sha256').update(contents).digest('hex')
    console.error(`${BREAK_GLASS_FILE}: ${Math.ceil(contents.length / 1024)} KB, SHA-256 ${sha256}`)
  }
}
