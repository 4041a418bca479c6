import { setTimeout as sleep } from 'node:timers/promises'
import { groupsOf } from '../../drill/groups-round.ts'
import { startExecution } from '../../drill/hold-engine.ts'
import type { LambdaRuntime } from '../../drill/runtime.ts'
import { fleetDefinition } from '../../infra/fleet-definition.ts'
import { type Group, groupsSetting } from '../../lambda/init/fleet/roster.ts'
import type { FleetSettingName, SettingName } from '../../lambda/init/settings.ts'
import { onTheClock } from '../machine-clock.ts'
import { type Cost, costOf, startFunction } from '../pull.ts'
import type { UpstreamProcess } from '../upstream-process.ts'
import type { OpenInputs } from '../upstreams.ts'
import { BUDGET_WINDOW_MS, INPUTS, lastFirstCancel, QUIET_PERIOD_MS, secretNameOf } from './accounts.ts'
import { runCcxt } from './ccxt.ts'

export const ACCOUNTS = 200
export const GROUPS = groupsOf(ACCOUNTS)

export const WAYS = [
  'groups of 10',
  'groups of 10, next door',
  'one process an account',
  'ccxt in a loop',
  'ccxt, all at once',
] as const
export type Way = (typeof WAYS)[number]

/** Milliseconds. */
export interface Reached {
  /** To the arrival of the last account's first cancel. */
  readonly lastCancel: number
  /** To the verdict over all of them; of ccxt, to its last answer, which proves nothing. */
  readonly told: number
}

export interface ManyLife {
  /** From the pull, with which the processes begin. */
  readonly cold: Reached
  /** From the pull, while all processes wait for their first event. */
  readonly ready: Reached
  /** From a second pull of the same processes, ten seconds later; of ccxt there is none. */
  readonly warm: Reached | null
  /** Of all processes together, at the end of the last pull. */
  readonly cost: Cost
}

export type ManyLives = Readonly<Record<Way, readonly ManyLife[]>>

const ALIAS_ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'
/** 200 processes that begin at once on two cores take long. */
const TIMEOUT_MS = 110_000
/** As many processes begin at once as there are CPUs to begin them: Lambda gives each sandbox its own. */
const BEGIN_AT_ONCE = 2
const FLEET = { groups: GROUPS, countsBy: 'key' } as const

/** All ways in turn, again and again, so that whatever slows the machine down slows all of them. */
export async function measureMany(upstreams: UpstreamProcess, times: number): Promise<ManyLives> {
  const lives = Object.fromEntries(WAYS.map((way) => [way, [] as ManyLife[]])) as Record<Way, ManyLife[]>
  for (let i = 0; i < times; i++) {
    for (const way of WAYS) {
      console.error(`${ACCOUNTS} accounts, ${way} ...`)
      lives[way].push(await liveOf(upstreams, way))
    }
  }
  return lives
}

async function liveOf(upstreams: UpstreamProcess, way: Way): Promise<ManyLife> {
  if (way === 'ccxt in a loop') return runCcxt(upstreams, FLEET, 'loop')
  if (way === 'ccxt, all at once') return runCcxt(upstreams, FLEET, 'all')
  const pulling = way === 'one process an account' ? pullEach : pullGroups
  const near = way.endsWith('next door') ? { krakenRoundTripMs: 0, secretsRoundTripMs: 0 } : {}
  const inputs = { ...INPUTS, ...near, fleet: FLEET }
  const cold = await coldLife(upstreams, inputs, pulling)
  return { cold, ...(await readyLife(upstreams, inputs, pulling)) }
}

type Processes = ReadonlyMap<string, LambdaRuntime>

interface Pulling {
  readonly settingsOf: ReadonlyMap<string, Partial<Record<SettingName | FleetSettingName, string>>>
  /** Ends when it was told that all is empty. @throws Error when it was not */
  readonly pull: (processes: Processes) => Promise<void>
}

const COMMON = { KRAKEN_ROADS: 'rest', QUIET_PERIOD_MS: String(QUIET_PERIOD_MS) }

