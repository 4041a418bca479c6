import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, type Delivery, error, html, json } from './answer.ts'
import type { RestingOrder } from './book.ts'
import { Bot } from './bot.ts'
import { cancelAllAnswer, cancelOrderAnswer, lyingAnswer, openOrdersAnswer } from './endpoints.ts'
import type { Misbehaviour } from './exchange.ts'
import type { Fault } from './fault.ts'
import { KEEP_FAULTS } from './keep-faults.ts'
import { type Call, isCancel as isAnyCancel } from './order-desk.ts'
import { TIMER_FAULTS } from './timer-faults.ts'
import { UNIFIED_FAULTS } from './unified-faults.ts'

type Answering = NonNullable<Misbehaviour['answer']>

const isCancel = ({ endpoint }: Call) => endpoint === 'cancelallorders'
const isRead = ({ endpoint }: Call) => endpoint === 'openorders'
const isOnApi = ({ path }: Call) => path.startsWith('/derivatives')

/** The calls that match are answered so; the others are answered well. */
function when(matches: (call: Call) => boolean, answer: Answering): Answering {
  return (call, orderly, exchange) => (matches(call) ? answer(call, orderly, exchange) : undefined)
}

const firstCancel = (call: Call) => isCancel(call) && call.nth === 0

/** Done as asked, but the answer arrives like that. */
function delivered(delivery: Delivery): Answering {
  return (_, orderly) => ({ ...orderly(), delivery })
}

/** What rests at the deadline is chance: some orders, or just then none, which proves nothing. */
const SOMEBODY_PLACES = ['NOT_EMPTY', 'UNVERIFIED'] as const

function liveBot(perSecond: number): Fault {
  return {
    name: `live-bot:${perSecond}`,
    about: `a bot places ${perSecond} orders a second, and goes on`,
    verdicts: SOMEBODY_PLACES,
    start: ({ account }) => {
      const bot = new Bot(account.book, { prefix: 'grid-', everyMs: 1000 / perSecond })
      bot.start()
      return () => bot.stop()
    },
  }
}

/** Every cancel gets this error, in the shape that Kraken uses with that HTTP status. */
function cancelError(code: string, status: number): Fault {
  const serverTime = () => new Date().toISOString()
  const bodies: Readonly<Record<number, () => object>> = {
    200: () => ({ result: 'error', error: code, serverTime: serverTime() }),
    400: () => ({ result: 'error', errors: [code], serverTime: serverTime() }),
    500: () => ({ errors: [{ code, message: `${code}: see the documentation` }] }),
  }
  const body = bodies[status] ?? (() => ({ result: 'error', error: code }))
  return {
    name: `error:${code}@${status}`,
    about: `every cancel gets ${code} with HTTP ${status}`,
    verdicts: ['NOT_EMPTY'],
    answer: when(isAnyCancel, () => json(body(), status)),
  }
}

const lateOrder: Fault = {
  name: 'late-order',
  about: 'an order that was under way is accepted 40 ms after the first cancel was answered',
  verdicts: ['EMPTY'],
  answer: when(firstCancel, (_, orderly, { account }) => {
    setTimeout(() => account.book.place({ cliOrdId: 'late-1' }), 40)
    return orderly()
  }),
}

/** Cancels only some, and says so or not. */
function cancelsOnly(isCancelled: (order: RestingOrder, index: number) => boolean): Answering {
  return when(isCancel, (call, _, { account }) => {
    const chosen = new Set(account.book.orders.filter(isCancelled))
    const removed = account.book.remove((order) => chosen.has(order))
    return cancelAllAnswer(call.params.get('symbol'), removed)
  })
}

/** So every call is answered for so long, from the first one on. */
function untilMs(ms: number, answer: () => Answer): Answering {
  return (call, _, { calls }) => (call.at - (calls[0]?.at ?? 0) < ms ? answer() : undefined)
}

const PERMISSIVE = json({ result: 'success', cancelStatus: { cancelledOrders: [] }, openOrders: [] })

const readsLag: Fault = {
  name: 'reads-lag',
  about: 'the book that is read back is 1.5 s old',
  verdicts: ['EMPTY'],
  answer: when(isRead, (_, orderly, { account }) => {
    orderly()
    return openOrdersAnswer(account.book.ordersAt(performance.now() - 1_500))
  }),
}

