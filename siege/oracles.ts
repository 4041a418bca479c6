import type { Change, RestingOrder } from '../drill/book.ts'
import { readBatch } from '../drill/endpoints.ts'
import { type Call, isCancel } from '../drill/order-desk.ts'
import type { RoadName } from '../lambda/kraken/exchange.ts'
import { isKeeping, symbolsOf } from '../lambda/kraken/scope.ts'
import { isSettled } from '../lambda/sweep/verdict.ts'
import { HOLD_TESTS } from './hold-oracles.ts'
import { leaks } from './leaks.ts'
import { isIn } from './orders.ts'
import type { Held, Life, Pulled, Run } from './run.ts'
import { FUSES, READS, type Visit } from './visit.ts'

export const ORACLES = {
  O1: 'EMPTY only with two reads of a truly empty book, a quiet period apart, after the last cancel',
  O2: 'ends by the deadline, with a report',
  O3: 'no piece of 6 characters of a key, a secret, a signature or a token in what is said',
  O4: 'every request is signed over what was sent',
  O5: 'no more than 500 units in 10 s, per process',
  O6: 'only calls that cancel and read',
  O7: 'one report for each pull',
  O8: 'no order out of scope is touched, unless Kraken ignores the scope: then that is said',
  O9: 'unproven is never a success',
  O10: 'every pull acts, also the second of two alike',
  O11: 'EMPTY only if no other road that can read says otherwise',
  O12: 'nothing leaves after the report',
  O13: 'EMPTY only if no order rests that was told of unasked',
  O14: 'no more than 15 private calls of the Spot API in 30 s, and of a pull or lap no more than 6 cancels and 8 reads with keys that are refused',
  O15: 'EMPTY names no more cancelled orders than were, and no fewer unless it says so',
  O16: 'where reduce-only orders are kept none is cancelled that was ever told to be one, and no cancel-all is sent',
  O17: 'nothing placed in scope rests longer than a look and a cancel take, while a lap runs and Kraken answers',
  O18: "Kraken's own timer is never set to 0, and by holds of all orders alone, which set it in every lap",
  O19: 'a released hold sends nothing after the lap in which it was released',
  O20: 'a hold is empty since no time after which it knows that an order in scope rested',
  O21: 'a lap lost, late or twice and two holds at once lose nothing',
  O22: 'no hold is called lost while Kraken answers and nothing is placed',
  O23: 'a lap says EMPTY only where somebody looked until its end, and a hold held only by a proof at its time',
} as const

export type Oracle = keyof typeof ORACLES

/** A promise that was broken, in one run. */
export interface Violation {
  readonly oracle: Oracle
  readonly what: string
}

/** What the oracles made of a run. */
export interface Judgement {
  readonly violations: readonly Violation[]
  /** Oracles that this run could have broken: something was there to be got wrong. */
  readonly exercised: readonly Oracle[]
}

type Test = (run: Run) => { readonly wrong: readonly string[]; readonly couldFail: boolean }

/** Holds every promise against a run. */
export function judge(run: Run): Judgement {
  const violations: Violation[] = []
  const exercised: Oracle[] = []
  for (const [oracle, test] of Object.entries(TESTS) as [Oracle, Test][]) {
    const { wrong, couldFail } = test(run)
    if (couldFail) exercised.push(oracle)
    for (const what of wrong) violations.push({ oracle, what })
  }
  return { violations, exercised }
}

