import { MARKS } from '../messages/links.ts'
import type { Message } from '../messages/message.ts'
import { printable } from '../printable.ts'
import { shownScope } from '../report/brief.ts'
import type { StartedHold } from '../report/report.ts'
import type { LapFindings } from '../sweep/hold.ts'
import { MOST_BLIND_MS } from '../sweep/watch.ts'
import type { Hold } from '../triggers/hold-event.ts'

export const clockTime = (iso: string): string => `${iso.slice(11, 19)} UTC`

/** What goes on after the report, and how to end it. */
export function holdingSentence(started: StartedHold, isProven: boolean): string {
  const { executionArn, endsBy, keepShutMinutes } = started
  const what = isProven
    ? 'the book is kept shut'
    : `the switch sweeps on until there is proof${keepShutMinutes === 0 ? '' : `, and then keeps the book shut for ${keepShutMinutes} min`}`
  const shut = keepShutMinutes === 0 ? '' : ': whatever is placed in scope is cancelled'
  const until = `until ${clockTime(endsBy)}${isProven ? '' : ' at the latest'}`
  return `HOLDING ${until}: ${what}${shut}. Release it: aws stepfunctions stop-execution --execution-arn ${executionArn}`
}

/** @param cause the error's own word */
export function notStartedSentence(cause: string): string {
  return `HOLD NOT STARTED: Step Functions took no execution (${cause}). Nobody keeps the book shut: look at it, and press again where orders rest.`
}

/**
 * The first sentence of a hold that ended as it should, or was interrupted.
 *
 * @param endedAt milliseconds since 1970
 */
export function heldSentence({ pull, known }: Hold, endedAt: number, what = 'HELD'): string {
  const minutes = Math.max(1, Math.round((endedAt - Date.parse(pull.receivedAt)) / 60_000))
  const { refills, cancelled, isLowerBound, emptySince } = known
  const since = emptySince === null ? '' : `, empty since ${clockTime(emptySince)}`
  return `${what} ${minutes} min: ${counted(refills, 'refill')}, ${isLowerBound ? 'at least ' : ''}${counted(cancelled, 'order')} cancelled${since}.`
}

/** The first sentence of a hold that did not. @param why without its full stop */
export function lostSentence(why: string, { known }: Hold): string {
  const last =
    known.sentence === '' ? 'nothing, since no lap has ended' : printable(known.sentence).replace(/\.$/, '')
  return `HOLD LOST: ${why}; last known: ${last}.`
}

function burning(firesAt: string | null): string {
  if (firesAt === null) return 'NO FUSE: Kraken never said when its own timer fires; it may not be armed.'
  return `FUSE: Kraken's own timer is left to burn out, and cancels every order once more at ${clockTime(firesAt)}.`
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

/** What the operator should know beside the first sentence. */
export function holdWarnings({ known, fuse }: Hold): readonly string[] {
  const { placed, blindMs, fuseFiresAt, isFuseShared } = known
  return [
    ...(placed === '' ? [] : [`SOMEBODY PLACES: ${printable(placed)}. Stop that bot before it goes on.`]),
    ...(blindMs <= MOST_BLIND_MS
      ? []
      : [
          `NOT WATCHED: for ${Math.round(blindMs / 1_000)} s nobody looked: a lap was lost, late or throttled, or the book could not be read. What was placed then may have rested until the next look, or was filled.`,
        ]),
    ...(fuse ? [burning(fuseFiresAt)] : []),
    ...(isFuseShared
      ? ["SHARED FUSE: Kraken's own timer was set later than the hold sets it: somebody else arms it too."]
      : []),
  ]
}

/** What is known while a lap is under way. @param found by it so far; null before its first change */
export function knownSoFar({ known }: Hold, found: LapFindings | null): string {
  const verdict = found?.verdict ?? null
  const emptySince = found === null ? known.emptySince : found.emptySince
  const open =
    verdict?.kind === 'NOT_EMPTY'
      ? `${verdict.open.length} open`
      : emptySince === null
        ? 'sweeping'
        : '0 open'
  const cancelled = known.cancelled + (found?.tally.cancelled().count ?? 0)
  const refills = known.refills + (found?.refills ?? 0)
  return [open, counted(refills, 'refill'), `${counted(cancelled, 'order')} cancelled`].join(', ')
}

/** How a hold ended, for a person. */
export function holdMessageOf(sentence: string, hold: Hold): Message {
  const { pull, scope, name, known } = hold
  return {
    sentence,
    numbers: [
      ['Empty', known.emptySince === null ? 'not known' : `since ${clockTime(known.emptySince)}`],
      [
        'Cancelled',
        `${known.isLowerBound ? 'at least ' : ''}${known.cancelled}, in ${counted(known.refills, 'refill')}`,
      ],
    ],
    warnings: holdWarnings(hold),
    details: [
      ['Held for', `${pull.kind}, ${printable(pull.by)}, at ${pull.receivedAt}`],
      ...(pull.reason === null ? [] : [['Reason', printable(pull.reason)] as const]),
      ['Scope', shownScope(scope)],
      ['Hold', `${name}, ${counted(known.laps, 'lap')}`],
      ['Last lap', printable(known.sentence)],
    ],
    mark: sentence.startsWith('HELD') ? MARKS.HELD : MARKS.HOLD_LOST,
  }
}
