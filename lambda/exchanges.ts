import { systemClock, within } from './clock.ts'
import { SecretUnavailable } from './errors.ts'
import type { Armed } from './init/arm.ts'
import { type Keys, roadsWithKeys } from './init/credentials.ts'
import type { Occasion } from './init/unified-connections.ts'
import type { Exchange } from './kraken/exchange.ts'
import { roundTrip } from './kraken/http/round-trip.ts'
import { futuresRest } from './kraken/rest/futures-rest.ts'
import { RETIRES_AT } from './kraken/rest/retired.ts'
import type { Road } from './sweep/roads.ts'

/* Which ways to Kraken one invocation has, from what the init phase left: the same for a pull and for a readiness check. */

/** Between two fetches of the secret, each of which is two tries already. */
const SECRET_PAUSE_MS = 500
/** With less time than this left, a sweep could not end with a proof: then it is better said why there is none. */
const LEAST_SWEEP_MS = 3_000

/** The keys, asked for again while Secrets Manager may yet give them and there is time for a sweep. */
export async function keysInTime({ credentials }: Armed, deadlineAt: number): Promise<Keys> {
  for (;;) {
    try {
      return await inTime(credentials.current(), deadlineAt)
    } catch (error) {
      const mayHeal = error instanceof SecretUnavailable && error.mayHeal
      if (!mayHeal || performance.now() + SECRET_PAUSE_MS > deadlineAt - LEAST_SWEEP_MS) throw error
      await systemClock.sleep(SECRET_PAUSE_MS)
    }
  }
}

/** Waits for the keys no longer than there is time to report that there are none. @throws SecretUnavailable */
export function inTime(keys: Promise<Keys>, deadlineAt: number): Promise<Keys> {
  return within(systemClock, deadlineAt - systemClock.now(), keys, () => {
    throw new SecretUnavailable('no answer in time')
  })
}

/** The roads as one invocation sees them: until its deadline, with its attempts noted. */
export function roadsOf(armed: Armed, keys: Keys, occasion: Occasion): readonly Road[] {
  const names = armed.settings.roads ?? roadsWithKeys(keys)
  return names.map((name) =>
    name === 'rest'
      ? { name, exchange: restOf(armed, occasion), endsAt: RETIRES_AT }
      : { name, exchange: lateExchange(armed.unified().then((road) => road.exchange(occasion))) },
  )
}

function restOf({ settings, pool, budget, credentials }: Armed, occasion: Occasion): Exchange {
  return futuresRest({
    ...occasion,
    url: settings.futuresUrl,
    pool,
    roundTrip,
    budget,
    keys: credentials.of('rest'),
    clock: systemClock,
    attemptTimeoutMs: settings.attemptTimeoutMs,
    spareAfterMs: settings.spareAfterMs,
  })
}

/** An exchange that is being loaded: its calls wait for it, and nobody else does. */
function lateExchange(loading: Promise<Exchange>): Exchange {
  let loaded: Exchange | null = null
  loading.then(
    (exchange) => {
      loaded = exchange
    },
    () => {}, // heard by the calls
  )
  return {
    cancelAll: async (symbol, options) => (await loading).cancelAll(symbol, options),
    cancelOrder: async (order, options) => (await loading).cancelOrder(order, options),
    cancelOrders: async (orders, options) => (await loading).cancelOrders(orders, options),
    openOrders: async () => (await loading).openOrders(),
    openPositions: async () => (await loading).openPositions(),
    checkApiKey: async () => (await loading).checkApiKey(),
    armTimer: async (seconds) => (await loading).armTimer(seconds),
    toldOpen: () => loaded?.toldOpen?.() ?? null,
    isTelling: () => loaded?.isTelling?.() ?? false,
    nextTold: () =>
      loading.then(
        (exchange) => exchange.nextTold?.(),
        () => new Promise(() => {}),
      ),
    toldCancelled: () => loaded?.toldCancelled?.() ?? [],
  }
}
