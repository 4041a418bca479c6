import type { Context } from 'aws-lambda'
import { HoldRefused, NotProvenEmpty, NotReady } from '../errors.ts'
import { applySettings } from '../fire.ts'
import { armed as loaded } from '../init/armed.ts'
import type { ArmedFleet } from '../init/fleet/arm-fleet.ts'
import type { FleetSwitch } from '../init/fleet/fleet-switch.ts'
import type { FunctionSettings } from '../init/function-settings.ts'
import { isObject } from '../json.ts'
import { httpStatus, jsonAnswer } from '../report/http-answer.ts'
import { tellMessage } from '../report/log.ts'
import type { Invocation } from '../report/report.ts'
import { announced, beginInvocation } from '../respond.ts'
import { type Rosters, withinRoster } from '../triggers/accounts.ts'
import { deadlineOf } from '../triggers/deadline.ts'
import { readFleetEvent } from '../triggers/fleet-event.ts'
import { type GroupEvent, readGroupEvent } from '../triggers/group-event.ts'
import { readTrigger, type Trigger } from '../triggers/trigger.ts'
import { type AccountEnd, fireFleet } from './fire-fleet.ts'
import { publishFleet, publishFleetReadiness } from './fleet-log.ts'
import { fleetMessageOf } from './fleet-message.ts'
import { checkFleet, type FleetReadiness } from './fleet-readiness.ts'
import { bounded, makeFleetReport } from './fleet-report.ts'
import { decideFleet, type FleetVerdict } from './fleet-verdict.ts'
import { answerOfGroup, type GroupReadiness, notChecked, shortReadiness } from './groups/group-answer.ts'

/*
 *    event ──► of a group? ──► trigger ──► refused, stale ──────────────────────────────► NOT FIRED
 *                                 │
 *                                 └──► every account for itself, at once ──► fleet verdict ──► log ─► mail ─► answer
 *
 *  A switch of one roster (`ACCOUNTS`) takes every event that a switch of one account takes, and answers as that does, with
 *  the fleet's report: returned when all is EMPTY, thrown as a sentence otherwise; HTTP 200, 400 or 502.
 *
 *  A switch of groups (`FLEET_GROUPS`) takes what the fleet's state machine sends, see triggers/group-event.ts. It answers
 *  with a GroupAnswer whatever the verdict, and sends no mail: the machine collects the answers and speaks for all. It
 *  throws where it is no group of this function's: then the machine calls the group lost. What all groups answered comes
 *  back as one last event, see triggers/fleet-event.ts.
 */

/** Of many accounts: where there is one, handler.ts takes what answers for that. */
const armed = loaded as FleetSwitch

interface Asked {
  readonly of: GroupEvent | null
  readonly fleet: ArmedFleet<FunctionSettings>
  readonly trigger: Trigger
  readonly invocation: Invocation
  readonly context: Context
}

/**
 * Answers one event of a switch for many accounts.
 *
 * @returns the fleet's report; for an HTTPS call, as an answer with its status; for a group, its GroupAnswer
 * @throws NotProvenEmpty with the first sentence, unless every account is proven empty or nothing was to be done
 * @throws NotReady from a readiness check that found a problem, unless a schedule or a group asked for it
 * @throws HoldRefused from a lap: accounts of a fleet are not held
 * @throws InputRefused where the event's group is none of this function's, or is missing
 */