const TESTS: Readonly<Record<Oracle, Test>> = {
  O1: (run) => ({
    wrong: run.pulls.flatMap((pulled, i) => falseEmpty(run, pulled, i)),
    couldFail:
      run.pulls.some(({ verdict }) => verdict.kind === 'EMPTY') && run.desk.account.book.changes.length > 0,
  }),
  O2: ({ pulls }) => ({
    wrong: pulls
      .filter(({ endedAt, deadlineAt }) => endedAt > deadlineAt + 1)
      .map(({ endedAt, deadlineAt }) => `it ended ${endedAt - deadlineAt} ms after its deadline`),
    couldFail: pulls.some(({ endedAt, deadlineAt }) => endedAt > deadlineAt - 200),
  }),
  O3: (run) => ({
    wrong: run.pulls.flatMap(({ http }) => leaks(http.body, run)),
    couldFail: true,
  }),
  O4: (run) => ({
    wrong: run.visits
      .filter(({ call }) => !call.isAuthentic && !isOldKey(run, call))
      .map(({ call }) => `${call.endpoint} was not signed`),
    couldFail: run.visits.length > 0,
  }),
  O5: ({ pulls, visits }) => {
    const processOf = (id: number) => pulls[id]?.process ?? id
    const most = [...Map.groupBy(visits, ({ pull }) => processOf(pull)).values()].map(mostUnits)
    return {
      wrong: most.filter((units) => units > 500).map((units) => `${units} units in 10 s`),
      couldFail: most.some((units) => units > 400),
    }
  },
  O6: (run) => ({
    wrong: run.visits
      .filter(
        ({ call, pull }) =>
          (!HARMLESS.includes(call.endpoint) && !mayArm(run, pull, call)) ||
          /"order":"(?!cancel")/.test(String(call.params.get('json'))),
      )
      .map(({ call }) => `it called ${call.endpoint}`),
    couldFail: run.visits.length > 0,
  }),
  O7: ({ plan, pulls, holds }) => ({
    wrong:
      pulls.length === plan.pulls.length + holds.flatMap(lapsThatEnded).length &&
      pulls.every(({ report, verdict }) => report.verdict === verdict.kind)
        ? []
        : ['a report is missing, or says something else'],
    couldFail: true,
  }),
  O8: (run) => ({
    wrong: run.pulls.flatMap((pulled, i) => outOfScope(run, pulled, i)),
    couldFail: hasOrdersOutOfScope(run),
  }),
  O9: ({ pulls }) => ({
    wrong: pulls
      .filter(
        ({ verdict, http }) => verdict.kind !== 'EMPTY' && (isSettled(verdict) || http.statusCode < 500),
      )
      .map(({ verdict, http }) => `${verdict.kind} was answered with HTTP ${http.statusCode}`),
    couldFail: pulls.some(({ verdict }) => verdict.kind !== 'EMPTY'),
  }),
  O10: ({ pulls }) => ({
    wrong: pulls
      .filter(
        ({ report, planned, lap }) => lap === null && report.attempts.length === 0 && planned.timeMs > 0,
      )
      .map(() => 'a pull asked for nothing'),
    couldFail: pulls.length > 1,
  }),
  O11: (run) => ({
    wrong: run.pulls.flatMap((pulled, i) => contradicted(run, pulled, i)),
    couldFail: run.pulls.some(({ verdict, planned }) => verdict.kind === 'EMPTY' && planned.roads === 'both'),
  }),
  O12: ({ pulls, visits }) => ({
    wrong: visits
      .filter(({ pull, sentAt }) => sentAt > (pulls[pull]?.endedAt ?? Infinity) + EPSILON_MS)
      .map(({ call }) => `${call.endpoint} left after the report`),
    couldFail: pulls.some(({ planned }) => planned.roads === 'both'),
  }),
  O13: (run) => ({
    wrong: run.pulls.flatMap((pulled, i) => toldAndResting(run, pulled, i)),
    couldFail: run.pulls.some(
      ({ verdict }, i) =>
        verdict.kind === 'EMPTY' && run.tellings.some(({ pull, isOpen }) => pull === i && isOpen),
    ),
  }),
  O14: (run) => {
    const wrong = run.pulls.flatMap((_, i) => hammering(run, i))
    return { wrong, couldFail: run.plan.faults.some((fault) => fault.do === 'doubt the keys') }
  },
  O15: (run) => ({
    wrong: run.pulls.flatMap((pulled) => miscounted(run, pulled)),
    couldFail: isCountable(run.plan) && run.pulls.some(({ verdict }) => verdict.kind === 'EMPTY'),
  }),
  O16: (run) => ({
    wrong: run.pulls.flatMap((pulled, i) => unguarded(run, pulled, i)),
    couldFail:
      run.pulls.some(({ planned }) => isKeeping(planned.scope)) &&
      run.desk.account.book.changes.some(({ order }) => order.reduceOnly),
  }),
  ...HOLD_TESTS,
}

