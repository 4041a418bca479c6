import { systemClock, within } from '../clock.ts'
import type { Attempt } from '../kraken/attempt.ts'
import { Budget, REST_ALLOWANCE } from '../kraken/http/budget.ts'
import { SocketPool, SUSPECT_AFTER_MS } from '../kraken/http/socket-pool.ts'
import { Credentials, type FetchSecret, roadsWithKeys } from './credentials.ts'
import type { Settings } from './settings.ts'
import type { UnifiedRoad } from './unified-connections.ts'

/*
 *  Everything slow happens at once, and in parallel; in Lambda in the init phase, where it gives a whole CPU:
 *
 *    dial Kraken ───────────── TCP ── TLS ───────────────────► connection kept for the first cancel
 *    ask where the secret is ─────────────────────────────────► keys kept
 *    dial the second road ──── TCP ── TLS ──────────────────────────► token ─► WebSocket kept
 *
 *  Where both roads are taken, the second one is dialled and no more: its token takes a round trip that the first road does
 *  not need, and its modules are evaluated when the first road's cancel is written.
 *
 *  Measured: evaluating the second road's modules before it makes the first cancel 1.05 to 1.08 times as late.
 */

/** Init waits this long for key and handshake, then goes on without. */
const MOST_WAIT_MS = 2_000

/** Where the text of the secret comes from. */
export interface SecretSource {
  /** As attempts call what is asked of it. */
  readonly call: string
  /** Dials what it needs, at once, and gives what resolves when the packet is out. */
  readonly dial: () => Promise<unknown>
  /** What asks it, evaluated if need be when all first packets are out. */
  readonly open: (packetsOut: Promise<unknown>) => Promise<FetchSecret>
}

export interface Armed<S extends Settings = Settings> {
  readonly settings: S
  readonly pool: SocketPool
  readonly budget: Budget
  readonly credentials: Credentials
  /** The second road, loaded when it is first asked for, in a turn of its own. */
  readonly unified: () => Promise<UnifiedRoad>
  /** The secret is being asked for: what else has to be evaluated may be, meanwhile. Never rejects. */
  readonly asked: Promise<void>
  /** Key and connection are here, or have failed, or took too long. Never rejects. */
  readonly ready: Promise<void>
  /** What was done outside of the exchange's calls since the last time: handshake, secret. */
  readonly takeAttempts: () => readonly Attempt[]
}

/** Dials and fetches: for a process that is about to cancel, before anything else of it is evaluated. */
export function arm<S extends Settings>(settings: S, source: SecretSource): Armed<S> {
  const attempts = earlyAttempts()
  const dialled = dial(settings, source, attempts)
  const store = source.open(dialled.underway)
  const credentials = new Credentials(() => fetchSecret(store, source, attempts))
  const unified = once(() => loadUnified(settings, dialled, credentials))
  const asked = store.then(nextTurn, ignore) // until it is written, the AWS SDK goes from promise to promise
  if (dialled.kraken === null) void asked.then(unified).catch(ignore) // evaluated while the secret is on its way
  const reached = credentials.current().then(async (keys) => {
    const taken = settings.roads ?? roadsWithKeys(keys)
    if (taken.includes('rest')) await dialled.kraken?.connected
    else await (await unified()).openEarly(attempts.add)
  })
  return {
    settings,
    pool: dialled.pools.rest,
    budget: new Budget(systemClock, REST_ALLOWANCE),
    credentials,
    unified,
    asked,
    ready: within(systemClock, MOST_WAIT_MS, reached.catch(ignore), ignore), // a failure is reported when the key is needed
    takeAttempts: attempts.take,
  }
}

type EarlyAttempts = ReturnType<typeof earlyAttempts>

/** What is done before there is an invocation to report it. */
function earlyAttempts() {
  const attempts: Attempt[] = []
  const add = (attempt: Attempt): void => {
    attempts.push(attempt)
  }
  const note = (call: string, startedAt: number, outcome: string) => {
    const endedAt = performance.now()
    add({ call, isCancel: false, connection: null, startedAt, sentAt: null, endedAt, outcome })
  }
  return { add, note, take: (): readonly Attempt[] => attempts.splice(0) }
}

type Dialled = ReturnType<typeof dial>

/** Dials every host that will surely be asked, before anything else is evaluated. */
function dial(settings: Settings, source: SecretSource, attempts: EarlyAttempts) {
  const { roads, futuresUrl, apiUrl, unifiedUrl } = settings
  const addressTimeoutMs = addressTimeoutOf(settings)
  const poolOf = (origin: URL) => new SocketPool(origin, SUSPECT_AFTER_MS, addressTimeoutMs)
  const pools = { rest: poolOf(futuresUrl), api: poolOf(apiUrl), unified: poolOf(unifiedUrl) }
  const dialledAt = performance.now()
  const kraken = (roads?.includes('rest') ?? true) ? pools.rest.dialEarly() : null
  const secret = source.dial()
  const second = roads?.includes('unified') ? [pools.unified.dialEarly(), pools.api.dialEarly()] : []
  void kraken?.connected.then((isConnected) =>
    attempts.note('connect', dialledAt, isConnected ? 'ok' : 'failed'),
  )
  const underway = Promise.all([secret, ...[kraken, ...second].map((early) => early?.underway)])
  return { pools, kraken, underway }
}

async function fetchSecret(
  store: Promise<FetchSecret>,
  { call }: SecretSource,
  attempts: EarlyAttempts,
): Promise<string> {
  const fetch = await store
  const askedAt = performance.now()
  const secret = fetch()
  secret.then(
    () => attempts.note(call, askedAt, 'ok'),
    (error: Error) => attempts.note(call, askedAt, error.name),
  )
  return secret
}

/** The second road, in a turn of its own. */
async function loadUnified(
  settings: Settings,
  { pools }: Dialled,
  credentials: Credentials,
): Promise<UnifiedRoad> {
  await nextTurn()
  const { UnifiedRoad } = await import('./unified-connections.ts')
  return new UnifiedRoad(settings, pools, credentials)
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** A third of an attempt, whose three round trips (TCP, TLS, request) cannot take longer each; never less than Node's own. */
function addressTimeoutOf({ attemptTimeoutMs }: Settings): number {
  return Math.max(250, Math.round(attemptTimeoutMs / 3))
}

/** What is at hand is written first: it goes from promise to promise, and never to the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function ignore(): void {}
