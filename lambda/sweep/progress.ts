import { asKnown, type KillSwitchError } from '../errors.ts'
import type { Answered, Book, CancelAck, Order, Position, RoadName } from '../kraken/exchange.ts'
import { ExchangeError } from '../kraken/exchange-error.ts'
import { inScope, isKeeping, isKept, type Scope } from '../kraken/scope.ts'
import { type KeyPatience, KeyRecord } from './key-patience.ts'
import { OrdersById } from './orders-by-id.ts'
import { openInScope, ProofOfEmpty } from './proof.ts'
import { Tally } from './tally.ts'
import { Targets } from './targets.ts'
import type { Findings } from './verdict.ts'

/** What one road has come to know. */
export interface RoadFindings extends Findings {
  readonly name: RoadName
  readonly bookReads: number
  readonly firstAckAt: number | null
  /** Orders to be kept that it was told of unasked and that were not called gone. */
  readonly toldKept: readonly Order[]
}

/** When it was here, by our clock, and its time by the exchange's. */
export type Dated = Pick<Answered, 'serverTime' | 'answeredAt'>

export function laterOf(one: Dated | null, other: Dated): Dated {
  return (other.serverTime ?? 0) > (one?.serverTime ?? 0) ? other : (one ?? other)
}

/** What the sweep over one road knows so far. */
export class Progress {
  readonly name: RoadName
  readonly scope: Scope
  /** By cancel-alls, or where something is to be kept, by ids alone. */
  readonly targets: Targets | OrdersById
  readonly tally: Tally
  proof: ProofOfEmpty | null = null
  book: Book | null = null
  bookReads = 0
  /** Something that it could still ask may change the verdict. */
  isAtWork = true
  /** What the last read took. */
  readMs = 0
  /** Orders were found where the read before had none: they are new, and go at once. */
  isRefilled = false
  /** The first read of a possible proof; null while orders are open, or unread since the last ack. */
  firstEmpty: Book | null = null
  /** Asked for when the book was found empty for the first time, after the last ack. Never rejects. */
  positions: Promise<readonly Position[] | null> | null = null
  firstAckAt: number | null = null
  lastAckAt: number | null = null
  /** Of the acks and positions the one that the exchange dates the latest, by its own clock. */
  latest: Dated | null = null
  /** When an order in scope rested at the latest, as an old book shows, by our clock; null where none does. */
  restedAt: number | null = null
  /** The exchange's clock at its last answer, in milliseconds since 1970, and how far it is ahead of ours. */
  exchangeClock: { readonly serverTime: number; readonly skewMs: number } | null = null
  readTrouble: KillSwitchError | null
  /** For a key that reads are refused with. */
  readonly readPatience: KeyPatience
  /** The longest `Retry-After` of this round. */
  retryAfterMs = 0

  readonly #onAck: (ack: CancelAck) => void

  /**
   * @param tally shared by the roads of one sweep: an order that one of them cancelled is cancelled
   * @param onAck hears of every ack, also of those that come when the sweep is over
   * @param keys how the keys have fared before
   */
  constructor(
    name: RoadName,
    scope: Scope,
    tally = new Tally(scope),
    onAck: (ack: CancelAck) => void = () => {},
    keys = new KeyRecord(),
  ) {
    const { cancels, reads } = keys.of(name)
    this.#onAck = onAck
    this.name = name
    this.scope = scope
    this.targets = isKeeping(scope) ? new OrdersById(scope, cancels) : new Targets(scope, cancels)
    this.readPatience = reads
    this.readTrouble = reads.trouble
    this.tally = tally
  }

  /**
   * As they are now.
   *
   * @param told orders that the exchange told of unasked and has not called gone, in scope or not
   */
  findings(told: readonly Order[] = []): RoadFindings {
    const known = told.map(this.tally.withTold, this.tally)
    const { name, scope, proof, book, bookReads, firstAckAt, lastAckAt, readTrouble, targets } = this
    return {
      name,
      scope,
      proof,
      book,
      bookReads,
      firstAckAt,
      lastAckAt,
      readTrouble,
      told: known.filter((order) => inScope(scope, order)),
      toldKept: known.filter((order) => isKept(scope, order)),
      cancelTrouble: targets.trouble,
    }
  }

  beginRound(): void {
    this.retryAfterMs = 0
    this.isRefilled = false
  }

  addAck(ack: CancelAck): void {
    this.tally.addAck(ack)
    this.readPatience.noteSuccess() // the key is taken again
    this.firstAckAt ??= ack.answeredAt
    this.hearAck(ack)
    this.#noteClock(ack)
    this.#onAck(ack)
  }

