import { createHash, createHmac, randomBytes } from 'node:crypto'
import { Book } from './book.ts'

const WINDOW_MS = 10_000
const WINDOW_UNITS = 500

/** One Kraken Futures account: its key, its book, what it may do and what it has spent. */
export class Account {
  readonly book = new Book()
  general = 'FULL_ACCESS'
  transfer = 'NO_ACCESS'
  allowedCidrBlocks: string[] = []
  /** As Kraken shows them: base64 of 42 and of 64 bytes. */
  apiKey = randomBytes(42).toString('base64')
  apiSecret = randomBytes(64).toString('base64')
  #spent: { at: number; units: number }[] = []
  #deadMansSwitch: NodeJS.Timeout | undefined
  #triggerTime: Date | null = null

  /** Makes a new key; the old one works no more. */
  rotate(): void {
    this.apiKey = randomBytes(42).toString('base64')
    this.apiSecret = randomBytes(64).toString('base64')
  }

  /** The secret as the user stores it. */
  get secret(): string {
    return JSON.stringify({ apiKey: this.apiKey, apiSecret: this.apiSecret })
  }

  /**
   * The signature that a request has to carry. Written from Kraken's documentation, not from the code under test.
   *
   * @param path as requested; its `/derivatives` prefix is not signed
   */
  expectedAuthent(postData: string, nonce: string, path: string): string {
    const signedPath = path.startsWith('/derivatives/') ? path.slice('/derivatives'.length) : path
    const message = createHash('sha256').update(`${postData}${nonce}${signedPath}`, 'utf8').digest()
    return createHmac('sha512', Buffer.from(this.apiSecret, 'base64')).update(message).digest('base64')
  }

  /** Charges a call; false when the window's units are spent. */
  charge(units: number): boolean {
    const now = performance.now()
    this.#spent = this.#spent.filter(({ at }) => at > now - WINDOW_MS)
    if (this.unitsSpent + units > WINDOW_UNITS) return false
    this.#spent.push({ at: now, units })
    return true
  }

  /** Somebody else spends what is left, as if so many milliseconds ago. */
  exhaust(msAgo = 0): void {
    this.#spent.push({ at: performance.now() - msAgo, units: WINDOW_UNITS - this.unitsSpent })
  }

  get unitsSpent(): number {
    return this.#spent.reduce((sum, { units }) => sum + units, 0)
  }

  /** Cancel-all after so many seconds, unless called again before; 0 disarms. Gives the time it will fire. */
  cancelAllAfter(seconds: number): Date | null {
    clearTimeout(this.#deadMansSwitch)
    this.#triggerTime = seconds === 0 ? null : new Date(Date.now() + seconds * 1000)
    if (seconds > 0)
      this.#deadMansSwitch = setTimeout(() => this.book.remove(() => true), seconds * 1000).unref()
    return this.#triggerTime
  }
}
