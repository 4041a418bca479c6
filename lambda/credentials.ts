import { type Clock, systemClock } from './clock.ts'
import { SecretInvalid } from './errors.ts'
import { ApiKey, type KeySource } from './kraken/authent.ts'

/** Gives the secret's text. @throws SecretUnavailable, and SecretInvalid when it is no text */
export type FetchSecret = () => Promise<string>

/**
 * The key, fetched once and kept for the life of the process.
 *
 * Once there is a key it stays usable: Secrets Manager being down never stops a warm switch from firing.
 */
export class Credentials implements KeySource {
  readonly #fetchSecret: FetchSecret
  readonly #clock: Pick<Clock, 'now'>
  #key: ApiKey | null = null
  #pending: Promise<ApiKey> | null = null
  #lastUnchanged: { readonly key: ApiKey; readonly at: number } | null = null

  constructor(fetchSecret: FetchSecret, clock: Pick<Clock, 'now'> = systemClock) {
    this.#fetchSecret = fetchSecret
    this.#clock = clock
  }

  /** The kept key, or the one being fetched, or a new fetch. @throws SecretUnavailable, SecretInvalid */
  async current(): Promise<ApiKey> {
    return this.#key ?? this.refresh()
  }

  /** Asks Secrets Manager, whatever is kept; callers at the same time share one answer. @throws SecretUnavailable, SecretInvalid */
  refresh(): Promise<ApiKey> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = null
    })
    return this.#pending
  }

  /**
   * The key that replaced one which Kraken rejected; null when there is none, or none can be had.
   *
   * Asks once for each rejected key within `ASK_AGAIN_AFTER_MS`: every call of a sweep is rejected alike.
   */
  async replacementFor(rejected: ApiKey): Promise<ApiKey | null> {
    if (this.#key !== null && !this.#key.equals(rejected)) return this.#key
    if (this.#wasJustUnchanged(rejected)) return null
    try {
      const key = await this.refresh()
      if (!key.equals(rejected)) return key
    } catch {
      // The rejection is what the operator has to hear of; the kept key stays.
    }
    this.#lastUnchanged = { key: rejected, at: this.#clock.now() }
    return null
  }

  #wasJustUnchanged(rejected: ApiKey): boolean {
    const last = this.#lastUnchanged
    return last?.key.equals(rejected) === true && this.#clock.now() - last.at < ASK_AGAIN_AFTER_MS
  }

  async #fetch(): Promise<ApiKey> {
    this.#key = readSecret(await this.#fetchSecret())
    return this.#key
  }
}

const ASK_AGAIN_AFTER_MS = 2_000

/**
 * The key that a secret holds: `{"apiKey": "...", "apiSecret": "..."}`.
 *
 * `JSON.parse` quotes its input in its message, and `Buffer.from(x, 'base64')` never throws: neither is trusted here.
 *
 * @throws SecretInvalid naming the field and what is wrong, never a character of a value
 */
export function readSecret(text: string): ApiKey {
  const fields = parseSecret(text)
  const apiKey = readField(fields, 'apiKey')
  const apiSecret = readField(fields, 'apiSecret')
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new SecretInvalid('apiKey holds characters that cannot be sent in a header')
  }
  const key = decodeBase64(apiSecret)
  if (key === null) throw new SecretInvalid('apiSecret is not strict base64')
  // Kraken's secrets are 64 bytes, its public keys are not: the one mistake that would sign and never work.
  if (key.length !== 64 && decodeBase64(apiKey)?.length === 64) {
    throw new SecretInvalid('apiKey and apiSecret look swapped')
  }
  return new ApiKey(apiKey, key)
}

function parseSecret(text: string): Readonly<Record<string, unknown>> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw new SecretInvalid('it is not JSON')
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new SecretInvalid('it is not a JSON object')
  }
  return parsed as Readonly<Record<string, unknown>>
}

function readField(fields: Readonly<Record<string, unknown>>, name: 'apiKey' | 'apiSecret'): string {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
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
