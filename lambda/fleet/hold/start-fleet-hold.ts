import type { Context } from 'aws-lambda'
import { endOf, holdAfter, holdName, type PullEnd, tryToStart } from '../../hold/start.ts'
import type { Group } from '../../init/fleet/roster.ts'
import type { FunctionSettings, HoldSettings } from '../../init/function-settings.ts'
import type { StartedHold } from '../../report/report.ts'
import type { Trigger } from '../../triggers/trigger.ts'
import type { Named } from '../fleet-verdict.ts'
import { type FleetHold, type HeldAccount, holdOf, provenAtOf } from './fleet-hold.ts'
import { fleetHoldingSentence } from './fleet-hold-sentences.ts'

/**
 * What is to go on after a pull over many accounts; null for nothing. An account that is proven, where no book is kept shut, is
 * left alone while the others are swept on.
 *
 * @param ends of the accounts that were asked for
 */
export function fleetHoldAfter(
  ends: readonly Named[],
  pull: Omit<PullEnd, 'verdict'>,
  group: Group | null,
  wanted: HoldSettings,
  staleScheduleMs: number,
): FleetHold | null {
  const held = ends.flatMap(({ account, answer: verdict }) => {
    const end = { ...pull, provenAt: provenAtOf(verdict, pull), verdict: { kind: verdict.verdict } }
    const hold = holdAfter(end, wanted, staleScheduleMs)
    return hold === null ? [] : [{ account, hold }]
  })
  const [first] = held
  if (first === undefined) return null
  const { known: _, ...plan } = first.hold
  const accounts = held.map(({ account, hold: { known } }) => [account, { known, ended: null }] as const)
  const name = holdName(pull.requestId, group?.name)
  return { ...plan, name, group, accounts: Object.fromEntries(accounts) }
}

export interface FleetPullEnd {
  readonly ends: readonly Named[]
  readonly trigger: Trigger
  /** Null where the switch has one roster. */
  readonly group: Group | null
  /** Milliseconds since 1970. */
  readonly receivedAt: number
}

/** What goes on after a pull; the hold is null where it could not be started, which the sentence then says. */
export interface FleetHeldOn {
  readonly hold: StartedHold | null
  readonly sentence: string
}

/** Starts the hold that is wanted after this pull; null where none is. What goes wrong changes no verdict, and is said. */
export async function holdFleetOn(
  { ends, trigger, group, receivedAt }: FleetPullEnd,
  { hold: wanted, staleScheduleMs, aws }: FunctionSettings,
  context: Context,
): Promise<FleetHeldOn | null> {
  if (wanted === null) return null
  const pull = { trigger, requestId: context.awsRequestId, receivedAt, endedAt: Date.now() }
  const hold = fleetHoldAfter(ends, pull, group, wanted, staleScheduleMs)
  if (hold === null) return null
  const each: readonly HeldAccount[] = Object.values(hold.accounts)
  const endsAt = Math.max(...each.map(({ known }) => endOf(holdOf(hold, known))))
  const { started, sentence } = await tryToStart(hold, endsAt, wanted, aws, context, (started) =>
    fleetHoldingSentence(hold, started),
  )
  return { hold: started, sentence }
}