export async function respond(event: unknown, context: Context): Promise<unknown> {
  const invocation = beginInvocation()
  const last = readFleetEvent(event)
  if (last !== null) return (await import('./groups/respond-whole.ts')).respondWhole(last, armed, context)
  const of = readGroupEvent(event)
  if (of !== null && isCheckedLater(of, context)) return notChecked(of)
  const fleet = armed.take(of?.group ?? null)
  const read = readTrigger(of === null ? event : of.event, context.awsRequestId)
  const rosters = rostersOf(of, fleet.roster)
  const pulled = applySettings(fleet, read, invocation.receivedAt, rosters)
  const { trigger } = pulled
  const deadlineAt = deadlineOf(trigger.kind, invocation.startedAt, context.getRemainingTimeInMillis())
  const asked = { of, fleet, trigger, invocation, context }
  const { action } = trigger
  if (action.do === 'check') {
    const report = await checkFleet(fleet, of?.group.name ?? null, invocation, deadlineAt)
    return answerReadiness(report, of, action.isScheduled, context)
  }
  if (action.do === 'hold') throw new HoldRefused('A switch for many accounts holds none of them')
  if (action.do !== 'fire') return answer(asked, notFired(trigger), [])
  const names = action.accounts ?? fleet.roster
  const firing = fireFleet(fleet, names, pulled, invocation, deadlineAt)
  await announced(trigger, context, names)
  const ends = await firing
  const isWhole = names.length === fleet.roster.length
  return answer(asked, decideFleet(names, ends, fleet.secret.differences, isWhole), ends)
}

function rostersOf(of: GroupEvent | null, own: readonly string[]): Rosters {
  if (of === null) return { own, fleet: own }
  return { own, fleet: of.fleet, groups: { own: [of.group.name], fleet: of.groups } }
}

/** Is it a check of other groups? Then neither secret nor connections of this one are touched. */
function isCheckedLater(of: GroupEvent, { awsRequestId }: Context): boolean {
  if (!isObject(of.event) || !Object.hasOwn(of.event, 'readiness')) return false
  const rosters = rostersOf(of, of.group.accounts)
  return withinRoster(readTrigger(of.event, awsRequestId), rosters).action.do === 'stand down'
}

function notFired({ action }: Trigger): FleetVerdict {
  const why = 'why' in action ? action.why : 'this is no pull'
  return { kind: 'NOT_FIRED', why, isRefusal: action.do === 'refuse' }
}

async function answer(
  { of, fleet, trigger, invocation, context }: Asked,
  verdict: FleetVerdict,
  ends: readonly AccountEnd[],
): Promise<unknown> {
  const { differences } = fleet.secret
  const asked = ends.map(({ account }) => account)
  const made = makeFleetReport(
    {
      verdict,
      ends,
      differences,
      trigger,
      group: of?.group.name ?? null,
      roster: fleet.roster,
      asked,
      invocation,
      attempts: fleet.takeAttempts(),
    },
    performance.now(),
  )
  const isUnheld = fleet.settings.hold !== null && verdict.kind !== 'NOT_FIRED'
  const report = isUnheld ? { ...made, warnings: [NOT_HELD, ...made.warnings] } : made
  publishFleet(report, verdict, ends, context)
  if (of !== null) {
    const keys = fleet.secret.keyFingerprints()
    const end = { group: of.group.name, sentence: report.sentence, verdict, ends, differences, keys }
    return answerOfGroup(end, of.mostBytes)
  }
  await tellMessage(() => fleetMessageOf(report, verdict, ends), fleet.settings, context)
  if (trigger.kind === 'http') return jsonAnswer(statusOf(verdict), bounded(report))
  const isSettled = verdict.kind === 'EMPTY' || (verdict.kind === 'NOT_FIRED' && !verdict.isRefusal)
  if (isSettled) return bounded(report)
  throw new NotProvenEmpty(report.sentence)
}

const NOT_HELD =
  'HOLD NOT STARTED: a switch for many accounts holds none of them. Nobody keeps the books shut: look at them, and press again where orders rest.'

function statusOf(verdict: FleetVerdict) {
  switch (verdict.kind) {
    case 'EMPTY':
    case 'NOT_FIRED':
      return httpStatus(verdict)
    case 'NOT_PROVEN':
      return 502
  }
}

function answerReadiness(
  report: FleetReadiness,
  of: GroupEvent | null,
  isScheduled: boolean,
  context: Context,
): FleetReadiness | GroupReadiness {
  publishFleetReadiness(report, context)
  if (of !== null) return shortReadiness({ ...report, group: of.group.name }, of.mostBytes)
  if (!report.ready && !isScheduled) throw new NotReady(report.sentence)
  return report
}
