import type { Scope } from '../kraken/scope.ts'
import { STILL_AFTER_MS, type StillSweeping } from '../sweep/roads.ts'
import { openOf } from '../sweep/verdict.ts'
import type { Trigger } from '../triggers/trigger.ts'
import type { Invocation } from './report.ts'
import { bySymbol, orders, placedSince, ROAD_NAMES } from './sentence.ts'
import { troubleOf } from './shown.ts'

/** What is said, once, of a pull that has not ended when a clean one would have: it goes on meanwhile. */
export interface Interim {
  readonly sentence: string
  readonly trigger: Pick<Trigger, 'kind' | 'by' | 'reason'>
  readonly scope: Scope
  /** The secret that holds the key: which account it is. Of many, their names. */
  readonly account: string
  /** Of many, what is known of each; absent of one. */
  readonly accounts?: readonly (readonly [account: string, known: string])[]
}

export interface InterimInputs {
  readonly trigger: Trigger
  readonly scope: Scope
  readonly invocation: Invocation
  /** When the pull ends at the latest; monotonic milliseconds. */
  readonly deadlineAt: number
  readonly account: string
}

export function interimOf(known: StillSweeping, inputs: InterimInputs): Interim {
  const { scope, account, invocation, deadlineAt } = inputs
  const { kind, by, reason } = inputs.trigger
  const sentence = `${STILL_SWEEPING}: ${knownSentence(known)} ${untilSentence(invocation, deadlineAt)}`
  return { sentence, trigger: { kind, by, reason }, scope, account }
}

export const STILL_SWEEPING = `STILL SWEEPING after ${STILL_AFTER_MS / 1_000} s`

/** What is open, and who places; in sentences. */
export function knownSentence(known: StillSweeping): string {
  return [`${whatIsOpen(known)}.`, ...whoPlaces(known)].join(' ')
}

/** How long it goes on. @param deadlineAt monotonic milliseconds */
export function untilSentence({ receivedAt, startedAt }: Invocation, deadlineAt: number): string {
  const endsAt = new Date(receivedAt + deadlineAt - startedAt)
  return `The switch goes on until ${endsAt.toISOString().slice(11, 19)} UTC at the latest.`
}

function whatIsOpen({ roads }: StillSweeping): string {
  if (roads.every(({ book }) => book === null)) {
    const troubles = roads.map(
      (road) => `${ROAD_NAMES[road.name]}: ${troubleOf(road)?.message ?? 'no answer'}`,
    )
    return `the open orders could not be read yet (${troubles.join('; ')})`
  }
  const open = openOf(roads)
  return open.length === 0
    ? 'no order was open at the last read, which is not proven yet'
    : `${orders(open.length)} open at the last read (${bySymbol(open)})`
}

function whoPlaces({ tally }: StillSweeping): readonly string[] {
  if (tally.placedSince.length === 0) return []
  return [`A bot keeps placing: ${placedSince(tally.placedSince)}. Stop it.`]
}
