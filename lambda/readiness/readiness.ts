import { asKnown, KillSwitchError } from '../errors.ts'
import type { ApiKeyCheck, Book, RoadName } from '../kraken/exchange.ts'
import { shown } from '../printable.ts'
import { orders, ROAD_NAMES } from '../report/sentence.ts'
import type { ShownAttempt } from '../report/shown.ts'
import { clockSkew } from '../report/warnings.ts'
import type { Road } from '../sweep/roads.ts'
import { DAY_MS, keyWarnings, permissionProblems } from './key-findings.ts'

/** Could this very function fire now? */
export interface ReadinessReport {
  readonly ready: boolean
  readonly sentence: string
  /** What keeps it from firing, or one of its roads, with what to do; a sentence each. */
  readonly problems: readonly string[]
  /** What does not, but should be fixed. */
  readonly warnings: readonly string[]
  /** Every road that the switch would take; none when that could not be found out. */
  readonly roads: readonly RoadReadiness[]
  readonly attempts: readonly ShownAttempt[]
}

/** Could the switch fire over this road? */
export interface RoadReadiness {
  readonly road: RoadName
  readonly ready: boolean
  /** Null when the key could not be checked. */
  readonly key: {
    readonly accountUid: string | null
    readonly general: string
    readonly transfer: string
    readonly allowedCidrBlocks: readonly string[]
    /** ISO 8601; null when it does not end, or Kraken does not say. */
    readonly validUntil: string | null
  } | null
  readonly openOrders: number | 'unknown'
  /** The exchange's clock less ours. */
  readonly clockSkewMs: number | null
}

/** What one road answered, or why it did not. */
interface Checked {
  readonly name: RoadName
  readonly key: ApiKeyCheck | KillSwitchError
  readonly book: Book | KillSwitchError
}

/**
 * Checks the key, reads the open orders and compares the clocks, on every road. Cancels nothing, never throws.
 *
 * A road that does not work is a problem though another does: it has to be fixed before it is needed.
 *
 * @param at milliseconds since 1970
 */
export async function checkReadiness(roads: readonly Road[], at: number): Promise<ReadinessReport> {
  const checked = await Promise.all(roads.map(checkRoad))
  const problems = checked.flatMap((road) => named(road, roads, problemsOf(road)))
  const ready = problems.length === 0
  return {
    ready,
    sentence: ready ? readySentence(checked) : `NOT READY: ${problems[0]}`,
    problems,
    warnings: [
      ...checked.flatMap((road) => named(road, roads, warningsOf(road, at))),
      ...otherAccount(checked),
      ...retirement(roads, at),
    ],
    roads: checked.map(showRoad),
    attempts: [],
  }
}

/** Not ready, and this is why: for what fails before anything could be checked. */
export function notReady(error: KillSwitchError): ReadinessReport {
  const problem = sentenceOf(error)
  return {
    ready: false,
    sentence: `NOT READY: ${problem}`,
    problems: [problem],
    warnings: [],
    roads: [],
    attempts: [],
  }
}

/** One after the other: on the second road both may ask the host that refuses a nonce which another one has overtaken. */
async function checkRoad({ name, exchange }: Road): Promise<Checked> {
  const book = await outcome(exchange.openOrders())
  const key = await outcome(exchange.checkApiKey())
  return { name, key, book }
}

async function outcome<T>(promise: Promise<T>): Promise<T | KillSwitchError> {
  try {
    return await promise
  } catch (error) {
    return asKnown(error)
  }
}

/** Where there are several roads, a sentence says which it is about. */
function named({ name }: Checked, roads: readonly Road[], sentences: readonly string[]): readonly string[] {
  return roads.length === 1 ? sentences : sentences.map((sentence) => `On ${ROAD_NAMES[name]}: ${sentence}`)
}

function problemsOf({ name, key, book }: Checked): readonly string[] {
  const errors = [key, book].filter((result) => result instanceof KillSwitchError)
  return [...errors.map(sentenceOf), ...(key instanceof KillSwitchError ? [] : permissionProblems(name, key))]
}

