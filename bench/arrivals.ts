import { CONTESTANTS, type Contestant } from './contestants.ts'
import type { CpuShare } from './cpu-share.ts'
import { type Cost, costOf, type Pull, pull, startFunction } from './pull.ts'
import { pairedRatio, type Spread, spread } from './statistics.ts'
import type { UpstreamProcess } from './upstream-process.ts'
import type { OpenInputs } from './upstreams.ts'

/** How far away both hosts are, and how much of a CPU there is once init is over. */
export interface Conditions {
  readonly krakenRoundTripMs: number
  readonly secretsRoundTripMs: number
  readonly share: CpuShare | null
}

/** One process: a cold start with its pull, and pulls of the warm one. */
export interface Life extends Cost {
  readonly cold: Pull
  readonly warm: readonly Pull[]
}

export type Lives<Name extends string = Contestant> = Readonly<Record<Name, readonly Life[]>>

/** The settings of `KRAKEN_ROADS`, with both keys in the secret; unset stands for both, once the keys are there. */
export const ROADS = ['rest', 'unified', 'both', 'unset'] as const
export type RoadsSetting = (typeof ROADS)[number]

const ORDERS = 37

/** All contestants in turn, again and again, so that whatever slows the machine down slows all of them. */
export async function measureArrivals(
  upstreams: UpstreamProcess,
  { krakenRoundTripMs, secretsRoundTripMs, share }: Conditions,
  times: number,
  warmPulls: number,
): Promise<Lives> {
  const lives: Record<Contestant, Life[]> = { empty: [], floor: [], ours: [], naive: [], ccxt: [] }
  const inputs = { krakenRoundTripMs, secretsRoundTripMs, orders: ORDERS }
  for (let i = 0; i < times; i++) {
    for (const contestant of CONTESTANTS)
      lives[contestant].push(await live(upstreams, contestant, inputs, share, warmPulls))
  }
  return lives
}

/** The same of our function alone, over either road and over both. */
export async function measureRoads(
  upstreams: UpstreamProcess,
  { krakenRoundTripMs, secretsRoundTripMs, share }: Conditions,
  times: number,
  warmPulls: number,
): Promise<Lives<RoadsSetting>> {
  const lives: Record<RoadsSetting, Life[]> = { rest: [], unified: [], both: [], unset: [] }
  const inputs = { krakenRoundTripMs, secretsRoundTripMs, orders: ORDERS, keys: 'both' } as const
  for (let i = 0; i < times; i++) {
    for (const roads of ROADS)
      lives[roads].push(await live(upstreams, 'ours', inputs, share, warmPulls, roads))
  }
  return lives
}

async function live(
  upstreams: UpstreamProcess,
  contestant: Contestant,
  inputs: OpenInputs,
  share: CpuShare | null,
  warmPulls: number,
  setting: RoadsSetting = 'rest',
): Promise<Life> {
  const addresses = await upstreams.tell('open', inputs)
  const roads = setting === 'unset' ? 'both' : setting
  const settings = { KRAKEN_ROADS: setting === 'unset' ? '' : setting }
  const running = await startFunction({ contestant, addresses, settings })
  try {
    if (share !== null) {
      await running.initialised
      share.hold(running.pid)
    }
    const cold = await pull(running, upstreams, contestant, { roads })
    const cost = costOf(running.pid)
    const warm: Pull[] = []
    for (let i = 0; i < warmPulls; i++) {
      await upstreams.tell('refill', ORDERS)
      warm.push(await pull(running, upstreams, contestant, { roads }))
    }
    return { cold, warm, ...cost }
  } finally {
    await running.close()
    await upstreams.tell('close')
  }
}

/** From the start of the process to the arrival of the cancel; to the answer, where none is sent. Milliseconds. */
export const coldArrival = ({ cold }: Life) =>
  (Number.isFinite(cold.arrivedAt) ? cold.arrivedAt : cold.answeredAt) - cold.spawnedAt
/** From the arrival of the cancel until Kraken's acknowledgement was read: by ours as its report has it, else by its answer. */
export const firstAnswer = ({ cold }: Life) => {
  const ackMs = cold.report?.timing.ackMs
  return (typeof ackMs === 'number' ? cold.handedAt + ackMs : cold.answeredAt) - cold.arrivedAt
}
/** From the arrival of the cancel to the verdict; not a number where there is none. */
export const verdictAfter = ({ cold }: Life) =>
  cold.report === null ? Number.NaN : cold.answeredAt - cold.arrivedAt
/** From the event to the arrival of the cancel, of the middle one of the warm pulls. */
export const warmArrival = ({ warm }: Life) =>
  spread(
    warm.map(
      ({ arrivedAt, answeredAt, handedAt }) =>
        (Number.isFinite(arrivedAt) ? arrivedAt : answeredAt) - handedAt,
    ),
  ).median

/** Life by life, beside the reference that lived at the same time. */
export function ratioOf<Name extends string>(
  lives: Lives<Name>,
  of: (life: Life) => number,
  contestant: Name,
  reference: Name,
): Spread {
  return pairedRatio(lives[contestant].map(of), lives[reference].map(of))
}
