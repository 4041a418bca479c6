/*
 * Looks at the pages in a real browser: `npm run test:browser`, or with `--pictures`, `npm run pictures`, makes those of the
 * documents. Installs what drives the browser on its first run: it is no dependency of the project.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const here = new URL('.', import.meta.url).pathname
const root = new URL('../..', import.meta.url).pathname
const args = process.argv.slice(2)
const known = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const browser = process.env.CHROMIUM ?? known.find((path) => existsSync(path))

if (browser === undefined || !existsSync(browser)) {
  console.error(
    `No browser is here, so that no page was looked at. Install Chromium, such as Debian's (apt-get install chromium), or name one: CHROMIUM=/path npm run test:browser.`,
  )
  process.exit(args.includes('--skip-without-browser') ? 0 : 1)
}
if (!existsSync(`${here}node_modules/playwright-core`)) {
  const flags = ['--prefix', here, '--ignore-scripts', '--no-audit', '--no-fund']
  execFileSync('npm', ['ci', ...flags], { stdio: ['ignore', 'ignore', 'inherit'] })
}
run('node_modules/typescript/bin/tsc', '-p', here)
if (args.includes('--pictures')) run(`${here}pictures.ts`)
else run('node_modules/vitest/vitest.mjs', 'run', '--config', `${here}vitest.config.ts`)

/** Ends with its exit code where that is not 0. */
function run(...command: string[]): void {
  const env = { ...process.env, CHROMIUM: browser }
  const { status } = spawnSync(process.execPath, command, { cwd: root, stdio: 'inherit', env })
  if (status !== 0) process.exit(status ?? 1)
}
