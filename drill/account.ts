import { createHash, createHmac, createSecretKey, randomBytes } from 'node:crypto'
import type { Clock } from '../lambda/clock.ts'
import { Book } from './book.ts'
import { exchangeClock } from './clock.ts'
import { Ledger } from './ledger.ts'
import { Timer } from './timer.ts'
import { UnifiedKey } from './unified-key.ts'

/** As the setting `KRAKEN_ROADS` names them. */
export type Roads = 'rest' | 'unified' | 'both'

const FIRST_UID = '6f8e1d7c-0000-4000-8000-000000000001'

/** One Kraken Futures account: its key, its book, what it may do and what it has spent. */
export class Account {
  readonly book: Book
  /** It cancels what rests when it fires, as a cancel does: everybody who listens hears of each order. */
  readonly timer: Timer
  readonly clock: Clock
  /** What counts its calls; shared, where Kraken counts those of an address. */
  readonly ledger: Ledger
  /** Kraken's own name of the account. */
  readonly uid: string
  general = 'FULL_ACCESS'
  transfer = 'NO_ACCESS'
  allowedCidrBlocks: string[] = []
  /** Kraken's number of the account. */
  iban: string | null = 'AA88 N84G WOAK NMOI'
  /** As Kraken shows them: base64 of 42 and of 64 bytes. */
  apiKey = randomBytes(42).toString('base64')
  apiSecret = randomBytes(64).toString('base64')
  /** The second key, for the same book over the Unified WebSocket. */
  readonly unified: UnifiedKey
  #hmacKey = createSecretKey(this.apiSecret, 'base64')
  /** Of the present key, by what was signed: without a nonce the same call is signed alike. */
  readonly #authents = new Map<string, string>()

  constructor(clock: Clock = exchangeClock, ledger = new Ledger(clock), uid = FIRST_UID) {
    this.clock = clock
    this.ledger = ledger
    this.uid = uid
    this.unified = new UnifiedKey(clock)
    this.book = new Book(clock)
    this.timer = new Timer(clock, () => this.book.remove(() => true))
  }

  /** Makes a new key; the old one works no more. */
  rotate(): void {
    this.apiKey = randomBytes(42).toString('base64')
    this.apiSecret = randomBytes(64).toString('base64')
    this.#hmacKey = createSecretKey(this.apiSecret, 'base64')
    this.#authents.clear()
  }

  /** The secret as the user stores it, with the key of the first road. */
  get secret(): string {
    return this.secretFor('rest')
  }

  /** The secret with the keys of these roads. */
  secretFor(roads: Roads): string {
    const { apiKey, apiSecret } = this
    const unified = roads === 'rest' ? {} : { unified: this.unified.fields }
    return JSON.stringify({ ...(roads === 'unified' ? {} : { apiKey, apiSecret }), ...unified })
  }

  /**
   * The signature that a request has to carry. Written from Kraken's documentation, not from the code under test.
   *
   * @param path as requested; its `/derivatives` prefix is not signed
   */
  expectedAuthent(postData: string, nonce: string, path: string): string {
    const signedPath = path.startsWith('/derivatives/') ? path.slice('/derivatives'.length) : path
    const text = `${postData}${nonce}${signedPath}`
    const known = this.#authents.get(text)
    if (known !== undefined) return known
    const message = createHash('sha256').update(text, 'utf8').digest()
    const authent = createHmac('sha512', this.#hmacKey).update(message).digest('base64')
    this.#authents.set(text, authent)
    return authent
  }

  /** Charges a call; false when the window's units are spent. */
  charge(units: number): boolean {
    return this.ledger.charge(units)
  }

  /** Somebody else spends what is left, as if so many milliseconds ago. */
  exhaust(msAgo = 0): void {
    this.ledger.exhaust(msAgo)
  }

  /** The exchange's clock, as its answers show it. */
  get serverTime(): string {
    return new Date(this.clock.wallTime()).toISOString()
  }

  get unitsSpent(): number {
    return this.ledger.unitsSpent
  }
}