function sentenceOf(error: KillSwitchError): string {
  return `${error.message}. ${error.whatToDo}.`
}

function warningsOf({ name, key, book }: Checked, at: number): readonly string[] {
  return [
    ...(key instanceof KillSwitchError ? [] : keyWarnings(name, key, at)),
    ...clockSkew(skewOf(key, book)),
  ]
}

/** Two keys may be of two accounts; then each road would empty, and prove empty, another book. */
function otherAccount(checked: readonly Checked[]): readonly string[] {
  const numbers = checked.map(({ key }) => (key instanceof KillSwitchError ? null : key.iban))
  const [one, other] = numbers
  if (!one || !other) return otherBooks(checked)
  if (one === other) return []
  const endings = numbers.map((number) => number?.slice(-4)).join(' and ')
  return [
    `TWO ACCOUNTS: the two keys are of accounts whose numbers end in ${endings}. Each road would empty another book: make both keys in the same account or subaccount.`,
  ]
}

/** Where the accounts are not told, their open orders may tell. */
function otherBooks(checked: readonly Checked[]): readonly string[] {
  const books = checked.map(({ book }) =>
    book instanceof KillSwitchError ? [] : book.orders.map(({ orderId }) => orderId),
  )
  const [first = [], second = []] = books
  if (first.length === 0 || second.length === 0 || first.some((id) => second.includes(id))) return []
  return [
    'DIFFERENT BOOKS: no open order is seen on both roads. See that both keys are of the same account, unless a bot replaces all its orders at every moment.',
  ]
}

/** The first road alone has an end. */
function retirement(roads: readonly Road[], at: number): readonly string[] {
  const ends = roads.map(({ endsAt }) => endsAt ?? Infinity)
  const last = Math.max(-Infinity, ...ends)
  if (!Number.isFinite(last)) return []
  const days = Math.ceil((last - at) / DAY_MS)
  const when =
    days > 0 ? `in ${days === 1 ? '1 day' : `${days} days`}, on 1 March 2027` : 'since 1 March 2027'
  return [
    `ONE ROAD: Kraken switches the Derivatives REST API off ${when}, and the switch has no other road. Store a key for the Unified WebSocket in the secret under "unified".`,
  ]
}

function readySentence(checked: readonly Checked[]): string {
  const readings = checked.map(({ name, key, book }) => {
    const open = book instanceof KillSwitchError ? 0 : book.orders.length
    const skewMs = skewOf(key, book)
    const skew = skewMs === null ? '' : `, clocks ${Math.abs(skewMs)} ms apart`
    return `${checked.length > 1 ? `${name}: ` : ''}${orders(open)} open${skew}`
  })
  return `READY: the ${checked.length > 1 ? 'keys' : 'key'} may cancel, and the book can be read (${readings.join('; ')}).`
}

function skewOf(key: Checked['key'], book: Checked['book']): number | null {
  const ofBook = book instanceof KillSwitchError ? null : book.clockSkewMs
  return ofBook ?? (key instanceof KillSwitchError ? null : key.clockSkewMs)
}

function showRoad(checked: Checked): RoadReadiness {
  const { name, key, book } = checked
  return {
    road: name,
    ready: problemsOf(checked).length === 0,
    key: key instanceof KillSwitchError ? null : showKey(key),
    openOrders: book instanceof KillSwitchError ? 'unknown' : book.orders.length,
    clockSkewMs: skewOf(key, book),
  }
}

function showKey(key: ApiKeyCheck): RoadReadiness['key'] {
  return {
    accountUid: key.accountUid && shown(key.accountUid),
    general: shown(key.general),
    transfer: shown(key.transfer),
    allowedCidrBlocks: key.allowedCidrBlocks.slice(0, 100).map(shown),
    validUntil: key.validUntil === null ? null : new Date(key.validUntil).toISOString(),
  }
}
