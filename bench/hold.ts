import { setTimeout as sleep } from 'node:timers/promises'
import { NOTHING_KNOWN } from '../lambda/triggers/hold-event.ts'
import { onTheClock } from './machine-clock.ts'
import { CANCELS, startFunction } from './pull.ts'
import type { UpstreamProcess } from './upstream-process.ts'

/** One road alone. */
export type HeldOver = 'rest' | 'unified'

export interface Held {
  /** From the acceptance of each order to the arrival of the cancel that removes it; milliseconds. */
  readonly answers: readonly number[]
  /** From the end of each lap to the beginning of the next one's first request; milliseconds. */
  readonly gaps: readonly number[]
}

export const HOLD_ROUND_TRIP_MS = 20
const INPUTS = { krakenRoundTripMs: HOLD_ROUND_TRIP_MS, secretsRoundTripMs: 10, orders: 0 }
/** A cancel and a proof with a quiet period of 200 ms are over by then. */
const SETTLED_MS = 800
/** Between two orders of the bot: never in step with a look each 500 ms, and no more than Kraken's budget has cancels for. */
const LEAST_PAUSE_MS = 913
const PAUSE_SPREAD_MS = 500

/** A function that holds the book shut, lap after lap, against a bot that places now and then. */
export async function measureHold(upstreams: UpstreamProcess, road: HeldOver, laps: number): Promise<Held> {
  const addresses = await upstreams.tell('open', { ...INPUTS, keys: 'both' })
  const running = await startFunction({ contestant: 'ours', addresses, settings: { KRAKEN_ROADS: road } })
  const answers: number[] = []
  const gaps: number[] = []
  try {
    await running.initialised
    for (let i = 0; i < laps; i++) {
      await upstreams.tell('refill', 0)
      let isOver = false
      const beganAt = onTheClock(performance.now())
      const lap = running.invoke({ hold: endlessHold() }).finally(() => {
        isOver = true
      })
      await sleep(SETTLED_MS)
      const placed: number[] = []
      while (!isOver) {
        placed.push(await upstreams.tell('place'))
        await sleep(LEAST_PAUSE_MS + Math.random() * PAUSE_SPREAD_MS)
      }
      const result = await lap
      if ('error' in result) throw new Error(`a lap failed: ${result.error.errorMessage}`)
      const arrivals = await upstreams.tell('arrivals')
      const cancels = arrivals.filter(({ endpoint }) => endpoint === CANCELS[road]).map(({ at }) => at)
      gaps.push(Math.min(...arrivals.map(({ at }) => at)) - beganAt)
      // The last one may have come after the lap, and is the next one's.
      for (const at of placed.slice(0, -1)) {
        answers.push((cancels.find((cancelledAt) => cancelledAt > at) ?? Number.NaN) - at)
      }
    }
    return { answers, gaps }
  } finally {
    await running.close()
    await upstreams.tell('close')
  }
}

function endlessHold() {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString()
  return {
    name: 'bench',
    pull: { kind: 'invoke', by: 'bench', reason: null, receivedAt: new Date().toISOString() },
    scope: 'all',
    provenBy: inAnHour,
    keepShutMinutes: 60,
    fuse: false,
    known: { ...NOTHING_KNOWN, shutUntil: inAnHour },
  }
}
