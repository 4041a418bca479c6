import type { Change } from '../drill/book.ts'
import { isCancel } from '../drill/order-desk.ts'
import { isIn } from './orders.ts'
import type { Held, Life, Pulled, Run } from './run.ts'
import { READS, type Visit } from './visit.ts'

/** Times cross from lap to lap in whole milliseconds. */
const EPSILON_MS = 1.5
/** A hole between two laps that the report tells of: what was known before it is not known after it. */
const MOST_BLIND_MS = 2_000

/**
 * Laps that say that the book is empty since a time after which an order in scope rested, and they know it: by a read, by
 * what was told, by a cancel of theirs that removed it, whatever became of its answer, or since nobody looked for so long.
 */
export function emptySinceTooEarly(run: Run, held: Held): string[] {
  return held.lives.flatMap((life) => {
    const lap = run.pulls[life.id]
    const since = lap?.lap?.emptySince ?? null
    if (lap === undefined || since === null) return []
    const seen = seenAfter(run, held, life, lap, since + EPSILON_MS)
    return seen === null ? [] : [`lap ${life.id}: empty since ${since.toFixed(1)} ms, though ${seen}`]
  })
}

function seenAfter(run: Run, held: Held, life: Life, lap: Pulled, since: number): string | null {
  const { visits, tellings, desk } = run
  const { scope } = held.planned
  const isOurs = ({ order }: Change) => isIn(scope, order)
  const late = desk.account.book.changes.filter((change) => change.at > since && isOurs(change))
  if (late.length === 0) return null
  const all = visits.filter(({ pull }) => pull === life.id)
  const own = all.filter(({ call }) => call.at > since)
  const rested = (at: number, hidden: Visit['hidden']) =>
    desk.account.book.ordersAt(at).some((order) => isIn(scope, order) && !hidden.has(order.order_id))
  const read = own.find((read) => {
    const { call, deliveredAt, viewAt, hidden, isObeyed } = read
    return (
      isObeyed &&
      READS.includes(call.endpoint) &&
      deliveredAt !== null &&
      deliveredAt <= lap.endedAt &&
      viewAt > since &&
      !isSecond(read, all) &&
      !isOvertaken(read, lap) &&
      rested(viewAt, hidden)
    )
  })
  if (read !== undefined) return `it read an open order at ${read.viewAt.toFixed(1)} ms`
  const cancel = own.find(
    ({ call }) => isCancel(call) && late.some(({ kind, at }) => kind === 'removed' && at === call.at),
  )
  if (cancel !== undefined) return `its cancel removed one at ${cancel.call.at.toFixed(1)} ms`
  const placed = new Set(late.filter(({ kind }) => kind === 'placed').map(({ order }) => order.order_id))
  const told = tellings.find(
    ({ pull, at, orderId, isOpen }) =>
      pull === life.id && isOpen && at > since && at < knownUntil(lap) - EPSILON_MS && placed.has(orderId),
  )
  if (told !== undefined) return `it was told of an open order at ${told.at.toFixed(1)} ms`
  return hole(held, life, since, late)
}

/** A hold that is over ends with its last proof; what comes while the positions are waited for is nobody's any more. */
function knownUntil({ endedAt, verdict, lap }: Pulled): number {
  return lap?.next === 'held' && verdict.kind === 'EMPTY' ? verdict.proof.at : endedAt
}

/** The same read went out twice, and the other answer was there before: nobody hears this one. */
function isSecond(read: Visit, own: readonly Visit[]): boolean {
  const { sentAt, deliveredAt, call } = read
  return own.some(
    (other) =>
      other !== read &&
      other.call.endpoint === call.endpoint &&
      other.sentAt <= sentAt &&
      Number(other.deliveredAt) >= sentAt &&
      Number(other.deliveredAt) <= Number(deliveredAt),
  )
}

/** What asked for this read was over when it came: a sweep by another road's proof, or the watch by the hold's time. */
function isOvertaken({ sentAt, deliveredAt }: Visit, { verdict, lap, startedAt, report }: Pulled): boolean {
  const shutUntil = lap?.after.known.shutUntil ?? null
  const ends = [
    verdict.kind === 'EMPTY' ? verdict.proof.at : Infinity,
    shutUntil === null
      ? Infinity
      : startedAt + Date.parse(shutUntil) - Date.parse(report.trigger.receivedAt) - EPSILON_MS,
  ]
  return ends.some((end) => sentAt <= end + 2 * EPSILON_MS && Number(deliveredAt) >= end)
}

/** An order that rested while no lap of the hold ran for long. */
function hole({ lives, beganAt }: Held, life: Life, since: number, late: readonly Change[]): string | null {
  const before = lives.filter(({ endedAt, isLost }) => endedAt <= life.startedAt && !isLost)
  const seenAt = Math.max(beganAt, ...before.map(({ endedAt }) => endedAt))
  if (life.startedAt - seenAt <= MOST_BLIND_MS || since > life.startedAt) return null
  const unseen = late.find(({ at }) => at > seenAt && at < life.startedAt)
  return unseen === undefined
    ? null
    : `an order was ${unseen.kind} at ${unseen.at.toFixed(1)} ms, when no lap had looked for long`
}
