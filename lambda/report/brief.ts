import type { LinkSettings } from '../init/function-settings.ts'
import type { Position } from '../kraken/exchange.ts'
import { isKeeping, type Scope, symbolsOf } from '../kraken/scope.ts'
import { MARKS, type Mark, NO_LINKS } from '../messages/links.ts'
import { mailOf } from '../messages/mail.ts'
import type { Brief, Fact, Message } from '../messages/message.ts'
import { guardsOf } from './guards.ts'
import type { Report } from './report.ts'
import type { Interim } from './still-sweeping.ts'

/** What a person who is woken by a pull is told: what is asked for first, and then the rest. */
export function messageOf(report: Report): Message {
  const { sentence, warnings, trigger, scope, timing, account } = report
  return {
    sentence,
    numbers: [
      ['Open now', remaining(report)],
      ['Cancelled', `${number(report.cancelled)}${bracket(cancelledBy(report.cancelled))}`],
      ...keptLine(report),
      ['Positions', positions(report)],
      ['Unguarded', unguarded(report)],
      ['Took', `${ms(timing.totalMs)}: ${took(timing)}`],
    ],
    warnings,
    details: [
      ['Pulled by', `${trigger.kind}, ${trigger.by}, at ${trigger.receivedAt}`],
      ...(trigger.reason === null ? [] : [['Reason', trigger.reason] as const]),
      ...(scope === null ? [] : [['Scope', shownScope(scope)] as const]),
      ['Account', account ?? 'unknown'],
      ...report.roads.map(roadLine),
    ],
    mark: markOf(report),
  }
}

/** The same of a pull that has not ended. */
export function interimMessageOf({ sentence, trigger, scope, account, accounts }: Interim): Message {
  return {
    sentence,
    numbers: accounts ?? [],
    warnings: ['This is no verdict. The verdict follows.'],
    details: [
      ['Pulled by', `${trigger.kind}, ${trigger.by}`],
      ...(trigger.reason === null ? [] : [['Reason', trigger.reason] as const]),
      ['Scope', shownScope(scope)],
      [accounts === undefined ? 'Account' : 'Accounts', account],
    ],
    mark: MARKS.STILL_SWEEPING,
  }
}

export function briefOf(report: Report, links: LinkSettings = NO_LINKS): Brief {
  return mailOf(messageOf(report), links)
}

export function interimBriefOf(interim: Interim, links: LinkSettings = NO_LINKS): Brief {
  return mailOf(interimMessageOf(interim), links)
}

function markOf({ verdict, sentence }: Report): Mark {
  return sentence.includes('The roads disagree') ? MARKS.DISPUTED : MARKS[verdict]
}

/** As a person reads it. */
export function shownScope(scope: Scope): string {
  const symbols = symbolsOf(scope)
  const shown = symbols === 'all' ? 'all orders' : symbols.join(', ')
  return isKeeping(scope) ? `${shown}, but reduce-only orders are kept` : shown
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

function roadLine({ road, ackMs, open, isProof, trouble }: Report['roads'][number]): Fact {
  const read = open === 'unknown' ? 'never read' : `last read ${open} open${isProof ? ', proven' : ''}`
  return ['Road', `${road}, acknowledged ${ms(ackMs)}, ${read}${trouble === null ? '' : `; ${trouble}`}`]
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

function keptLine({ kept }: Report): readonly Fact[] {
  if (kept === null) return []
  return [['Kept', kept === 'unknown' ? 'unknown' : listed(kept)]]
}

function listed({ count, orders }: Exclude<Report['remaining'], 'unknown'>): string {
  const shown = orders.map(({ symbol, side, size }) => `${symbol} ${side ?? '?'} ${size ?? '?'}`)
  return `${count}${bracket(first(shown, count))}`
}

function positions({ positions }: Report): string {
  if (positions === 'unknown') return 'unknown'
  const atLeast = positions.length < MOST_IN_REPORT ? '' : 'at least '
  return `${atLeast}${positions.length} open${bracket(first(positions.map(shownPosition), positions.length))}`
}

function shownPosition({ symbol, side, size }: Position): string {
  return `${symbol ?? '?'} ${side ?? '?'} ${size ?? '?'}`
}

/** Those that nothing guards, those of which that is not known, and the others: as many as there are positions. */
function unguarded(report: Report): string {
  const guards = guardsOf(report)
  if (guards === null) return 'unknown'
  const { without, unknown, with: guarded } = guards
  const some = (what: string, list: readonly Position[]) =>
    list.length === 0 ? [] : [`${list.length} ${what}${bracket(first(list.map(shownPosition), list.length))}`]
  return [
    `${without.length}${bracket(first(without.map(shownPosition), without.length))}`,
    ...some('not known', unknown),
    ...some('with a reduce-only order of whatever size', guarded),
  ].join('; ')
}

function took({ sentMs, ackMs, verifiedMs, coldStart }: Report['timing']): string {
  return `sent ${ms(sentMs)}, acknowledged ${ms(ackMs)}, verified ${ms(verifiedMs)}${coldStart ? ', cold start' : ''}`
}

function ms(value: number | null): string {
  return value === null ? '-' : `${value} ms`
}
