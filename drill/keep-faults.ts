import { error, html, json } from './answer.ts'
import type { RestingOrder } from './book.ts'
import { batchAnswer, readBatch } from './endpoints.ts'
import type { Misbehaviour } from './exchange.ts'
import type { Fault } from './fault.ts'
import { isCancel } from './order-desk.ts'

/* Faults of a pull that keeps reduce-only orders: of batches, and of orders that change under way. */

type Answering = NonNullable<Misbehaviour['answer']>

/** Batches are answered so; whatever else is asked is answered well. */
function batches(answer: Answering): Pick<Misbehaviour, 'answer'> {
  return {
    answer: (call, orderly, exchange) =>
      call.endpoint === 'batchorder' ? answer(call, orderly, exchange) : undefined,
  }
}

/** Something happens at the first cancel, on whichever road, before it is carried out. */
function atFirstCancel(happen: (orders: readonly RestingOrder[], book: Place) => void): Misbehaviour {
  let hasHappened = false
  const atCancel: (call: Parameters<typeof isCancel>[0], exchange: Parameters<Answering>[2]) => undefined = (
    call,
    { account: { book } },
  ) => {
    if (hasHappened || !isCancel(call)) return
    hasHappened = true
    happen(book.orders, book)
  }
  return {
    start: () => {
      hasHappened = false
      return () => {}
    },
    answer: (call, _, exchange) => atCancel(call, exchange),
    message: ({ call }, _, exchange) => atCancel(call, exchange),
  }
}

type Place = Parameters<Answering>[2]['account']['book']

const guardOf = (orders: readonly RestingOrder[]) => orders.find(({ reduceOnly }) => reduceOnly)

const EMPTY = ['EMPTY'] as const

export const KEEP_FAULTS: readonly Fault[] = [
  {
    name: 'keep:batch-partial',
    about: 'each batch cancels every second order, and says so',
    keeps: true,
    verdicts: EMPTY,
    ...batches(({ params }, _, { account: { book } }) => {
      const ids = readBatch(params) ?? []
      const chosen = new Set(ids.filter((__, i) => i % 2 === 0))
      return batchAnswer(
        ids,
        book.remove(({ order_id }) => chosen.has(order_id)),
      )
    }),
  },
  {
    name: 'keep:batch-not-found',
    about: 'the first batch is not carried out, and says that no order was found',
    keeps: true,
    verdicts: EMPTY,
    ...batches(({ nth, params }) => (nth === 0 ? batchAnswer(readBatch(params) ?? [], []) : undefined)),
  },
  {
    name: 'keep:batch-502',
    about: 'the first batch is carried out, and answered with HTTP 502 by a proxy',
    keeps: true,
    verdicts: EMPTY,
    ...batches(({ nth }, orderly) => {
      const done = orderly()
      return nth === 0 ? html(502) : done
    }),
  },
  {
    name: 'keep:batch-budget',
    about: 'somebody else has spent the budget when the first two batches come',
    keeps: true,
    verdicts: EMPTY,
    ...batches(({ nth }) => (nth < 2 ? error('apiLimitExceeded') : undefined)),
  },
  {
    name: 'keep:batch-mute',
    about: 'batches are carried out, and answered with an empty list',
    keeps: true,
    verdicts: EMPTY,
    ...batches((_, orderly) => json({ ...JSON.parse(orderly().body), batchStatus: [] })),
  },
  {
    name: 'keep:batch-liar',
    about: 'batches say that all was cancelled, and cancel nothing',
    keeps: true,
    verdicts: ['NOT_EMPTY'],
    ...batches(({ params }, _, { account: { book } }) => {
      const ids = readBatch(params) ?? []
      return batchAnswer(
        ids,
        book.orders.filter(({ order_id }) => ids.includes(order_id)),
      )
    }),
  },
  {
    name: 'keep:batch-short',
    about: 'a batch may hold ten orders at most',
    keeps: true,
    verdicts: EMPTY,
    ...batches(({ params }) =>
      Number(readBatch(params)?.length) > 10 ? error('invalidArgument') : undefined,
    ),
  },
  {
    name: 'keep:batch-refused',
    about: 'no batch is ever taken',
    keeps: true,
    verdicts: EMPTY,
    ...batches(() => error('invalidArgument')),
  },
  {
    name: 'keep:batch-odd-order',
    about: 'a batch is refused as a whole where it holds a certain order',
    keeps: true,
    verdicts: EMPTY,
    ...batches(({ params }, _, { account: { book } }) => {
      const odd = book.orders.find(({ reduceOnly }) => !reduceOnly)?.order_id
      const ids = readBatch(params) ?? []
      return odd !== undefined && ids.length > 1 && ids.includes(odd) ? error('invalidArgument') : undefined
    }),
  },
  {
    name: 'keep:unreadable',
    about: 'the book can never be read, on either road',
    keeps: true,
    roads: 'both',
    verdicts: ['FAILED'],
    answer: ({ endpoint }) => (endpoint === 'openorders' ? error('Unavailable', 503) : undefined),
    message: ({ call, asked, session }) =>
      call.endpoint === 'subscribe executions'
        ? { said: [session.failure(asked, 'EService:Unavailable')] }
        : undefined,
  },
  {
    name: 'keep:new-stop',
    about: 'a stop and an ordinary order are placed while the first cancel is under way',
    keeps: true,
    roads: 'both',
    verdicts: EMPTY,
    ...atFirstCancel((_, book) => {
      book.place({ orderType: 'stop', reduceOnly: true, cliOrdId: 'new stop' })
      book.place({ cliOrdId: 'new order' })
    }),
  },
  {
    name: 'keep:edited',
    about: 'a stop becomes an order that opens risk while the first cancel is under way',
    keeps: true,
    guardsLost: 1,
    roads: 'both',
    verdicts: EMPTY,
    ...atFirstCancel((orders, book) => {
      const guard = guardOf(orders)
      book.remove(({ order_id }) => order_id === guard?.order_id)
      if (guard !== undefined) book.place({ ...guard, reduceOnly: false })
    }),
  },
]
