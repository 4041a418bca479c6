import { pull, startFunction } from './pull.ts'
import type { UpstreamProcess } from './upstream-process.ts'

/** From the event to the arrival of the first and of the last symbol's cancel, cold; milliseconds. */
export interface SymbolArrivals {
  readonly first: number
  readonly last: number
}

export async function measureSymbols(upstreams: UpstreamProcess, count: number): Promise<SymbolArrivals> {
  const symbols = Array.from({ length: count }, (_, i) => `PF_COIN${i}USD`)
  const addresses = await upstreams.tell('open', {
    krakenRoundTripMs: 20,
    secretsRoundTripMs: 10,
    orders: symbols,
  })
  const running = await startFunction({ contestant: 'ours', addresses })
  try {
    await running.initialised
    const { handedAt, arrivedAt, lastArrivedAt } = await pull(running, upstreams, 'ours', { symbols })
    return { first: arrivedAt - handedAt, last: lastArrivedAt - handedAt }
  } finally {
    await running.close()
    await upstreams.tell('close')
  }
}
