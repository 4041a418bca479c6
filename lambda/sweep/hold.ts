import { within } from '../clock.ts'
import { KeyRecord } from './key-patience.ts'
import { AckRelay, type RoadsInputs, type Swept, sweepRoads } from './roads.ts'
import { Tally } from './tally.ts'
import { decide, type Verdict } from './verdict.ts'
import { LOOK_EVERY_MS, MOST_BLIND_MS, watch } from './watch.ts'

/*
 *  sweep ──► proof? ── no ──► pause ──► sweep again, until `provenBy`
 *    ▲         │ yes
 *    │         ▼
 *    └─ open ─ watch: listen where the road tells, and look ──► until `shutUntil`
 *
 *  Every lap begins with a sweep of its own, so that nothing depends on what the lap before has seen: one may be lost, come
 *  twice, or run beside another.
 *
 *  Where accounts share what Kraken allows, twelve such sweeps would take nearly all of it, every 25 s, and leave nobody a look.
 *  So a sweep over a book that is known to be empty looks before it cancels: 12 units instead of 37, for as good a proof. The
 *  last one cancels first, as ever.
 */

/** After a sweep that ended early, since Kraken refuses what could be asked: what heals does so there. */
const REFUSED_PAUSE_MS = 10_000

/** Between two cancels of a road that does not tell: 25 units each, that is 417 of the 500 of 10 s. */
const CANCEL_EVERY_MS = 600

/** The same of each of several accounts: two that stay open, and the looks of twelve, take 493 of the 500 units. */
const CANCEL_OF_EACH_EVERY_MS = 1_500

/** So much later each of several accounts looks again: all of them together take 160 of the 500 units. */
const LOOK_OF_EACH_MS = 125

/** Within so long each of several accounts has armed its timer: at once, they would take 300 units. */
const FUSES_WITHIN_MS = 20_000

/** What the last sweep takes beside the quiet period, with room for a retry. */
const LAST_SWEEP_MS = 1_000

const NEVER = new Promise<never>(() => {})

/** One lap of a hold. All times are monotonic milliseconds. */
export interface LapInputs extends Pick<RoadsInputs, 'roads' | 'clock' | 'scope' | 'quietPeriodMs'> {
  readonly lapEndsAt: number
  /** Without a proof by then there is no hold. */
  readonly provenBy: number
  /** So long it is kept shut, from the first proof on. */
  readonly keepShutMs: number
  /** It is kept shut until then; null while there was no proof yet. */
  readonly shutUntil: number | null
  /** Since when the laps before know it to be empty; null where they do not. */
  readonly emptySince: number | null
  /** Arms Kraken's own timer with so many seconds, over every road, where everything is to go; null for not at all. */
  readonly fuseSeconds: number | null
  /** Others that are held beside it, within what Kraken allows for all; absent where there are none. */
  readonly among?: Among | undefined
  /** Hears of every change. */
  readonly onChange?: (known: LapFindings) => void
  /** Ends the lap when it resolves, with what is known by then. */
  readonly interrupted?: Promise<unknown> | undefined
}

/** Which of how many accounts it is. */
export interface Among {
  readonly accounts: number
  /** From 0. */
  readonly nth: number
}

/** What a lap knows, and at its end leaves to the next. */
export interface LapFindings {
  /** Of the last sweep; null before its end. */
  readonly swept: Swept | null
  readonly verdict: Verdict | null
  /** Of the whole lap. */
  readonly tally: Tally
  /** How many times orders in scope were found after there was proof of none. */
  readonly refills: number
  /** When the first proof after the last refill was complete; null while there is none. */
  readonly emptySince: number | null
  readonly shutUntil: number | null
  /** The longest time in which nobody looked, in milliseconds. */
  readonly blindMs: number
  /** Kraken's own timer as it was armed last; null when it was not. */
  readonly fuse: Fuse | null
}

/** Kraken's own timer: if every lap dies, Kraken cancels. It is never disarmed, since it is the account's. */
export interface Fuse {
  /** Milliseconds since 1970 by the exchange's clock; null when that is not told. */
  readonly firesAt: number | null
  /** It fires later than it was armed for: somebody else arms it too. */
  readonly isShared: boolean
}

/**
 * Sweeps until there is proof that the book is empty in scope, and keeps it so: what is placed is cancelled as soon as the
 * road tells of it, or a look finds it. Ends with the lap, or when the hold is over. Never throws.
 */
