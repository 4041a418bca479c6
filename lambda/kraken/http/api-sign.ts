import { createHash, createHmac, type KeyObject } from 'node:crypto'

export interface ApiSignInputs {
  /** The path as requested, from `/0/private` on. */
  readonly path: string
  readonly nonce: string
  /** Exactly as sent, url-encoded; holds the nonce too. */
  readonly postData: string
  /** The API secret, base64-decoded. */
  readonly key: KeyObject
}

/**
 * The `API-Sign` header of one request to Kraken's Spot REST API.
 *
 *     base64(HMAC-SHA512(key = base64-decoded secret, path + SHA256(nonce + postData)))
 *
 * Pure: same inputs, same signature; reads no clock.
 *
 * @see https://docs.kraken.com/exchange/guides/rest/authentication
 */
export function apiSign({ path, nonce, postData, key }: ApiSignInputs): string {
  const digest = createHash('sha256').update(nonce).update(postData).digest()
  return createHmac('sha512', key).update(path).update(digest).digest('base64')
}
