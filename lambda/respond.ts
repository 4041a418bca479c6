import type { Context } from 'aws-lambda'
import { check } from './check.ts'
import { HoldRefused, KillSwitchError, NotProvenEmpty, NotReady } from './errors.ts'
import { applySettings, fire } from './fire.ts'
import { armed as loaded } from './init/armed.ts'
import type { FleetSwitch } from './init/fleet/fleet-switch.ts'
import type { Place } from './page/fragment.ts'
import { lambdaWarnings } from './readiness/lambda-environment.ts'
import type { ReadinessReport } from './readiness/readiness.ts'
import { httpAnswer } from './report/http-answer.ts'
import { announce, publish, publishReadiness, tellInterim, tellReport } from './report/log.ts'
import type { Invocation, Report } from './report/report.ts'
import type { StillSweeping } from './sweep/roads.ts'
import { isSettled, type Verdict } from './sweep/verdict.ts'
import { deadlineOf } from './triggers/deadline.ts'
import { readTrigger, type Trigger } from './triggers/trigger.ts'

// While the secret is on its way the CPU is idle, and whole: what has run once is compiled when it counts, which is some
// 2 ms of the first cancel, and three times that at a share of a CPU.
readTrigger({}, 'rehearsal')

/** Of one account: where there are many, handler.ts takes what answers for those. */
const armed = loaded as Exclude<typeof loaded, FleetSwitch>

let isColdStart = true

/**
 * Answers one event: by a pull of the switch, a lap of a hold, or a readiness check.
 *
 * @returns the report; for an HTTPS call, as an answer with its status; for a dashboard, as the HTML of its popup
 * @throws NotProvenEmpty with the first sentence, unless the book is proven empty or nothing was to be done
 * @throws NotReady from a readiness check that found a problem, unless a schedule asked for it
 * @throws HoldRefused from what was to be a lap, and is none
 */
export async function respond(event: unknown, context: Context): Promise<unknown> {
  const invocation = beginInvocation()
  const pulled = applySettings(armed, readTrigger(event, context.awsRequestId), invocation.receivedAt)
  const { trigger } = pulled
  const deadlineAt = deadlineOf(trigger.kind, invocation.startedAt, context.getRemainingTimeInMillis())
  if (trigger.action.do === 'check') {
    const report = await check(armed, invocation, deadlineAt, lambdaWarnings)
    return answerReadiness(report, trigger.action.isScheduled, context)
  }
  if (trigger.kind === 'hold') return lapOf(trigger, invocation, deadlineAt, context)
  let interimTold: Promise<void> | null = null
  const onStillSweeping = (known: StillSweeping) => {
    interimTold = tellStillSweeping(known, trigger, invocation, deadlineAt, context)
  }
  const firing = fire(armed, pulled, invocation, deadlineAt, { onStillSweeping })
  if (trigger.action.do === 'fire') await announced(trigger, context)
  const { verdict, report } = await firing
  publish(report, context)
  const told = await holdOn(verdict, report, trigger, context)
  await interimTold
  if (!(armed instanceof KillSwitchError)) await tellReport(told, armed.settings, context)
  if (trigger.kind === 'http') return httpAnswer(verdict, told)
  if (trigger.kind === 'dashboard') return shownOnDashboard(told, event, (page) => page.pressedFragment)
  if (isSettled(verdict)) return told
  throw new NotProvenEmpty(report.sentence)
}

/** A person looks at it: whatever the verdict, it is shown, and pages by its metric. The report itself where that fails. */
export async function shownOnDashboard<R>(
  report: R,
  event: unknown,
  drawnBy: (page: typeof import('./page/fragment.ts')) => (report: R, place: Place) => string,
): Promise<string | R> {
  try {
    const page = await import('./page/fragment.ts')
    return drawnBy(page)(report, page.placeOf(event))
  } catch {
    return report
  }
}

/** What is known of an invocation when it begins. */
export function beginInvocation(): Invocation {
  const invocation = { receivedAt: Date.now(), startedAt: performance.now(), isColdStart }
  isColdStart = false
  return invocation
}

/** Starts a hold where one is wanted. @returns the report, with what goes on after it */
async function holdOn(verdict: Verdict, report: Report, trigger: Trigger, context: Context): Promise<Report> {
  if (armed instanceof KillSwitchError || armed.settings.hold === null) return report
  const { holdOnAfter } = await import('./hold/start.ts')
  return holdOnAfter(verdict, report, trigger, armed.settings, context)
}

async function lapOf(
  trigger: Trigger,
  invocation: Invocation,
  deadlineAt: number,
  context: Context,
): Promise<unknown> {
  const { action } = trigger
  if (action.do !== 'hold') throw new HoldRefused('why' in action ? action.why : 'this is no lap')
  const { answerLap } = await import('./hold/answer-lap.ts')
  return answerLap(armed, trigger, action.lap, invocation, deadlineAt, context)
}

/** Logs that it fires: once the first cancel is written, which takes no turn of the event loop when key and connection are at hand. */
export async function announced(
  trigger: Trigger,
  context: Context,
  accounts?: readonly string[],
): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  announce(trigger, context, accounts)
}

/** Beside the sweep, which does not wait for it. */
async function tellStillSweeping(
  known: StillSweeping,
  trigger: Trigger,
  invocation: Invocation,
  deadlineAt: number,
  context: Context,
): Promise<void> {
  if (armed instanceof KillSwitchError || trigger.action.do !== 'fire') return
  const { settings } = armed
  const { scope } = trigger.action
  const inputs = { trigger, scope, invocation, deadlineAt, account: settings.secretId }
  const compose = async () => (await import('./report/still-sweeping.ts')).interimOf(known, inputs)
  await tellInterim(compose, settings, context)
}

/** A schedule asks again soon, and the alarm on the metric pages; thrown, Lambda would check twice more and mail each time. */
function answerReadiness(report: ReadinessReport, isScheduled: boolean, context: Context): ReadinessReport {
  publishReadiness(report, context)
  if (!report.ready && !isScheduled) throw new NotReady(report.sentence)
  return report
}
