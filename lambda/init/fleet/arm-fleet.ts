import { systemClock } from '../../clock.ts'
import { AddressBudget, mostDuplicated } from '../../kraken/http/shared-budget.ts'
import type { Armed, Dialled, EarlyAttempts, SecretSource } from '../arm.ts'
import { Credentials } from '../credentials.ts'
import type { Settings } from '../settings.ts'
import { FleetSecret, readAccountKeys } from './fleet-secret.ts'

/*
 *    dial Kraken, once for each account ── TCP ── TLS ──► a connection for the first cancel of each
 *    ask where the secret is, once ─────────────────────► keys of each
 *
 *  The accounts share the secret's answer and the budget, and nothing else.
 */

/** The accounts of one secret, each armed for itself. */
export interface ArmedFleet<S extends Settings = Settings> {
  readonly settings: S
  readonly roster: readonly string[]
  readonly accounts: ReadonlyMap<string, Armed<S>>
  readonly secret: FleetSecret
  readonly budget: AddressBudget
  readonly asked: Promise<void>
  readonly ready: Promise<void>
  /** Of what the accounts share: the secret. */
  readonly takeAttempts: Armed['takeAttempts']
  /** Closes every connection that is kept. */
  readonly close: () => void
}

/** Connections that are dialled before it is known for which accounts. */
export interface Dials {
  /** Gives one that is there, or dials. */
  readonly take: () => DialledAccount
  /** The packets are out of all that were dialled. */
  readonly underway: Promise<unknown>
  /** As of one account. */
  readonly toSecret: Dialled['toSecret']
  /** Their handshakes are done, or have failed. Never rejects. */
  readonly connected: Promise<unknown>
}

interface DialledAccount {
  readonly dialled: Dialled
  readonly attempts: EarlyAttempts
}

/** How one account is armed: handed over by who has evaluated it, and dials with it. */
export type Arming = Pick<
  typeof import('../arm.ts'),
  'armAccount' | 'dial' | 'earlyAttempts' | 'fetchSecret' | 'NO_DIAL' | 'whenAsked'
>

/** Dials for so many accounts, at once; and after Kraken where their secret is. */
export function dialFor(
  arming: Arming,
  settings: Settings,
  count: number,
  dialSecret: SecretSource['dial'],
): Dials {
  const noDial = () => arming.NO_DIAL
  let first: Dialled | undefined
  const dialOne = (alsoDial: SecretSource['dial']): DialledAccount => {
    const attempts = arming.earlyAttempts()
    const dialled = arming.dial(settings, alsoDial, attempts, first?.pools)
    first ??= dialled
    return { dialled, attempts }
  }
  const made: DialledAccount[] = Array.from({ length: count }, (_, i) =>
    dialOne(i === 0 ? dialSecret : noDial),
  )
  const underway = Promise.all(made.map(({ dialled }) => dialled.underway))
  const connected = Promise.all(made.map(({ dialled }) => dialled.kraken?.connected))
  const toSecret = first?.toSecret ?? Promise.resolve()
  return { take: () => made.shift() ?? dialOne(noDial), underway, toSecret, connected }
}

/** Arms every account of the roster, with connections that are dialled already. */
export function armFleet<S extends Settings>(
  arming: Arming,
  settings: S,
  source: Pick<SecretSource, 'call' | 'open'>,
  roster: readonly string[],
  dials: Dials,
): ArmedFleet<S> {
  const shared = arming.earlyAttempts()
  const store = source.open(dials.underway)
  const secret = new FleetSecret(() => arming.fetchSecret(store, source, shared), roster)
  const budget = new AddressBudget(systemClock, roster.length)
  const asked = arming.whenAsked(store, dials)
  const armAs = (account: string, i: number): Armed<S> => {
    const read = (text: string) => readAccountKeys(text, account)
    const credentials = new Credentials(secret.text, systemClock, read)
    const of = { settings, account, credentials, budget: budget.of(account), asked }
    const taken = dials.take()
    taken.dialled.pools.rest.dropsSuspect = i >= mostDuplicated(roster.length)
    return arming.armAccount({ ...of, ...taken })
  }
  const accounts = new Map(roster.map((account, i) => [account, armAs(account, i)]))
  const ready = Promise.all([...accounts.values()].map((armed) => armed.ready)).then(nothing)
  const close = () => {
    for (const armed of accounts.values()) armed.close()
  }
  return { settings, roster, accounts, secret, budget, asked, ready, takeAttempts: shared.take, close }
}

async function nothing(): Promise<void> {}
