import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the one artefact lies, from the project's root: the stack deploys it; drill and tests run it. */
export const BUNDLE_FOLDER = 'dist/switch'
/** The same switch without AWS, in one file that needs nothing beside it. */
export const BREAK_GLASS_FILE = 'dist/break-glass/kill-switch.mjs'

/**
 * The artefact's path, wherever the app is that deploys it: both in the project and in its package it lies beside the
 * folder of this module.
 *
 * @throws Error when it has not been built
 */
export function bundlePath(): string {
  const path = fileURLToPath(new URL(`../${BUNDLE_FOLDER}`, import.meta.url))
  if (!existsSync(path)) throw new Error(`${path} is missing. Run npm run build first`)
  return path
}
