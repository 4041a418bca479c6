import type { Said, UnifiedSession } from '../drill/unified-session.ts'
import type { Fault } from './plan.ts'

interface Snapshot {
  readonly type: 'snapshot'
  readonly data: readonly object[]
}

/** A subscription whose snapshot comes in several messages: what is said at once, what is left for later, and its orders. */
export interface InPieces {
  readonly said: readonly Said[]
  readonly later: readonly (() => void)[]
  readonly left: readonly string[]
}

/**
 * Divides the snapshot among what is said; anything else is said whole.
 *
 * @param ids of the orders that the snapshot describes, in turn
 */
export function inPieces(
  session: UnifiedSession,
  said: readonly Said[],
  ids: readonly string[],
  { pieces, isFirstEmpty }: Extract<Fault, { do: 'snapshot in pieces' }>,
): InPieces {
  const whole = said.find(isSnapshot)
  if (whole === undefined) return { said, later: [], left: [] }
  const share = Math.ceil(whole.data.length / pieces)
  const first = isFirstEmpty ? [] : whole.data.slice(0, share)
  const rest = whole.data.slice(first.length)
  const each = Math.max(1, Math.ceil(rest.length / (pieces - 1)))
  const parts = Array.from({ length: Math.ceil(rest.length / each) }, (_, i) =>
    rest.slice(i * each, (i + 1) * each),
  )
  return {
    said: said.map((one) => (one === whole ? { ...whole, data: first } : one)),
    later: parts.map((data) => session.later({ ...whole, data })),
    left: ids.slice(first.length),
  }
}

function isSnapshot(said: Said): said is Snapshot {
  return typeof said === 'object' && 'type' in said && said.type === 'snapshot'
}
