import type { Report } from './report.ts'

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
    ...(scope === null ? [] : [`Scope:      ${scope === 'all' ? 'all orders' : scope.join(', ')}`]),
    `Account:    ${account ?? 'unknown'}`,
    `Cancelled:  ${cancelled.count}${list(Object.entries(cancelled.bySymbol).map(([symbol, n]) => `${symbol} ${n}`))}`,
    `Remaining:  ${remaining(report)}`,
    ...report.roads.map(roadLine),
    `Positions:  ${positions(report)}`,
    `Times:      sent ${ms(timing.sentMs)}, acknowledged ${ms(timing.ackMs)}, verified ${ms(timing.verifiedMs)}${timing.coldStart ? ', cold start' : ''}`,
  ]
  return { subject: subjectOf(sentence), text: `${lines.join('\n')}\n` }
}

function subjectOf(sentence: string): string {
  const ascii = sentence.replace(/[^\x20-\x7e]+/g, '?')
  return ascii.length <= MOST_SUBJECT ? ascii : `${ascii.slice(0, MOST_SUBJECT - 3)}...`
}

const MOST_LISTED = 10

function list(entries: readonly string[]): string {
  if (entries.length === 0) return ''
  const more = entries.length > MOST_LISTED ? ', ...' : ''
  return ` (${entries.slice(0, MOST_LISTED).join(', ')}${more})`
}

function roadLine({ road, ackMs, open, isProof, trouble }: Report['roads'][number]): string {
  const read = open === 'unknown' ? 'never read' : `last read ${open} open${isProof ? ', proven' : ''}`
  return `Road:       ${road}, acknowledged ${ms(ackMs)}, ${read}${trouble === null ? '' : `; ${trouble}`}`
}

function remaining({ remaining }: Report): string {
  if (remaining === 'unknown') return 'unknown'
  const orders = remaining.orders.map(({ symbol, side, size }) => `${symbol} ${side ?? '?'} ${size ?? '?'}`)
  return `${remaining.count}${list(orders)}`
}

function positions({ positions }: Report): string {
  if (positions === 'unknown') return 'unknown'
  const open = positions.map(({ symbol, side, size }) => `${symbol ?? '?'} ${side ?? '?'} ${size ?? '?'}`)
  return `${open.length} open${list(open)}`
}

function ms(value: number | null): string {
  return value === null ? '-' : `${value} ms`
}
