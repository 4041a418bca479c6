import type { KillSwitchError } from '../errors.ts'
import type { Order, RoadName } from '../kraken/exchange.ts'
import { NotTried } from '../kraken/exchange-error.ts'
import { isKeeping } from '../kraken/scope.ts'
import { shown } from '../printable.ts'
import type { RoadFindings } from '../sweep/progress.ts'
import type { Tally } from '../sweep/tally.ts'
import { openOf, type Verdict } from '../sweep/verdict.ts'

export interface SentenceInputs {
  readonly verdict: Verdict
  /** Empty when nothing was sent. */
  readonly roads: readonly RoadFindings[]
  /** Null when nothing was sent. */
  readonly tally: Tally | null
  readonly cancelled: Counted
  /** Cancels without a usable answer. */
  readonly unansweredCount: number
  /** How many reduce-only orders stay; null where none were to, or that is not known. */
  readonly keptCount: number | null
  /** From the receipt of the trigger to the proof. */
  readonly verifiedMs: number | null
  /** What these milliseconds are counted from. */
  readonly since?: string
}

/** How many orders were cancelled. */
export interface Counted {
  readonly count: number
  /** What a lost or incomplete answer to a cancel would have told is not among them: it may be more. */
  readonly isLowerBound: boolean
}

/** The report's first sentence: what is true now, then what to do where something is to be done. */
export function firstSentence(inputs: SentenceInputs): string {
  const { verdict, roads, tally, cancelled, verifiedMs, since = 'the trigger was received' } = inputs
  switch (verdict.kind) {
    case 'EMPTY':
      return `EMPTY (verified): ${counted(cancelled)} cancelled, 0 open${what(roads)}${keptToo(inputs)}, ${verifiedMs} ms after ${since}${doubt(inputs)}.`
    case 'NOT_EMPTY':
      return [
        `NOT EMPTY: ${orders(verdict.open.length)} still open${what(roads)} (${bySymbol(verdict.open)})${keptToo(inputs)}.`,
        verdict.isDisputed ? dispute(roads) : whyOpen(verdict.cause, roads, tally),
      ].join(' ')
    case 'UNVERIFIED':
      return [unverified(verdict.wasReadEmpty, roads), ...botSentence(tally)].join(' ')
    case 'FAILED':
      return `FAILED: nothing was acknowledged. ${verdict.cause.message}. ${verdict.cause.whatToDo}.`
    case 'NOT_FIRED':
      return `NOT FIRED: ${verdict.why}.`
  }
}

function unverified(wasReadEmpty: boolean, roads: readonly RoadFindings[]): string {
  if (roads.every(({ lastAckAt }) => lastAckAt === null)) {
    return 'UNVERIFIED: no order in scope was open at the last read, but not for long enough to prove it.'
  }
  return wasReadEmpty
    ? `UNVERIFIED: Kraken acknowledged the cancel and the open orders${what(roads)} read empty, but not for long enough to prove it.`
    : `UNVERIFIED: Kraken acknowledged the cancel, but the open orders${what(roads)} could not be read.`
}

/** Where something is kept, orders may be open: none of them in scope. */
function what(roads: readonly RoadFindings[]): string {
  return roads.some(({ scope }) => isKeeping(scope)) ? ' in scope' : ''
}

function keptToo({ keptCount }: SentenceInputs): string {
  return keptCount === null ? '' : `, ${keptCount} reduce-only kept`
}

/** `1 order`, `2 orders`. */
export function orders(count: number): string {
  return count === 1 ? '1 order' : `${count} orders`
}

/** `2 orders`, `at least 2 orders`, `an unknown number of orders`: stands early, so that it is not cut off. */
function counted({ count, isLowerBound }: Counted): string {
  if (!isLowerBound) return orders(count)
  return count === 0 ? 'an unknown number of orders' : `at least ${orders(count)}`
}

/** Why the number is not the whole truth; empty when it is. */
function doubt({ cancelled: { count, isLowerBound }, unansweredCount }: SentenceInputs): string {
  if (!isLowerBound) return ''
  if (unansweredCount === 0) return '; Kraken acknowledged a cancel without saying how many'
  return `; an unanswered cancel may have cancelled ${count === 0 ? 'orders' : 'more'}`
}

