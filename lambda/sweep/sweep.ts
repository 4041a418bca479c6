import { type Clock, within } from '../clock.ts'
import { InternalFault } from '../errors.ts'
import type { CancelAck, Exchange, Order, Position } from '../kraken/exchange.ts'
import { ExchangeError } from '../kraken/exchange-error.ts'
import { OrdersById } from './orders-by-id.ts'
import type { Progress } from './progress.ts'
import { openInScope } from './proof.ts'
import { isAboutKey, isFinal, type Target, type Targets } from './targets.ts'

/*
 *    ┌─────────────────────────────────────────────────────────────────┐
 *    ▼                                                                 │ growing pause
 *  cancel what is due ──► read the book ──┬─ orders in scope: due again ┤
 *  (all, or each symbol;                  ├─ unreadable ────────────────┘
 *   stubborn orders by id)                └─ empty ──► quiet period ──► read again ──► still empty: proof
 *
 *  Where reduce-only orders are kept nothing is due before the book was read, and then it goes by id alone: the first read
 *  leaves at once, in the place of the cancel, and what it shows is cancelled without a pause.
 *
 *  While it waits it listens, where the road tells: what comes meanwhile is cancelled at once.
 *
 *  Ends with the proof, if no other road contradicts it, at the deadline, or when Kraken has refused for good all that could be asked;
 *  but while another road may empty the book, one that can still read goes on reading, also where it is to wait with its cancels.
 */

/** Between rounds, in milliseconds; the last one repeats. */
const PAUSES_MS = [100, 200, 400, 800, 1_000] as const
/** Between cancels of what is told of while it waits: orders that come together go together. */
const LISTENING_PAUSE_MS = 100
/** So long at most it does not look at the book while another road may empty it. */
const MOST_BLIND_MS = 1_000
/** What a last look at the book gets at the end, beside what a read has taken. */
const LAST_READ_MS = 50

export interface SweepInputs {
  readonly exchange: Exchange
  readonly clock: Clock
  /** Nothing is begun after this; monotonic milliseconds. */
  readonly deadlineAt: number
  readonly quietPeriodMs: number
  /** Between rounds that find orders; a second by default. */
  readonly mostPauseMs?: number
  /** Between cancels of a road that does not tell, where they may go on for minutes. */
  readonly cancelEveryMs?: number
  /** The book is known to be empty: it is read before anything is cancelled. */
  readonly looksFirst?: boolean
  readonly progress: Progress
  /** Asked after every turn: is there a proof that no road contradicts? Then nothing more is begun. */
  readonly isAgreed: () => boolean
  /** May another road empty the book yet? Then one that can only read goes on reading: what it read last must not stand. */
  readonly othersWork: () => boolean
}

/**
 * Cancels over one road until it is agreed that the book is empty in scope, or the deadline comes. Never throws: what went
 * wrong is in the progress.
 */
export async function sweep(inputs: SweepInputs): Promise<void> {
  try {
    await sweepUntilAgreed(inputs, inputs.progress)
  } catch (error) {
    inputs.progress.readTrouble = new InternalFault(error)
  }
  inputs.isAgreed() // this road may have stood in the way
}

async function sweepUntilAgreed(inputs: SweepInputs, progress: Progress): Promise<void> {
  const { clock, deadlineAt, isAgreed, othersWork, exchange } = inputs
  const cancelEveryMs = exchange.nextTold === undefined ? (inputs.cancelEveryMs ?? 0) : 0
  let pacedFrom = -Infinity
  let cancelsFrom = -Infinity
  const firstCancels = inputs.looksFirst === true ? 1 : 0
  for (let round = 0; ; round++) {
    const startedAt = clock.now()
    progress.beginRound()
    const mayCancel = round >= firstCancels && startedAt >= Math.max(cancelsFrom, pacedFrom)
    if (progress.firstEmpty === null && mayCancel) {
      const isSent = await cancelWhatIsDue(inputs, progress)
      if (isSent) pacedFrom = startedAt + cancelEveryMs
    }
    if (isAgreed()) return
    await readBook(inputs, progress)
    if (isAgreed()) return
    progress.isAtWork = !isFutile(progress)
    if (!progress.isAtWork && (progress.readTrouble !== null || !othersWork())) return
    const isHeldUp = clock.now() < cancelsFrom
    const restMs = untilPaced(pauseMs(inputs, progress, round, isHeldUp), progress, pacedFrom - clock.now())
    const pause = othersWork() ? Math.min(restMs, lookMs(inputs, progress, cancelsFrom)) : restMs
    if (pause < restMs && startedAt >= cancelsFrom) cancelsFrom = clock.now() + restMs
    const roundMs = clock.now() - startedAt
    // A cancel that nobody has time to read back would leave less known than before.
    if (clock.now() + pause + (progress.book === null ? 0 : roundMs) >= deadlineAt) break
    const isAskedToWait = progress.retryAfterMs > 0 || clock.now() < cancelsFrom
    await (isAskedToWait ? clock.sleep(pause) : listen(inputs, progress, pause))
    if (isAgreed()) return
  }
  await readOnceMore(inputs, progress)
}

