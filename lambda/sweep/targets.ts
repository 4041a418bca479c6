import type { KillSwitchError } from '../errors.ts'
import type { Order } from '../kraken/exchange.ts'
import { ExchangeError, NotTried } from '../kraken/exchange-error.ts'
import type { Symbols } from '../kraken/scope.ts'
import { isKnownSymbol, mayCover } from '../kraken/symbol.ts'
import { KeyPatience } from './key-patience.ts'

/** 25 units each: 475 of Kraken's 500; the rest pays for reading the book. */
const MOST_SYMBOLS_A_ROUND = 19
/** 10 units each. */
const MOST_IDS_A_ROUND = 20
/** An order that two acknowledged cancels left on the book is not going to leave by a third. */
const STUBBORN_AFTER = 2

/** One cancel-all: of the account, or of a symbol. */
export interface Target {
  /** Undefined for all orders of the account. */
  readonly symbol: string | undefined
  /** `refused` for good: Kraken said that asking again is of no use. */
  state: 'due' | 'acked' | 'refused'
  /** Why its last cancel was not acknowledged. */
  trouble: KillSwitchError | null
}

/** What has to be cancelled yet where everything in scope goes, and by which call. */
export class Targets {
  readonly #scope: Symbols
  readonly #targets: readonly Target[]
  /** Open orders, with the number of acknowledged cancels that each has survived. */
  #survivors: readonly { readonly order: Order; readonly times: number }[] = []
  readonly #refusedIds = new Set<string>()
  readonly #patience: KeyPatience
  #byIdWorks = false
  /** The first cancel by id was refused for good: so will be the others. */
  #isByIdRefused = false

  /** @param patience with a key that cancels are refused with */
  constructor(scope: Symbols, patience = new KeyPatience()) {
    this.#scope = scope
    this.#patience = patience
    const symbols = scope === 'all' ? [undefined] : scope
    this.#targets = symbols.map((symbol) => ({ symbol, state: 'due', trouble: null }))
  }

  /** The cancels to send now, all at once. @param now monotonic milliseconds */
  due(now: number): readonly Target[] {
    if (this.#patience.isWaiting(now)) return []
    return this.#targets.filter(({ state }) => state === 'due').slice(0, MOST_SYMBOLS_A_ROUND)
  }

  /** Orders to cancel by id, since cancel-all does not remove them. */
  stubborn(now: number): readonly Order[] {
    if (this.#patience.isWaiting(now)) return []
    // Where cancel-all is refused, one order shows whether a cancel by id is too.
    const isProbe = !this.#byIdWorks && this.#targets.every(({ state }) => state === 'refused')
    return this.#survivors
      .filter(({ order, times }) => times >= STUBBORN_AFTER && this.#canTryById(order))
      .map(({ order }) => order)
      .slice(0, isProbe ? 1 : MOST_IDS_A_ROUND)
  }

  acked(target: Target): void {
    this.#patience.noteSuccess()
    target.state = 'acked'
    target.trouble = null
  }

  failed(target: Target, error: KillSwitchError, now: number): void {
    // What Kraken said before tells more than that our time or budget is over.
    if (!(error instanceof NotTried) || target.trouble === null) target.trouble = error
    if (!this.#isFinal(error, now)) return
    // The key is refused for all of them, also for those that the budget has kept back until now.
    const refused = isAboutKey(error) ? this.#targets.filter(({ state }) => state === 'due') : [target]
    for (const one of refused) one.state = 'refused'
  }

  ackedById(): void {
    this.#patience.noteSuccess()
    this.#byIdWorks = true
  }

  failedById(order: Order, error: KillSwitchError, now: number): void {
    if (!this.#isFinal(error, now)) return
    this.#refusedIds.add(order.orderId)
    this.#isByIdRefused ||= !this.#byIdWorks
  }

  /** Orders are open still, or again: their cancels are due. */
  foundOpen(open: readonly Order[]): void {
    const before = new Map(this.#survivors.map(({ order, times }) => [order.orderId, times]))
    this.#survivors = open.map((order) => ({
      order,
      times: (before.get(order.orderId) ?? 0) + this.#timesSurvived(order),
    }))
    this.hearOpen(open)
  }

  /** There is at least one of these: its cancels are due, if they were acknowledged before. */
  hearOpen(open: readonly Order[]): void {
    for (const target of this.#targets) {
      if (target.state === 'acked' && open.some((order) => concerns(target, order))) target.state = 'due'
    }
  }

  /** Kraken has refused for good every call that could remove one of these. */
  isHopeless(open: readonly Order[]): boolean {
    return !this.hasDue && !open.some((order) => this.#canTryById(order))
  }

  /** Why a cancel is still unacknowledged. */
  get trouble(): KillSwitchError | null {
    return this.#targets.find(({ trouble }) => trouble !== null)?.trouble ?? this.#patience.trouble
  }

  /** Now, or when the key is to be tried again. */
  get hasDue(): boolean {
    return this.#targets.some(({ state }) => state === 'due')
  }

  /** When to try the key again, in monotonic milliseconds; null while nothing waits for that. */
  get keyAt(): number | null {
    return this.#patience.nextAt
  }

  #isFinal(error: KillSwitchError, now: number): boolean {
    return isAboutKey(error) ? !this.#patience.noteRefusal(now, error) : isFinal(error)
  }

  #timesSurvived(order: Order): number {
    const concerned = this.#targets.filter((target) => concerns(target, order))
    if (concerned.every(({ state }) => state === 'refused')) return STUBBORN_AFTER
    return concerned.some(({ state }) => state === 'acked') ? 1 : 0
  }

  /** An order whose symbol does not tell counts as open, but may be another's: it is not cancelled by its id. */
  #canTryById({ orderId, symbol }: Order): boolean {
    if (this.#scope !== 'all' && !isKnownSymbol(symbol)) return false
    return orderId !== '' && !this.#isByIdRefused && !this.#refusedIds.has(orderId)
  }
}

function concerns({ symbol }: Target, order: Order): boolean {
  return symbol === undefined || mayCover(symbol, order.symbol)
}

/** Asking again is of no use; an error that is not the exchange's (no key) does not heal by itself either. */
export function isFinal(error: KillSwitchError): boolean {
  return !(error instanceof ExchangeError) || error.remedy === 'stop'
}

/** Kraken refuses the key or its nonces, though another one was tried where there was one. */
export function isAboutKey(error: KillSwitchError): boolean {
  return error instanceof ExchangeError && error.remedy === 'change'
}
