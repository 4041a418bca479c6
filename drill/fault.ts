import type { VerdictKind } from '../lambda/sweep/verdict.ts'
import type { Roads } from './account.ts'
import type { Misbehaviour } from './exchange.ts'

/** One way in which the exchange, or somebody on the account, misbehaves. */
export interface Fault extends Misbehaviour {
  readonly name: string
  readonly about: string
  /** The roads that the switch takes meanwhile; the first alone, where it is not said. */
  readonly roads?: Roads
  /** The pull keeps reduce-only orders. */
  readonly keeps?: boolean
  /** So many of those are lost by the fault itself. */
  readonly guardsLost?: number
  /** What the switch must say of a book of orders under this fault: one of these. */
  readonly verdicts: readonly VerdictKind[]
}
