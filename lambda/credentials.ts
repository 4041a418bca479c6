import { type Clock, systemClock } from './clock.ts'
import { SecretInvalid } from './errors.ts'
import { ApiKey, type KeySource } from './kraken/authent.ts'
import type { RoadName } from './kraken/exchange.ts'
import { type Fields, isObject } from './kraken/fields.ts'

/** Gives the secret's text. @throws SecretUnavailable, and SecretInvalid when it is no text */
export type FetchSecret = () => Promise<string>

/** What a secret holds for each road: its key, or why that is none; null when there is nothing. One of them is a key. */
export type Keys = Readonly<Record<RoadName, ApiKey | SecretInvalid | null>>

/**
 * The keys, fetched once and kept for the life of the process.
 *
 * Once there are keys they stay usable: Secrets Manager being down never stops a warm switch from firing.
 */
export class Credentials {
  readonly #fetchSecret: FetchSecret
  readonly #clock: Pick<Clock, 'now'>
  #keys: Keys | null = null
  #pending: Promise<Keys> | null = null
  readonly #lastUnchanged = new Map<RoadName, { readonly key: ApiKey; readonly at: number }>()

  constructor(fetchSecret: FetchSecret, clock: Pick<Clock, 'now'> = systemClock) {
    this.#fetchSecret = fetchSecret
    this.#clock = clock
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
    this.#keys = readSecret(await this.#fetchSecret())
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

/**
 * The keys that a secret holds: `{"apiKey": "...", "apiSecret": "..."}` for the Derivatives REST API, and for the Unified
 * WebSocket the same two under `"unified"`. Either may be there alone; what is wrong with one does not spoil the other.
 *
 * `JSON.parse` quotes its input in its message, and `Buffer.from(x, 'base64')` never throws: neither is trusted here.
 *
 * @throws SecretInvalid when there is no good key, naming the field and what is wrong, never a character of a value
 */
export function readSecret(text: string): Keys {
  const fields = parseSecret(text)
  const hasUnified = Object.hasOwn(fields, 'unified')
  const hasRest = !hasUnified || Object.hasOwn(fields, 'apiKey') || Object.hasOwn(fields, 'apiSecret')
  const rest = hasRest ? keyOrFault(() => readKey(fields, '')) : null
  const unified = hasUnified ? keyOrFault(() => readUnified(fields.unified)) : null
  if (!(rest instanceof ApiKey) && !(unified instanceof ApiKey)) throw rest ?? unified
  return { rest, unified }
}

function keyOrFault(read: () => ApiKey): ApiKey | SecretInvalid {
  try {
    return read()
  } catch (error) {
    if (error instanceof SecretInvalid) return error
    throw error
  }
}

function readUnified(value: unknown): ApiKey {
  if (!isObject(value)) throw new SecretInvalid('unified is not an object')
  return readKey(value, 'unified.')
}

function readKey(fields: Fields, within: string): ApiKey {
  const apiKey = readField(fields, 'apiKey', within)
  const apiSecret = readField(fields, 'apiSecret', within)
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new SecretInvalid(`${within}apiKey holds characters that cannot be sent in a header`)
  }
  const key = decodeBase64(apiSecret)
  if (key === null) throw new SecretInvalid(`${within}apiSecret is not strict base64`)
  // Kraken's secrets are 64 bytes, its public keys are not: the one mistake that would sign and never work.
  if (key.length !== 64 && decodeBase64(apiKey)?.length === 64) {
    throw new SecretInvalid(`${within}apiKey and ${within}apiSecret look swapped`)
  }
  return new ApiKey(apiKey, key)
}

function parseSecret(text: string): Fields {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new SecretInvalid('it is not JSON')
  }
  if (!isObject(parsed)) throw new SecretInvalid('it is not a JSON object')
  return parsed
}

function readField(fields: Fields, field: 'apiKey' | 'apiSecret', within: string): string {
  const name = `${within}${field}`
  const value = Object.hasOwn(fields, field) ? fields[field] : undefined
  if (value === undefined) throw new SecretInvalid(`${name} is missing`)
  if (typeof value !== 'string') throw new SecretInvalid(`${name} is not a string`)
  const trimmed = value.replace(/^[ \t\r\n\v\f]+|[ \t\r\n\v\f]+$/g, '')
  if (trimmed === '') throw new SecretInvalid(`${name} is empty`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(trimmed))
    throw new SecretInvalid(`${name} holds a line break or control character`)
  return trimmed
}

function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