export async function holdForALap(inputs: LapInputs): Promise<LapFindings & { readonly verdict: Verdict }> {
  const { clock, lapEndsAt, provenBy, keepShutMs, fuseSeconds, onChange, interrupted } = inputs
  let isInterrupted = false
  void interrupted?.then(() => {
    isInterrupted = true
  })
  const tally = new Tally(inputs.scope)
  const nothing = { refills: 0, swept: null, verdict: null, blindMs: 0, fuse: null }
  let known: LapFindings = { ...inputs, ...nothing, tally }
  const learn = (news: Partial<LapFindings>) => {
    known = { ...known, ...news }
    onChange?.(known)
  }
  const learnOfBlindness = (from: number, to: number) => {
    if (to - from <= MOST_BLIND_MS) return
    learn({ emptySince: null, blindMs: Math.max(known.blindMs, Math.round(to - from)) })
  }
  // Once the first cancels are written.
  if (fuseSeconds !== null && inputs.scope === 'all')
    void lightFuse(inputs, fuseSeconds, (fuse) => learn({ fuse }))
  const keys = new KeyRecord()
  const cancelEveryMs = inputs.among === undefined ? CANCEL_EVERY_MS : CANCEL_OF_EACH_EVERY_MS
  const paces = { mostPauseMs: LOOK_EVERY_MS, cancelEveryMs }
  const shared = { tally, acks: new AckRelay(), keys, ...paces }
  const lookEveryMs = lookEveryMsOf(inputs)
  /** The last sweep cancels first, and one that may be the last. */
  const mayLookFirst = () =>
    inputs.among !== undefined && clock.now() + inputs.quietPeriodMs + LAST_SWEEP_MS < (known.shutUntil ?? 0)
  let isKnownEmpty = inputs.emptySince !== null
  let wasSeenOpen = false
  /** Since when it was not looked at with success; null while it is. Among others the first look may wait for what they spent. */
  let blindFrom: number | null = inputs.among === undefined ? null : clock.now()
  /** What had been seen when the last sweep was over: an answer to one of its cancels may yet tell of an order that came after it. */
  let seenBefore = 0
  const learnOfRefill = (isSeenOpen: boolean) => {
    const seen = tally.seenCount
    const isRefilled = known.emptySince !== null && (isSeenOpen || seen > seenBefore)
    seenBefore = seen
    if (isRefilled) learn({ refills: known.refills + 1, emptySince: null })
  }
  for (;;) {
    const looksFirst = isKnownEmpty && mayLookFirst()
    const swept = await sweepRoads({ ...inputs, ...shared, looksFirst, isHeld: true, deadlineAt: lapEndsAt })
    const verdict = decide(swept.roads)
    isKnownEmpty = verdict.kind === 'EMPTY'
    learnOfRefill(wasSeenOpen || (swept.restedAt ?? -Infinity) > (known.emptySince ?? Infinity))
    wasSeenOpen = false
    if (blindFrom !== null) learnOfBlindness(blindFrom, firstLookOf(verdict, inputs))
    if (verdict.kind === 'EMPTY' || verdict.kind === 'NOT_EMPTY') blindFrom = null
    if (verdict.kind !== 'EMPTY') {
      learn({ swept, verdict, emptySince: null })
      const isOver = clock.now() >= (known.shutUntil ?? provenBy)
      if (isOver || isInterrupted || clock.now() + REFUSED_PAUSE_MS > lapEndsAt) return { ...known, verdict }
      await within(clock, REFUSED_PAUSE_MS, interrupted ?? NEVER, () => {})
      continue
    }
    const { at } = verdict.proof
    const shutUntil = known.shutUntil ?? at + keepShutMs
    learn({ swept, verdict, emptySince: known.emptySince ?? at, shutUntil })
    if (isInterrupted || clock.now() >= shutUntil) return { ...known, verdict }
    if (swept.isToldSince) {
      learnOfRefill(true)
      isKnownEmpty = false
      continue
    }
    const until = watchEnd(inputs, shutUntil)
    const { end, seenAt } = await watch({ ...inputs, keys, tally, lookEveryMs }, until)
    if (isInterrupted || (end === 'time' && until < shutUntil)) {
      learnOfBlindness(seenAt, clock.now())
      learnOfRefill(end === 'open')
      return { ...known, verdict } // else a last sweep, for the last proof
    }
    wasSeenOpen = end === 'open'
    isKnownEmpty = !wasSeenOpen
    blindFrom = wasSeenOpen ? null : seenAt
  }
}

/** As often as for one account where they are few; never so seldom that it counts as not looked at. */
function lookEveryMsOf({ among }: LapInputs): number {
  return Math.max(LOOK_EVERY_MS, LOOK_OF_EACH_MS * (among?.accounts ?? 1))
}

/** When the proof began; now, where there is none. */
function firstLookOf(verdict: Verdict, { clock, quietPeriodMs }: LapInputs): number {
  return verdict.kind === 'EMPTY' ? verdict.proof.at - quietPeriodMs : clock.now()
}

/** With its time, or with the lap; a last sweep that this lap could not prove is left to the next one, which begins at once. */
function watchEnd({ lapEndsAt, quietPeriodMs }: LapInputs, shutUntil: number): number {
  const lastSweepBy = lapEndsAt - quietPeriodMs - LAST_SWEEP_MS
  if (shutUntil <= lastSweepBy) return shutUntil
  return shutUntil <= lapEndsAt + LAST_SWEEP_MS ? lastSweepBy : lapEndsAt
}

/** Later than this after its time, it was set by somebody else. */
const MOST_FUSE_SKEW_MS = 2_000

/** Its answer is no news of the book, and its failure no news of a cancel: the attempts show either. */
async function lightFuse(
  { roads, clock, among }: LapInputs,
  seconds: number,
  onLit: (fuse: Fuse) => void,
): Promise<void> {
  await clock.sleep(among === undefined ? 0 : (FUSES_WITHIN_MS / among.accounts) * among.nth)
  for (const { exchange } of roads) {
    exchange.armTimer(seconds).then(
      ({ firesAt, currentTime }) => {
        const aheadMs = firesAt === null || currentTime === null ? 0 : firesAt - currentTime
        onLit({ firesAt, isShared: aheadMs > seconds * 1_000 + MOST_FUSE_SKEW_MS })
      },
      () => {},
    )
  }
}