/** The faults that have a fixed name. */
export const FAULTS: readonly Fault[] = [
  lateOrder,
  {
    name: 'hostile',
    about: 'a live bot and a late order at once',
    verdicts: SOMEBODY_PLACES,
    start: (exchange) => liveBot(20).start?.(exchange) ?? (() => {}),
    answer: (...of) => lateOrder.answer?.(...of),
  },
  {
    name: 'partial-cancel',
    about: 'each cancel removes nine of ten orders',
    verdicts: ['EMPTY'],
    answer: cancelsOnly((_, index) => index % 10 !== 9),
  },
  {
    name: 'stubborn-stops',
    about: 'cancel-all leaves the stops; they go by id only',
    verdicts: ['EMPTY'],
    answer: cancelsOnly(({ orderType }) => orderType !== 'stop'),
  },
  {
    name: 'lying-status',
    about: 'noOrdersToCancel, with a list of cancelled orders and no events',
    verdicts: ['EMPTY'],
    answer: when(isCancel, (_, orderly) => lyingAnswer(orderly())),
  },
  {
    name: 'nothing-cancelled',
    about: 'noOrdersToCancel with a full book, and nothing removes it, not even by id',
    verdicts: ['NOT_EMPTY'],
    answer: (call) => {
      if (isCancel(call)) return cancelAllAnswer(call.params.get('symbol'), [])
      if (call.endpoint !== 'cancelorder') return undefined
      return cancelOrderAnswer(call.params.get('order_id'), undefined)
    },
  },
  {
    name: 'recovers',
    about: 'three cancels get HTTP 503, then all is well',
    verdicts: ['EMPTY'],
    answer: when(
      (call) => isCancel(call) && call.nth < 3,
      () => html(503),
    ),
  },
  {
    name: 'executed-but-502',
    about: 'the first cancel is carried out, and answered with HTTP 502 by a proxy',
    verdicts: ['EMPTY'],
    answer: when(firstCancel, (_, orderly) => {
      orderly()
      return html(502)
    }),
  },
  {
    name: 'html-200',
    about: 'every call gets a web page with HTTP 200',
    verdicts: ['FAILED'],
    answer: when(isOnApi, () => html(200)),
  },
  {
    name: 'redirect',
    about: 'every call is redirected to an address that says success',
    verdicts: ['FAILED'],
    answer: (call, _, { url }) =>
      call.endpoint === 'elsewhere'
        ? PERMISSIVE
        : { ...html(301), headers: { location: new URL('/elsewhere', url).href } },
  },
  {
    name: 'truncated-json',
    about: 'every cancel is carried out, but half of its answer is missing',
    verdicts: ['EMPTY'],
    answer: when(isCancel, delivered('half, then end')),
  },
  {
    name: 'hang',
    about: 'the first cancel is swallowed',
    verdicts: ['EMPTY'],
    answer: when(firstCancel, () => ({ ...json({}), delivery: 'never' })),
  },
  {
    name: 'hang-in-body',
    about: 'the answer to the first cancel stops half-way',
    verdicts: ['EMPTY'],
    answer: when(firstCancel, delivered('half, then silence')),
  },
  {
    name: 'hang-after-headers',
    about: 'the answer to the first cancel has headers, and no body ever',
    verdicts: ['EMPTY'],
    answer: when(firstCancel, delivered('headers only')),
  },
  {
    name: 'reset',
    about: 'the connection of the first cancel is reset',
    verdicts: ['EMPTY'],
    answer: when(firstCancel, () => ({ ...json({}), delivery: 'reset' })),
  },
  {
    name: 'reset-in-body',
    about: 'the first cancel is carried out, and reset half-way through its answer',
    verdicts: ['EMPTY'],
    answer: when(firstCancel, delivered('half, then reset')),
  },
  {
    name: 'slow-drip',
    about: 'the first cancel is answered a byte at a time',
    verdicts: ['EMPTY'],
    answer: when(firstCancel, delivered('drip')),
  },
  {
    name: 'endless-body',
    about: 'the book that is read back never ends',
    verdicts: ['UNVERIFIED'],
    answer: when(isRead, delivered('endless')),
  },
  {
    name: 'slow',
    about: 'every answer takes 400 ms',
    verdicts: ['EMPTY'],
    answer: async (_, orderly) => {
      await sleep(400)
      return orderly()
    },
  },
  {
    name: 'read-fails',
    about: 'cancels work, but the book cannot be read',
    verdicts: ['UNVERIFIED'],
    answer: when(isRead, () => error('Unavailable', 503)),
  },
  readsLag,
  {
    name: 'reads-old',
    about: 'the book is read from a copy that is 10 s behind, from before the orders were placed',
    verdicts: ['UNVERIFIED'],
    answer: when(isRead, (_, orderly, { account }) => {
      orderly()
      const said = JSON.parse(openOrdersAnswer(account.book.ordersAt(performance.now() - 10_000)).body)
      return json({ ...said, serverTime: new Date(Date.now() - 10_000).toISOString() })
    }),
  },
  {
    name: 'reads-repeat',
    about: 'every read of the book bears the time of the first one, as from a cache',
    verdicts: ['UNVERIFIED'],
    answer: when(isRead, (_, orderly, { calls }) => {
      const cancel = calls.findLast(isCancel)
      const serverTime = new Date(performance.timeOrigin + (cancel?.at ?? 0) + 20).toISOString()
      return json({ ...JSON.parse(orderly().body), serverTime })
    }),
  },
  {
    name: 'budget-spent',
    about: 'somebody else has spent the budget; it is free again after 2 s',
    verdicts: ['EMPTY'],
    start: ({ account }) => {
      account.exhaust(8_000)
      return () => {}
    },
  },
  {
    name: 'scope-ignored',
    about: 'a cancel of one symbol cancels them all',
    verdicts: ['EMPTY'],
    answer: when(isCancel, (_, __, { account }) =>
      cancelAllAnswer(
        null,
        account.book.remove(() => true),
      ),
    ),
  },
  {
    name: 'read-only-key',
    about: 'the key may read but not cancel',
    verdicts: ['NOT_EMPTY'],
    start: ({ account }) => {
      account.general = 'READ_ONLY'
      return () => {
        account.general = 'FULL_ACCESS'
      }
    },
  },
  {
    name: 'key-doubted',
    about: 'the key is good, and called invalid for 0.9 s',
    verdicts: ['EMPTY'],
    answer: untilMs(900, () => error('authenticationError')),
  },
  {
    name: 'silence',
    about: 'no call is ever answered',
    verdicts: ['FAILED'],
    answer: () => ({ ...json({}), delivery: 'never' }),
  },
  {
    name: 'fifty-thousand',
    about: '50,000 orders rest on the book',
    verdicts: ['EMPTY'],
    start: ({ account }) => {
      for (let i = account.book.orders.length; i < 50_000; i++) account.book.place({ cliOrdId: `mass-${i}` })
      return () => {}
    },
  },
]

/** What `--list` shows of the faults whose name holds a number or a code. */
export const NAMED_BY_PATTERN: readonly Pick<Fault, 'name' | 'about' | 'verdicts'>[] = [
  { name: 'live-bot:N', about: 'a bot places N orders a second, and goes on', verdicts: SOMEBODY_PLACES },
  {
    name: 'error:CODE@STATUS',
    about: 'every cancel gets an error code of Kraken with HTTP 200, 400 or 500',
    verdicts: ['NOT_EMPTY'],
  },
]

/** The fault of that name, such as `late-order`, `live-bot:10` or `error:apiLimitExceeded@200`; undefined if there is none. */
export function faultNamed(name: string): Fault | undefined {
  const bot = /^live-bot:(\d{1,3})$/.exec(name)
  if (bot !== null) return liveBot(Math.max(1, Number(bot[1])))
  const code = /^error:([A-Za-z ]+)@([245]00)$/.exec(name)
  if (code !== null) return cancelError(String(code[1]), Number(code[2]))
  return [...FAULTS, ...UNIFIED_FAULTS, ...TIMER_FAULTS, ...KEEP_FAULTS].find((fault) => fault.name === name)
}
