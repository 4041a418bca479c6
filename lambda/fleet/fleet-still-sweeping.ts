import {
  type Interim,
  type InterimInputs,
  knownSentence,
  STILL_SWEEPING,
  untilSentence,
} from '../report/still-sweeping.ts'
import type { StillSweeping } from '../sweep/roads.ts'
import { openOf } from '../sweep/verdict.ts'
import type { AccountSoFar } from './fire-fleet.ts'
import { isProven } from './fleet-verdict.ts'

export interface FleetInterimInputs extends Omit<InterimInputs, 'account'> {
  /** Of which they are; null where the switch has one roster. */
  readonly group: string | null
}

/** What is said, once, of a pull over many accounts that has not ended when a clean one would have: which are proven, and which are not. */
export function fleetInterimOf(all: readonly AccountSoFar[], inputs: FleetInterimInputs): Interim {
  const { trigger, scope, group, invocation, deadlineAt } = inputs
  const { kind, by, reason } = trigger
  const others = all.filter((one) => !isEmpty(one))
  const of = group === null ? '' : ` of the group ${group}`
  const counts = `${all.length - others.length} of ${all.length} accounts${of} EMPTY`
  const sentence = `${STILL_SWEEPING}: ${counts}; ${others.map(inShort).join(', ')}. ${untilSentence(invocation, deadlineAt)}`
  const names = all.map(({ account }) => account).join(', ')
  return {
    sentence,
    trigger: { kind, by, reason },
    scope,
    account: group === null ? names : `${group}: ${names}`,
    accounts: all.map((one) => [one.account, inFull(one)] as const),
  }
}

function isEmpty({ fired }: AccountSoFar): boolean {
  return fired !== null && isProven(fired.verdict)
}

function inShort({ account, fired, known }: AccountSoFar): string {
  if (fired !== null) return `${account} ${fired.report.verdict.replace('_', ' ')}`
  return `${account} (${known === null ? 'not begun' : shortly(known)})`
}

/** An empty read is no proof. */
function shortly({ roads }: StillSweeping): string {
  if (roads.every(({ book }) => book === null)) return 'not read yet'
  const open = openOf(roads)
  return open.length === 0 ? '0 open, not proven yet' : `${open.length} open`
}

function inFull({ fired, known }: AccountSoFar): string {
  if (fired !== null) return fired.report.sentence
  return known === null ? 'its sweep has not begun.' : knownSentence(known)
}
