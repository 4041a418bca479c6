import { keyOf, type Order } from '../kraken/exchange.ts'
import { isKeeping, isKept } from '../kraken/scope.ts'
import type { RoadFindings } from './progress.ts'
import type { Swept } from './roads.ts'
import type { Verdict } from './verdict.ts'

/** What stays, as one read of the book shows it. */
export interface Kept {
  readonly orders: readonly Order[]
  /** How many were to stay that the last read does not show: filled, cancelled, or left out by Kraken. */
  readonly vanishedCount: number
}

/** What the roads that swept have kept; null where everything goes, `unknown` where the book was never read. */
export function keptOf({ roads, tally }: Swept, verdict: Verdict): Kept | 'unknown' | null {
  if (!roads.some(({ scope }) => isKeeping(scope))) return null
  const road = roadToAsk(roads, verdict)
  if (road === null || road.book === null) return 'unknown'
  const { book, scope, toldKept } = road
  // One that the read left out may be gone, though nobody has said so: that it still guards a position is not known.
  const seen = [...book.orders, ...toldKept].filter(({ orderId }) => book.unlisted?.get(orderId) !== 'before')
  const open = new Map(seen.map((order) => [keyOf(order.orderId), order]))
  const kept = [...open.values()].filter((order) => isKept(scope, order))
  return { orders: kept, vanishedCount: tally.kept.filter((id) => !open.has(keyOf(id))).length }
}

/** The one with the proof, else the one that read last: what another read before may be gone since. */
function roadToAsk(roads: readonly RoadFindings[], verdict: Verdict): RoadFindings | null {
  const proven = roads.find(({ proof }) => verdict.kind === 'EMPTY' && proof === verdict.proof)
  if (proven !== undefined) return proven
  const read = roads.filter(({ book }) => book !== null)
  const inOrder = read.toSorted((a, b) => (b.book?.sentAt ?? 0) - (a.book?.sentAt ?? 0))
  return inOrder[0] ?? null
}
