import type { Roads } from '../drill/account.ts'
import type { Delivery } from '../drill/answer.ts'
import type { RoadName } from '../lambda/kraken/exchange.ts'
import type { Scope } from '../lambda/kraken/scope.ts'
import type { PlannedHold } from './planned-hold.ts'

/** A count that never ends. */
export const ALWAYS = 1_000_000

/** Which calls a fault is about: of the first road, of the second, or whichever. */
export type On =
  | 'cancelallorders'
  | 'cancelorder'
  | 'batchorder'
  | 'openorders'
  | 'openpositions'
  | 'GetWebSocketsToken'
  | 'cancel_all'
  | 'cancel_order'
  | 'subscribe executions'
  | 'cancelallordersafter'
  | 'cancel_all_orders_after'
  | 'any'

/** From the call of that number on (from 0), for so many calls. */
interface Calls {
  readonly on: On
  readonly from: number
  readonly times: number
}

/** An answer that is not what was asked for. */
export type OddAnswer =
  | {
      readonly kind: 'error'
      readonly code: string
      readonly status: 200 | 400 | 500
      readonly retryAfter: string | null
    }
  | { readonly kind: 'page'; readonly status: number }
  | { readonly kind: 'redirect' }
  | { readonly kind: 'text'; readonly text: string; readonly status: number }
  | { readonly kind: 'without list' }
  | { readonly kind: 'without result' }
  | { readonly kind: 'compressed' }
  /** The credentials that were sent, in an error code, its message and a header. */
  | { readonly kind: 'echo' }

/** How the exchange describes its orders in the book. */
export type OddOrders =
  | 'lower case'
  | 'numbers as strings'
  | 'no symbol'
  | 'foreign symbols'
  | 'no id'
  | 'twice'
  | 'nulls'
  | 'unknown words'
  | 'no word of reduce-only'

/** What becomes of an update: `bare`, it says no more than what happened to which order. */
export type TwistedUpdates = 'twice' | 'swapped' | 'lost' | 'bare'

/** One thing that goes wrong. Times are milliseconds since the first pull. */
export type Fault =
  | {
      readonly do: 'late order'
      readonly afterCancel: number
      readonly lateMs: number
      readonly symbol: string
      readonly reduceOnly?: boolean
    }
  | {
      readonly do: 'live bot'
      readonly perSecond: number
      readonly fromMs: number
      readonly forMs: number
      readonly symbol: string
      readonly reduceOnly?: boolean
    }
  /** Orders that somebody places, one each time. */
  | { readonly do: 'place'; readonly atMs: readonly number[]; readonly symbol: string }
  /** Every WebSocket that is open then is cut. */
  | { readonly do: 'break sessions'; readonly atMs: number }
  | { readonly do: 'partial cancel'; readonly keepEvery: number; readonly times: number }
  | { readonly do: 'stubborn stops' }
  | { readonly do: 'cancel nothing' }
  | { readonly do: 'lying status' }
  | { readonly do: 'ignore scope'; readonly times: number }
  | ({ readonly do: 'answer oddly'; readonly isDone: boolean; readonly answer: OddAnswer } & Calls)
  | ({ readonly do: 'lose the answer'; readonly isDone: boolean; readonly delivery: Delivery } & Calls)
  | ({ readonly do: 'be slow'; readonly ms: number } & Calls)
  | { readonly do: 'read a copy'; readonly behindMs: number; readonly isDated: boolean }
  | { readonly do: 'describe oddly'; readonly how: OddOrders }
  | { readonly do: 'spend the budget'; readonly atMs: number; readonly agoMs: number }
  | { readonly do: 'rotate the key'; readonly atMs: number; readonly isStored: boolean }
  | { readonly do: 'forbid cancels' }
  /** Both keys are good, and called invalid for a while. */
  | { readonly do: 'doubt the keys'; readonly forMs: number }
  | { readonly do: 'insist on a nonce'; readonly code: 'nonceBelowThreshold' | 'nonceDuplicate' }
  | { readonly do: 'kill connections'; readonly how: 'reset' | 'silence' }
  /** All that is asked on one road, from the start. */
  | { readonly do: 'lose a road'; readonly road: RoadName; readonly how: 'reset' | 'silence' | 'retired' }
  /** Snapshots of the second road lack one of so many orders; of one, all. */
  | { readonly do: 'leave orders out'; readonly every: number }
  /** Updates of the second road. */
  | { readonly do: 'twist updates'; readonly how: TwistedUpdates }
  /** On the second road a snapshot comes before the response that announces it. */
  | { readonly do: 'snapshot first' }
  /** Snapshots of the second road come in so many messages, the first of them with or without orders. */
  | {
      readonly do: 'snapshot in pieces'
      readonly pieces: number
      readonly isFirstEmpty: boolean
      readonly apartMs: number
    }
  /** On the second road a subscription is acknowledged as another one, and shows what that would. */
  | {
      readonly do: 'subscribe to another'
      readonly to: 'no orders' | 'trades alone' | 'spot'
      readonly times: number
    }

/** One pull of the switch. */
export interface PlannedPull {
  readonly atMs: number
  readonly scope: Scope
  /** Until its deadline. */
  readonly timeMs: number
  readonly quietPeriodMs: number
  readonly attemptTimeoutMs: number
  readonly spareAfterMs: number
  readonly roads: Roads
  /** The second road was opened, and subscribed to, before the pull. */
  readonly isArmed: boolean
  /** What goes on after it; null for nothing. */
  readonly hold: PlannedHold | null
}

/** A span of the virtual day, in milliseconds since the first pull. */
export interface Span {
  readonly fromMs: number
  readonly toMs: number
}

export interface PlannedOrder {
  readonly symbol: string
  readonly orderType: 'lmt' | 'post' | 'stop' | 'take_profit'
  readonly reduceOnly: boolean
}

/** Everything that a run depends on. */
export interface Plan {
  readonly orders: readonly PlannedOrder[]
  readonly pulls: readonly PlannedPull[]
  /** One way, at least; each message takes up to twice that. */
  readonly latencyMs: number
  /** Decides how much more each message takes. */
  readonly jitterSeed: number
  /** The exchange's clock less ours. */
  readonly clockSkewMs: number
  /** On the second road something is heard each second. */
  readonly hasHeartbeat: boolean
  readonly faults: readonly Fault[]
  /** When they go on: Kraken answers outside of that. Null for always. Who places, or cuts a session, has times of its own. */
  readonly faulty: Span | null
}
