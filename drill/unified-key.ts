import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../lambda/clock.ts'

/** What a key of the Unified WebSocket may do. */
export type Right = 'websocket' | 'query' | 'cancel' | 'modify' | 'funds' | 'withdraw'

const TOKEN_MS = 15 * 60_000

/** The second key of an account, its nonces and its tokens. */
export class UnifiedKey {
  /** As Kraken shows them: base64 of 42 and of 64 bytes. */
  apiKey = randomBytes(42).toString('base64')
  apiSecret = randomBytes(64).toString('base64')
  readonly rights = new Set<Right>(['websocket', 'query', 'cancel'])
  ipAllowlist: string[] = []
  /** Seconds since 1970; 0 for a key that does not end. */
  validUntil = 0
  /** Every token that there ever was. */
  readonly issued = new Set<string>()
  readonly tokens: { readonly token: string; readonly at: number }[] = []
  readonly #clock: Pick<Clock, 'now'>
  lastNonce = 0n

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
  }

  /** Makes a new key; the old one works no more, and its tokens neither. */
  rotate(): void {
    this.apiKey = randomBytes(42).toString('base64')
    this.apiSecret = randomBytes(64).toString('base64')
    this.tokens.length = 0
  }

  /** Under "unified" in the secret. */
  get fields(): { readonly apiKey: string; readonly apiSecret: string } {
    return { apiKey: this.apiKey, apiSecret: this.apiSecret }
  }

  /** The signature that a request has to carry. Written from Kraken's documentation, not from the code under test. */
  expectedSign(path: string, postData: string): string {
    const nonce = new URLSearchParams(postData).get('nonce') ?? ''
    const message = Buffer.concat([
      Buffer.from(path),
      createHash('sha256')
        .update(nonce + postData)
        .digest(),
    ])
    return createHmac('sha512', Buffer.from(this.apiSecret, 'base64')).update(message).digest('base64')
  }

  /** Takes a nonce; false when it is no higher than one before. */
  takeNonce(text: string | null): boolean {
    const nonce = text !== null && /^\d{1,20}$/.test(text) ? BigInt(text) : 0n
    if (nonce <= this.lastNonce) return false
    this.lastNonce = nonce
    return true
  }

  issueToken(): string {
    const token = randomBytes(32).toString('base64')
    this.issued.add(token)
    this.tokens.push({ token, at: this.#clock.now() })
    return token
  }

  isToken(text: unknown): boolean {
    return this.tokens.some(({ token, at }) => token === text && this.#clock.now() - at < TOKEN_MS)
  }
}
