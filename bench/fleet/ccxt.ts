import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { CONTESTANTS_FOLDER } from '../contestants.ts'
import { onTheClock } from '../machine-clock.ts'
import type { Cost } from '../pull.ts'
import type { UpstreamProcess } from '../upstream-process.ts'
import { type Fleet, INPUTS, lastFirstCancel } from './accounts.ts'
import type { ManyLife } from './many.ts'

interface Said {
  /** All exchanges are made, and none was asked for anything; on the machine's clock. */
  readonly beganAt: number
  readonly endedAt: number
  readonly cost: Cost
}

/**
 * ccxt in one process, over all accounts of a fleet: ready from when it begins to call, cold from its start.
 *
 * @throws Error unless every account had a cancel, and no order is left
 */
export async function runCcxt(
  upstreams: UpstreamProcess,
  fleet: Fleet,
  how: 'loop' | 'all',
): Promise<ManyLife> {
  const { krakenUrl, caFile } = await upstreams.tell('open', { ...INPUTS, fleet })
  const folder = mkdtempSync(join(tmpdir(), 'kill-switch-'))
  try {
    const keyFile = join(folder, 'keys.json')
    writeFileSync(keyFile, await upstreams.tell('secret'), { mode: 0o600 })
    const spawnedAt = onTheClock(performance.now())
    const { beganAt, endedAt, cost } = await said([keyFile, how], {
      KRAKEN_FUTURES_URL: krakenUrl,
      NODE_EXTRA_CA_CERTS: caFile,
    })
    const accounts = fleet.groups.flatMap((group) => group.accounts).length
    const lastAt = lastFirstCancel(await upstreams.tell('arrivals'), accounts)
    const resting = await upstreams.tell('resting')
    if (resting > 0) throw new Error(`ccxt left ${resting} orders`)
    const from = (at: number) => ({ lastCancel: lastAt - at, told: endedAt - at })
    return { cold: from(spawnedAt), ready: from(beganAt), warm: null, cost }
  } finally {
    rmSync(folder, { recursive: true })
    await upstreams.tell('close')
  }
}

async function said(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Said> {
  const file = new URL('./fleet-ccxt.mjs', CONTESTANTS_FOLDER).pathname
  const child = spawn(process.execPath, [file, ...args], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  return JSON.parse(await text(child.stdout)) as Said
}
