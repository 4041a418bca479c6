import type { Account } from './account.ts'
import type { Change, RestingOrder } from './book.ts'

/** One message of a client, read as far as it can be. */
export interface Asked {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  readonly reqId: number
}

/** What is said on a WebSocket: an object as JSON, a text as it is. */
export type Said = object | string

export function readAsked(message: string): Asked {
  const { method = '', params = {}, req_id: reqId = 0 } = JSON.parse(message)
  return { method: String(method), params, reqId: Number(reqId) }
}

/** One client of the Unified WebSocket: what it is subscribed to, and what it is told. Knows nothing of networks. */
export class UnifiedSession {
  readonly #account: Account
  readonly #tell: (said: Said) => void
  readonly #subscribed = new Set<string>()
  #sequence = 0
  #subscriptions = 0
  /** It was opened with a token that was good then. */
  #hasToken = false
  readonly #hear = (change: Change) => this.#update(change)

  /** @param tell gets what the exchange says unasked, as it says it */
  constructor(account: Account, tell: (said: Said) => void) {
    this.#account = account
    this.#tell = tell
    account.book.listeners.add(this.#hear)
  }

  close(): void {
    this.#account.book.listeners.delete(this.#hear)
  }

  isAuthentic({ params }: Asked): boolean {
    const isKnown = this.#account.unified.tokens.some(({ token }) => token === params.token)
    return this.#account.unified.isToken(params.token) || (isKnown && this.#hasToken)
  }

  /** Does what was asked, and gives what is said to it, in turn. */
  answer(asked: Asked): readonly Said[] {
    const refusal = this.refuse(asked)
    return refusal === null ? this.carryOut(asked) : [this.failure(asked, refusal)]
  }

  /** Why it is not done; null when it is. */
  refuse(asked: Asked): string | null {
    const { rights } = this.#account.unified
    const { method, params } = asked
    if (method === 'ping') return null
    if (!this.isAuthentic(asked)) return 'EAPI:Invalid token'
    if (params.asset_class !== 'derivatives') return 'EGeneral:Invalid arguments:asset_class'
    const needed = method.startsWith('cancel') ? (['cancel', 'modify'] as const) : (['query'] as const)
    return needed.some((right) => rights.has(right)) ? null : 'EGeneral:Permission denied'
  }

  carryOut(asked: Asked): readonly Said[] {
    const { method, params } = asked
    if (method === 'ping') return [{ method: 'pong', req_id: asked.reqId, ...this.#times() }]
    this.#hasToken = true
    if (method === 'cancel_all') return [this.cancelled(asked, this.#account.book.remove(() => true).length)]
    if (method === 'cancel_order') return this.cancelOrders(asked, () => true)
    if (method === 'cancel_all_orders_after') return [this.#setTimer(asked)]
    if (method === 'subscribe') return this.#subscribe(asked)
    if (method === 'unsubscribe') {
      const channel = String(params.channel)
      if (!this.#subscribed.delete(channel)) return [this.failure(asked, 'Subscription not found')]
      return [this.success(asked, { channel })]
    }
    return [this.failure(asked, 'EGeneral:Unknown method')]
  }

  /** The answer to `cancel_all`. */
  cancelled(asked: Asked, count: number): Said {
    return this.success(asked, { count })
  }

  /** A response for each order. @param isDone which of them are cancelled indeed */
  cancelOrders(asked: Asked, isDone: (order: RestingOrder) => boolean): readonly Said[] {
    const ids = Array.isArray(asked.params.order_id) ? asked.params.order_id.map(String) : []
    if (ids.length === 0) return [this.failure(asked, 'EGeneral:Invalid arguments:order_id')]
    return ids.map((id) => {
      const [removed] = this.#account.book.remove((order) => order.order_id === id && isDone(order))
      return removed === undefined
        ? this.failure(asked, 'EOrder:Unknown order')
        : this.success(asked, { order_id: id })
    })
  }

  #setTimer(asked: Asked): Said {
    const { timer } = this.#account
    if (!timer.set(asked.params.timeout)) {
      return this.failure(asked, 'EGeneral:Invalid arguments:timeout')
    }
    return this.success(asked, timer.status)
  }

  #subscribe(asked: Asked): readonly Said[] {
    const channel = String(asked.params.channel)
    if (channel !== 'executions' && channel !== 'positions') {
      return [this.failure(asked, 'Subscription name invalid')]
    }
    if (this.#subscribed.has(channel))
      return [this.failure(asked, `Already subscribed to ${channel} channel`)]
    this.#subscribed.add(channel)
    if (channel === 'executions') this.#subscriptions += 1
    const snapshot = channel === 'positions' ? this.positions() : this.snapshot(this.#account.book.orders)
    return [this.success(asked, { channel, snapshot: true }), snapshot]
  }

  /** Says something unasked, unless what was subscribed to when this was made ready is subscribed to no more. */
  later(said: Said): () => void {
    const subscription = this.#subscriptions
    return () => {
      if (this.#subscribed.has('executions') && this.#subscriptions === subscription) this.#tell(said)
    }
  }

  /** What acknowledges a subscription to something else, and the snapshot that goes with it. */
  another(asked: Asked, to: 'no orders' | 'trades alone' | 'spot'): readonly Said[] {
    const echo = to === 'spot' ? { asset_class: 'spot', snap_orders: true } : { snap_orders: false }
    const trade = {
      exec_type: 'trade',
      order_status: 'filled',
      exec_id: 'T1',
      order_id: 'O1',
      symbol: 'PF_XBTUSD',
    }
    const { data: _, ...empty } = this.snapshot([]) as { readonly data: object[] }
    return [
      this.success(asked, { channel: 'executions', ...echo }),
      { ...empty, data: to === 'trades alone' ? [trade] : [] },
    ]
  }

  /** The snapshot of these open orders. */
  snapshot(orders: readonly RestingOrder[]): Said {
    this.#sequence = 1
    return { channel: 'executions', type: 'snapshot', data: orders.map(describe), sequence: 1 }
  }

  positions(): Said {
    const futures = this.#account.book.positions.map(({ symbol, side, size, price }) => ({
      symbol,
      size: side === 'short' ? -size : size,
      entry_price: price,
    }))
    return {
      channel: 'positions',
      type: 'snapshot',
      data: { futures, options: [], time: this.#account.serverTime },
    }
  }

  success({ method, reqId }: Asked, result: object): Said {
    return { method, req_id: reqId, result, success: true, ...this.#times() }
  }

  failure({ method, reqId }: Asked, error: string): Said {
    return { method, req_id: reqId, error, success: false, ...this.#times() }
  }

  #times() {
    return { time_in: this.#account.serverTime, time_out: this.#account.serverTime }
  }

  #update({ kind, order }: Change): void {
    if (!this.#subscribed.has('executions')) return
    this.#sequence += 1
    const entry =
      kind === 'placed'
        ? describe(order)
        : {
            exec_type: 'canceled',
            order_status: 'canceled',
            order_id: order.order_id,
            timestamp: this.#account.serverTime,
          }
    this.#tell({ channel: 'executions', type: 'update', data: [entry], sequence: this.#sequence })
  }
}

const TYPES: Readonly<Record<RestingOrder['orderType'], string>> = {
  lmt: 'limit',
  post: 'limit',
  stop: 'stop-loss',
  take_profit: 'take-profit',
}

/** An open order as an entry of `executions`. */
function describe(order: RestingOrder) {
  const { order_id, cliOrdId, symbol, side, orderType, limitPrice, stopPrice, filledSize, unfilledSize } =
    order
  return {
    exec_type: 'new',
    order_status: filledSize > 0 ? 'partially_filled' : 'new',
    order_id,
    ...(cliOrdId === null ? {} : { cl_ord_id: cliOrdId }),
    symbol,
    side,
    order_type: TYPES[orderType],
    order_qty: filledSize + unfilledSize,
    cum_qty: filledSize,
    ...(limitPrice === undefined ? {} : { limit_price: limitPrice }),
    ...(stopPrice === undefined ? {} : { triggers: { price: stopPrice, reference: 'mark' } }),
    reduce_only: order.reduceOnly,
    timestamp: order.receivedTime,
  }
}