/** @returns was there anything? */
async function cancelWhatIsDue(inputs: SweepInputs, progress: Progress): Promise<boolean> {
  const { targets } = progress
  return targets instanceof OrdersById
    ? cancelByIds(inputs, progress, targets)
    : cancelTargets(inputs, progress, targets)
}

async function cancelByIds(
  { exchange, clock }: SweepInputs,
  progress: Progress,
  byId: OrdersById,
): Promise<boolean> {
  const due = byId.due(clock.now())
  if (due.length === 0) return false
  const onLateAck = (ack: CancelAck) => {
    progress.addAck(ack)
    byId.heardAck(ack)
  }
  byId.asked(due)
  try {
    onLateAck(await exchange.cancelOrders(due, { mostInOne: byId.mostInOne, onLateAck }))
    byId.acked(due)
  } catch (error) {
    byId.failed(due, progress.noteTrouble(error), clock.now())
  }
  return true
}

/** Everything at once: the calls do not depend on each other. */
async function cancelTargets(
  { exchange, clock }: SweepInputs,
  progress: Progress,
  targets: Targets,
): Promise<boolean> {
  const due = targets.due(clock.now())
  const onLateAck = (late: CancelAck) => progress.addAck(late)
  const cancelTarget = async (target: Target) => {
    try {
      progress.addAck(await exchange.cancelAll(target.symbol, { atOnce: due.length, onLateAck }))
      targets.acked(target)
    } catch (error) {
      targets.failed(target, progress.noteTrouble(error), clock.now())
    }
  }
  const cancelById = async (order: Order) => {
    try {
      progress.addAck(await exchange.cancelOrder(order, { onLateAck }))
      targets.ackedById()
    } catch (error) {
      targets.failedById(order, progress.noteTrouble(error), clock.now())
    }
  }
  const sent = [...due.map(cancelTarget), ...targets.stubborn(clock.now()).map(cancelById)]
  await Promise.all(sent)
  return sent.length > 0
}

async function readBook(inputs: SweepInputs, progress: Progress): Promise<void> {
  const { exchange, clock, quietPeriodMs } = inputs
  if (!progress.readPatience.mayTry(clock.now())) return
  try {
    const book = await exchange.openOrders()
    progress.readPatience.noteSuccess()
    const isQuiet = progress.addBook(book, quietPeriodMs)
    // Nothing is left that could be filled. Asked for now, the answer is here before the proof is.
    if (isQuiet) progress.positions = readPositions(exchange, progress)
    progress.readTrouble = null
  } catch (error) {
    progress.readTrouble = progress.noteTrouble(error)
    if (isAboutKey(progress.readTrouble)) progress.readPatience.noteRefusal(clock.now(), progress.readTrouble)
  }
}

/** Waits so many milliseconds; what the road tells of meanwhile is cancelled. */
async function listen(inputs: SweepInputs, progress: Progress, ms: number): Promise<void> {
  const { clock, exchange, isAgreed } = inputs
  if (exchange.nextTold === undefined) return clock.sleep(ms)
  const endAt = clock.now() + ms
  let next = Promise.resolve() // it may have been told before this
  for (let leftMs = ms; leftMs > 0; leftMs = endAt - clock.now()) {
    await within(clock, leftMs, next, () => {})
    next = exchange.nextTold()
    if (clock.now() >= endAt || isAgreed()) return
    if (!progress.hearOpen(exchange.toldOpen?.() ?? [])) continue
    await cancelWhatIsDue(inputs, progress)
    await clock.sleep(Math.min(LISTENING_PAUSE_MS, Math.max(0, endAt - clock.now())))
  }
}

