import type { Lives, RoadsSetting } from './arrivals.ts'
import type { Fate } from './dead-connections.ts'
import type { Held, HeldOver } from './hold.ts'
import type { KeepArrivals, KeepRun } from './keeps.ts'
import type { LaptopArrivals } from './laptop.ts'
import type { Replies } from './replies.ts'
import type { SymbolArrivals } from './symbols.ts'

/** All that one run of the benchmark measured. */
export interface Measured {
  readonly quick: boolean
  readonly arrivals: readonly { readonly title: string; readonly lives: Lives }[]
  readonly roads: readonly { readonly title: string; readonly lives: Lives<RoadsSetting> }[]
  readonly hold: Readonly<Record<HeldOver, Held>>
  readonly laptop: readonly { readonly title: string; readonly arrivals: LaptopArrivals }[]
  readonly keeps: readonly { readonly run: KeepRun; readonly arrivals: readonly KeepArrivals[] }[]
  /** Milliseconds beyond ack, quiet period and two round trips. */
  readonly verdicts: readonly number[]
  readonly replies: readonly Replies[]
  readonly dead: ReadonlyMap<Fate, { readonly one: readonly number[]; readonly several: readonly number[] }>
  readonly symbols: ReadonlyMap<number, readonly SymbolArrivals[]>
}