const pullGroups: Pulling = {
  settingsOf: new Map(
    GROUPS.map(({ name }) => [
      name,
      { ...COMMON, KRAKEN_SECRET_ID: '', FLEET_GROUPS: groupsSetting(GROUPS) },
    ]),
  ),
  pull: async (processes) => {
    const definition = fleetDefinition({
      partition: 'aws',
      aliasArn: ALIAS_ARN,
      groups: GROUPS,
      timeoutSeconds: TIMEOUT_MS / 1_000,
    })
    const [any] = processes.values()
    const invoke = async (payload: unknown) => {
      const { group } = payload as { readonly group?: Group }
      const result = await (group === undefined ? any : processes.get(group.name))?.invoke(payload)
      if (result === undefined || 'error' in result) throw new Error(result?.error.errorMessage)
      return result.result
    }
    const outcome = await startExecution({ definition, input: {}, invoke }).outcome
    const { verdict } = outcome.status === 'SUCCEEDED' ? (outcome.output as { verdict?: unknown }) : {}
    if (verdict !== 'EMPTY') throw new Error(`the fleet is not EMPTY: ${JSON.stringify(outcome)}`)
  },
}

const pullEach: Pulling = {
  settingsOf: new Map(
    GROUPS.flatMap(({ accounts }) =>
      accounts.map((account) => [account, { ...COMMON, KRAKEN_SECRET_ID: secretNameOf(account) }] as const),
    ),
  ),
  pull: async (processes) => {
    const results = await Promise.all([...processes.values()].map((running) => running.invoke({})))
    const isEmpty = (one: object) =>
      'result' in one && (one.result as { verdict?: unknown }).verdict === 'EMPTY'
    const wrong = results.find((result) => !isEmpty(result))
    if (wrong !== undefined) throw new Error(`an account is not EMPTY: ${JSON.stringify(wrong)}`)
  },
}

/** One pull, with which all processes begin. */
function coldLife(upstreams: UpstreamProcess, inputs: OpenInputs, pulling: Pulling): Promise<Reached> {
  return withProcesses(upstreams, inputs, pulling, async (start, processes) => {
    const beganAt = onTheClock(performance.now())
    await Promise.all([...pulling.settingsOf.keys()].map(start))
    return reach(upstreams, pulling, processes, beganAt)
  })
}

/** Two pulls of processes that wait for them. */
function readyLife(
  upstreams: UpstreamProcess,
  inputs: OpenInputs,
  pulling: Pulling,
): Promise<Pick<ManyLife, 'ready' | 'warm' | 'cost'>> {
  return withProcesses(upstreams, inputs, pulling, async (start, processes) => {
    const names = [...pulling.settingsOf.keys()]
    const begin = async (name: string) => (await start(name)).initialised
    for (let i = 0; i < names.length; i += BEGIN_AT_ONCE)
      await Promise.all(names.slice(i, i + BEGIN_AT_ONCE).map(begin))
    const ready = await reach(upstreams, pulling, processes)
    await sleep(BUDGET_WINDOW_MS)
    await upstreams.tell('refill', inputs.orders)
    const warm = await reach(upstreams, pulling, processes)
    const cost = sumOf([...processes.values()].map(({ pid }) => costOf(pid)))
    return { ready, warm, cost }
  })
}

async function withProcesses<Result>(
  upstreams: UpstreamProcess,
  inputs: OpenInputs,
  { settingsOf }: Pulling,
  work: (start: (name: string) => Promise<LambdaRuntime>, processes: Processes) => Promise<Result>,
): Promise<Result> {
  const addresses = await upstreams.tell('open', inputs)
  const processes = new Map<string, LambdaRuntime>()
  const start = async (name: string) => {
    const settings = settingsOf.get(name) ?? {}
    const running = await startFunction({ contestant: 'ours', addresses, settings, timeoutMs: TIMEOUT_MS })
    processes.set(name, running)
    return running
  }
  try {
    return await work(start, processes)
  } finally {
    await Promise.all([...processes.values()].map((running) => running.close()))
    await upstreams.tell('close')
  }
}

/** @throws Error unless all books are empty, and it was told */
async function reach(
  upstreams: UpstreamProcess,
  { pull }: Pulling,
  processes: Processes,
  beganAt = onTheClock(performance.now()),
): Promise<Reached> {
  await pull(processes)
  const told = onTheClock(performance.now()) - beganAt
  const lastCancel = lastFirstCancel(await upstreams.tell('arrivals'), ACCOUNTS) - beganAt
  if ((await upstreams.tell('resting')) > 0) throw new Error('orders rest')
  return { lastCancel, told }
}

function sumOf(costs: readonly Cost[]): Cost {
  const sum = (of: (cost: Cost) => number) => costs.reduce((all, cost) => all + of(cost), 0)
  return { peakMemoryMb: sum(({ peakMemoryMb }) => peakMemoryMb), cpuMs: sum(({ cpuMs }) => cpuMs) }
}
