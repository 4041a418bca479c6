/** From a time to a place; times in which nothing happened take no more room than it needs to see them. */
export interface TimeScale {
  /** @returns pixels from the left edge of the scale */
  readonly x: (ms: number) => number
  /** Stretches in which something was under way. */
  readonly busy: readonly Stretch[]
  /** Stretches in which nothing was, cut short. */
  readonly pauses: readonly Pause[]
}

interface Stretch {
  readonly fromMs: number
  readonly toMs: number
}

export interface Pause extends Stretch {
  readonly fromX: number
  readonly toX: number
}

/** Calls that are nearer are one stretch: milliseconds, or that share of the whole time. */
const NEAR_MS = 12
const NEAR_SHARE = 0.03
/** Of all the room at most. */
const MOST_FOR_PAUSES = 0.45
const PAUSE_PX = 30
/** Of what is left, the share that is dealt out by how long a stretch took; the rest is dealt out evenly. */
const SHARE_BY_TIME = 0.75

/** @param spans not empty */
export function timeScale(spans: readonly Stretch[], width: number): TimeScale {
  const busy = joined(spans)
  const pauseWidth = Math.min(PAUSE_PX, (width * MOST_FOR_PAUSES) / Math.max(1, busy.length - 1))
  const room = width - pauseWidth * (busy.length - 1)
  const weights = busy.map(weightOf)
  const whole = weights.reduce((sum, weight) => sum + weight, 0)
  const widths = weights.map(
    (weight) => room * ((1 - SHARE_BY_TIME) / busy.length + (SHARE_BY_TIME * weight) / whole),
  )
  const starts = widths.map((_, at) => widths.slice(0, at).reduce((sum, one) => sum + one + pauseWidth, 0))
  const pauses = busy.slice(1).map(({ fromMs }, at) => ({
    fromMs: busy[at]?.toMs ?? fromMs,
    toMs: fromMs,
    fromX: (starts[at] ?? 0) + (widths[at] ?? 0),
    toX: starts[at + 1] ?? 0,
  }))
  const x = (ms: number) => {
    const at = Math.max(
      0,
      busy.findLastIndex(({ fromMs }) => ms >= fromMs),
    )
    const { fromMs, toMs } = busy[at] as Stretch
    const pause = pauses[at]
    if (ms > toMs && pause !== undefined) {
      return pause.fromX + ((ms - toMs) / (pause.toMs - toMs)) * (pause.toX - pause.fromX)
    }
    const share = toMs === fromMs ? 0 : Math.min(1, Math.max(0, (ms - fromMs) / (toMs - fromMs)))
    return (starts[at] ?? 0) + share * (widths[at] ?? 0)
  }
  return { x, busy, pauses }
}

/** By the root: a stretch of 2 s is not a thousand times as wide as one of 2 ms. What was before zero counts a quarter. */
function weightOf({ fromMs, toMs }: Stretch): number {
  const before = Math.min(0, toMs) - Math.min(0, fromMs)
  const after = Math.max(0, toMs) - Math.max(0, fromMs)
  return Math.sqrt(Math.max(1, before / 4 + after))
}

function joined(spans: readonly Stretch[]): readonly Stretch[] {
  const found: { fromMs: number; toMs: number }[] = []
  const whole = Math.max(...spans.map(({ toMs }) => toMs)) - Math.min(...spans.map(({ fromMs }) => fromMs))
  const nearMs = Math.max(NEAR_MS, whole * NEAR_SHARE)
  for (const { fromMs, toMs } of spans.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = found.at(-1)
    if (last !== undefined && fromMs <= last.toMs + nearMs) last.toMs = Math.max(last.toMs, toMs)
    else found.push({ fromMs, toMs })
  }
  return found
}
