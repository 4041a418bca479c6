import { readdirSync, statSync } from 'node:fs'
import { BUNDLE_FOLDER, bundle } from '../infra/bundle.ts'

export const CONTESTANTS = ['empty', 'floor', 'ours', 'naive', 'ccxt'] as const
export type Contestant = (typeof CONTESTANTS)[number]

export const ABOUT: Readonly<Record<Contestant, string>> = {
  empty: 'a handler that does nothing: the runtime alone',
  floor: 'hand-written: own signatures, raw TLS, both handshakes at once; proves nothing',
  ours: '`dist/switch`, as it is deployed',
  naive: 'AWS SDK and `fetch`, one after the other, inside the handler',
  ccxt: 'ccxt, krakenfutures alone, `cancelAllOrders`',
}

export const CONTESTANTS_FOLDER = new URL('./dist/', import.meta.url)
const OURS = new URL(`../${BUNDLE_FOLDER}/`, import.meta.url)

/** What asks for events: the drill's, without the time that stripping its types takes. */
export const CLIENT = new URL('./client/runtime-client.mjs', CONTESTANTS_FOLDER)

export function moduleOf(contestant: Contestant): URL {
  return contestant === 'ours'
    ? new URL('./index.mjs', OURS)
    : new URL(`./${contestant}/index.mjs`, CONTESTANTS_FOLDER)
}

/** Makes all but ours with the settings that make ours. */
export async function buildContestants(): Promise<void> {
  const here = new URL('./contestants/', import.meta.url).pathname
  const entries: Readonly<Record<string, string>> = {
    'client/runtime-client': new URL('../drill/runtime-client.ts', import.meta.url).pathname,
    'empty/index': `${here}empty.ts`,
    'floor/index': `${here}floor.ts`,
    'naive/index': `${here}naive.ts`,
    'ccxt/index': `${here}ccxt.mjs`,
    'laptop-floor': `${here}laptop-floor.ts`,
    'laptop-https': `${here}laptop-https.ts`,
    'laptop-ccxt': `${here}laptop-ccxt.mjs`,
    'fleet-ccxt': `${here}fleet-ccxt.mjs`,
  }
  // One file each: split, a package that asks for its own parts by name (ccxt for undici) does not find them.
  for (const [name, file] of Object.entries(entries)) {
    await bundle({ entryPoints: [{ in: file, out: name }], outdir: CONTESTANTS_FOLDER.pathname })
  }
}

/** Of all files that would be deployed. */
export function bundleBytes(contestant: Contestant): number {
  return bytesOf(contestant, () => true)
}

/** Of what the second road adds to ours, in a file that is loaded only where it is taken. */
export function secondRoadBytes(): number {
  return bytesOf('ours', (name) => name.startsWith('unified-connections-'))
}

function bytesOf(contestant: Contestant, isMeant: (name: string) => boolean): number {
  const folder = new URL('.', moduleOf(contestant)).pathname
  return readdirSync(folder)
    .filter(isMeant)
    .reduce((sum, name) => sum + statSync(folder + name).size, 0)
}
