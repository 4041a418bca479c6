import { readFileSync } from 'node:fs'
import type { Roads } from '../drill/account.ts'
import { type InvocationResult, LambdaRuntime } from '../drill/runtime.ts'
import type { FleetSettingName, SettingName } from '../lambda/init/settings.ts'
import type { RoadName } from '../lambda/kraken/exchange.ts'
import type { Report } from '../lambda/report/report.ts'
import { CLIENT, type Contestant, moduleOf } from './contestants.ts'
import { onTheClock } from './machine-clock.ts'
import type { UpstreamProcess } from './upstream-process.ts'
import type { Addresses, Arrival } from './upstreams.ts'

/** A proof in less time, so that more is measured; the verdict's own row takes the default. */
const QUIET_PERIOD_MS = '200'
const TIMEOUT_MS = 25_000

export interface FunctionInputs {
  readonly contestant: Contestant
  readonly addresses: Addresses
  readonly settings?: Partial<Record<SettingName | FleetSettingName, string>>
  readonly timeoutMs?: number
}

/** A function in a process of its own, its init phase under way. */
export async function startFunction({
  contestant,
  addresses,
  settings,
  timeoutMs = TIMEOUT_MS,
}: FunctionInputs): Promise<LambdaRuntime> {
  const env = {
    KRAKEN_SECRET_ID: 'kill-switch/bench',
    KRAKEN_FUTURES_URL: addresses.krakenUrl,
    KRAKEN_UNIFIED_URL: addresses.unifiedUrl,
    KRAKEN_API_URL: addresses.apiUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: addresses.secretsUrl,
    NODE_EXTRA_CA_CERTS: addresses.caFile,
    QUIET_PERIOD_MS,
    ...settings,
  }
  const started = new LambdaRuntime({
    env,
    timeoutMs,
    module: moduleOf(contestant),
    client: CLIENT,
  })
  await started.start()
  return started
}

/** What is asked for, and over which roads it may go; by default everything, over the first. */
export interface Wanted {
  readonly symbols?: readonly string[]
  readonly roads?: Roads
}

/** What a cancel is, on each road. */
export const CANCELS: Readonly<Record<RoadName, string>> = { rest: 'cancelallorders', unified: 'cancel_all' }

/** One pull, in milliseconds on the machine's clock. */
export interface Pull {
  readonly spawnedAt: number
  /** The event was handed to the process. */
  readonly handedAt: number
  /** The exchange had the whole of the first and of the last cancel, over whichever road. Not a number when none came. */
  readonly arrivedAt: number
  readonly lastArrivedAt: number
  /** The function answered: with a verdict if it is ours, else with what Kraken acknowledged. */
  readonly answeredAt: number
  readonly report: Report | null
}

/**
 * Hands over one event and gives what came of it.
 *
 * @throws Error unless every request was signed, the book is empty, and there was one cancel for each symbol, on one road
 * at least
 */
export async function pull(
  running: LambdaRuntime,
  upstreams: UpstreamProcess,
  contestant: Contestant,
  { symbols = [], roads = 'rest' }: Wanted = {},
): Promise<Pull> {
  const result = await running.invoke(symbols.length === 0 ? {} : { symbols })
  const answeredAt = onTheClock(performance.now())
  const arrivals = await upstreams.tell('arrivals')
  const cancelsOn = (road: RoadName) => arrivals.filter(({ endpoint }) => endpoint === CANCELS[road])
  const cancels = [...cancelsOn('rest'), ...cancelsOn('unified')].map(({ at }) => at)
  if (contestant !== 'empty') {
    const wrong =
      whatIsWrong(result, contestant, arrivals, await upstreams.tell('resting')) ??
      wrongCancels(cancelsOn('rest').length, cancelsOn('unified').length, Math.max(1, symbols.length), roads)
    if (wrong !== null) throw new Error(`The run of ${contestant} is not valid: ${wrong}.`)
  }
  return {
    spawnedAt: onTheClock(running.spawnedAt),
    handedAt: onTheClock(running.handedAt),
    arrivedAt: Math.min(...cancels),
    lastArrivedAt: Math.max(...cancels),
    answeredAt,
    report: contestant === 'ours' && 'result' in result ? (result.result as Report) : null,
  }
}

function whatIsWrong(
  result: InvocationResult,
  contestant: Contestant,
  arrivals: readonly Arrival[],
  resting: number,
): string | null {
  if ('error' in result) return `${result.error.errorType}: ${result.error.errorMessage}`
  if (arrivals.some(({ isAuthentic }) => !isAuthentic)) return 'a request was not signed as it should be'
  if (resting > 0) return `${resting} orders still rest`
  if (contestant === 'ours' && (result.result as Report).verdict !== 'EMPTY')
    return 'its verdict is not EMPTY'
  return null
}

/** Over both roads, one of them may be so late that nothing was left to cancel. */
function wrongCancels(first: number, second: number, expected: number, roads: Roads): string | null {
  const isOne = (cancels: number) => cancels === expected || (roads === 'both' && cancels === 0)
  const isRight =
    first + second >= expected &&
    (roads === 'unified' ? first === 0 : isOne(first)) &&
    (roads === 'rest' ? second === 0 : isOne(second))
  return isRight ? null : `${first} cancels arrived on the first road and ${second} on the second`
}

/** What a process has cost so far; zeros where there is no /proc. */
export interface Cost {
  readonly peakMemoryMb: number
  readonly cpuMs: number
}

export function costOf(pid: number): Cost {
  try {
    const peakKb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
    const ticks = Number(fields[11]) + Number(fields[12])
    return { peakMemoryMb: peakKb / 1024, cpuMs: ticks * 10 }
  } catch {
    return { peakMemoryMb: 0, cpuMs: 0 }
  }
}
