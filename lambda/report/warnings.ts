import type { Attempt } from '../kraken/attempt.ts'
import { isBudgetSpent } from '../kraken/exchange-error.ts'
import type { Kept } from '../sweep/kept.ts'
import type { Swept } from '../sweep/roads.ts'
import type { Cancelled } from '../sweep/tally.ts'
import { hadNothingToCancel, type Verdict } from '../sweep/verdict.ts'
import { orders, placedSince, ROAD_NAMES } from './sentence.ts'
import { troubleOf } from './shown.ts'

const MOST_SKEW_MS = 2_000

export interface WarningsInputs {
  readonly swept: Swept
  readonly verdict: Verdict
  readonly cancelled: Cancelled
  readonly kept: Kept | 'unknown' | null
  /** Cancels without a usable answer. */
  readonly unansweredCount: number
  readonly attempts: readonly Attempt[]
}

/** What the operator should know beside the verdict, a sentence each. */
export function warningsOf(inputs: WarningsInputs): readonly string[] {
  const { swept, cancelled, attempts } = inputs
  return [
    ...roadsDown(swept),
    ...protective(inputs),
    ...denied(cancelled),
    ...withoutDetail(cancelled),
    ...outOfScope(swept),
    ...keeping(inputs),
    ...keptPlacing(inputs),
    ...budgetSpent(attempts),
    ...uncounted(inputs),
    ...clockSkew(swept.exchangeClock?.skewMs ?? null),
  ]
}

/** Where it failed before anything was sent, the operator need not wonder what is left. */
export function untouched(verdict: Verdict): readonly string[] {
  if (verdict.kind !== 'FAILED' || verdict.cause.restingOrders !== 'untouched') return []
  return ['Nothing was sent to Kraken: every order rests as it did.']
}

function protective({ cancelled, kept, swept: { positions } }: WarningsInputs): string[] {
  const { length: count } = cancelled.protective
  if (count === 0) return []
  if (kept !== null)
    return [
      `PROTECTION REMOVED: ${count} of the cancelled orders were stops or take-profits that Kraken did not call reduce-only, so that they might open risk; ${whatGuards(kept, positions)}.`,
    ]
  return [
    `PROTECTION REMOVED: ${count} of the cancelled orders were reduce-only, stops or take-profits; ${unprotected(positions)}.`,
  ]
}

/** What is kept limits losses; without any of it, or where that is not known, nothing may. */
function whatGuards(kept: WarningsInputs['kept'], positions: Swept['positions']): string {
  const count = kept === null || kept === 'unknown' ? 0 : kept.orders.length
  if (count === 0) return unprotected(positions)
  return count === 1 ? '1 reduce-only order is kept' : `${count} reduce-only orders are kept`
}

function unprotected(positions: Swept['positions']): string {
  if (positions === null) return 'which positions they guarded is not known'
  if (positions.length === 0) return 'no position is open'
  return `nothing limits the loss of the ${positions.length === 1 ? 'open position' : `${positions.length} open positions`} now`
}

function denied({ deniedCount }: Cancelled): string[] {
  if (deniedCount === 0) return []
  return [
    `NOT CANCELLED: Kraken said that it cancelled ${orders(deniedCount)} which the last read of the book shows open.`,
  ]
}

function withoutDetail({ count, described }: Cancelled): string[] {
  const left = count - described.length
  if (left === 0) return []
  return [`Kraken gave no detail of ${orders(left)} it cancelled: stops and take-profits may be among them.`]
}

function outOfScope({ tally }: Swept): string[] {
  if (!tally.wasScopeIgnored) return []
  return ['SCOPE VIOLATED: Kraken cancelled orders that were not asked for.']
}

/** What else there is to say where reduce-only orders are kept. */
function keeping({ kept, cancelled, verdict, swept }: WarningsInputs): string[] {
  if (kept === null) return []
  const described = cancelled.described.filter(({ reduceOnly }) => reduceOnly === null)
  const untold = described.length + cancelled.vanishedUntoldCount
  const open = verdict.kind === 'NOT_EMPTY' ? verdict.open : []
  const unnamed = open.filter(({ orderId }) => orderId === '').length
  return [
    ...(kept === 'unknown' ? [NOTHING_SENT] : []),
    ...(kept === 'unknown' || kept.vanishedCount === 0 ? [] : [vanishedKept(kept, swept)]),
    ...(untold === 0
      ? []
      : [
          `NOT KEPT: of ${orders(untold)} that went Kraken did not tell whether ${untold === 1 ? 'it was' : 'they were'} reduce-only: ${untold === 1 ? 'it' : 'they'} may have guarded a position.`,
        ]),
    ...(unnamed === 0
      ? []
      : [
          `WITHOUT ID: Kraken gave no id of ${orders(unnamed)} that ${unnamed === 1 ? 'is open: cancel it' : 'are open: cancel them'} by hand.`,
        ]),
  ]
}

