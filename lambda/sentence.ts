import type { KillSwitchError } from './errors.ts'
import type { Order } from './kraken/exchange.ts'
import { shown } from './shown.ts'
import type { Tally } from './tally.ts'
import type { Verdict } from './verdict.ts'

export interface SentenceInputs {
  readonly verdict: Verdict
  /** Null when nothing was sent. */
  readonly tally: Tally | null
  /** From the receipt of the trigger to the proof. */
  readonly verifiedMs: number | null
}

/** The report's first sentence: what is true now, then what to do where something is to be done. */
export function firstSentence({ verdict, tally, verifiedMs }: SentenceInputs): string {
  switch (verdict.kind) {
    case 'EMPTY':
      return `EMPTY (verified): ${orders(tally?.orderIds.length ?? 0)} cancelled, 0 open, ${verifiedMs} ms after the trigger was received.`
    case 'NOT_EMPTY':
      return [
        `NOT EMPTY: ${orders(verdict.open.length)} still open (${bySymbol(verdict.open)}).`,
        whyOpen(verdict.cause, tally),
      ].join(' ')
    case 'UNVERIFIED':
      return [
        verdict.wasReadEmpty
          ? 'UNVERIFIED: Kraken acknowledged the cancel and the open orders read empty, but not for long enough to prove it.'
          : 'UNVERIFIED: Kraken acknowledged the cancel, but the open orders could not be read.',
        ...botSentence(tally),
      ].join(' ')
    case 'FAILED':
      return `FAILED: nothing was acknowledged. ${verdict.cause.message}. ${verdict.cause.whatToDo}.`
    case 'NOT_FIRED':
      return `NOT FIRED: ${verdict.why}.`
  }
}

/** `1 order`, `2 orders`. */
export function orders(count: number): string {
  return count === 1 ? '1 order' : `${count} orders`
}

function whyOpen(cause: KillSwitchError | null, tally: Tally | null): string {
  if (cause !== null) return `The cancel was not acknowledged: ${cause.message}. ${cause.whatToDo}.`
  return botSentence(tally)[0] ?? "Cancel them by hand in Kraken's own interface, and press again."
}

function botSentence(tally: Tally | null): string[] {
  const placed = tally?.placedSince ?? []
  if (placed.length === 0) return []
  const prefix = commonPrefix(placed)
  const mark = prefix === '' ? '' : ` (their cliOrdId begins with ${prefix})`
  return [`A bot keeps placing: ${placed.length} since the first cancel${mark}. Stop it, and press again.`]
}

const MOST_SYMBOLS_SHOWN = 5

function bySymbol(open: readonly Order[]): string {
  const counts = countBySymbol(open)
  const shownCounts = counts.slice(0, MOST_SYMBOLS_SHOWN).map(([symbol, count]) => `${symbol} ${count}`)
  const more = counts.length - shownCounts.length
  return [...shownCounts, ...(more > 0 ? [`${more} more symbols`] : [])].join(', ')
}

/** Symbols with their number of orders, most orders first. */
export function countBySymbol(counted: readonly Order[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const { symbol } of counted) {
    const name = shown(symbol ?? 'symbol unknown')
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].sort(([, a], [, b]) => b - a)
}

/** What all the client order ids begin with; empty when that is nothing, or there is only one. */
function commonPrefix(placed: readonly Order[]): string {
  const ids = placed.map(({ cliOrdId }) => cliOrdId).filter((id) => id !== null)
  const [first = '', ...others] = ids
  let length = others.length === 0 ? 0 : first.length
  for (const id of others) while (!id.startsWith(first.slice(0, length))) length -= 1
  return shown(first.slice(0, length))
}
