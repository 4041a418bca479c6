import { type Clock, systemClock } from '../clock.ts'
import { SecretInvalid } from '../errors.ts'
import type { RoadName } from '../kraken/exchange.ts'
import { ApiKey, type KeySource } from '../kraken/http/authent.ts'
import { type Keys, readSecret } from './secret.ts'

export type { Keys }

/** Gives the secret's text. @throws SecretUnavailable, and SecretInvalid when it is no text */
export type FetchSecret = () => Promise<string>

/**
 * The keys, fetched once and kept for the life of the process.
 *
 * Once there are keys they stay usable: Secrets Manager being down never stops a warm switch from firing.
 */
export class Credentials {
  readonly #fetchSecret: FetchSecret
  readonly #clock: Pick<Clock, 'now'>
  readonly #read: (text: string) => Keys
  #keys: Keys | null = null
  #pending: Promise<Keys> | null = null
  readonly #lastUnchanged = new Map<RoadName, { readonly key: ApiKey; readonly at: number }>()

  /** @param read of the secret's text, which may hold the keys of others too. @throws SecretInvalid */
  constructor(fetchSecret: FetchSecret, clock: Pick<Clock, 'now'> = systemClock, read = readSecret) {
    this.#fetchSecret = fetchSecret
    this.#clock = clock
    this.#read = read
  }

  /** The kept keys, or those being fetched, or a new fetch. @throws SecretUnavailable, SecretInvalid */
  async current(): Promise<Keys> {
    return this.#keys ?? this.refresh()
  }

  /** Asks Secrets Manager, whatever is kept; callers at the same time share one answer. @throws SecretUnavailable, SecretInvalid */
  refresh(): Promise<Keys> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = null
    })
    return this.#pending
  }

  /** The key of one road, as its calls ask for it. */
  of(road: RoadName): KeySource {
    return {
      current: async () => keyOf(await this.current(), road),
      replacementFor: (rejected) => this.#replacementFor(road, rejected),
    }
  }

  /**
   * The key that replaced one which Kraken rejected; null when there is none, or none can be had.
   *
   * Asks once for each rejected key within `ASK_AGAIN_AFTER_MS`: every call of a sweep is rejected alike.
   */
  async #replacementFor(road: RoadName, rejected: ApiKey): Promise<ApiKey | null> {
    const kept = this.#keys?.[road]
    if (kept instanceof ApiKey && !kept.equals(rejected)) return kept
    if (this.#wasJustUnchanged(road, rejected)) return null
    try {
      const key = (await this.refresh())[road]
      if (key instanceof ApiKey && !key.equals(rejected)) return key
    } catch {
      // The rejection is what the operator has to hear of; the kept key stays.
    }
    this.#lastUnchanged.set(road, { key: rejected, at: this.#clock.now() })
    return null
  }

  #wasJustUnchanged(road: RoadName, rejected: ApiKey): boolean {
    const last = this.#lastUnchanged.get(road)
    return last?.key.equals(rejected) === true && this.#clock.now() - last.at < ASK_AGAIN_AFTER_MS
  }

  async #fetch(): Promise<Keys> {
    this.#keys = this.#read(await this.#fetchSecret())
    return this.#keys
  }
}

const ASK_AGAIN_AFTER_MS = 2_000

/** @throws SecretInvalid when the secret holds none for this road */
function keyOf(keys: Keys, road: RoadName): ApiKey {
  const key = keys[road]
  if (key instanceof ApiKey) return key
  throw (
    key ??
    new SecretInvalid(
      road === 'rest' ? 'apiKey is missing' : 'unified is missing, the key of the Unified WebSocket',
    )
  )
}

/** The roads that the secret has something for. */
export function roadsWithKeys(keys: Keys): readonly RoadName[] {
  return (['rest', 'unified'] as const).filter((road) => keys[road] !== null)
}