/** The roads, as sentences name them. */
export const ROAD_NAMES: Readonly<Record<RoadName, string>> = {
  rest: 'the Derivatives REST API',
  unified: 'the Unified WebSocket',
}

function dispute(roads: readonly RoadFindings[]): string {
  const readings = roads.flatMap((road) =>
    road.book === null ? [] : [`${ROAD_NAMES[road.name]} reads ${openOf([road]).length}`],
  )
  return `The roads disagree: ${readings.join(', ')}. Look at the book in Kraken's own interface, cancel by hand what rests there, and press again.`
}

function whyOpen(cause: KillSwitchError | null, roads: readonly RoadFindings[], tally: Tally | null): string {
  const isAcked = roads.some(({ lastAckAt }) => lastAckAt !== null)
  // By ids some may be acknowledged, and others not.
  const which = isAcked && what(roads) !== '' ? 'Not every cancel was' : 'The cancel was not'
  // That its own budget or time is over is no news where somebody places faster than that.
  const isOurs = cause instanceof NotTried && botSentence(tally).length > 0
  if (cause !== null && !isOurs) return `${which} acknowledged: ${cause.message}. ${cause.whatToDo}.`
  return botSentence(tally)[0] ?? "Cancel them by hand in Kraken's own interface, and press again."
}

function botSentence(tally: Tally | null): string[] {
  const placed = tally?.placedSince ?? []
  if (placed.length === 0) return []
  return [`A bot keeps placing: ${placedSince(placed)}. Stop it, and press again.`]
}

/** How many orders were placed since the first cancel, how fast, and what tells who placed them. */
export function placedSince(placed: readonly Order[]): string {
  const rate = perSecond(placed)
  const prefix = commonPrefix(placed)
  return [
    `${placed.length} since the first cancel`,
    rate === null ? '' : `, ${rate} a second`,
    prefix === '' ? '' : ` (the cliOrdId of most begins with ${prefix})`,
  ].join('')
}

/** From the first of them to the last, by the exchange's clock; null when that is no time. */
function perSecond(placed: readonly Order[]): string | null {
  const times = placed.map(({ placedAt }) => placedAt).filter((at) => at !== null)
  const spanMs = times.reduce((a, b) => Math.max(a, b), 0) - times.reduce((a, b) => Math.min(a, b), Infinity)
  if (times.length < 2 || spanMs <= 0) return null
  const rate = ((times.length - 1) * 1_000) / spanMs
  return rate < 10 ? rate.toFixed(1) : String(Math.round(rate))
}

const MOST_SYMBOLS_SHOWN = 5

/** The most frequent symbols, each with its number of orders. */
export function bySymbol(open: readonly Order[]): string {
  const counts = countBySymbol(open)
  const others = counts.slice(MOST_SYMBOLS_SHOWN)
  const inOthers = others.reduce((sum, [, count]) => sum + count, 0)
  return [
    ...counts.slice(0, MOST_SYMBOLS_SHOWN).map(([symbol, count]) => `${symbol} ${count}`),
    ...(others.length > 0
      ? [`${others.length} more symbol${others.length === 1 ? '' : 's'} ${inOthers}`]
      : []),
  ].join(', ')
}

/** Symbols with their number of orders, most orders first. */
export function countBySymbol(counted: readonly Order[]): [string, number][] {
  return countEach(counted.map(({ symbol }) => shown(symbol ?? 'symbol unknown')))
}

/** Each text with how often it stands there, the most frequent first. */
function countEach(texts: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].sort(([, a], [, b]) => b - a)
}

/** What the ids of most of them begin with, so that one stranger does not hide it; empty when there is no such thing. */
function commonPrefix(placed: readonly Order[]): string {
  const ids = placed.map(({ cliOrdId }) => cliOrdId).filter((id) => id !== null)
  if (ids.length < 2) return ''
  let alike = ids
  let prefix = ''
  for (;;) {
    const longer = alike.filter((id) => id.length > prefix.length)
    const [[next] = ['']] = countEach(longer.map((id) => id.slice(0, prefix.length + 1)))
    alike = alike.filter((id) => id.startsWith(next))
    if (next === '' || alike.length <= ids.length / 2) return shown(prefix)
    prefix = next
  }
}
