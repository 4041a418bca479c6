import type { Context } from 'aws-lambda'
import type { FunctionSettings, HoldSettings } from '../init/function-settings.ts'
import { AwsRefused, askAws } from '../report/aws-post.ts'
import { publishHold } from '../report/log.ts'
import type { Report, StartedHold } from '../report/report.ts'
import { isSettled, type Verdict, type VerdictKind } from '../sweep/verdict.ts'
import { type Hold, type HoldPlan, NOTHING_KNOWN } from '../triggers/hold-event.ts'
import type { Trigger } from '../triggers/trigger.ts'
import { holdingSentence, notStartedSentence } from './sentences.ts'

export interface PullEnd {
  readonly verdict: { readonly kind: VerdictKind }
  readonly trigger: Trigger
  /** Of its invocation. Lambda keeps it when it tries again, which then is the same hold. */
  readonly requestId: string
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  /** Milliseconds since 1970. */
  readonly endedAt: number
  /** When its book was proven empty, where others were swept on after that; in milliseconds since 1970. */
  readonly provenAt?: number
}

const MINUTE_MS = 60_000

/** What is to go on after a pull; null for nothing: nothing was sent, or nothing more is wanted. */
export function holdAfter(
  { verdict, trigger, requestId, receivedAt, endedAt, provenAt = endedAt }: PullEnd,
  { persistMinutes, keepShutMinutes, fuse }: HoldSettings,
  staleScheduleMs: number,
): Hold | null {
  const { kind, by, reason, action, eventAt } = trigger
  if (action.do !== 'fire' || verdict.kind === 'NOT_FIRED') return null
  const shutMinutes = action.isSessionEnd === true ? 0 : keepShutMinutes
  const isProven = verdict.kind === 'EMPTY'
  if ((isProven ? shutMinutes : persistMinutes) === 0) return null
  // A schedule that stands down when it is late is not held for longer: it would cancel the next session's orders.
  const sessionAt = action.isSessionEnd === true && eventAt !== null ? eventAt + staleScheduleMs : Infinity
  const provenBy = Math.min(endedAt + persistMinutes * MINUTE_MS, sessionAt)
  if (!isProven && provenBy <= endedAt) return null
  const iso = (at: number) => new Date(at).toISOString()
  return {
    name: holdName(requestId),
    pull: { kind, by, reason, receivedAt: iso(receivedAt) },
    scope: action.scope,
    provenBy: iso(provenBy),
    keepShutMinutes: shutMinutes,
    fuse: fuse && action.scope === 'all', // Kraken's timer cancels everything, whatever is to be kept
    known: {
      ...NOTHING_KNOWN,
      seenAt: iso(provenAt),
      ...(isProven ? { emptySince: iso(provenAt), shutUntil: iso(endedAt + shutMinutes * MINUTE_MS) } : {}),
    },
  }
}

/** @param group of accounts that the pull was over, one of many */
export function holdName(requestId: string, group?: string): string {
  const id = requestId.replace(/[^\w-]/g, '-')
  return `pull-${group === undefined ? '' : `${group}-`}${id}`.slice(0, 75)
}

/** Of which one try may take all. */
const MOST_START_MS = 1_500
/** For the mail and the answer. */
const ANSWER_MS = 300

/**
 * Starts a hold where one is wanted after this pull. What goes wrong changes no verdict, and is said.
 *
 * @returns the report, with what goes on after it
 */
export async function holdOnAfter(
  verdict: Verdict,
  report: Report,
  trigger: Trigger,
  { hold: wanted, staleScheduleMs, aws }: FunctionSettings,
  context: Context,
): Promise<Report> {
  if (wanted === null) return report
  const receivedAt = Date.parse(report.trigger.receivedAt)
  const end = { verdict, trigger, requestId: context.awsRequestId, receivedAt, endedAt: Date.now() }
  const hold = holdAfter(end, wanted, staleScheduleMs)
  if (hold === null) return report
  const { started, sentence } = await tryToStart(hold, endOf(hold), wanted, aws, context, (started) =>
    holdingSentence(started, isSettled(verdict)),
  )
  return { ...report, hold: started, warnings: [sentence, ...report.warnings] }
}

/** When it ends by itself, at the latest; in milliseconds since 1970. */
export function endOf({ provenBy, keepShutMinutes, known }: Hold): number {
  return known.shutUntil === null
    ? Date.parse(provenBy) + keepShutMinutes * MINUTE_MS
    : Date.parse(known.shutUntil)
}

/** What came of it, and the sentence that says so: that goes into log and report. */
interface Tried {
  readonly started: StartedHold | null
  readonly sentence: string
}

/**
 * Starts a hold, and logs that, or why it could not be.
 *
 * @param endsAt milliseconds since 1970
 * @param say what goes on, where it was started
 */
export async function tryToStart(
  hold: HoldPlan,
  endsAt: number,
  { machineArn }: HoldSettings,
  aws: FunctionSettings['aws'],
  context: Context,
  say: (started: StartedHold) => string,
): Promise<Tried> {
  const timeoutMs = Math.max(1, Math.min(MOST_START_MS, context.getRemainingTimeInMillis() - ANSWER_MS))
  const tried = await startHold(hold, machineArn, aws, timeoutMs).then(
    (executionArn): Tried => {
      const { keepShutMinutes } = hold
      const started = { executionArn, endsBy: new Date(endsAt).toISOString(), keepShutMinutes }
      return { started, sentence: say(started) }
    },
    (error: Error) => ({ started: null, sentence: notStartedSentence(error.name) }),
  )
  publishHold(tried.sentence, tried.started !== null, context)
  return tried
}

/**
 * Has the state machine begin a hold. One that has begun already, under the name of this pull, is as good.
 *
 * @returns the ARN of its execution
 * @throws AwsRefused, AwsUnreachable
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
async function startHold(
  hold: HoldPlan,
  machineArn: string,
  aws: FunctionSettings['aws'],
  timeoutMs: number,
): Promise<string> {
  const input = JSON.stringify({ hold })
  const headers = {
    'content-type': 'application/x-amz-json-1.0',
    'x-amz-target': 'AWSStepFunctions.StartExecution',
  }
  const body = JSON.stringify({ stateMachineArn: machineArn, name: hold.name, input })
  try {
    await askAws({ service: 'states', url: aws.statesEndpoint, headers, body }, aws, timeoutMs)
  } catch (error) {
    const isThere = error instanceof AwsRefused && error.name === 'ExecutionAlreadyExists'
    if (!isThere) throw error
  }
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${hold.name}`
}
