import type { FarAway } from './far-away.ts'
import { pull, startFunction } from './pull.ts'

const ROUND_TRIP_MS = 20
const QUIET_PERIOD_MS = 1_000

/** What a verdict takes beyond the ack, the quiet period and two round trips; milliseconds, of cold starts and warm pulls. */
export async function measureVerdicts(far: FarAway, times: number): Promise<number[]> {
  const beyond: number[] = []
  const inputs = { krakenRoundTripMs: ROUND_TRIP_MS, secretsRoundTripMs: 10, orders: 37 }
  const addresses = await far.tell('open', inputs)
  const settings = { QUIET_PERIOD_MS: String(QUIET_PERIOD_MS) }
  const running = await startFunction({ contestant: 'ours', addresses, settings })
  for (let i = 0; i < times; i++) {
    await far.tell('refill', inputs.orders)
    const { handedAt, answeredAt, report } = await pull(running, far, 'ours')
    const ackedAt = handedAt + (report?.timing.ackMs ?? Number.NaN)
    beyond.push(answeredAt - ackedAt - QUIET_PERIOD_MS - 2 * ROUND_TRIP_MS)
  }
  await running.close()
  await far.tell('close')
  return beyond
}