/** What a pull has cancelled, or asked to, that was to be kept. */
function unguarded(run: Run, pulled: Pulled, pull: number): string[] {
  const { plan, desk, visits } = run
  const { planned, report } = pulled
  if (!isKeeping(planned.scope)) return []
  const cancels = visits.filter((visit) => visit.pull === pull && isCancel(visit.call))
  const does = (...what: string[]) => plan.faults.some((fault) => what.includes(fault.do))
  const isBare = plan.faults.some((fault) => fault.do === 'twist updates' && fault.how === 'bare')
  const isOddly = (how: string) =>
    plan.faults.some((fault) => fault.do === 'describe oddly' && fault.how === how)
  const isToldSo =
    !isOddly('no word of reduce-only') &&
    // A snapshot without ids does not tell of which order it is that an update has named and not described.
    !(
      isBare &&
      (isOddly('no id') ||
        does('leave orders out', 'read a copy', 'snapshot in pieces', 'subscribe to another'))
    )
  const ids = new Set(cancels.flatMap(({ call }) => idsOf(call)))
  const guards = desk.account.book.changes.filter(({ order }) => order.reduceOnly && ids.has(order.order_id))
  const isCancelledByIt = ({ kind, at }: Change) =>
    kind === 'removed' && cancels.some(({ call }) => call.at === at)
  // Of an order that an update named and did not describe, and that is gone before a read shows it, nobody can know better.
  const wronged = isBare ? guards.filter(isCancelledByIt) : guards
  const all = cancels.filter(({ call }) => ['cancelallorders', 'cancel_all'].includes(call.endpoint))
  // Another pull may have cancelled it before.
  const isOurs = guards.some(isCancelledByIt)
  // Of a cancel without an answer it is said that it may have cancelled orders.
  const { isLowerBound } = report.cancelled
  const isNamed = report.warnings.some((warning) => warning.startsWith('NOT KEPT'))
  const isUnsaid = report.verdict === 'EMPTY' && isOurs && !isLowerBound && !isNamed
  return [
    ...all.map(({ call }) => `it sent ${call.endpoint}`),
    ...(isToldSo ? wronged.map(({ order }) => `it cancelled a reduce-only order of ${order.symbol}`) : []),
    ...(isUnsaid ? ['it cancelled a reduce-only order without a word'] : []),
    ...miskept(run, pulled, pull),
  ]
}

/** What is said to be kept, held against what the first road was shown when the proof was there. */
function miskept({ plan, desk, visits }: Run, { verdict, planned, report }: Pulled, pull: number): string[] {
  if (verdict.kind !== 'EMPTY' || plan.faults.some((fault) => fault.do === 'describe oddly')) return []
  const { at } = verdict.proof
  const read = visits.find(
    (visit) => visit.pull === pull && visit.deliveredAt === at && roadOf(visit) === 'rest',
  )
  if (read === undefined) return []
  const isKept = (order: RestingOrder) => order.reduceOnly && isIn(symbolsOf(planned.scope), order)
  const kept = desk.account.book.ordersAt(read.viewAt).filter(isKept).length
  const { kept: said } = report
  const count = said === null || said === 'unknown' ? said : said.count
  return count === kept ? [] : [`${count} orders are said to be kept, of ${kept}`]
}

/** The orders that a cancel by id is about. */
function idsOf({ endpoint, params }: Call): readonly string[] {
  if (endpoint === 'batchorder') return readBatch(params) ?? []
  return /^cancel_?order$/.test(endpoint) ? String(params.get('order_id')).split(',') : []
}

