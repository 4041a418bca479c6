import type { Clock } from '../clock.ts'
import type { CancelAck, Exchange, Position, RoadName } from '../kraken/exchange.ts'
import type { Scope } from '../kraken/scope.ts'
import { KeyRecord } from './key-patience.ts'
import { type Dated, laterOf, Progress, type RoadFindings } from './progress.ts'
import { readPositions, sweep } from './sweep.ts'
import { Tally } from './tally.ts'
import { contradicts } from './verdict.ts'

/** One way to the book, under its name. */
export interface Road {
  readonly name: RoadName
  readonly exchange: Exchange
  /** When Kraken closes it, in milliseconds since 1970; absent where that is not known. */
  readonly endsAt?: number
}

export interface RoadsInputs {
  readonly roads: readonly Road[]
  readonly clock: Clock
  readonly scope: Scope
  /** Nothing is begun after this; monotonic milliseconds. */
  readonly deadlineAt: number
  readonly quietPeriodMs: number
  /** Goes on with what sweeps before this one have cancelled. */
  readonly tally?: Tally
  /** Brings what is answered to the sweeps before this one. */
  readonly acks?: AckRelay
  /** How the keys have fared in the sweeps before this one. */
  readonly keys?: KeyRecord
  /** Between rounds that find orders; a second by default. */
  readonly mostPauseMs?: number
  /** Between cancels of a road that does not tell, where they may go on for minutes. */
  readonly cancelEveryMs?: number
  /** The book is known to be empty: it is read before anything is cancelled. */
  readonly looksFirst?: boolean
  /** Hears once, `STILL_AFTER_MS` after the beginning, what is known, if it has not ended by then. */
  readonly onStillSweeping?: ((known: StillSweeping) => void) | undefined
  /** The book is held: once it is empty, an order that is told of is more urgent than the positions. */
  readonly isHeld?: boolean
  /** Ends the sweep when it resolves, with what is known by then: nothing more is asked. */
  readonly interrupted?: Promise<unknown> | undefined
}

type HearAck = (road: RoadName, ack: CancelAck) => void

/** Between sweeps that follow each other over the same roads: a cancel of one may be answered when the next has begun. */
export class AckRelay {
  readonly #latest = new Map<RoadName, Dated>()
  #hear: HearAck = () => {}

  /** From now on the acks are told to this one alone. */
  hear(hear: HearAck): void {
    this.#hear = hear
  }

  tell(road: RoadName, ack: CancelAck): void {
    this.#latest.set(road, laterOf(this.latestOf(road), ack))
    this.#hear(road, ack)
  }

  /** The ack that a road has dated the latest, by its own clock: a book that it dates before that is an old one. */
  latestOf(road: RoadName): Dated | null {
    return this.#latest.get(road) ?? null
  }
}

/** What all roads have done and seen so far. */
export type StillSweeping = Pick<Swept, 'roads' | 'tally'>

/** So long a sweep lasts that is not in order: a clean one takes a second or two. */
export const STILL_AFTER_MS = 10_000

interface Course extends Pick<Road, 'exchange'> {
  readonly progress: Progress
}

/** What all roads did and saw. */
export interface Swept {
  readonly roads: readonly RoadFindings[]
  /** What was cancelled, over all of them. */
  readonly tally: Tally
  readonly exchangeClock: Progress['exchangeClock']
  /** As they were once the book was found empty, else at the end; null when that read failed. */
  readonly positions: readonly Position[] | null
  /** An order in scope was told of after the proof, while the positions of a held book were waited for. */
  readonly isToldSince: boolean
  /** When an order in scope rested at the latest, as books show that are too old to prove anything; null where none does. */
  readonly restedAt: number | null
}

/**
 * Sweeps over every road at once, each for itself: neither waits for the other.
 *
 * Ends when one of them has proof and no other that can read says otherwise, when all have ended, at the deadline, or when
 * it is interrupted. A road that is dead, stalled or refused does not say otherwise, and is not waited for.
 *
 * Never throws: what went wrong is a finding.
 */
