import type { Call } from '../drill/order-desk.ts'

/** The calls that read the book. */
export const READS = ['openorders', 'subscribe executions']
/** The calls that set Kraken's own timer. */
export const FUSES = ['cancelallordersafter', 'cancel_all_orders_after']

/** One request or message that reached the exchange. Times are of the virtual clock. */
export interface Visit {
  readonly call: Call
  /** Which pull it came from. */
  readonly pull: number
  readonly sentAt: number
  /** The book as it was then is what a read was answered with; earlier than the arrival when it came from a copy. */
  readonly viewAt: number
  /** It got the answer to what it asked for, not another one. */
  readonly isObeyed: boolean
  /** The key is good, and was called invalid. */
  readonly isKeyRefused?: boolean
  /** A cancel of one symbol cancelled them all. */
  readonly isScopeIgnored: boolean
  /** Orders that a read left out. */
  readonly hidden: ReadonlySet<string>
  /** The whole answer was there; null when it never was. */
  deliveredAt: number | null
}

/** What the exchange said of an order unasked, when it was there: in an update, or in a later piece of a snapshot. */
export interface Telling {
  readonly pull: number
  readonly at: number
  readonly orderId: string
  readonly isOpen: boolean
  /** Was the connection that it came on open at that time? Then the order's end would have been told too. */
  readonly wasLive: (at: number) => boolean
}