/** Of a pull that is alone, held against the book. A refusal of Kraken's is believed, so it must not be a lie. */
function miscounted({ plan, desk }: Run, { verdict, report, startedAt, endedAt }: Pulled): string[] {
  if (!isCountable(plan) || verdict.kind !== 'EMPTY') return []
  const { count, isLowerBound } = report.cancelled
  const removed = desk.account.book.changes.filter(
    ({ kind, at }) => kind === 'removed' && at >= startedAt && at <= endedAt,
  ).length
  const isWrong = isLowerBound ? count > removed : count !== removed
  return isWrong ? [`${isLowerBound ? 'at least ' : ''}${count} are said to be cancelled, of ${removed}`] : []
}

function isCountable({ pulls, faults }: Run['plan']): boolean {
  const isDenied = faults.some(
    (fault) => fault.do === 'answer oddly' && fault.isDone && fault.answer.kind === 'error',
  )
  return pulls.length === 1 && pulls[0]?.hold === null && !isDenied
}

function lapsThatEnded({ lives }: Held): readonly Life[] {
  return lives.filter(({ isLost }) => !isLost)
}

const HARMLESS = [
  'cancelallorders',
  'cancelorder',
  'batchorder',
  'openorders',
  'openpositions',

  'GetWebSocketsToken',
  'cancel_all',
  'cancel_order',
  'subscribe executions',
  'unsubscribe executions',
  'subscribe positions',
  'unsubscribe positions',
]

/** Only a hold sets Kraken's own timer. */
function mayArm({ holds }: Run, pull: number, { endpoint }: Visit['call']): boolean {
  return FUSES.includes(endpoint) && holds.some(({ lives }) => lives.some(({ id }) => id === pull))
}

function roadOf({ call }: Visit): RoadName {
  return call.path.startsWith('/derivatives') ? 'rest' : 'unified'
}

/** Times are sums of fractions. */
const EPSILON_MS = 1e-6

/** One way, in the farthest plan, with room. */
const MOST_TRAVEL_MS = 200

/** Was a piece of its snapshot that came later the answer, since what came at once was that of a read before? */
function mayEndWithAPiece({ faults }: Run['plan'], visit: Visit, at: number): boolean {
  const pieces = faults.find((fault) => fault.do === 'snapshot in pieces')
  if (pieces === undefined || roadOf(visit) !== 'unified' || visit.deliveredAt === null) return false
  const lateMs = at - visit.deliveredAt
  return lateMs > 0 && lateMs <= pieces.pieces * pieces.apartMs + MOST_TRAVEL_MS
}

/** Looks for the two reads that make a proof among what really reached the exchange, whatever the switch says of them. */
function falseEmpty({ plan, desk, visits }: Run, { verdict, planned, lap }: Pulled, pull: number): string[] {
  if (verdict.kind !== 'EMPTY') return []
  const all = visits.filter((visit) => visit.pull === pull && visit.deliveredAt !== null)
  const read = all.filter(({ call }) => READS.includes(call.endpoint))
  const second =
    read.find(({ deliveredAt }) => deliveredAt === verdict.proof.at) ??
    read.findLast((visit) => mayEndWithAPiece(plan, visit, verdict.proof.at))
  if (second === undefined) return ['no read of the book was answered when the proof was there']
  // Each road proves by its own acks and reads.
  const own = all.filter((visit) => roadOf(visit) === roadOf(second))
  const reads = own.filter(({ call }) => READS.includes(call.endpoint))
  const acks = own.filter((visit) => isAck(visit) && Number(visit.deliveredAt) < Number(second.deliveredAt))
  const lastAckAt = Math.max(0, ...acks.map(({ deliveredAt }) => Number(deliveredAt)))
  const lastCancelAt = Math.max(-Infinity, ...acks.map(({ call }) => call.at))
  // A copy that bears its own time can be told from the book; one that claims to be fresh cannot.
  const copy = plan.faults.find((fault) => fault.do === 'read a copy')
  const isTold = copy === undefined || (copy.isDated && roadOf(second) === 'rest')
  // A lap sweeps again and again: the answer to a cancel of one sweep may come in the next, but not the cancel itself.
  const isAfterCancels = ({ call, sentAt }: Visit) =>
    lap === null ? sentAt >= lastAckAt - EPSILON_MS : call.at >= lastCancelAt
  const isEmpty = (read: Visit) => isAfterCancels(read) && isShownEmpty(read)
  const isShownEmpty = ({ viewAt, hidden }: Visit) =>
    (!isTold || viewAt >= lastCancelAt - 1) && // the exchange's times are whole milliseconds
    !desk.account.book
      .ordersAt(viewAt)
      .some((order) => isIn(planned.scope, order) && !hidden.has(order.order_id))
  if (!isEmpty(second)) return ['the second read is none of an empty book, after the last cancel']
  const isFirst = (read: Visit) =>
    Number(read.deliveredAt) <= second.sentAt - planned.quietPeriodMs + EPSILON_MS && isEmpty(read)
  return reads.some(isFirst) ? [] : ['there was no empty read a quiet period before, after the last cancel']
}

