import type { Roads } from '../drill/account.ts'
import type { Report } from '../lambda/report/report.ts'
import { onTheClock } from './machine-clock.ts'
import { startFunction } from './pull.ts'
import type { UpstreamProcess } from './upstream-process.ts'

/** Beside the orders that go. */
const GUARDS = 7
/** Over the first road 5,000 orders take 13 budgets of ten seconds. */
const TIMEOUT_MS = 150_000

/** From the event, cold, its init phase over; milliseconds. */
export interface KeepArrivals {
  /** To the arrival of the first and of the last cancel. */
  readonly first: number
  readonly last: number
  readonly verdict: number
}

/** So many orders on the book, beside seven that are reduce-only, which stay or go with the others. */
export interface KeepRun {
  readonly orders: number
  readonly roads: Roads
  readonly keeps: boolean
}

/** @throws Error unless the verdict is EMPTY, all orders are gone, and every reduce-only one is there, or gone with them */
export async function measureKeep(upstreams: UpstreamProcess, run: KeepRun): Promise<KeepArrivals> {
  const { orders, roads, keeps } = run
  const addresses = await upstreams.tell('open', {
    krakenRoundTripMs: 20,
    secretsRoundTripMs: 10,
    orders: { plain: orders, guards: GUARDS },
    keys: roads,
  })
  const settings = { KRAKEN_ROADS: roads }
  const running = await startFunction({ contestant: 'ours', addresses, settings, timeoutMs: TIMEOUT_MS })
  try {
    await running.initialised
    const result = await running.invoke(keeps ? { keep: 'reduceOnly' } : {})
    const answeredAt = onTheClock(performance.now())
    const handedAt = onTheClock(running.handedAt)
    const report = 'result' in result ? (result.result as Report) : null
    const resting = await upstreams.tell('resting')
    if (report?.verdict !== 'EMPTY' || resting !== (keeps ? GUARDS : 0))
      throw new Error(`The run ${JSON.stringify(run)} is not valid: ${report?.verdict}, ${resting} rest.`)
    const arrivals = await upstreams.tell('arrivals')
    const cancels = arrivals.filter(({ endpoint }) => /^cancel|^batch/.test(endpoint)).map(({ at }) => at)
    const first = Math.min(...cancels) - handedAt
    return { first, last: Math.max(...cancels) - handedAt, verdict: answeredAt - handedAt }
  } finally {
    await running.close()
    await upstreams.tell('close')
  }
}
