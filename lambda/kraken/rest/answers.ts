import { type Fields, flag, iban, isObject, number, text, time, upper } from '../../json.ts'
import {
  type ApiKeyCheck,
  type Book,
  type CancelAck,
  keyOf,
  type Order,
  type Position,
  type Positions,
  type Said,
} from '../exchange.ts'
import { ExchangeError } from '../exchange-error.ts'
import { type Reply, readJson } from '../http/reply.ts'
import { asRetirement } from './retired.ts'

/**
 * The JSON object of a reply that is a success by Kraken's own word.
 *
 * @throws ExchangeError when it is anything else: an error in whatever shape, with whatever HTTP status
 * @throws ApiRetired when it looks as if the API were gone
 */
export function readSuccess(reply: Reply): Fields {
  const answer = readRestJson(reply)
  if (reply.status !== 200) throw new ExchangeError(`HTTP ${reply.status}`)
  if (answer.result !== 'success') throw new ExchangeError('no result', 'Kraken answered without a result')
  return answer
}

/** The same of an answer that has no `result`. @throws ExchangeError, ApiRetired */
export function readRestJson(reply: Reply): Fields {
  try {
    return readJson(reply)
  } catch (error) {
    throw asRetirement(error)
  }
}

/** @throws ExchangeError without a `cancelStatus` and its list; `status` is not read, since it lies. */
export function readCancelAck(answer: Fields): Said<CancelAck> {
  const status = readCancelStatus(answer)
  if (!Array.isArray(status.cancelledOrders)) {
    throw new ExchangeError('no cancelledOrders', 'Kraken answered the cancel without a list of orders')
  }
  const orderIds: string[] = []
  for (const entry of status.cancelledOrders) {
    const id = isObject(entry) ? (text(entry.order_id) ?? text(entry.cliOrdId)) : text(entry)
    if (id !== null) orderIds.push(id)
  }
  return {
    cancelOnly: text(status.cancelOnly),
    orderIds,
    orders: readOrderEvents(status.orderEvents),
    ...(orderIds.length < status.cancelledOrders.length ? { isIncomplete: true } : {}),
  }
}

/** Statuses of an order that the cancel came too late for. */
const NOT_CANCELLED = ['filled', 'notfound']

/** The answer to the cancel of one order. Here `status` is read, but only to leave out what was not cancelled. */
export function readSingleCancelAck(answer: Fields, order: Order): Said<CancelAck> {
  const status = text(readCancelStatus(answer).status)?.toLowerCase() ?? ''
  const wasCancelled = status === 'cancelled'
  return {
    cancelOnly: null,
    orderIds: wasCancelled ? [order.orderId] : [],
    orders: wasCancelled ? [order] : [],
    ...(wasCancelled || NOT_CANCELLED.includes(status) ? {} : { isIncomplete: true }),
  }
}

/**
 * The answer to a batch of cancels: one entry for each order, in no particular order. It is a success, whatever became of
 * the orders.
 *
 * @throws ExchangeError without the list
 */
export function readBatchAck(answer: Fields, batch: readonly Order[]): Said<CancelAck> {
  if (!Array.isArray(answer.batchStatus)) {
    throw new ExchangeError('no batchStatus', 'Kraken answered a batch of cancels without a list')
  }
  const wanted = new Map(batch.map((order) => [keyOf(order.orderId), order]))
  const orders: Order[] = []
  const told = new Set<string>()
  for (const entry of answer.batchStatus) {
    const { order_id: id, status } = readBatchEntry(entry)
    const order = wanted.get(keyOf(text(id) ?? ''))
    const said = text(status)?.toLowerCase() ?? ''
    if (order === undefined) continue
    if (said === 'cancelled' && !told.has(order.orderId)) orders.push(order)
    if (said === 'cancelled' || NOT_CANCELLED.includes(said)) told.add(order.orderId)
  }
  return {
    cancelOnly: null,
    orderIds: orders.map(({ orderId }) => orderId),
    orders,
    ...(told.size < wanted.size ? { isIncomplete: true } : {}),
  }
}