/** By the report itself: what each road read last, held against what it was shown then. */
function contradicted(
  { desk, visits }: Run,
  { verdict, planned, report, startedAt }: Pulled,
  pull: number,
): string[] {
  return report.roads.flatMap(({ road, open, readMs, trouble }) => {
    const isAgainst = verdict.kind === 'EMPTY' && trouble === null && open !== 0 && open !== 'unknown'
    const shown = visits.find(
      (visit) =>
        visit.pull === pull &&
        roadOf(visit) === road &&
        READS.includes(visit.call.endpoint) &&
        visit.deliveredAt !== null &&
        Math.round(visit.deliveredAt - startedAt) === readMs,
    )
    const isOpen =
      shown !== undefined &&
      desk.account.book
        .ordersAt(shown.viewAt)
        .some((order) => isIn(planned.scope, order) && !shown.hidden.has(order.order_id))
    return [
      ...(isAgainst ? [`EMPTY, though the road ${road} read ${open} open orders last`] : []),
      ...(open === 0 && isOpen
        ? [`the road ${road} was shown open orders, and is said to have read none`]
        : []),
    ]
  })
}

function hammering({ visits }: Run, pull: number): string[] {
  const own = visits.filter((visit) => visit.pull === pull)
  const spot = own.filter(({ call }) => call.path.startsWith('/0/private')).map(({ call }) => call.at)
  const most = Math.max(
    0,
    ...spot.map((at) => spot.filter((other) => other > at - 30_000 && other <= at).length),
  )
  const cancels = refusedTries(own, 'cancelallorders')
  const reads = refusedTries(own, 'openorders')
  return [
    ...(most > 15 ? [`${most} private calls of the Spot API in 30 s`] : []),
    ...(cancels > 6 ? [`${cancels} times it cancelled with a refused key`] : []),
    ...(reads > 8 ? [`${reads} times it read the book with a refused key`] : []),
  ]
}

/** How often it was tried with a key that Kraken refuses: what goes out together, for several symbols or on a spare, is one try. */
function refusedTries(visits: readonly Visit[], endpoint: string): number {
  let tries = 0
  let lastAt = -Infinity
  for (const { call, isKeyRefused, deliveredAt, sentAt } of visits) {
    const isRefused = call.endpoint === endpoint && isKeyRefused === true && deliveredAt !== null
    if (!isRefused || sentAt < lastAt + 900) continue
    lastAt = sentAt
    tries += 1
  }
  return tries
}

