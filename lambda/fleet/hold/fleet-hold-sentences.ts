import type { LapEnd } from '../../hold/lap.ts'
import { clockTime, counted, holdMessageOf, holdWarnings } from '../../hold/sentences.ts'
import { MARKS } from '../../messages/links.ts'
import type { Message } from '../../messages/message.ts'
import { printable } from '../../printable.ts'
import type { StartedHold } from '../../report/report.ts'
import type { HoldKnown } from '../../triggers/hold-event.ts'
import { underNames } from '../fleet-sentence.ts'
import { type FleetHold, type HeldAccount, holdOf } from './fleet-hold.ts'

/* What is said of a hold of many accounts. All of it is pure. */

type Entry = readonly [account: string, held: HeldAccount]

/** What goes on after the report, and how to end it. @param started of the whole hold */
export function fleetHoldingSentence(hold: FleetHold, { executionArn, endsBy }: StartedHold): string {
  const { keepShutMinutes, accounts } = hold
  const entries = Object.entries(accounts)
  const open = entries.filter(([, { known }]) => known.shutUntil === null)
  const shut = entries.filter(([, { known }]) => known.shutUntil !== null)
  const then = keepShutMinutes === 0 ? '' : `, and then kept shut for ${keepShutMinutes} min`
  const what = [
    ...(open.length === 0 ? [] : [`${areOf(open)} swept on until there is proof${then}`]),
    ...(shut.length === 0 ? [] : [`${areOf(shut)} kept shut`]),
  ]
  const atMost = open.length === 0 ? '' : ' at the latest'
  const effect = keepShutMinutes === 0 ? '' : ': whatever is placed in scope is cancelled'
  return `HOLDING until ${clockTime(endsBy)}${atMost}${inGroup(hold)}: ${what.join('; ')}${effect}. Release it: aws stepfunctions stop-execution --execution-arn ${executionArn}`
}

function areOf(entries: readonly Entry[]): string {
  return `${listed(entries.map(([account]) => account))} ${entries.length === 1 ? 'is' : 'are'}`
}

/** The first sentence of a lap after which another one comes. @param laps of those that were still held */
export function fleetLapSentence(hold: FleetHold, laps: ReadonlyMap<string, LapEnd | null>): string {
  const entries = Object.entries(hold.accounts)
  const states = entries.map(([account, { ended }]) => {
    if (ended !== null) return [account, ended.as === 'held' ? 'HELD' : 'HOLD LOST'] as const
    return [account, laps.get(account)?.report?.verdict.replace('_', ' ') ?? 'without an answer'] as const
  })
  const others = states.filter(([, state]) => state !== 'EMPTY')
  const named = others.length === 0 ? '' : `; ${others.map((one) => one.join(' ')).join(', ')}`
  return `HOLDING${inGroup(hold)}: ${states.length - others.length} of ${states.length} accounts EMPTY${named}.`
}

/**
 * The first sentence of a hold that has ended, the worst first, with every account by its name; or, while others go on, of
 * those that are lost.
 *
 * @param endedAt milliseconds since 1970
 */
export function fleetEndSentence(hold: FleetHold, endedAt: number): string {
  const entries = Object.entries(hold.accounts)
  const lost = entries.filter(([, { ended }]) => ended?.as === 'lost')
  const held = entries.filter(([, { ended }]) => ended?.as === 'held')
  const going = entries.length - lost.length - held.length
  const minutes = Math.max(1, Math.round((endedAt - Date.parse(hold.pull.receivedAt)) / 60_000))
  const parts = [
    ...(lost.length === 0 ? [] : [`HOLD LOST${inGroup(hold)}: ${lost.map(lostClause).join(', ')}`]),
    ...(held.length === 0 ? [] : [`HELD ${minutes} min${inGroup(hold)}: ${heldClauses(held).join(', ')}`]),
    ...(going === 0 ? [] : [`${counted(going, 'account')} held on`]),
  ]
  return `${parts.join('; ')}.`
}

/** Of each lost account in the first sentence; its own line and the log have it whole. */
const MOST_WHY = 240

function lostClause([account, { ended }]: Entry): string {
  const why = (ended?.sentence ?? '').replace(/^HOLD LOST: /, '').replace(/\.$/, '')
  return `${account} (${printable(why.length > MOST_WHY ? `${why.slice(0, MOST_WHY)}…` : why)})`
}

/** What became of each: those that were refilled by name, the worst first; the others together. */
export function heldClauses(entries: readonly Entry[]): readonly string[] {
  const refilled = entries
    .filter(([, { known }]) => known.refills > 0)
    .toSorted(([, a], [, b]) => b.known.refills - a.known.refills)
  const quiet = entries.filter(([, { known }]) => known.refills === 0)
  const ofQuiet = quiet.map(([, { known }]) => known)
  return [
    ...refilled.map(([account, { known }]) => `${account} (${facts([known])})`),
    ...(quiet.length === 0 ? [] : [`${listed(quiet.map(([account]) => account))} (${facts(ofQuiet)})`]),
  ]
}

/** Of all of them together; empty since the last of them is. */
function facts(all: readonly HoldKnown[]): string {
  const sum = (of: (known: HoldKnown) => number) => all.reduce((total, known) => total + of(known), 0)
  const atLeast = all.some(({ isLowerBound }) => isLowerBound) ? 'at least ' : ''
  const since = all.map(({ emptySince }) => emptySince)
  const last = since.toSorted((a, b) => Date.parse(a ?? '') - Date.parse(b ?? '')).at(-1)
  const empty = since.includes(null) || !last ? '' : `, empty since ${clockTime(last)}`
  return `${counted(
    sum(({ refills }) => refills),
    'refill',
  )}, ${atLeast}${counted(
    sum(({ cancelled }) => cancelled),
    'order',
  )} cancelled${empty}`
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function inGroup({ group }: FleetHold): string {
  return group === null ? '' : ` in the group ${group.name}`
}

/** What the operator should know beside the first sentence, under the names of the accounts that it is about. */
export function fleetHoldWarnings(hold: FleetHold): readonly string[] {
  const entries = Object.entries(hold.accounts)
  return underNames(
    entries.map(([account]) => account),
    entries.map(([account, { known }]) => [account, holdWarnings(holdOf(hold, known))]),
  )
}

/** How a hold ended, or is lost for some, for a person: its sentence, and each account's own. */
export function fleetHoldMessageOf(sentence: string, hold: FleetHold): Message {
  const entries = Object.entries(hold.accounts)
  const most = entries.toSorted(([, a], [, b]) => b.known.laps - a.known.laps)[0]?.[1].known
  // By whom, of what, and how: as for one account; what it knows is each account's own.
  const { details } = holdMessageOf(sentence, holdOf(hold, { ...(most as HoldKnown), sentence: '' }))
  return {
    sentence,
    numbers: entries.map(
      ([account, { known, ended }]) => [account, printable(ended?.sentence ?? known.sentence)] as const,
    ),
    warnings: fleetHoldWarnings(hold),
    details: details.filter(([label]) => label !== 'Last lap'),
    mark: sentence.startsWith('HELD') ? MARKS.HELD : MARKS.HOLD_LOST,
  }
}
