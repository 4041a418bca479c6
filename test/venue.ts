import { fill } from '../drill/book.ts'
import type { Certificate } from '../drill/certificate.ts'
import { EmbeddedExchange } from '../drill/exchange.ts'
import { systemClock } from '../lambda/clock.ts'
import { Credentials } from '../lambda/credentials.ts'
import { Budget } from '../lambda/kraken/budget.ts'
import type { Attempt, CallInputs } from '../lambda/kraken/call.ts'
import type { Exchange } from '../lambda/kraken/exchange.ts'
import { futuresRest } from '../lambda/kraken/futures-rest.ts'
import { roundTrip } from '../lambda/kraken/round-trip.ts'
import { SocketPool } from '../lambda/kraken/socket-pool.ts'

/** An embedded exchange with orders on its book, and the switch's own client for it. */
export interface Venue {
  readonly exchange: EmbeddedExchange
  readonly attempts: Attempt[]
  /** A client as one invocation has it; all of a venue share connections, budget and key. */
  readonly client: (overrides?: Partial<CallInputs>) => Exchange
  readonly credentials: Credentials
  readonly close: () => Promise<void>
}

/** @param certificate null for plain HTTP */
export async function openVenue(orders = 37, certificate: Certificate | null = null): Promise<Venue> {
  const exchange = await EmbeddedExchange.start(certificate)
  fill(exchange.account.book, orders)
  const attempts: Attempt[] = []
  const pool = new SocketPool(new URL(exchange.url))
  const budget = new Budget(systemClock)
  const credentials = new Credentials(async () => exchange.account.secret)
  const client = (overrides: Partial<CallInputs> = {}) =>
    futuresRest({
      url: new URL(exchange.url),
      pool,
      roundTrip,
      budget,
      keys: credentials,
      clock: systemClock,
      attemptTimeoutMs: 800,
      spareAfterMs: 100,
      deadlineAt: performance.now() + 4_000,
      onAttempt: (attempt) => attempts.push(attempt),
      ...overrides,
    })
  const close = async () => {
    pool.close()
    await exchange.close()
  }
  return { exchange, attempts, client, credentials, close }
}
