import type { CancelAck, Order } from './exchange.ts'
import { ExchangeError, isRefusal, NotTried } from './exchange-error.ts'

/** The orders in batches of so many. */
export function batchesOf(orders: readonly Order[], most: number): readonly (readonly Order[])[] {
  return Array.from({ length: Math.ceil(orders.length / most) }, (_, i) =>
    orders.slice(i * most, (i + 1) * most),
  )
}

/**
 * Waits for the cancels of several batches, and gives one ack for all of them.
 *
 * @param onPart hears what was cancelled where not all of it was
 * @throws why a batch failed, once all have ended: where several did, one of whose orders nothing is known
 */
export async function allCancelled(
  cancels: readonly Promise<CancelAck>[],
  onPart: (ack: CancelAck) => void,
): Promise<CancelAck> {
  const ended = await Promise.allSettled(cancels)
  const acks = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failures = ended.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  const [first, ...others] = acks
  const whole = first === undefined ? null : others.reduce(together, first)
  if (failures.length === 0 && whole !== null) return whole
  if (whole !== null) onPart(whole)
  throw failures.find(isUnknown) ?? failures[0]
}

/** May it have been carried out all the same? */
function isUnknown(error: unknown): boolean {
  return !(error instanceof NotTried) && !(error instanceof ExchangeError && isRefusal(error.code))
}

/** Two acks as one, that was answered when the later one was. */
function together(one: CancelAck, other: CancelAck): CancelAck {
  const later = other.answeredAt > one.answeredAt ? other : one
  const times = [one.serverTime, other.serverTime].filter((time) => time !== null)
  return {
    ...later,
    serverTime: times.length === 0 ? null : Math.max(...times),
    orderIds: [...one.orderIds, ...other.orderIds],
    unnamedIds: [...(one.unnamedIds ?? []), ...(other.unnamedIds ?? [])],
    orders: [...one.orders, ...other.orders],
    ...(one.isIncomplete || other.isIncomplete ? { isIncomplete: true } : {}),
  }
}
