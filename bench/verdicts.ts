import { pull, startFunction } from './pull.ts'
import type { UpstreamProcess } from './upstream-process.ts'

const ROUND_TRIP_MS = 20
const QUIET_PERIOD_MS = 1_000

/** What a verdict takes beyond the ack, the quiet period and two round trips; milliseconds, of cold starts and warm pulls. */
export async function measureVerdicts(upstreams: UpstreamProcess, times: number): Promise<number[]> {
  const beyond: number[] = []
  const inputs = { krakenRoundTripMs: ROUND_TRIP_MS, secretsRoundTripMs: 10, orders: 37 }
  const addresses = await upstreams.tell('open', inputs)
  const settings = { QUIET_PERIOD_MS: String(QUIET_PERIOD_MS) }
  const running = await startFunction({ contestant: 'ours', addresses, settings })
  for (let i = 0; i < times; i++) {
    await upstreams.tell('refill', inputs.orders)
    const { handedAt, answeredAt, report } = await pull(running, upstreams, 'ours')
    const ackedAt = handedAt + (report?.timing.ackMs ?? Number.NaN)
    beyond.push(answeredAt - ackedAt - QUIET_PERIOD_MS - 2 * ROUND_TRIP_MS)
  }
  await running.close()
  await upstreams.tell('close')
  return beyond
}
