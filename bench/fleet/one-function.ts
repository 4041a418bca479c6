import { setTimeout as sleep } from 'node:timers/promises'
import type { LambdaRuntime } from '../../drill/runtime.ts'
import type { CpuShare } from '../cpu-share.ts'
import { onTheClock } from '../machine-clock.ts'
import { type Cost, costOf, startFunction } from '../pull.ts'
import type { UpstreamProcess } from '../upstream-process.ts'
import { BUDGET_WINDOW_MS, INPUTS, lastFirstCancel, QUIET_PERIOD_MS } from './accounts.ts'

/** Accounts in one function: the switch without a roster, and the largest roster that there may be. */
export const SIZES = [1, 12] as const
export type Size = (typeof SIZES)[number]

/** One process: a cold start with its pull, and one pull of the warm one. */
export interface FleetLife extends Cost {
  readonly cold: FleetPull
  readonly warm: FleetPull
}

/** Milliseconds, cold from the start of the process, warm from the event. */
export interface FleetPull {
  /** To the arrival of the last account's first cancel. */
  readonly lastCancel: number
  readonly told: number
}

export type FleetLives = Readonly<Record<Size, readonly FleetLife[]>>

/** Both sizes in turn, each with an exchange of its own that counts by address, so that one waits while the other is pulled. */
export async function measureOneFunction(
  upstreams: Readonly<Record<Size, UpstreamProcess>>,
  share: CpuShare | null,
  times: number,
): Promise<FleetLives> {
  const lives: Record<Size, FleetLife[]> = { 1: [], 12: [] }
  for (let i = 0; i < times; i++) {
    const begun = []
    for (const size of SIZES) begun.push(await begin(upstreams[size], size, share))
    await sleep(BUDGET_WINDOW_MS)
    for (const { size, end } of begun) lives[size].push(await end())
  }
  return lives
}

/** Has the cold pull behind it; the end is the warm one. */
async function begin(upstreams: UpstreamProcess, size: Size, share: CpuShare | null) {
  const accounts = Array.from({ length: size }, (_, i) => `desk-${String(i + 1).padStart(2, '0')}`)
  const fleet = {
    groups: [{ name: 'desk', secret: 'kill-switch/bench', accounts }],
    countsBy: 'address',
  } as const
  const addresses = await upstreams.tell('open', { ...INPUTS, fleet: size === 1 ? undefined : fleet })
  const settings = {
    KRAKEN_ROADS: 'rest',
    QUIET_PERIOD_MS: String(QUIET_PERIOD_MS),
    ...(size === 1 ? {} : { ACCOUNTS: JSON.stringify(accounts) }),
  }
  const running = await startFunction({ contestant: 'ours', addresses, settings })
  if (share !== null) {
    await running.initialised
    share.hold(running.pid)
  }
  const cold = await pullFrom(running, upstreams, size, () => running.spawnedAt)
  const cost = costOf(running.pid)
  const end = async (): Promise<FleetLife> => {
    await upstreams.tell('refill', INPUTS.orders)
    const warm = await pullFrom(running, upstreams, size, () => running.handedAt)
    await running.close()
    await upstreams.tell('close')
    return { cold, warm, ...cost }
  }
  return { size, end }
}

/** @throws Error unless every book is empty, and the verdict says so */
async function pullFrom(
  running: LambdaRuntime,
  upstreams: UpstreamProcess,
  size: Size,
  from: () => number,
): Promise<FleetPull> {
  const result = await running.invoke({})
  const toldAt = onTheClock(performance.now())
  const resting = await upstreams.tell('resting')
  const { verdict } =
    'result' in result ? (result.result as { readonly verdict: string }) : { verdict: 'none' }
  if (verdict !== 'EMPTY' || resting > 0)
    throw new Error(`the pull of ${size} is not valid: ${verdict}, ${resting} orders rest`)
  const fromAt = onTheClock(from())
  const lastCancel = lastFirstCancel(await upstreams.tell('arrivals'), size) - fromAt
  return { lastCancel, told: toldAt - fromAt }
}
