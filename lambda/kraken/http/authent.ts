import { createHash, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { apiSign } from './api-sign.ts'

export interface AuthentInputs {
  /** Exactly as sent, url-encoded; empty when there are no parameters. */
  readonly postData: string
  /** Empty when no `Nonce` header is sent. */
  readonly nonce: string
  /** The path as requested. */
  readonly path: string
  /** The API secret, base64-decoded. As an object it is made ready once, not for each signature: 2 µs instead of 11. */
  readonly key: KeyObject
}

/**
 * The `Authent` header of one Kraken Futures request.
 *
 *     base64(HMAC-SHA512(key = base64-decoded secret, SHA256(postData + nonce + endpointPath)))
 *
 * `endpointPath` is the path without a leading `/derivatives`. Pure: same inputs, same signature; reads no clock.
 *
 * @see https://docs.kraken.com/api/docs/guides/futures-rest/ (Authentication)
 */
export function authent({ postData, nonce, path, key }: AuthentInputs): string {
  const endpointPath = path.replace(/^\/derivatives(?=\/)/, '')
  const digest = createHash('sha256').update(postData).update(nonce).update(endpointPath).digest()
  return createHmac('sha512', key).update(digest).digest('base64')
}

/** One API key and its secret. Neither can be read back, printed or serialised: all it gives is signed headers. */
export class ApiKey {
  readonly #publicKey: string
  readonly #key: KeyObject

  /**
   * @param publicKey goes out as the `APIKey` header, or as `API-Key`
   * @param key the API secret, base64-decoded
   */
  constructor(publicKey: string, key: Buffer) {
    this.#publicKey = publicKey
    this.#key = createSecretKey(key)
  }

  /** The headers that sign one request. Without a nonce none is sent: parallel senders would collide. */
  headers(postData: string, path: string, nonce = ''): Record<string, string> {
    return {
      APIKey: this.#publicKey,
      Authent: authent({ postData, nonce, path, key: this.#key }),
      ...(nonce === '' ? {} : { Nonce: nonce }),
    }
  }

  /** The headers that sign one request to the Spot REST API, whose keys are of the same form. */
  spotHeaders(postData: string, path: string, nonce: string): Record<string, string> {
    return { 'API-Key': this.#publicKey, 'API-Sign': apiSign({ path, nonce, postData, key: this.#key }) }
  }

  /** 48 bits of a SHA-256 over what Kraken calls the public key: enough to tell keys apart, and to tell nothing of them. */
  fingerprint(): string {
    return createHash('sha256').update(this.#publicKey).digest('base64url').slice(0, 8)
  }

  equals(other: ApiKey): boolean {
    return this.#publicKey === other.#publicKey && this.#key.equals(other.#key)
  }
}

/** Where the key comes from, and how to ask whether there is a newer one. */
export interface KeySource {
  current(): Promise<ApiKey>
  /** The key that replaced a rejected one; null when there is none. */
  replacementFor(rejected: ApiKey): Promise<ApiKey | null>
}