  /** A cancel of this road was answered, whichever sweep sent it: what was read before is no evidence. */
  hearAck(ack: CancelAck): void {
    this.lastAckAt = Math.max(this.lastAckAt ?? -Infinity, ack.answeredAt)
    this.hearServerTime(ack)
    this.beginAnew()
  }

  /** What is read from now on, and dated before that, is an old copy: without an ack nothing else may tell. */
  hearServerTime(answer: Dated): void {
    this.latest = laterOf(this.latest, answer)
  }

  /** @returns does a quiet period begin with it? @throws ExchangeError when it is an old one */
  addBook(read: Book, quietPeriodMs: number): boolean {
    this.#noteClock(read)
    const book = this.#withTold(read)
    if (this.#isOld(book)) {
      this.#noteRested(book)
      throw new ExchangeError('stale read', 'Kraken answered with an old book')
    }
    const wasEmpty = this.book !== null && openInScope(this.book, this.scope).length === 0
    this.bookReads += 1
    this.book = book
    this.readMs = book.answeredAt - book.sentAt
    const { scope, lastAckAt, firstEmpty: first } = this
    const open = openInScope(book, scope)
    this.tally.addRead(open)
    this.tally.addTold((book.grownBy ?? []).filter((order) => inScope(scope, order)))
    if (isKeeping(scope)) this.tally.addKept(book.orders.filter((order) => isKept(scope, order)))
    if (this.targets instanceof OrdersById) this.targets.foundOpen(book)
    else this.targets.foundOpen(open)
    if (open.length > 0) {
      this.isRefilled = wasEmpty
      this.beginAnew()
    } else if (first !== null && !this.#isStirred(book)) {
      this.proof = ProofOfEmpty.from({ scope, first, second: book, lastAckAt, quietPeriodMs }) ?? this.proof
    } else if (lastAckAt === null || book.sentAt >= lastAckAt) {
      this.firstEmpty = book
    }
    return this.firstEmpty === book
  }

  /** What another road told of its orders may decide whether they are to stay. */
  #withTold(book: Book): Book {
    if (!isKeeping(this.scope)) return book
    const orders = book.orders.map((order) => this.tally.withTold(order))
    const grownBy = (book.grownBy ?? []).map((order) => this.tally.withTold(order))
    return { ...book, orders, grownBy }
  }

  /** Takes note of what was told of unasked. @returns is any of it in scope? Then its cancels are due */
  hearOpen(told: readonly Order[]): boolean {
    const open = told.map(this.tally.withTold, this.tally).filter((order) => inScope(this.scope, order))
    this.tally.addTold(open)
    if (open.length > 0) this.targets.hearOpen(open)
    return open.length > 0
  }

  /** Notes an error, with its wish to be left alone, and gives it as one that this program names. */
  noteTrouble(error: unknown): KillSwitchError {
    const known = asKnown(error)
    if (known instanceof ExchangeError) {
      this.retryAfterMs = Math.max(this.retryAfterMs, known.retryAfterMs ?? 0)
    }
    return known
  }

  /** What was read until now proves nothing any more: orders were cancelled or found, on this road or another. */
  beginAnew(): void {
    this.proof = null
    this.firstEmpty = null
    this.positions = null
  }

  /** Orders out of scope may come and go. */
  #isStirred({ wasStirred = false, grownBy = [] }: Book): boolean {
    return wasStirred || grownBy.some((order) => inScope(this.scope, order))
  }

  /** By the exchange's own clock: a read that it dates before the ack shows the book from before the cancel. */
  #isOld({ serverTime }: Book): boolean {
    const latest = this.latest?.serverTime ?? null
    return serverTime !== null && latest !== null && serverTime < latest
  }

  /** No evidence of what is open now, but of what rested then: as long before the latest answer as the exchange dates it. */
  #noteRested(old: Book): void {
    if (this.latest === null || openInScope(old, this.scope).length === 0) return
    const { serverTime, answeredAt } = this.latest
    const at = answeredAt - (Number(serverTime) - Number(old.serverTime))
    this.restedAt = Math.max(this.restedAt ?? -Infinity, at)
  }

  #noteClock({ serverTime, clockSkewMs }: CancelAck | Book): void {
    if (serverTime !== null && clockSkewMs !== null) this.exchangeClock = { serverTime, skewMs: clockSkewMs }
  }
}