const NOTHING_SENT =
  'NOTHING CANCELLED: what is reduce-only is known by the book alone, and it could not be read. The switch never falls back to cancelling all: press without "keep" where everything may go.'

function vanishedKept(kept: Kept, { positions }: Swept): string {
  const { vanishedCount: count } = kept
  return `KEPT, AND GONE: ${orders(count)} of those that were to be kept ${count === 1 ? 'is' : 'are'} not in the last read of the book: filled, cancelled, or left out by Kraken; ${whatGuards(kept, positions)}.`
}

/** What the first sentence says of a single road, or of all of them, is not said again. */
function roadsDown({ roads }: Swept): string[] {
  const isOver = roads.every((road) => road.lastAckAt === null && !hadNothingToCancel(road))
  if (roads.length < 2 || isOver) return []
  return roads.flatMap((road) => {
    const trouble = troubleOf(road)
    return trouble === null
      ? []
      : [`ROAD DOWN: ${ROAD_NAMES[road.name]} failed. ${trouble.message}. ${trouble.whatToDo}.`]
  })
}

/** Where it was outlasted, the first sentence does not speak of it. Who took its orders off the book is not claimed. */
function keptPlacing({ verdict, swept: { tally } }: WarningsInputs): string[] {
  if (verdict.kind !== 'EMPTY' || tally.placedSince.length === 0) return []
  return [
    `SOMEBODY PLACES: ${placedSince(tally.placedSince)}, none open any more. Stop that bot before it goes on.`,
  ]
}

/** The switch keeps its own calls within the budget, so it was somebody else. */
function budgetSpent(attempts: readonly Attempt[]): string[] {
  const count = attempts.filter(({ sentAt, outcome }) => sentAt !== null && isBudgetSpent(outcome)).length
  if (count === 0) return []
  const calls = count === 1 ? '1 call' : `${count} calls`
  return [
    `BUDGET SPENT: Kraken refused ${calls} because others have spent the API budget. Stop them, and give the switch a key of its own.`,
  ]
}

/** A cancel without a usable answer may have been executed, as behind a proxy that answers 502. */
function uncounted({ verdict, cancelled, unansweredCount }: WarningsInputs): string[] {
  const rest = 'are not counted here, and stops and take-profits may be among them.'
  return [
    ...(unansweredCount > 0
      ? [
          `${unansweredCount} of the cancels sent got no usable answer: orders that went so ${rest}${vanished(verdict, cancelled)}`,
        ]
      : []),
    ...(cancelled.hasUncounted
      ? [`Kraken acknowledged a cancel without saying which orders, or how many: they ${rest}`]
      : []),
    ...(cancelled.perhapsTwo > 0 ? [perhapsTwo(cancelled)] : []),
  ]
}

/** Two answers that may be about the same orders. */
function perhapsTwo({ perhapsTwo: count }: Cancelled): string {
  return `Kraken told of one cancel only how many orders went, and acknowledged the cancel of ${orders(count)} by id without naming them: these may be among those, so they are counted once.`
}

/** What the book tells of a lost answer, where the book is known at the end. */
function vanished({ kind }: Verdict, { vanishedCount }: Cancelled): string {
  if (vanishedCount === 0 || (kind !== 'EMPTY' && kind !== 'NOT_EMPTY')) return ''
  return ` Read as open before, and gone without an answer that names them: ${orders(vanishedCount)}.`
}

/** @param skewMs the exchange's clock less ours; null when it is not known */
export function clockSkew(skewMs: number | null): readonly string[] {
  if (skewMs === null || Math.abs(skewMs) <= MOST_SKEW_MS) return []
  const ahead = skewMs > 0 ? 'ahead of' : 'behind'
  return [
    `CLOCKS APART: Kraken's clock is ${Math.abs(skewMs)} ms ${ahead} this host's: AWS keeps a function's right, NTP any other. Compare times in your bot's log with care, and ask Kraken if it stays so.`,
  ]
}
