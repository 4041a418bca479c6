import { type Clock, within } from '../clock.ts'
import type { Exchange } from '../kraken/exchange.ts'
import { inScope, type Scope } from '../kraken/scope.ts'
import { AckRelay, type RoadsInputs, type Swept, sweepRoads } from './roads.ts'
import { Tally } from './tally.ts'
import { decide, type Verdict } from './verdict.ts'

/*
 *  sweep ──► proof? ── no ──► pause ──► sweep again, until `provenBy`
 *    ▲         │ yes
 *    │         ▼
 *    └─ open ─ watch: listen where the road tells, and look ──► until `shutUntil`
 *
 *  Every lap begins with a sweep of its own, so that nothing depends on what the lap before has seen: one may be lost, come
 *  twice, or run beside another.
 */

/** Between two looks at the book: 40 of the 500 units that REST allows in 10 s, and 18 cancels beside them. */
const LOOK_EVERY_MS = 500
/** Where the road tells by itself, a look shows that it still would. */
const LISTENED_LOOK_EVERY_MS = 5_000
/** After a sweep that ended early, since Kraken refuses what could be asked: what heals does so there. */
const REFUSED_PAUSE_MS = 10_000

/** Nobody looked for longer than this: then it is not known that the book stayed empty. */
export const MOST_BLIND_MS = 2_000

/** Between two cancels of a road that does not tell: 25 units each, that is 417 of the 500 of 10 s. */
const CANCEL_EVERY_MS = 600

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
  /** Hears of every change. */
  readonly onChange?: (known: LapFindings) => void
  /** Ends the lap when it resolves, with what is known by then. */
  readonly interrupted?: Promise<unknown> | undefined
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
  const shared = { tally, acks: new AckRelay(), mostPauseMs: LOOK_EVERY_MS, cancelEveryMs: CANCEL_EVERY_MS }
  let wasSeenOpen = false
  /** Since when it was not looked at with success; null while it is. */
  let blindFrom: number | null = null
  for (;;) {
    const seenBefore = seenIn(tally)
    const swept = await sweepRoads({ ...inputs, ...shared, deadlineAt: lapEndsAt })
    const verdict = decide(swept.roads)
    const isRefilled = known.emptySince !== null && (wasSeenOpen || seenIn(tally) > seenBefore)
    wasSeenOpen = false
    if (isRefilled) learn({ refills: known.refills + 1, emptySince: null })
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
    const until = watchEnd(inputs, shutUntil)
    const { end, seenAt } = await watch(inputs, until)
    if (isInterrupted || (end === 'time' && until < shutUntil)) {
      learnOfBlindness(seenAt, clock.now())
      return { ...known, verdict } // else a last sweep, for the last proof
    }
    wasSeenOpen = end === 'open'
    blindFrom = wasSeenOpen ? null : seenAt
  }
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

/** Grows with every order in scope that was cancelled, or seen and is gone: filled, or cancelled by another. */
function seenIn(tally: Tally): number {
  const { count, vanishedCount } = tally.cancelled()
  return count + vanishedCount
}

/** Later than this after its time, it was set by somebody else. */
const MOST_FUSE_SKEW_MS = 2_000

/** Its answer is no news of the book, and its failure no news of a cancel: the attempts show either. */
async function lightFuse(
  { roads, clock }: LapInputs,
  seconds: number,
  onLit: (fuse: Fuse) => void,
): Promise<void> {
  await clock.sleep(0)
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

/** Why it is watched no more: an order rests in scope, no road can look or nobody looked for long, or its time is over. */
type WatchEnd = 'open' | 'blind' | 'time'

interface Watch {
  readonly end: WatchEnd
  /** When an order would have been seen for the last time. */
  readonly seenAt: number
}

/** Waits until then, or until a sweep is due. */
async function watch({ roads, clock, scope, interrupted }: LapInputs, until: number): Promise<Watch> {
  const { promise: ended, resolve: end } = Promise.withResolvers<WatchEnd>()
  let seenAt = clock.now() // the sweep before has ended with its proof
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  const watched = { clock, scope, isOver: () => isOver, ended, onOpen: () => end('open') }
  const blind = new Set<Exchange>()
  for (const { exchange } of roads) {
    void listen(exchange, watched)
    void look(exchange, watched, (isSeen) => {
      if (isOver) return
      if (isSeen) blind.delete(exchange)
      else blind.add(exchange)
      if (blind.size === roads.length || clock.now() - seenAt > MOST_BLIND_MS) end('blind')
      else if (isSeen) seenAt = clock.now()
    })
  }
  void interrupted?.then(() => end('time'))
  const takeBack = clock.after(Math.max(0, until - clock.now()), () => end('time'))
  return { end: await ended.finally(takeBack), seenAt }
}

interface Watched {
  readonly clock: Clock
  readonly scope: Scope
  readonly isOver: () => boolean
  readonly ended: Promise<unknown>
  readonly onOpen: () => void
}

/** Asks nobody. */
async function listen(exchange: Exchange, { scope, isOver, ended, onOpen }: Watched): Promise<void> {
  if (exchange.nextTold === undefined) return
  while (!isOver()) {
    if (exchange.toldOpen?.()?.some((order) => inScope(scope, order))) return onOpen()
    await Promise.race([exchange.nextTold(), ended])
  }
}

/** @param onLook hears of every look whether the book could be read, and while the road tells by itself that it does */
async function look(
  exchange: Exchange,
  { clock, scope, isOver, onOpen }: Watched,
  onLook: (isSeen: boolean) => void,
): Promise<void> {
  let lookedAt = -Infinity // what another road's proof has overtaken is looked at soon
  for (let nextAt = clock.now() + LOOK_EVERY_MS; ; nextAt = Math.max(nextAt + LOOK_EVERY_MS, clock.now())) {
    await clock.sleep(Math.max(0, nextAt - clock.now()))
    if (isOver()) return
    const isTelling = exchange.isTelling?.() === true
    if (isTelling) onLook(true)
    if (isTelling && clock.now() < lookedAt + LISTENED_LOOK_EVERY_MS) continue
    lookedAt = clock.now()
    try {
      const { orders } = await exchange.openOrders()
      if (orders.some((order) => inScope(scope, order))) onOpen()
      onLook(true)
    } catch {
      onLook(false)
    }
  }
}
