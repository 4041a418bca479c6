import { CONTESTANTS, type Contestant } from './contestants.ts'
import type { CpuShare } from './cpu-share.ts'
import type { FarAway } from './far-away.ts'
import { type Cost, costOf, type Pull, pull, startFunction } from './pull.ts'
import type { OpenInputs } from './upstreams.ts'

/** How far away both hosts are, and how much of a CPU there is once init is over. */
export interface Conditions {
  readonly title: string
  readonly krakenRoundTripMs: number
  readonly secretsRoundTripMs: number
  readonly share: CpuShare | null
}

/** One process: a cold start with its pull, and pulls of the warm one. */
export interface Life extends Cost {
  readonly cold: Pull
  readonly warm: readonly Pull[]
}

export type Lives = Readonly<Record<Contestant, readonly Life[]>>

const ORDERS = 37

/** All contestants in turn, again and again, so that whatever slows the machine down slows all of them. */
export async function measureArrivals(
  far: FarAway,
  { krakenRoundTripMs, secretsRoundTripMs, share }: Conditions,
  times: number,
  warmPulls: number,
): Promise<Lives> {
  const lives: Record<Contestant, Life[]> = { empty: [], floor: [], ours: [], naive: [], ccxt: [] }
  const inputs = { krakenRoundTripMs, secretsRoundTripMs, orders: ORDERS }
  for (let i = 0; i < times; i++) {
    for (const contestant of CONTESTANTS)
      lives[contestant].push(await live(far, contestant, inputs, share, warmPulls))
  }
  return lives
}

async function live(
  far: FarAway,
  contestant: Contestant,
  inputs: OpenInputs,
  share: CpuShare | null,
  warmPulls: number,
): Promise<Life> {
  const addresses = await far.tell('open', inputs)
  const running = await startFunction({ contestant, addresses })
  try {
    if (share !== null) {
      await running.initialised
      share.hold(running.pid)
    }
    const cold = await pull(running, far, contestant)
    const cost = costOf(running.pid)
    const warm: Pull[] = []
    for (let i = 0; i < warmPulls; i++) {
      await far.tell('refill', ORDERS)
      warm.push(await pull(running, far, contestant))
    }
    return { cold, warm, ...cost }
  } finally {
    await running.close()
    await far.tell('close')
  }
}
