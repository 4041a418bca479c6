import type { Context } from 'aws-lambda'
import { applySettings } from '../../fire.ts'
import type { FleetSwitch } from '../../init/fleet/fleet-switch.ts'
import { fingerprintOf } from '../../init/fleet/roster.ts'
import { count, flush, milliseconds, tellMessage, unheard } from '../../report/log.ts'
import { logger } from '../../report/log-tools.ts'
import { VERDICT_METRIC } from '../../report/metric-names.ts'
import type { FleetEvent } from '../../triggers/fleet-event.ts'
import { readTrigger, type Trigger } from '../../triggers/trigger.ts'
import { hear } from './heard.ts'
import { type WholeReadiness, wholeReadiness } from './whole-readiness.ts'
import { makeWholeReport, type WholeReport, wholeMessageOf } from './whole-report.ts'
import { decideWhole, type Whole } from './whole-verdict.ts'

/** What the last task answers to the state machine. */
export type WholeAnswer = (WholeReport | Omit<WholeReadiness, 'problems'>) & {
  /** The execution succeeds by it: all is EMPTY, or nothing was to be done. */
  readonly isSettled: boolean
  /** The error that the execution fails with otherwise. */
  readonly error: 'NotProvenEmpty' | 'InputRefused' | 'NotReady' | ''
}

/**
 * Makes one of what the groups answered: verdict, log, metrics, message. Whatever the verdict, it is returned: the machine
 * fails by it, and nothing is told twice.
 */
export async function respondWhole(
  { groups, answers, event, startedAt }: FleetEvent,
  fleet: FleetSwitch,
  context: Context,
): Promise<WholeAnswer> {
  const heard = hear(groups, answers)
  const read = readTrigger(event, context.awsRequestId)
  const accounts = groups.flatMap((group) => group.accounts)
  // Each group has looked at the clock, when it mattered: what was timely then is no staler for having been done.
  const seenAt = read.eventAt ?? startedAt
  const own = groups.map(({ name }) => name)
  const rosters = { own: accounts, fleet: accounts, groups: { own, fleet: own } }
  const { trigger } = applySettings(fleet, read, seenAt, rosters)
  if (trigger.action.do === 'check') {
    const readiness = wholeReadiness(groups, heard, trigger.action.groups, isDeployed(fleet, groups))
    return answerReadiness(readiness, trigger, context)
  }
  const whole = decideWhole(groups, trigger, heard, isDeployed(fleet, groups))
  const holdMachineArn = fleet.settings.hold?.machineArn ?? null
  const times = { startedAt, endedAt: Date.now() }
  const report = makeWholeReport({ whole, heard, groups, trigger, holdMachineArn, ...times })
  publishWhole(report, whole, context)
  await tellMessage(() => wholeMessageOf(report, whole), fleet.settings, context)
  return { ...report, ...endOf(whole) }
}

/** Are these all the groups, and no others, that the function was deployed with? */
function isDeployed({ fingerprints }: FleetSwitch, groups: FleetEvent['groups']): boolean {
  const prints = new Set(groups.map(fingerprintOf))
  return prints.size === fingerprints.size && [...prints].every((print) => fingerprints.has(print))
}

function endOf({ verdict }: Whole): Pick<WholeAnswer, 'isSettled' | 'error'> {
  if (verdict.kind === 'EMPTY') return { isSettled: true, error: '' }
  if (verdict.kind === 'NOT_PROVEN') return { isSettled: false, error: 'NotProvenEmpty' }
  return verdict.isRefusal ? { isSettled: false, error: 'InputRefused' } : { isSettled: true, error: '' }
}

function publishWhole(report: WholeReport, { verdict }: Whole, context: Context): void {
  unheard(() => {
    logger.addContext(context)
    logger[verdict.kind === 'NOT_PROVEN' ? 'error' : 'info'](report.sentence, { wholeFleet: report })
  })
  unheard(() => {
    count(VERDICT_METRIC[verdict.kind === 'NOT_PROVEN' ? verdict.worst : verdict.kind], 1)
    milliseconds('VerifiedMs', verdict.kind === 'EMPTY' ? report.totalMs : null)
    flush(context)
  })
}

/** A schedule that asks for some of the groups has a metric of its own: silent, it would be missed among the others. */
function answerReadiness(
  { problems, ...readiness }: WholeReadiness,
  { by, action }: Trigger,
  context: Context,
): WholeAnswer {
  const { ready, sentence } = readiness
  unheard(() => {
    logger.addContext(context)
    logger[ready ? 'info' : 'error'](sentence, { wholeReadiness: { ...readiness, problems } })
  })
  const { isScheduled, groups } = action.do === 'check' ? action : { isScheduled: false }
  for (const dimensions of [{}, ...(isScheduled && groups !== undefined ? [{ schedule: by }] : [])]) {
    unheard(() => {
      count('Ready', ready ? 1 : 0)
      flush(context, dimensions)
    })
  }
  const isSettled = ready || isScheduled // its metric tells
  return { ...readiness, isSettled, error: isSettled ? '' : 'NotReady' }
}
