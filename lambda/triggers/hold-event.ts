import * as v from 'valibot'
import type { Fields } from '../json.ts'
import type { Scope } from '../kraken/scope.ts'
import { printable } from '../printable.ts'
import { keep, readStrictly, symbols } from './pull.ts'

/** What the laps of a hold know; each gives it to the next. Times are ISO 8601, or null for what did not happen. */
export interface HoldKnown {
  readonly laps: number
  /** How many times orders were found after there was proof of none. */
  readonly refills: number
  readonly cancelled: number
  /** A cancel got no usable answer: it may be more. */
  readonly isLowerBound: boolean
  readonly emptySince: string | null
  /** Kept shut until then; null before the first proof. */
  readonly shutUntil: string | null
  /** When the last lap ended, or the pull before the first. */
  readonly seenAt: string | null
  /** The longest time between two laps, in milliseconds: nobody looked. */
  readonly blindMs: number
  /** What tells who keeps placing, in words; empty when nobody does. */
  readonly placed: string
  /** When Kraken's own timer fires, by Kraken's clock. */
  readonly fuseFiresAt: string | null
  /** Somebody else arms that timer too. */
  readonly isFuseShared: boolean
  /** The last lap's first sentence. */
  readonly sentence: string
}

/** What a hold does, be it of one account or of many. */
export interface HoldPlan {
  /** Of the state machine's execution. */
  readonly name: string
  /** What pulled the switch before. */
  readonly pull: {
    readonly kind: string
    readonly by: string
    readonly reason: string | null
    readonly receivedAt: string
  }
  readonly scope: Scope
  /** ISO 8601: without a proof by then it has failed. */
  readonly provenBy: string
  /** After the first proof. */
  readonly keepShutMinutes: number
  /** Kraken's own timer is armed too. */
  readonly fuse: boolean
}

/** The hold of one account. */
export interface Hold extends HoldPlan {
  readonly known: HoldKnown
}

/** One lap, as the state machine asks for it. */
export interface Lap {
  readonly hold: Hold
  /** Why no lap came through any more: this one is to say so. */
  readonly lost: string | null
}

export const NOTHING_KNOWN: HoldKnown = {
  laps: 0,
  refills: 0,
  cancelled: 0,
  isLowerBound: false,
  emptySince: null,
  shutUntil: null,
  seenAt: null,
  blindMs: 0,
  placed: '',
  fuseFiresAt: null,
  isFuseShared: false,
  sentence: '',
}

const NO_SCOPE = 'is neither "all" nor a list of symbols, nor either of them with "keep":"reduceOnly"'

const time = v.pipe(
  v.string(),
  v.check((text) => /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text)), 'is no time'),
)
const whole = v.pipe(v.number(), v.integer(), v.minValue(0))
const knownInFull = v.strictObject({
  laps: whole,
  refills: whole,
  cancelled: whole,
  isLowerBound: v.boolean(),
  emptySince: v.nullable(time),
  shutUntil: v.nullable(time),
  seenAt: v.nullable(time),
  blindMs: whole,
  placed: v.pipe(v.string(), v.maxLength(400)),
  fuseFiresAt: v.nullable(time),
  isFuseShared: v.boolean(),
  sentence: v.pipe(v.string(), v.maxLength(800)),
})
const ofSymbols = v.union([v.literal('all'), symbols], 'is neither "all" nor a list of symbols')

/** A lap that knows nothing is a lap: what cannot be read is forgotten, and the book is not. */
export const known = v.fallback(knownInFull, NOTHING_KNOWN)

/** Of a hold, be it of one account or of many. */
export const planFields = {
  name: v.pipe(v.string(), v.regex(/^[\w-]{1,80}$/, 'is no name of an execution')),
  pull: v.strictObject({
    kind: v.picklist(['alarm', 'schedule', 'http', 'dashboard', 'invoke']),
    by: v.string(),
    reason: v.nullable(v.string()),
    receivedAt: time,
  }),
  scope: v.union([ofSymbols, v.strictObject({ symbols: ofSymbols, keep })], NO_SCOPE),
  provenBy: time,
  keepShutMinutes: v.pipe(whole, v.maxValue(60, 'is more than 60')),
  fuse: v.boolean(),
}

/** May its fuse be lit, where it has one? */
export function isFuseInScope({ fuse, scope }: Pick<HoldPlan, 'fuse' | 'scope'>): boolean {
  return !fuse || scope === 'all'
}

export const FUSE_OUT_OF_SCOPE = 'has a fuse, which cancels everything, and a scope that does not'

/** What went wrong with the laps before. */
export const lost = v.optional(v.looseObject({ error: v.string(), cause: v.optional(v.string()) }))

/** How to pull the switch instead of sending a lap. */
export const NO_LAP = 'Only the state machine of a hold sends laps. To pull the switch send {}'

const hold = v.pipe(
  v.strictObject({ ...planFields, known }),
  v.check((one) => isFuseInScope(one), FUSE_OUT_OF_SCOPE),
)
const lap = v.strictObject({ hold, lost })

/** @throws InputRefused naming the first field that is wrong */
export function readLap(event: Fields): Lap {
  const read = readStrictly(lap, event, NO_LAP)
  return { hold: read.hold, lost: read.lost === undefined ? null : printable(read.lost.error) }
}
