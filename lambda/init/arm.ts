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
/** Nothing else is evaluated for so long, while a handshake keeps the question for the secret from being written. */
const MOST_HANDSHAKE_MS = 250

/** Where the text of the secret comes from. */
export interface SecretSource {
  /** As attempts call what is asked of it. */
  readonly call: string
  /** Dials what it needs, at once. */
  readonly dial: () => EarlyDial
  /** What asks it, evaluated if need be when all first packets are out. */
  readonly open: (packetsOut: Promise<unknown>) => Promise<FetchSecret>
}

export type EarlyDial = ReturnType<SocketPool['dialEarly']>
/** Where there is nothing to dial. */
export const NO_DIAL: EarlyDial = { underway: Promise.resolve(), connected: Promise.resolve(true) }

export interface Armed<S extends Settings = Settings> {
  readonly settings: S
  /** By which reports name it: its secret, or its name in the roster. */
  readonly account: string
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
  /** Closes every connection that is kept: it is not asked for anything any more. */
  readonly close: () => void
}

/** Dials and fetches: for a process that is about to cancel, before anything else of it is evaluated. */
export function arm<S extends Settings>(settings: S, source: SecretSource): Armed<S> {
  const attempts = earlyAttempts()
  const dialled = dial(settings, source.dial, attempts)
  const store = source.open(dialled.underway)
  const credentials = new Credentials(() => fetchSecret(store, source, attempts))
  const budget = new Budget(systemClock, REST_ALLOWANCE)
  const asked = whenAsked(store, dialled)
  return armAccount({ settings, account: settings.secretId, dialled, credentials, budget, attempts, asked })
}

/**
 * The secret is being asked for. What is evaluated before that holds up the handshake, and so the question; until that is
 * written, the AWS SDK goes from promise to promise. Never rejects.
 *
 * Measured: evaluating what answers events before the handshake is done makes the first cancel 1.04 to 1.13 times as late.
 */
export async function whenAsked(
  store: Promise<FetchSecret>,
  { toSecret }: Pick<Dialled, 'toSecret'>,
): Promise<void> {
  await store.then(() => within(systemClock, MOST_HANDSHAKE_MS, toSecret, ignore), ignore)
  await nextTurn()
}

interface AccountInputs<S extends Settings> extends Pick<Armed<S>, 'settings' | 'account' | 'asked'> {
  readonly dialled: Dialled
  readonly credentials: Credentials
  readonly budget: Budget
  readonly attempts: EarlyAttempts
}

/** One account, which is dialled, and whose keys are being asked for. */
export function armAccount<S extends Settings>(inputs: AccountInputs<S>): Armed<S> {
  const { settings, account, dialled, credentials, budget, attempts, asked } = inputs
  let loading: Promise<UnifiedRoad> | null = null
  const unified = () => {
    loading ??= loadUnified(settings, dialled, credentials)
    return loading
  }
  if (dialled.kraken === null) void asked.then(unified).catch(ignore) // evaluated while the secret is on its way
  const reached = credentials.current().then(async (keys) => {
    const taken = settings.roads ?? roadsWithKeys(keys)
    if (taken.includes('rest')) await dialled.kraken?.connected
    else await (await unified()).openEarly(attempts.add)
  })
  return {
    settings,
    account,
    pool: dialled.pools.rest,
    budget,
    credentials,
    unified,
    asked,
    ready: within(systemClock, MOST_WAIT_MS, reached.catch(ignore), ignore), // a failure is reported when the key is needed
    takeAttempts: attempts.take,
    close: () => {
      for (const pool of Object.values(dialled.pools)) pool.close()
      void loading?.then((road) => road.close(), ignore)
    },
  }
}

export type EarlyAttempts = ReturnType<typeof earlyAttempts>

/** What is done before there is an invocation to report it. */
export function earlyAttempts() {
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

/** What is dialled of one account. */
export interface Dialled {
  readonly pools: Readonly<Record<'rest' | 'api' | 'unified', SocketPool>>
  /** Null where the first road is not taken. */
  readonly kraken: ReturnType<SocketPool['dialEarly']> | null
  /** The first packets are out. */
  readonly underway: Promise<unknown>
  /** The handshake with what gives the secret is done, or has failed. Never rejects. */
  readonly toSecret: Promise<unknown>
}

/**
 * Dials every host that will surely be asked, before anything else is evaluated.
 *
 * @param others lead to the same hosts, whose names are asked for once
 * @param dialSecret dials what gives the secret; Kraken itself is dialled before
 */
export function dial(
  settings: Settings,
  dialSecret: SecretSource['dial'],
  attempts: EarlyAttempts,
  others?: Dialled['pools'],
): Dialled {
  const { roads, futuresUrl, apiUrl, unifiedUrl } = settings
  const addressTimeoutMs = addressTimeoutOf(settings)
  const poolOf = (origin: URL, other?: SocketPool) =>
    new SocketPool(origin, SUSPECT_AFTER_MS, addressTimeoutMs, other?.addresses)
  const pools = {
    rest: poolOf(futuresUrl, others?.rest),
    api: poolOf(apiUrl, others?.api),
    unified: poolOf(unifiedUrl, others?.unified),
  }
  const dialledAt = performance.now()
  const kraken = (roads?.includes('rest') ?? true) ? pools.rest.dialEarly() : null
  const secret = dialSecret()
  const second = roads?.includes('unified') ? [pools.unified.dialEarly(), pools.api.dialEarly()] : []
  void kraken?.connected.then((isConnected) =>
    attempts.note('connect', dialledAt, isConnected ? 'ok' : 'failed'),
  )
  const underway = Promise.all([...[secret, kraken, ...second].map((early) => early?.underway)])
  return { pools, kraken, underway, toSecret: secret.connected }
}

/** Asks for the secret's text, and notes it. */
export async function fetchSecret(
  store: Promise<FetchSecret>,
  { call }: Pick<SecretSource, 'call'>,
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

/** A third of an attempt, whose three round trips (TCP, TLS, request) cannot take longer each; never less than Node's own. */
function addressTimeoutOf({ attemptTimeoutMs }: Settings): number {
  return Math.max(250, Math.round(attemptTimeoutMs / 3))
}

/** What is at hand is written first: it goes from promise to promise, and never to the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function ignore(): void {}
