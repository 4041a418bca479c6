import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BREAK_GLASS_FILE } from '../infra/bundle.ts'
import { CONTESTANTS_FOLDER } from './contestants.ts'
import { onTheClock } from './machine-clock.ts'
import type { UpstreamProcess } from './upstream-process.ts'

/** Without AWS, from a file of keys: from the start of the process to the arrival of the whole cancel. */
export const LAPTOP_CONTESTANTS = ['floor', 'ours', 'https', 'ccxt'] as const
export type LaptopContestant = (typeof LAPTOP_CONTESTANTS)[number]

export const ABOUT_LAPTOP: Readonly<Record<LaptopContestant, string>> = {
  floor: 'hand-written: raw TLS, one signed POST; proves nothing',
  ours: '`dist/break-glass/kill-switch.mjs --yes`, as it is handed out',
  https: 'one signed POST by `node:https`',
  ccxt: 'ccxt, krakenfutures alone, `cancelAllOrders`',
}

/** Milliseconds from spawn to the first cancel's arrival, run by run, in turn. */
export type LaptopArrivals = Readonly<Record<LaptopContestant, readonly number[]>>

const ORDERS = 37

/** All in turn, again and again, so that whatever slows the machine down slows all of them. */
export async function measureLaptop(
  upstreams: UpstreamProcess,
  krakenRoundTripMs: number,
  times: number,
): Promise<LaptopArrivals> {
  const arrivals: Record<LaptopContestant, number[]> = { floor: [], ours: [], https: [], ccxt: [] }
  for (let i = 0; i < times; i++) {
    for (const contestant of LAPTOP_CONTESTANTS)
      arrivals[contestant].push(await arrivalOf(contestant, upstreams, krakenRoundTripMs))
  }
  return arrivals
}

/** @throws Error unless one signed cancel came, and emptied the book */
async function arrivalOf(
  contestant: LaptopContestant,
  upstreams: UpstreamProcess,
  krakenRoundTripMs: number,
): Promise<number> {
  const inputs = { krakenRoundTripMs, secretsRoundTripMs: 0, orders: ORDERS }
  const { krakenUrl, caFile } = await upstreams.tell('open', inputs)
  const folder = mkdtempSync(join(tmpdir(), 'kill-switch-'))
  const keyFile = join(folder, 'keys.json')
  writeFileSync(keyFile, await upstreams.tell('secret'), { mode: 0o600 })
  const env = { KRAKEN_FUTURES_URL: krakenUrl, NODE_EXTRA_CA_CERTS: caFile, QUIET_PERIOD_MS: '200' }
  const spawnedAt = onTheClock(performance.now())
  await run(commandOf(contestant, keyFile), env)
  const cancels = (await upstreams.tell('arrivals')).filter(({ endpoint }) => endpoint === 'cancelallorders')
  const resting = await upstreams.tell('resting')
  await upstreams.tell('close')
  rmSync(folder, { recursive: true })
  const [cancel] = cancels
  if (cancel?.isAuthentic !== true || cancels.length > 1 || resting > 0)
    throw new Error(`The run of ${contestant} is not valid: ${cancels.length} cancels, ${resting} left.`)
  return cancel.at - spawnedAt
}

function commandOf(contestant: LaptopContestant, keyFile: string): readonly string[] {
  if (contestant === 'ours') return [BREAK_GLASS_FILE, '--secret-file', keyFile, '--yes']
  return [new URL(`./laptop-${contestant}.mjs`, CONTESTANTS_FOLDER).pathname, keyFile]
}

function run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve) => {
    spawn(process.execPath, args, { env, stdio: 'ignore' }).once('close', () => resolve())
  })
}
