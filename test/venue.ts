import type { Roads } from '../drill/account.ts'
import { fill } from '../drill/book.ts'
import type { Certificate } from '../drill/certificate.ts'
import { EmbeddedExchange } from '../drill/exchange.ts'
import { systemClock } from '../lambda/clock.ts'
import { Credentials } from '../lambda/init/credentials.ts'
import type { Attempt } from '../lambda/kraken/attempt.ts'
import type { Exchange } from '../lambda/kraken/exchange.ts'
import { Budget, REST_ALLOWANCE, SPOT_ALLOWANCE } from '../lambda/kraken/http/budget.ts'
import type { ApiInputs } from '../lambda/kraken/http/call.ts'
import { roundTrip } from '../lambda/kraken/http/round-trip.ts'
import { SocketPool } from '../lambda/kraken/http/socket-pool.ts'
import { futuresRest } from '../lambda/kraken/rest/futures-rest.ts'
import { RETIRES_AT } from '../lambda/kraken/rest/retired.ts'
import { Sessions } from '../lambda/kraken/unified/sessions.ts'
import { unified } from '../lambda/kraken/unified/unified.ts'
import { webSockets } from '../lambda/kraken/unified/web-socket.ts'
import type { Road } from '../lambda/sweep/roads.ts'

/** An embedded exchange with orders on its book, and the switch's own client for it. */
export interface Venue {
  readonly exchange: EmbeddedExchange
  readonly attempts: Attempt[]
  /** Of all its clients. */
  readonly cancelsSent: number
  /** A client as one invocation has it; all of a venue share connections, budget and key. */
  readonly client: (overrides?: Partial<ApiInputs>) => Exchange
  /** The same over the second road. */
  readonly unified: (overrides?: Partial<ApiInputs>) => Exchange
  readonly sessions: Sessions
  /** Both, or one of them. */
  readonly roads: (which: Roads, overrides?: Partial<ApiInputs>) => readonly Road[]
  readonly credentials: Credentials
  readonly close: () => Promise<void>
}

/** @param certificate null for plain HTTP */
export async function openVenue(orders = 37, certificate: Certificate | null = null): Promise<Venue> {
  const exchange = await EmbeddedExchange.start(certificate)
  fill(exchange.account.book, orders)
  const attempts: Attempt[] = []
  let cancelsSent = 0
  const pool = new SocketPool(new URL(exchange.url))
  const budget = new Budget(systemClock, REST_ALLOWANCE)
  const credentials = new Credentials(async () => exchange.account.secretFor('both'))
  const apiPool = new SocketPool(new URL(exchange.apiUrl))
  const webSocketPool = new SocketPool(new URL(exchange.unifiedUrl))
  const sessions = new Sessions(webSockets(new URL(exchange.unifiedUrl), webSocketPool), systemClock)
  const common = () => ({
    roundTrip,
    clock: systemClock,
    attemptTimeoutMs: 800,
    spareAfterMs: 100,
    deadlineAt: performance.now() + 4_000,
    onAttempt: (attempt: Attempt) => attempts.push(attempt),
    onCancelSent: () => {
      cancelsSent += 1
    },
  })
  const client = (overrides: Partial<ApiInputs> = {}) =>
    futuresRest({
      ...common(),
      url: new URL(exchange.url),
      pool,
      budget,
      keys: credentials.of('rest'),
      ...overrides,
    })
  const unifiedClient = (overrides: Partial<ApiInputs> = {}) => {
    const own = {
      url: new URL(exchange.apiUrl),
      pool: apiPool,
      budget: new Budget(systemClock, SPOT_ALLOWANCE),
    }
    return unified({ sessions, spot: { ...common(), ...own, keys: credentials.of('unified'), ...overrides } })
  }
  const roads = (which: Roads, overrides: Partial<ApiInputs> = {}): readonly Road[] => [
    ...(which === 'unified'
      ? []
      : [{ name: 'rest', exchange: client(overrides), endsAt: RETIRES_AT } as const]),
    ...(which === 'rest' ? [] : [{ name: 'unified', exchange: unifiedClient(overrides) } as const]),
  ]
  const close = async () => {
    for (const one of [pool, apiPool, webSocketPool]) one.close()
    sessions.kept?.close()
    await exchange.close()
  }
  return {
    exchange,
    attempts,
    get cancelsSent() {
      return cancelsSent
    },
    client,
    unified: unifiedClient,
    sessions,
    roads,
    credentials,
    close,
  }
}
