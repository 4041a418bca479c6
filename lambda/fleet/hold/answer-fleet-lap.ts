import type { Context } from 'aws-lambda'
import type { FleetSwitch } from '../../init/fleet/fleet-switch.ts'
import { printable } from '../../printable.ts'
import { count, flush, publishLap, tellHold, unheard } from '../../report/log.ts'
import { logger } from '../../report/log-tools.ts'
import type { Invocation } from '../../report/report.ts'
import { deadlineOf } from '../../triggers/deadline.ts'
import { asHoldRefused, type FleetHold, readFleetLap, refuseStrangers } from './fleet-hold.ts'
import {
  fleetEndSentence,
  fleetHoldMessageOf,
  fleetHoldWarnings,
  fleetLapSentence,
} from './fleet-hold-sentences.ts'
import { type FleetLapEnd, runFleetLap } from './fleet-lap.ts'

/** What the state machine of a hold is answered, as by a switch of one account. */
export interface FleetLapAnswer {
  readonly hold: FleetHold
  readonly next: FleetLapEnd['next']
  readonly sentence: string
}

/**
 * Runs one lap over many accounts, and tells of it: each account's in the log, the fleet's beside them. A message tells how
 * the hold ended; and, while others go on, of those that are lost.
 *
 * @throws HoldRefused where it is no lap, or of a group that was not deployed, or names an account that is not there
 */
export async function answerFleetLap(
  event: unknown,
  many: FleetSwitch,
  invocation: Invocation,
  context: Context,
): Promise<FleetLapAnswer> {
  const lap = readFleetLap(event)
  const fleet = asHoldRefused(() => many.take(lap.hold.group))
  refuseStrangers(lap.hold, fleet.roster)
  const { by, reason } = lap.hold.pull
  const trigger = {
    kind: 'hold',
    by: printable(by),
    reason: reason === null ? null : printable(reason),
    eventAt: null,
  } as const
  const deadlineAt = deadlineOf('hold', invocation.startedAt, context.getRemainingTimeInMillis())
  const end = await runFleetLap(fleet, trigger, lap, invocation, deadlineAt)
  const { hold, next, laps } = end
  const newlyLost = [...laps.keys()].filter((account) => hold.accounts[account]?.ended?.as === 'lost')
  const isTold = next !== 'lap' || newlyLost.length > 0
  const sentence = isTold ? fleetEndSentence(hold, Date.now()) : fleetLapSentence(hold, laps)
  publishFleetLap(end, sentence, context)
  if (isTold) await tellHold(fleetHoldMessageOf(sentence, hold), hold.name, many.settings, context)
  return { hold, next, sentence }
}

function publishFleetLap({ hold, next, laps }: FleetLapEnd, sentence: string, context: Context): void {
  for (const [account, end] of laps) if (end !== null) publishLap(end, context, account)
  unheard(() => {
    logger.addContext(context)
    const fleetLap = { next, hold, warnings: fleetHoldWarnings(hold) }
    logger[sentence.startsWith('HOLD LOST') ? 'error' : 'info'](sentence, { fleetLap })
  })
  unheard(() => {
    count('HoldLap', 1)
    count('HoldLost', next === 'lost' ? 1 : 0)
    flush(context)
  })
}
