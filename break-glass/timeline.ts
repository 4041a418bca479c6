import type { ShownAttempt } from '../lambda/report/shown.ts'

const COLUMNS = 44
const GAP_COLUMNS = 3

/** What the columns and signs of a timeline mean. */
export const LEGEND = `Times are in milliseconds after the trigger was received; before 0 is the init phase.
█ a call is under way; bars above each other ran at the same time
· a pause in which nothing ran, cut short
Connections: early was dialled in the init phase, kept was used before, fresh was dialled for the call, spare beside one in doubt.`

/**
 * The attempts of a report as bars over time, in the order in which they began: bars above each other ran in parallel.
 * Stretches in which nothing ran (the quiet period) are cut short and dotted.
 */
export function drawTimeline(attempts: readonly ShownAttempt[]): string[] {
  const rows = attempts.toSorted((a, b) => a.atMs - b.atMs)
  if (rows.length === 0) return []
  const scale = scaleOf(rows)
  const bars = rows.map((row) => {
    const from = Math.floor(scale.column(row.atMs))
    const to = Math.max(from + 1, Math.ceil(scale.column(row.atMs + row.ms)))
    const bar = ' '.repeat(from) + '█'.repeat(to - from) + ' '.repeat(Math.max(0, scale.width - to))
    const times = `${String(row.atMs).padStart(7)} ms ${String(row.ms).padStart(6)} ms`
    return `${times}  ${scale.dot(bar)}  ${row.call} ${[row.connection, row.outcome].filter(Boolean).join(', ')}`
  })
  return [header(scale.width), ...bars]
}

function header(width: number): string {
  return `${'began'.padStart(10)} ${'took'.padStart(9)}  ${'when'.padEnd(width)}  call, connection, outcome`
}

interface Span {
  readonly from: number
  to: number
}

function scaleOf(rows: readonly ShownAttempt[]) {
  const busy: Span[] = []
  for (const { atMs, ms } of rows) {
    const last = busy.at(-1)
    if (last !== undefined && atMs <= last.to + 1) last.to = Math.max(last.to, atMs + ms)
    else busy.push({ from: atMs, to: atMs + ms })
  }
  const busyMs = busy.reduce((sum, { from, to }) => sum + to - from, 0) || 1
  const perMs = COLUMNS / busyMs
  const starts: number[] = []
  let width = 0
  for (const { from, to } of busy) {
    starts.push(width)
    width += Math.max(1, (to - from) * perMs) + GAP_COLUMNS
  }
  const gaps = starts.slice(1).map((start) => Math.floor(start) - 2)
  return {
    width: Math.ceil(width - GAP_COLUMNS),
    column: (ms: number) => {
      const index = busy.findLastIndex(({ from }) => ms >= from)
      const span = busy[Math.max(0, index)] as Span
      return (starts[Math.max(0, index)] as number) + Math.max(0, Math.min(ms, span.to) - span.from) * perMs
    },
    dot: (bar: string) =>
      [...bar].map((char, at) => (char === ' ' && gaps.includes(at) ? '·' : char)).join(''),
  }
}