export async function sweepRoads(inputs: RoadsInputs): Promise<Swept> {
  const { roads, clock, scope, onStillSweeping, interrupted } = inputs
  const { tally = new Tally(scope), acks, keys = new KeyRecord() } = inputs
  keys.resume()
  const courses = roads.map(({ name, exchange }) => ({
    exchange,
    progress: new Progress(name, scope, tally, (ack) => onAck(name, ack), keys),
  }))
  const onAck = (name: RoadName, ack: CancelAck) => {
    beginOthersAnew(name, ack)
    acks?.tell(name, ack)
  }
  const beginOthersAnew = (name: RoadName, ack: CancelAck) => {
    if (!toldOfOrders(ack)) return
    for (const { progress } of courses) if (progress.name !== name) progress.beginAnew()
  }
  for (const { progress } of courses) progress.latest = acks?.latestOf(progress.name) ?? null
  acks?.hear((name, ack) => {
    beginOthersAnew(name, ack)
    courses.find(({ progress }) => progress.name === name)?.progress.hearAck(ack)
  })
  const findings = () =>
    courses.map(({ exchange, progress }) => {
      tally.addCancelled(exchange.toldCancelled?.() ?? [])
      return progress.findings(exchange.toldOpen?.() ?? [])
    })
  const { promise: agreed, resolve: agree } = Promise.withResolvers<readonly RoadFindings[]>()
  let isOver = false
  const isAgreed = () => {
    if (isOver) return true
    const found = findings()
    if (found.some(contradicts)) {
      // What read as empty meanwhile was wrong: a proof has to begin after that.
      for (const { progress } of courses) progress.beginAnew()
      return false
    }
    isOver = found.some(({ proof }) => proof !== null)
    if (isOver) agree(found)
    return isOver
  }
  const tellStillSweeping = () => onStillSweeping?.({ roads: findings(), tally })
  const tellNoMore = clock.after(STILL_AFTER_MS, tellStillSweeping)
  const sweeps = courses.map(async (course) => {
    const othersWork = () => courses.some(({ progress }) => progress !== course.progress && progress.isAtWork)
    await sweep({ ...inputs, ...course, isAgreed, othersWork })
    course.progress.isAtWork = false
  })
  let isInterrupted = false
  const never = new Promise(() => {})
  const cut = (interrupted ?? never).then(() => {
    isInterrupted = true
    return findings()
  })
  const found = await Promise.race([agreed, Promise.all(sweeps).then(findings), cut])
  isOver = true // what is under way still begins nothing more
  tellNoMore()
  const { exchangeClock = null } =
    courses.find(({ progress }) => progress.exchangeClock !== null)?.progress ?? {}
  const isProven = found.some(({ proof }) => proof !== null)
  const toldSince = inputs.isHeld === true && isProven && !isInterrupted ? untilTold(courses) : null
  const positions = isInterrupted
    ? null
    : await Promise.race([firstKnown(courses), ...(toldSince === null ? [] : [toldSince.told])])
  const isToldSince = toldSince?.end() ?? false
  const rested = courses.flatMap(({ progress }) => progress.restedAt ?? [])
  const restedAt = rested.length === 0 ? null : Math.max(...rested)
  return { roads: found, tally, exchangeClock, positions, isToldSince, restedAt }
}

/** It cancelled orders, or may have: what any road read as empty before was not. */
function toldOfOrders({ orderIds, count = 0, isIncomplete = false }: CancelAck): boolean {
  return orderIds.length > 0 || count > 0 || isIncomplete
}

/** Listens to every road that tells. `told` gives no positions, once there is news in scope; `end` ends it, and says whether there was. */
function untilTold(courses: readonly Course[]) {
  let isOver = false
  let isTold = false
  const { promise: told, resolve } = Promise.withResolvers<null>()
  const hear = ({ exchange, progress }: Course) => {
    if (isOver || !progress.hearOpen(exchange.toldOpen?.() ?? [])) return
    isTold = true
    resolve(null)
  }
  const listen = async (course: Course) => {
    while (!isOver && !isTold && course.exchange.nextTold !== undefined) {
      hear(course)
      await Promise.race([course.exchange.nextTold(), told])
    }
  }
  for (const course of courses) void listen(course)
  const end = () => {
    courses.forEach(hear)
    isOver = true
    return isTold
  }
  return { told, end }
}

/** The positions as the first road told them that could; one with proof is asked first. */
async function firstKnown(courses: readonly Course[]): Promise<readonly Position[] | null> {
  const inOrder = courses.toSorted(
    (a, b) => Number(b.progress.proof !== null) - Number(a.progress.proof !== null),
  )
  for (const { exchange, progress } of inOrder) {
    const positions = await (progress.positions ?? readPositions(exchange, progress))
    if (positions !== null) return positions
  }
  return null
}
