import { systemClock } from '../clock.ts'
import { asKnown, type KillSwitchError } from '../errors.ts'
import type { Attempt } from '../kraken/attempt.ts'
import type { RoadName } from '../kraken/exchange.ts'
import { Budget, REST_ALLOWANCE } from '../kraken/http/budget.ts'
import { SocketPool, SUSPECT_AFTER_MS } from '../kraken/http/socket-pool.ts'
import { Credentials, roadsWithKeys } from './credentials.ts'
import { readSettings, type Settings } from './settings.ts'
import type { UnifiedRoad } from './unified-connections.ts'

/*
 *  Everything slow happens in the init phase, where Lambda gives a whole CPU, and in parallel:
 *
 *    dial Kraken ───────────── TCP ── TLS ───────────────────► connection kept for the first cancel
 *    dial Secrets Manager ──── TCP ── TLS ──► GetSecretValue ─► keys kept
 *                        └─ packets out: evaluate the SDK ─┘
 *    dial the second road ──── TCP ── TLS ──────────────────────────► token ─► WebSocket kept
 *
 *  Where both roads are taken, the second one is dialled and no more: its token takes a round trip that the first road does
 *  not need, and its modules are evaluated when the first road's cancel is written.
 *
 *  Measured: evaluating the SDK first, or after init, makes the first cancel 1.3 to 1.8 times as late as it can be; and
 *  the second road's modules before it, 1.05 to 1.08 times.
 */

/** Init waits this long for key and handshake, then goes on without. */
const MOST_WAIT_MS = 2_000
/** Of Secrets Manager: half of what its client waits for a connection. */
const SECRETS_ADDRESS_MS = 500
/** Addresses are looked up within this; a slower name server does not hold up the SDK. */
const MOST_LOOKUP_MS = 100

export interface Armed {
  readonly settings: Settings
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

/** This process, armed at load; or why it cannot be, which the first invocation reports. */
export const armed: Armed | KillSwitchError = armOrExplain()

function armOrExplain(): Armed | KillSwitchError {
  try {
    return arm(readSettings())
  } catch (error) {
    return asKnown(error)
  }
}

function arm(settings: Settings): Armed {
  const attempts: Attempt[] = []
  const onAttempt = (attempt: Attempt) => {
    attempts.push(attempt)
  }
  const note = (call: string, startedAt: number, outcome: string) =>
    onAttempt({
      call,
      isCancel: false,
      connection: null,
      startedAt,
      sentAt: null,
      endedAt: performance.now(),
      outcome,
    })
  const mayTake = (road: RoadName) => settings.roads?.includes(road) ?? true
  const addressTimeoutMs = addressTimeoutOf(settings)
  const poolOf = (origin: URL) => new SocketPool(origin, SUSPECT_AFTER_MS, addressTimeoutMs)
  const pool = poolOf(settings.futuresUrl)
  const secretsPool = new SocketPool(settings.aws.secretsEndpoint, SUSPECT_AFTER_MS, SECRETS_ADDRESS_MS)
  const pools = { api: poolOf(settings.apiUrl), unified: poolOf(settings.unifiedUrl) }
  const dialledAt = performance.now()
  const kraken = mayTake('rest') ? pool.dialEarly() : null
  const secrets = secretsPool.dialEarly()
  const second = settings.roads?.includes('unified') ? [pools.unified.dialEarly(), pools.api.dialEarly()] : []
  void kraken?.connected.then((isConnected) => note('connect', dialledAt, isConnected ? 'ok' : 'failed'))

  const lookedUp = Promise.race([
    Promise.all([kraken, secrets, ...second].map((dialled) => dialled?.underway)),
    systemClock.sleep(MOST_LOOKUP_MS),
  ])
  const store = lookedUp
    .then(() => import('./secret-store.ts'))
    .then(({ secretStore }) => secretStore(settings, secretsPool))
  const credentials = new Credentials(async () => {
    const fetchSecret = await store
    const askedAt = performance.now()
    const secret = fetchSecret()
    secret.then(
      () => note('GetSecretValue', askedAt, 'ok'),
      (error: Error) => note('GetSecretValue', askedAt, error.name),
    )
    return secret
  })
  const asked = store.then(nextTurn, ignore) // until it is written, the SDK goes from promise to promise
  let road: Promise<UnifiedRoad> | null = null
  const unified = () => {
    road ??= nextTurn()
      .then(() => import('./unified-connections.ts'))
      .then(({ UnifiedRoad }) => new UnifiedRoad(settings, pools, credentials))
    return road
  }
  if (!mayTake('rest')) void asked.then(unified).catch(ignore) // evaluated while the secret is on its way
  const fetched = credentials.current().then(async (keys) => {
    const taken = settings.roads ?? roadsWithKeys(keys)
    if (taken.includes('rest')) await kraken?.connected
    else await (await unified()).openEarly(onAttempt)
  })
  return {
    settings,
    pool,
    budget: new Budget(systemClock, REST_ALLOWANCE),
    credentials,
    unified,
    asked,
    ready: atMost(MOST_WAIT_MS, fetched.catch(ignore)), // a failure is reported when the key is needed
    takeAttempts: () => attempts.splice(0),
  }
}

/** A third of an attempt, whose three round trips (TCP, TLS, request) cannot take longer each; never less than Node's own. */
function addressTimeoutOf({ attemptTimeoutMs }: Settings): number {
  return Math.max(250, Math.round(attemptTimeoutMs / 3))
}

function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    void work.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

/** What is at hand is written first: it goes from promise to promise, and never to the event loop. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function ignore(): void {}