/** Orders that rest when EMPTY is said, though the pull was told of them, and no cancel of their own was answered since. */
function toldAndResting({ desk, visits, tellings }: Run, pulled: Pulled, pull: number): string[] {
  const { verdict, planned, startedAt } = pulled
  if (verdict.kind !== 'EMPTY') return []
  const { at: provenAt } = verdict.proof
  const own = tellings.filter(
    ({ pull: of, at, wasLive }) =>
      of === pull && at >= startedAt && at < provenAt - EPSILON_MS && wasLive(provenAt),
  )
  const wasCancelledSince = (orderId: string, at: number) =>
    visits.some(
      ({ pull: of, call, isObeyed, deliveredAt }) =>
        of === pull &&
        call.endpoint === 'cancel_order' &&
        isObeyed &&
        Number(deliveredAt) >= at &&
        String(call.params.get('order_id')).split(',').includes(orderId),
    )
  return desk.account.book
    .ordersAt(provenAt)
    .filter((order) => isIn(planned.scope, order))
    .flatMap(({ order_id: id, symbol }) => {
      const last = own.findLast(({ orderId }) => orderId === id)
      if (last === undefined || !last.isOpen || wasCancelledSince(id, last.at)) return []
      return [`an order of ${symbol} rests that was told of at ${last.at.toFixed(1)} ms`]
    })
}

function isAck({ call, isObeyed }: Visit): boolean {
  return isObeyed && isCancel(call)
}

function hasOrdersOutOfScope({ plan, desk }: Run): boolean {
  return desk.account.book.changes.some(({ order }) => !plan.pulls.some(({ scope }) => isIn(scope, order)))
}

function outOfScope(
  { plan, desk, visits }: Run,
  { planned, report, endedAt }: Pulled,
  pull: number,
): string[] {
  const { scope } = planned
  const symbols = symbolsOf(scope)
  if (symbols === 'all') return []
  const own = visits.filter((visit) => visit.pull === pull)
  const orders = new Map(desk.account.book.changes.map(({ order }) => [order.order_id, order]))
  const unscoped = own.filter(
    ({ call }) =>
      call.endpoint === 'cancel_all' ||
      (call.endpoint === 'cancelallorders' && !symbols.includes(String(call.params.get('symbol')))),
  )
  const byId = own
    .flatMap(({ call }) => idsOf(call))
    .map((id) => orders.get(id))
    .filter((order) => order !== undefined && !isIn(symbols, order))
  const isIgnored = plan.faults.some((fault) => fault.do === 'ignore scope')
  const isLost =
    !isIgnored &&
    plan.pulls.length === 1 &&
    desk.account.book.changes.some(({ kind, order }) => kind === 'removed' && !isIn(symbols, order))
  const isSaid = report.warnings.some((warning) => warning.startsWith('SCOPE VIOLATED'))
  const wasTold =
    isIgnored &&
    own.some(
      (visit) =>
        isAck(visit) && visit.deliveredAt !== null && visit.deliveredAt < endedAt && visit.isScopeIgnored,
    )
  return [
    ...unscoped.map(
      ({ call }) => `it cancelled ${call.params.get('symbol') ?? 'all'}, which was not asked for`,
    ),
    ...byId.map((order) => `it cancelled an order of ${order?.symbol} by id`),
    ...(isLost ? ['an order out of scope is gone'] : []),
    ...(wasTold && !isSaid ? ['Kraken ignored the scope, and the report does not say so'] : []),
  ]
}

/** An old key's signature is no fault of the signer. */
function isOldKey({ secrets, desk }: Run, { credentials, method }: Visit['call']): boolean {
  if (method === 'message') return desk.account.unified.issued.has(credentials.authent)
  return (
    secrets.some(({ apiKey }) => apiKey === credentials.apikey) &&
    ![desk.account.apiKey, desk.account.unified.apiKey].includes(credentials.apikey)
  )
}

function mostUnits(visits: readonly Visit[]): number {
  let most = 0
  let sum = 0
  let oldest = 0
  for (const { call } of visits) {
    sum += call.units
    while (call.at - (visits[oldest]?.call.at ?? 0) >= 10_000) sum -= visits[oldest++]?.call.units ?? 0
    most = Math.max(most, sum)
  }
  return most
}
