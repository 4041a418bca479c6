import type { Context } from 'aws-lambda'
import { HoldRefused, NotProvenEmpty, NotReady } from '../errors.ts'
import { applySettings } from '../fire.ts'
import { armed as loaded } from '../init/armed.ts'
import type { ArmedFleet } from '../init/fleet/arm-fleet.ts'
import type { FleetSwitch } from '../init/fleet/fleet-switch.ts'
import type { FunctionSettings } from '../init/function-settings.ts'
import { isObject } from '../json.ts'
import type { Scope } from '../kraken/scope.ts'
import { lambdaWarnings } from '../readiness/lambda-environment.ts'
import { httpStatus, jsonAnswer } from '../report/http-answer.ts'
import { tellInterim, tellMessage } from '../report/log.ts'
import type { Invocation } from '../report/report.ts'
import { announced, beginInvocation, shownOnDashboard } from '../respond.ts'
import { type Rosters, withinRoster } from '../triggers/accounts.ts'
import { deadlineOf } from '../triggers/deadline.ts'
import { readFleetEvent } from '../triggers/fleet-event.ts'
import { type GroupEvent, readGroupEvent } from '../triggers/group-event.ts'
import { readTrigger, type Trigger } from '../triggers/trigger.ts'
import { type AccountEnd, type AccountSoFar, fireFleet } from './fire-fleet.ts'
import { publishFleet, publishFleetReadiness } from './fleet-log.ts'
import { fleetMessageOf } from './fleet-message.ts'
import { checkFleet, type FleetReadiness } from './fleet-readiness.ts'
import { bounded, makeFleetReport } from './fleet-report.ts'
import { decideFleet, type FleetVerdict } from './fleet-verdict.ts'
import { answerOfGroup, type GroupReadiness, notChecked, shortReadiness } from './groups/group-answer.ts'
import type { FleetHeldOn, FleetPullEnd } from './hold/start-fleet-hold.ts'

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
 *
 *  Both start a hold after a pull that wants one, and answer its laps: see hold/fleet-hold.ts. Each group has its own.
 */

/** Of many accounts: where there is one, handler.ts takes what answers for that. */
const armed = loaded as FleetSwitch

interface Asked {
  readonly of: GroupEvent | null
  readonly fleet: ArmedFleet<FunctionSettings>
  readonly trigger: Trigger
  readonly invocation: Invocation
  readonly context: Context
  /** As it came. */
  readonly event: unknown
}

/**
 * Answers one event of a switch for many accounts.
 *
 * @returns the fleet's report; for an HTTPS call, as an answer with its status; for a group, its GroupAnswer
 * @throws NotProvenEmpty with the first sentence, unless every account is proven empty or nothing was to be done
 * @throws NotReady from a readiness check that found a problem, unless a schedule or a group asked for it
 * @throws HoldRefused from what was to be a lap, and is none
 * @throws InputRefused where the event's group is none of this function's, or is missing
 */
export async function respond(event: unknown, context: Context): Promise<unknown> {
  const invocation = beginInvocation()
  if (isObject(event) && Object.hasOwn(event, 'hold')) {
    const { answerFleetLap } = await import('./hold/answer-fleet-lap.ts')
    return answerFleetLap(event, armed, invocation, context)
  }
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
  const asked = { of, fleet, trigger, invocation, context, event }
  const { action } = trigger
  if (action.do === 'check') {
    const report = await checkFleet(fleet, of?.group.name ?? null, invocation, deadlineAt, lambdaWarnings)
    return answerReadiness(report, of, action.isScheduled, context)
  }
  if (action.do === 'hold') throw new HoldRefused('a lap is no event of a group, and names its own')
  if (action.do !== 'fire') return answer(asked, notFired(trigger), [])
  const names = action.accounts ?? fleet.roster
  let interimTold: Promise<void> | null = null
  const onStillSweeping = (known: readonly AccountSoFar[]) => {
    interimTold = tellStillSweeping(known, asked, action.scope, deadlineAt)
  }
  const firing = fireFleet(fleet, names, pulled, invocation, deadlineAt, { onStillSweeping })
  await announced(trigger, context, names)
  const ends = await firing
  const isWhole = names.length === fleet.roster.length
  return answer(asked, decideFleet(names, ends, fleet.secret.differences, isWhole), ends, interimTold)
}

/** Beside the sweeps, which do not wait for it; of a group, its own function says it. */
async function tellStillSweeping(
  known: readonly AccountSoFar[],
  { of, fleet, trigger, invocation, context }: Asked,
  scope: Scope,
  deadlineAt: number,
): Promise<void> {
  const group = of?.group.name ?? null
  const compose = async () => {
    const { fleetInterimOf } = await import('./fleet-still-sweeping.ts')
    return fleetInterimOf(known, { trigger, scope, group, invocation, deadlineAt })
  }
  await tellInterim(compose, fleet.settings, context)
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
  { of, fleet, trigger, invocation, context, event }: Asked,
  verdict: FleetVerdict,
  ends: readonly AccountEnd[],
  interimTold: Promise<void> | null = null,
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
  publishFleet(made, verdict, ends, context)
  const heldOn = await holdOn({ ends, trigger, group: of?.group ?? null, ...invocation }, fleet, context)
  await interimTold
  if (of !== null) {
    const keys = fleet.secret.keyFingerprints()
    const held = heldOn === null ? {} : { heldUntil: heldOn.hold?.endsBy ?? null }
    const end = { group: of.group.name, sentence: made.sentence, verdict, ends, differences, keys, ...held }
    return answerOfGroup(end, of.mostBytes)
  }
  const report =
    heldOn === null ? made : { ...made, hold: heldOn.hold, warnings: [heldOn.sentence, ...made.warnings] }
  await tellMessage(() => fleetMessageOf(report, verdict, ends), fleet.settings, context)
  if (trigger.kind === 'http') return jsonAnswer(statusOf(verdict), bounded(report))
  if (trigger.kind === 'dashboard') {
    return shownOnDashboard(bounded(report), event, (page) => page.pressedFleetFragment)
  }
  const isSettled = verdict.kind === 'EMPTY' || (verdict.kind === 'NOT_FIRED' && !verdict.isRefusal)
  if (isSettled) return bounded(report)
  throw new NotProvenEmpty(report.sentence)
}

/** Starts a hold where one is wanted; null where none is. */
async function holdOn(
  end: FleetPullEnd,
  { settings }: ArmedFleet<FunctionSettings>,
  context: Context,
): Promise<FleetHeldOn | null> {
  if (settings.hold === null) return null
  const { holdFleetOn } = await import('./hold/start-fleet-hold.ts')
  return holdFleetOn(end, settings, context)
}

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
