import { setTimeout as sleep } from 'node:timers/promises'
import type { Death } from '../drill/latency-proxy.ts'
import { pull, startFunction } from './pull.ts'
import type { UpstreamProcess } from './upstream-process.ts'

/** How the kept connections of a warm function fared. `closed` is the reference: known to be gone, so it dials anew. */
export type Fate = 'closed' | 'alive' | Death

export const FATES: readonly Fate[] = ['closed', 'alive', 'FIN', 'RST', 'RST on write', 'silence']

const SEVERAL = ['PF_XBTUSD', 'PF_ETHUSD', 'PF_SOLUSD', 'PI_XBTUSD', 'FI_XBTUSD_261225']
const INPUTS = { krakenRoundTripMs: 20, secretsRoundTripMs: 10, orders: 37 }
/** Longer than a connection stays above suspicion. */
const IDLE_MS = 1_600

/**
 * From the event to the last cancel's arrival, after the process was frozen and its connections fared so; milliseconds.
 *
 * @param isSeveral five symbols, on five kept connections
 */
export async function measureDeadConnection(
  upstreams: UpstreamProcess,
  fate: Fate,
  isSeveral: boolean,
): Promise<number> {
  const symbols = isSeveral ? SEVERAL : []
  const addresses = await upstreams.tell('open', INPUTS)
  const running = await startFunction({ contestant: 'ours', addresses })
  try {
    await pull(running, upstreams, 'ours', { symbols })
    await sleep(IDLE_MS)
    await upstreams.tell('refill', INPUTS.orders)
    if (fate === 'closed') {
      await upstreams.tell('kill', 'FIN')
      await sleep(100)
    } else {
      process.kill(running.pid, 'SIGSTOP')
      if (fate !== 'alive') await upstreams.tell('kill', fate)
      await sleep(50)
    }
    const pulled = pull(running, upstreams, 'ours', { symbols })
    process.kill(running.pid, 'SIGCONT')
    const { handedAt, lastArrivedAt } = await pulled
    return lastArrivedAt - handedAt
  } finally {
    await running.close()
    await upstreams.tell('close')
  }
}
