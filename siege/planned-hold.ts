/** What becomes of one lap, beside what it does. */
export type LapFate =
  | { readonly is: 'run' }
  /** Its process dies under way, and the state machine hears of that so much later: the next one is given the same again. */
  | { readonly is: 'lost'; readonly afterMs: number; readonly heardAfterMs: number }
  /** A copy of it begins so much later, in a process of its own; the state machine hears one of the two. */
  | { readonly is: 'twice'; readonly afterMs: number; readonly isCopyHeard: boolean }

export interface PlannedLap {
  /** From the end of the lap before: long where the invocation was throttled. */
  readonly gapMs: number
  readonly fate: LapFate
}

/** A hold after a pull: lap after lap, over the same roads, until its time is over or it is released. */
export interface PlannedHold {
  readonly persistMs: number
  readonly keepShutMs: number
  /** Kraken's own timer is wanted too. */
  readonly hasFuse: boolean
  /** Of each lap. */
  readonly lapMs: number
  /** After these it is released: no further lap is asked for. */
  readonly laps: readonly PlannedLap[]
}
