import type { Context } from 'aws-lambda'
import { applySettings } from '../../fire.ts'
import type { FleetSwitch } from '../../init/fleet/fleet-switch.ts'
import { fingerprintOf } from '../../init/fleet/roster.ts'
import { count, flush, milliseconds, tellMessage, unheard } from '../../report/log.ts'
import { logger } from '../../report/log-tools.ts'
import { VERDICT_METRIC } from '../../report/metric-names.ts'
import type { FleetEvent } from '../../triggers/fleet-event.ts'
import { readTrigger } from '../../triggers/trigger.ts'
import { type Heard, hear } from './heard.ts'
import { makeWholeReport, type WholeReport, wholeMessageOf } from './whole-report.ts'
import { decideWhole, type Whole } from './whole-verdict.ts'

/** What the last task answers to the state machine. */
export type WholeAnswer = (WholeReport | WholeReadiness) & {
  /** The execution succeeds by it: all is EMPTY, or nothing was to be done. */
  readonly isSettled: boolean
  /** The error that the execution fails with otherwise. */
  readonly error: 'NotProvenEmpty' | 'InputRefused' | 'NotReady' | ''
}

interface WholeReadiness {
  readonly ready: boolean
  readonly sentence: string
  readonly groups: number
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
  if (read.action.do === 'check')
    return answerReadiness(heard, groups.length, read.action.isScheduled, context)
  const accounts = groups.flatMap((group) => group.accounts)
  // Each group has looked at the clock, when it mattered: what was timely then is no staler for having been done.
  const seenAt = read.eventAt ?? startedAt
  const own = groups.map(({ name }) => name)
  const rosters = { own: accounts, fleet: accounts, groups: { own, fleet: own } }
  const { trigger } = applySettings(fleet, read, seenAt, rosters)
  const whole = decideWhole(groups, trigger, heard, isDeployed(fleet, groups))
  const report = makeWholeReport({ whole, heard, groups, trigger, startedAt, endedAt: Date.now() })
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

/** Ready when every group is. */
function answerReadiness(
  { readiness, lost }: Heard,
  groups: number,
  isScheduled: boolean,
  context: Context,
): WholeAnswer {
  const problems = [
    ...readiness.filter(({ ready }) => !ready).map(({ group, sentence }) => `${group}: ${sentence}`),
    ...[...lost].map(([group, why]) => `${group}: it is lost (${why}).`),
  ]
  const ready = problems.length === 0
  const sentence = ready
    ? `READY: all ${groups} groups are.`
    : `NOT READY: ${groups - problems.length} of ${groups} groups are ready. ${problems.slice(0, MOST_TOLD).join(' ')}`
  unheard(() => {
    logger.addContext(context)
    logger[ready ? 'info' : 'error'](sentence, { wholeReadiness: { ready, groups, problems } })
  })
  unheard(() => {
    count('Ready', ready ? 1 : 0)
    flush(context)
  })
  const isSettled = ready || isScheduled // its metric tells
  return { ready, sentence, groups, isSettled, error: isSettled ? '' : 'NotReady' }
}

const MOST_TOLD = 12
