/*
 * Breaks the code of the safety path in every place, one at a time, and runs the quick tests: `npm run mutate`.
 * Installs the tool on its first run: it is no dependency of the project.
 */
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'

const here = new URL('.', import.meta.url).pathname
const stryker = `${here}node_modules/@stryker-mutator/core/bin/stryker.js`

if (!existsSync(stryker)) {
  // Its peer is the project's own vitest, one folder up.
  const flags = ['--prefix', here, '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund']
  execFileSync('npm', ['ci', ...flags], { stdio: ['ignore', 'ignore', 'inherit'] })
}
execFileSync(process.execPath, [stryker, 'run', `${here}stryker.config.json`, ...process.argv.slice(2)], {
  stdio: 'inherit',
})
