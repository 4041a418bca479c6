import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the one artefact lies, from the project's root: the stack deploys it; drill and tests run it. */
export const BUNDLE_FOLDER = 'dist/switch'
/** The function of the dashboard's widget. */
export const WIDGET_FOLDER = 'dist/widget'
/** The same switch without AWS, in one file that needs nothing beside it. */
export const BREAK_GLASS_FILE = 'dist/break-glass/kill-switch.mjs'

/**
 * The artefact's path, wherever the app is that deploys it: both in the project and in its package it lies beside the
 * folder of this module.
 *
 * @throws Error when it has not been built
 */
export function bundlePath(): string {
  return pathOf(BUNDLE_FOLDER)
}

/** The same of the widget's function. */
export function widgetPath(): string {
  return pathOf(WIDGET_FOLDER)
}

function pathOf(folder: string): string {
  const path = fileURLToPath(new URL(`../${folder}`, import.meta.url))
  if (!existsSync(path)) throw new Error(`${path} is missing. Run npm run build first`)
  return path
}
