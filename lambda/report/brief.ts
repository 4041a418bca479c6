import { isKeeping, type Scope, symbolsOf } from '../kraken/scope.ts'
import type { Report } from './report.ts'
import type { Interim } from './still-sweeping.ts'

/** A message for a person who is woken by it. */
export interface Brief {
  /** At most 100 characters of printable ASCII, as SNS demands of a subject. */
  readonly subject: string
  readonly text: string
}

const MOST_SUBJECT = 100

/** The first sentence as subject; the report in a few lines as text. */
export function briefOf(report: Report): Brief {
  const { sentence, warnings, trigger, scope, cancelled, timing, account } = report
  const lines = [
    sentence,
    ...warnings,
    '',
    `Pulled by:  ${trigger.kind}, ${trigger.by}, at ${trigger.receivedAt}`,
    ...(trigger.reason === null ? [] : [`Reason:     ${trigger.reason}`]),
    ...(scope === null ? [] : [`Scope:      ${shownScope(scope)}`]),
    `Account:    ${account ?? 'unknown'}`,
    `Cancelled:  ${number(cancelled)}${bracket(cancelledBy(cancelled))}`,
    `Remaining:  ${remaining(report)}`,
    ...keptLine(report),
    ...report.roads.map(roadLine),
    `Positions:  ${positions(report)}`,
    `Times:      sent ${ms(timing.sentMs)}, acknowledged ${ms(timing.ackMs)}, verified ${ms(timing.verifiedMs)}${timing.coldStart ? ', cold start' : ''}`,
  ]
  return { subject: subjectOf(sentence), text: `${lines.join('\n')}\n` }
}

/** The same of a pull that has not ended. */
export function interimBriefOf({ sentence, trigger, scope, account }: Interim): Brief {
  const lines = [
    sentence,
    '',
    `Pulled by:  ${trigger.kind}, ${trigger.by}`,
    ...(trigger.reason === null ? [] : [`Reason:     ${trigger.reason}`]),
    `Scope:      ${shownScope(scope)}`,
    `Account:    ${account}`,
    '',
    'This is no verdict. The verdict follows.',
  ]
  return { subject: subjectOf(sentence), text: `${lines.join('\n')}\n` }
}

/** As a person reads it. */
export function shownScope(scope: Scope): string {
  const symbols = symbolsOf(scope)
  const shown = symbols === 'all' ? 'all orders' : symbols.join(', ')
  return isKeeping(scope) ? `${shown}, but reduce-only orders are kept` : shown
}

/** @returns at most 100 characters of ASCII, cut short where need be */
export function subjectOf(sentence: string): string {
  const ascii = sentence.replace(/[^\x20-\x7e]+/g, '?')
  return ascii.length <= MOST_SUBJECT ? ascii : `${ascii.slice(0, MOST_SUBJECT - 3)}...`
}

const MOST_LISTED = 10
/** So many entries a list of the report holds at most. */
const MOST_IN_REPORT = 100

function bracket(entries: readonly string[]): string {
  return entries.length === 0 ? '' : ` (${entries.join(', ')})`
}

/** @param count how many there are, of which these are the first */
function first(entries: readonly string[], count: number): readonly string[] {
  const more = count - Math.min(entries.length, MOST_LISTED)
  return [...entries.slice(0, MOST_LISTED), ...(more > 0 ? [`${more} more`] : [])]
}

function number({ count, isLowerBound }: Report['cancelled']): string {
  if (!isLowerBound) return String(count)
  return count === 0 ? 'unknown' : `at least ${count}`
}

/** What the number is made of: it adds up. */
function cancelledBy({ count, bySymbol, withoutDetail }: Report['cancelled']): readonly string[] {
  const counts = Object.entries(bySymbol).sort(([, a], [, b]) => b - a) // a symbol of digits would come first
  const listed = counts.slice(0, MOST_LISTED)
  const more = listed.reduce((left, [, n]) => left - n, count - withoutDetail)
  return [
    ...listed.map(([symbol, n]) => `${symbol} ${n}`),
    ...(more > 0 ? [`${moreSymbols(counts.length)} ${more}`] : []),
    ...(withoutDetail > 0 ? [`${withoutDetail} without detail`] : []),
  ]
}

function roadLine({ road, ackMs, open, isProof, trouble }: Report['roads'][number]): string {
  const read = open === 'unknown' ? 'never read' : `last read ${open} open${isProof ? ', proven' : ''}`
  return `Road:       ${road}, acknowledged ${ms(ackMs)}, ${read}${trouble === null ? '' : `; ${trouble}`}`
}

/** @param told how many symbols the report tells of: with as many as it holds there may be others */
function moreSymbols(told: number): string {
  if (told >= MOST_IN_REPORT) return 'more symbols'
  const others = told - MOST_LISTED
  return others === 1 ? '1 more symbol' : `${others} more symbols`
}

function remaining({ remaining }: Report): string {
  return remaining === 'unknown' ? 'unknown' : listed(remaining)
}

function keptLine({ kept }: Report): readonly string[] {
  if (kept === null) return []
  return [`Kept:       ${kept === 'unknown' ? 'unknown' : listed(kept)}`]
}

function listed({ count, orders }: Exclude<Report['remaining'], 'unknown'>): string {
  const shown = orders.map(({ symbol, side, size }) => `${symbol} ${side ?? '?'} ${size ?? '?'}`)
  return `${count}${bracket(first(shown, count))}`
}

function positions({ positions }: Report): string {
  if (positions === 'unknown') return 'unknown'
  const open = positions.map(({ symbol, side, size }) => `${symbol ?? '?'} ${side ?? '?'} ${size ?? '?'}`)
  const atLeast = open.length < MOST_IN_REPORT ? '' : 'at least '
  return `${atLeast}${open.length} open${bracket(first(open, open.length))}`
}

function ms(value: number | null): string {
  return value === null ? '-' : `${value} ms`
}