/** The book was empty, and there is no time left for a proof: at least say what it is at the end. */
async function readOnceMore(inputs: SweepInputs, progress: Progress): Promise<void> {
  const { clock, deadlineAt } = inputs
  if (progress.firstEmpty === null) return
  const leftMs = deadlineAt - clock.now() - LAST_READ_MS - progress.readMs
  if (leftMs <= 0) return
  await clock.sleep(leftMs)
  await readBook(inputs, progress)
}

/** Nothing that could still be asked can change the verdict. */
function isFutile({ scope, targets, book, readTrouble, readPatience }: Progress): boolean {
  if (readTrouble !== null && isAboutKey(readTrouble) && readPatience.nextAt !== null) return false
  if (readTrouble !== null && (isFinal(readTrouble) || isAboutKey(readTrouble))) return !targets.hasDue
  const open = book === null ? [] : openInScope(book, scope)
  return open.length > 0 && targets.isHopeless(open)
}

/**
 * How long to wait before the next round.
 *
 * In the quiet period the book is looked at more often than the proof needs: what comes late is gone early.
 *
 * @param isHeldUp its cancels have to wait. New orders are no hurry then: a round that can send nothing, and may read nothing,
 * takes no time, and would come again and again without end
 */
function pauseMs(
  { clock, quietPeriodMs, mostPauseMs = Infinity }: SweepInputs,
  progress: Progress,
  round: number,
  isHeldUp: boolean,
): number {
  const { firstEmpty, retryAfterMs, readMs, isRefilled, targets } = progress
  const isFresh = targets instanceof OrdersById && retryAfterMs === 0 && targets.hasFresh(clock.now())
  if (isFresh && !isHeldUp && firstEmpty === null) return 0
  const usual = PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)] as number
  const growing = Math.max(Math.min(usual, mostPauseMs), 2 * readMs)
  if (firstEmpty === null) return Math.max(isRefilled ? 0 : growing, retryAfterMs, keyWaitMs(clock, progress))
  const quietLeftMs = firstEmpty.answeredAt + quietPeriodMs - clock.now()
  // A timer may be early by a fraction of a millisecond; then the read would not count.
  return quietLeftMs > 0 ? Math.min(Math.ceil(quietLeftMs) + 1, growing) : growing
}

/** A round that would begin before its cancels may go waits for them, and one that would begin after that comes with them. */
function untilPaced(restMs: number, { firstEmpty, retryAfterMs }: Progress, pacedMs: number): number {
  return firstEmpty !== null || retryAfterMs > 0 || pacedMs <= 0 ? restMs : Math.ceil(pacedMs)
}

/** How long to wait at most before the next look at the book, while the cancels have to wait longer. */
function lookMs({ clock }: SweepInputs, progress: Progress, cancelsFrom: number): number {
  const { readTrouble, readMs } = progress
  const cancelsLeftMs = Math.ceil(cancelsFrom - clock.now()) + 1
  const blindMs = cancelsLeftMs > 0 ? Math.min(cancelsLeftMs, MOST_BLIND_MS) : MOST_BLIND_MS
  const retryAfterMs = readTrouble instanceof ExchangeError ? (readTrouble.retryAfterMs ?? 0) : 0
  return Math.max(blindMs, 2 * readMs, retryAfterMs, keyWaitMs(clock, progress))
}

/** Until the key may be tried again, where that is all that can be done. */
function keyWaitMs({ now }: Clock, { targets, readPatience }: Progress): number {
  if (!readPatience.isWaiting(now())) return 0
  const next = [readPatience.nextAt, targets.keyAt].filter((at) => at !== null)
  return targets.keyAt === null && targets.hasDue ? 0 : Math.min(...next) - now()
}

/** Null when they cannot be read. */
export async function readPositions(
  exchange: Exchange,
  progress: Progress,
): Promise<readonly Position[] | null> {
  try {
    const answer = await exchange.openPositions()
    progress.hearServerTime(answer)
    return answer.positions
  } catch {
    return null
  }
}
