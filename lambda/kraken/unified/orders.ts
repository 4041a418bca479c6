import { type Fields, flag, isObject, number, text, time, upper } from '../../json.ts'
import type { Order, Position } from '../exchange.ts'
import { Refusal, readErrorCode } from '../exchange-error.ts'
import { isNothing } from './answers.ts'

/** The entries of an `executions` message. @throws Refusal without the list, or with an error beside it */
export function readEntries(message: Fields): readonly Fields[] {
  const { data, error } = message
  // `snapshot_too_large` comes with an empty list, which is no empty book.
  if (!isNothing(error)) throw new Refusal(readErrorCode([text(error)?.replaceAll('_', ' ') ?? '']))
  if (isObject(data) && text(data.order_id) !== null) return [data]
  if (!Array.isArray(data)) throw new Refusal('no data', 'Kraken sent open orders without a list')
  return data.map((entry) => (isObject(entry) ? entry : {}))
}

/** The positions of a snapshot, futures and options. @throws Refusal without the list of futures */
export function readUnifiedPositions({ data, error }: Fields): readonly Position[] {
  const futures = isObject(data) ? data.futures : undefined
  if (!isNothing(error) || !isObject(data) || !Array.isArray(futures)) {
    throw new Refusal('no positions', 'Kraken sent no list of positions')
  }
  const options = Array.isArray(data.options) ? data.options : []
  return [...futures, ...options].map((entry) => readPosition(isObject(entry) ? entry : {}))
}

function readPosition(raw: Fields): Position {
  const size = number(raw.size)
  const bySign = size === null ? null : size < 0 ? 'short' : 'long'
  return {
    symbol: upper(text(raw.symbol)),
    side: text(raw.side) ?? bySign,
    size: size === null ? null : Math.abs(size),
    price: number(raw.entry_price),
  }
}

const GONE = /^(filled|cancell?ed|expired)$/
const CANCELLED = /^cancell?ed$/

/** Does this entry say that its order rests no more? Anything unknown does not. */
export function isGone(entry: Fields): boolean {
  return GONE.test(stateOf(entry))
}

/** Does this entry say that its order was cancelled, by whomever? */
export function isCancelled(entry: Fields): boolean {
  return CANCELLED.test(stateOf(entry))
}

/** What the order is, and where that is not told, what happened to it. */
function stateOf({ order_status: status, exec_type: event }: Fields): string {
  return text(status) ?? text(event) ?? ''
}

/** An order as the `executions` channel describes it, over one or more entries. */
export class UnifiedOrder implements Order {
  readonly #raw: Fields

  constructor(raw: Fields) {
    this.#raw = raw
  }

  /**
   * The same order as a later entry has it; entries hold only what their event is about. That an order is reduce-only stays
   * told until something else is.
   */
  with(entry: Fields): UnifiedOrder {
    const { timestamp, reduce_only: told } = this.#raw
    const isTold = flag(entry.reduce_only) !== null
    return new UnifiedOrder({
      ...this.#raw,
      ...entry,
      timestamp: timestamp ?? entry.timestamp,
      reduce_only: isTold ? entry.reduce_only : told,
    })
  }

  get orderId(): string {
    return text(this.#raw.order_id) ?? ''
  }

  get cliOrdId(): string | null {
    return text(this.#raw.cl_ord_id)
  }

  get symbol(): string | null {
    return upper(text(this.#raw.symbol))
  }

  get side(): string | null {
    return text(this.#raw.side)
  }

  get type(): string | null {
    return text(this.#raw.order_type)
  }

  get size(): number | null {
    const ordered = number(this.#raw.order_qty)
    return ordered === null ? null : ordered - (number(this.#raw.cum_qty) ?? 0)
  }

  get limitPrice(): number | null {
    return number(this.#raw.limit_price)
  }

  get stopPrice(): number | null {
    const { triggers } = this.#raw
    return number(this.#raw.stop_price) ?? (isObject(triggers) ? number(triggers.price) : null)
  }

  get reduceOnly(): boolean | null {
    return flag(this.#raw.reduce_only)
  }

  get placedAt(): number | null {
    return time(this.#raw.timestamp)
  }
}