/** Another client expects the status of each order where that of a single cancel is. */
function readBatchEntry(entry: unknown): Fields {
  if (!isObject(entry)) return {}
  return isObject(entry.cancelStatus) ? { order_id: entry.order_id, ...entry.cancelStatus } : entry
}

function readCancelStatus(answer: Fields): Fields {
  if (isObject(answer.cancelStatus)) return answer.cancelStatus
  throw new ExchangeError('no cancelStatus', 'Kraken answered the cancel without a cancelStatus')
}

function readOrderEvents(events: unknown): Order[] {
  if (!Array.isArray(events)) return []
  const orders: Order[] = []
  for (const event of events) {
    if (isObject(event) && isObject(event.order))
      orders.push(new DescribedOrder(event.order, text(event.uid)))
  }
  return orders
}

/** @throws ExchangeError without the list; an entry that cannot be read still counts as an order. */
export function readBook(answer: Fields): Said<Book> {
  if (!Array.isArray(answer.openOrders)) {
    throw new ExchangeError('no openOrders', 'Kraken answered the read of the book without a list of orders')
  }
  return { orders: answer.openOrders.map((entry) => new DescribedOrder(isObject(entry) ? entry : {})) }
}

/** @throws ExchangeError without the list, as in a degraded answer. */
export function readPositions(answer: Fields): Said<Positions> {
  if (!Array.isArray(answer.openPositions)) {
    throw new ExchangeError('no openPositions', 'Kraken answered without a list of positions')
  }
  return { positions: answer.openPositions.map((entry) => readPosition(isObject(entry) ? entry : {})) }
}

function readPosition(raw: Fields): Position {
  return {
    symbol: upper(text(raw.symbol)),
    side: text(raw.side),
    size: number(raw.size),
    price: number(raw.price),
  }
}

/**
 * An order in both spellings, that of `/openorders` and that of an `orderEvents` entry, each field read when it is asked
 * for: of 10,000 orders hardly one is looked at closely, and reading them all takes as long as their JSON.
 */
class DescribedOrder implements Order {
  readonly #raw: Fields
  readonly #uid: string | null

  constructor(raw: Fields, uid: string | null = null) {
    this.#raw = raw
    this.#uid = uid
  }

  get orderId(): string {
    return text(this.#raw.order_id) ?? text(this.#raw.orderId) ?? this.#uid ?? ''
  }

  get cliOrdId(): string | null {
    return text(this.#raw.cliOrdId)
  }

  get symbol(): string | null {
    return upper(text(this.#raw.symbol))
  }

  get side(): string | null {
    return text(this.#raw.side)
  }

  get type(): string | null {
    return text(this.#raw.orderType) ?? text(this.#raw.type)
  }

  get size(): number | null {
    return number(this.#raw.unfilledSize) ?? number(this.#raw.quantity)
  }

  get limitPrice(): number | null {
    return number(this.#raw.limitPrice)
  }

  get stopPrice(): number | null {
    return number(this.#raw.stopPrice)
  }

  get reduceOnly(): boolean | null {
    return flag(this.#raw.reduceOnly)
  }

  get placedAt(): number | null {
    return time(this.#raw.receivedTime) ?? time(this.#raw.timestamp)
  }
}

/** @throws ExchangeError without permissions. A refused key answers 401, whose body has an error code. */
export function readApiKeyCheck(answer: Fields): Said<ApiKeyCheck> {
  if (!isObject(answer.permissions)) {
    throw new ExchangeError('no permissions', 'Kraken answered the key check without permissions')
  }
  const blocks = Array.isArray(answer.allowedCidrBlocks) ? answer.allowedCidrBlocks : []
  return {
    accountUid: text(answer.accountUid),
    general: text(answer.permissions.general) ?? 'unknown',
    transfer: text(answer.permissions.transfer) ?? 'unknown',
    allowedCidrBlocks: blocks.map(text).filter((block) => block !== null),
    iban: iban(answer.iiban),
    validUntil: null,
    needless: [],
  }
}
