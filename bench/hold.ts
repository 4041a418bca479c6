import { setTimeout as sleep } from 'node:timers/promises'
import { startExecution } from '../drill/hold-engine.ts'
import type { LambdaRuntime } from '../drill/runtime.ts'
import { holdDefinition } from '../infra/hold-definition.ts'
import { type Hold, NOTHING_KNOWN } from '../lambda/triggers/hold-event.ts'
import { onTheClock } from './machine-clock.ts'
import { CANCELS, startFunction } from './pull.ts'
import type { UpstreamProcess } from './upstream-process.ts'

/** One road alone. */
export const HELD_OVER = ['unified', 'rest'] as const
export type HeldOver = (typeof HELD_OVER)[number]

export interface Held {
  /** From the acceptance of each order to the arrival of the cancel that removes it; milliseconds. */
  readonly answers: readonly number[]
  /** From the end of each lap to the arrival of the next one's first cancel; milliseconds. */
  readonly gaps: readonly number[]
}

export const HOLD_ROUND_TRIP_MS = 20
const INPUTS = { krakenRoundTripMs: HOLD_ROUND_TRIP_MS, secretsRoundTripMs: 10, orders: 0 }
/** A cancel and a proof with a quiet period of 200 ms are over by then. */
const SETTLED_MS = 800
/** Between two orders of the bot: never in step with a look each 500 ms, and no more than Kraken's budget has cancels for. */
const LEAST_PAUSE_MS = 913
const PAUSE_SPREAD_MS = 500
const LAP_MS = 23_500

/** The state machine, on an engine of this machine, holds the book shut against a bot that places now and then. */
export async function measureHold(upstreams: UpstreamProcess, road: HeldOver, laps: number): Promise<Held> {
  const addresses = await upstreams.tell('open', { ...INPUTS, keys: 'both' })
  const running = await startFunction({ contestant: 'ours', addresses, settings: { KRAKEN_ROADS: road } })
  try {
    await running.initialised
    await upstreams.tell('refill', 0)
    const lapEnds: number[] = []
    const placed: number[] = []
    const held = hold(running, (laps - 1) * LAP_MS, lapEnds)
    let isOver = false
    void held.finally(() => {
      isOver = true
    })
    await sleep(SETTLED_MS)
    while (!isOver) {
      placed.push(await upstreams.tell('place'))
      await sleep(LEAST_PAUSE_MS + Math.random() * PAUSE_SPREAD_MS)
    }
    await held
    const cancels = (await upstreams.tell('arrivals'))
      .filter(({ endpoint }) => endpoint === CANCELS[road])
      .map(({ at }) => at)
    const after = (at: number) => (cancels.find((cancelledAt) => cancelledAt > at) ?? Number.NaN) - at
    return { answers: placed.slice(0, -2).map(after), gaps: lapEnds.slice(0, -1).map(after) } // the last may have come after the hold
  } finally {
    await running.close()
    await upstreams.tell('close')
  }
}

async function hold(running: LambdaRuntime, forMs: number, lapEnds: number[]): Promise<void> {
  const invoke = async (payload: unknown) => {
    const result = await running.invoke(payload)
    lapEnds.push(onTheClock(performance.now()))
    if ('error' in result) throw new Error(`a lap failed: ${result.error.errorMessage}`)
    return result.result
  }
  const minutes = { persistMinutes: 1, keepShutMinutes: 60 }
  const definition = holdDefinition({ partition: 'aws', aliasArn: 'bench', ...minutes })
  const { status } = await startExecution({ definition, input: { hold: holdInput(forMs) }, invoke }).outcome
  if (status !== 'SUCCEEDED') throw new Error(`the hold ended as ${status}`)
}

function holdInput(forMs: number): Hold {
  const iso = (fromNowMs: number) => new Date(Date.now() + fromNowMs).toISOString()
  return {
    name: 'bench',
    pull: { kind: 'invoke', by: 'bench', reason: null, receivedAt: iso(0) },
    scope: 'all',
    provenBy: iso(60_000),
    keepShutMinutes: 60,
    fuse: false,
    known: { ...NOTHING_KNOWN, emptySince: iso(0), shutUntil: iso(forMs) },
  }
}
