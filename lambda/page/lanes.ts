import type { ShownAttempt } from '../report/shown.ts'

/** What calls of one kind, on one road, are drawn in. */
export interface Lane {
  readonly kind: LaneKind
  /** `REST cancel`. */
  readonly label: string
  /** Beneath each other where they were under way at the same time. */
  readonly rows: readonly (readonly ShownAttempt[])[]
}

export type LaneKind = 'ready' | 'cancel' | 'read' | 'position' | 'fuse' | 'other'

interface LaneType {
  readonly kind: LaneKind
  readonly label: string
  readonly calls: RegExp
}

/** From top to bottom. The first that a call matches is its own. */
const LANES: readonly LaneType[] = [
  { kind: 'ready', label: 'Secret', calls: /^(GetSecretValue|read keys)\b/ },
  { kind: 'ready', label: 'Dial', calls: /^connect\b/ },
  { kind: 'fuse', label: 'REST fuse', calls: /^cancelallordersafter\b/ },
  { kind: 'cancel', label: 'REST cancel', calls: /^(cancelallorders|cancelorder|batchorder)\b/ },
  { kind: 'read', label: 'REST read', calls: /^openorders\b/ },
  { kind: 'position', label: 'REST positions', calls: /^openpositions\b/ },
  { kind: 'ready', label: 'REST key', calls: /^api-keys/ },
  { kind: 'ready', label: 'Unified session', calls: /^(GetWebSocketsToken|WebSocket)\b/ },
  { kind: 'fuse', label: 'Unified fuse', calls: /^cancel_all_orders_after\b/ },
  { kind: 'cancel', label: 'Unified cancel', calls: /^cancel_(all|order)\b/ },
  { kind: 'read', label: 'Unified read', calls: /^executions\b/ },
  { kind: 'position', label: 'Unified positions', calls: /^positions\b/ },
  { kind: 'ready', label: 'Unified key', calls: /^GetApiKeyInfo\b/ },
  { kind: 'other', label: 'Other', calls: /^/ },
]

/** What a call is. */
export function kindOf(call: string): LaneKind {
  return typeOf(call)?.kind ?? 'other'
}

function typeOf(call: string): LaneType | undefined {
  return LANES.find(({ calls }) => calls.test(call))
}

/** The lanes that something happened in. */
export function lanesOf(attempts: readonly ShownAttempt[]): readonly Lane[] {
  const inOrder = attempts.toSorted((a, b) => a.atMs - b.atMs)
  return LANES.map((lane) => {
    const { kind, label } = lane
    const own = inOrder.filter(({ call }) => typeOf(call) === lane)
    return { kind, label, rows: stacked(own) }
  }).filter(({ rows }) => rows.length > 0)
}

/** Each in the first row in which nothing is under way. */
function stacked(attempts: readonly ShownAttempt[]): readonly (readonly ShownAttempt[])[] {
  const rows: ShownAttempt[][] = []
  for (const attempt of attempts) {
    const free = rows.find((row) => endOf(row.at(-1)) <= attempt.atMs)
    if (free === undefined) rows.push([attempt])
    else free.push(attempt)
  }
  return rows
}

function endOf(attempt: ShownAttempt | undefined): number {
  return attempt === undefined ? -Infinity : attempt.atMs + attempt.ms
}
