import type { Context } from 'aws-lambda'
import type { FunctionSettings, HoldSettings } from '../init/function-settings.ts'
import { AwsRefused, askAws } from '../report/aws-post.ts'
import { publishHold } from '../report/log.ts'
import type { Report, StartedHold } from '../report/report.ts'
import { isSettled, type Verdict } from '../sweep/verdict.ts'
import { type Hold, NOTHING_KNOWN } from '../triggers/hold-event.ts'
import type { Trigger } from '../triggers/trigger.ts'
import { holdingSentence, notStartedSentence } from './sentences.ts'

export interface PullEnd {
  readonly verdict: Verdict
  readonly trigger: Trigger
  /** Of its invocation. Lambda keeps it when it tries again, which then is the same hold. */
  readonly requestId: string
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  /** Milliseconds since 1970. */
  readonly endedAt: number
}

const MINUTE_MS = 60_000

/** What is to go on after a pull; null for nothing: nothing was sent, or nothing more is wanted. */
export function holdAfter(
  { verdict, trigger, requestId, receivedAt, endedAt }: PullEnd,
  { persistMinutes, keepShutMinutes, fuse }: HoldSettings,
  staleScheduleMs: number,
): Hold | null {
  const { kind, by, reason, action, eventAt } = trigger
  if (action.do !== 'fire' || verdict.kind === 'NOT_FIRED') return null
  const shutMinutes = action.isSessionEnd === true ? 0 : keepShutMinutes
  const isProven = isSettled(verdict)
  if ((isProven ? shutMinutes : persistMinutes) === 0) return null
  // A schedule that stands down when it is late is not held for longer: it would cancel the next session's orders.
  const sessionAt = action.isSessionEnd === true && eventAt !== null ? eventAt + staleScheduleMs : Infinity
  const provenBy = Math.min(endedAt + persistMinutes * MINUTE_MS, sessionAt)
  if (!isProven && provenBy <= endedAt) return null
  const iso = (at: number) => new Date(at).toISOString()
  return {
    name: `pull-${requestId.replace(/[^\w-]/g, '-').slice(0, 70)}`,
    pull: { kind, by, reason, receivedAt: iso(receivedAt) },
    scope: action.scope,
    provenBy: iso(provenBy),
    keepShutMinutes: shutMinutes,
    fuse: fuse && action.scope === 'all', // Kraken's timer cancels everything, whatever is to be kept
    known: {
      ...NOTHING_KNOWN,
      seenAt: iso(endedAt),
      ...(isProven ? shutFrom(endedAt, shutMinutes) : {}),
    },
  }
}

function shutFrom(at: number, minutes: number): Partial<Hold['known']> {
  const emptySince = new Date(at).toISOString()
  return { emptySince, shutUntil: new Date(at + minutes * MINUTE_MS).toISOString() }
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
  const timeoutMs = Math.max(1, Math.min(MOST_START_MS, context.getRemainingTimeInMillis() - ANSWER_MS))
  const { started, sentence } = await startHold(hold, wanted, aws, timeoutMs).then(
    (started) => ({ started, sentence: holdingSentence(started, isSettled(verdict)) }),
    (error: Error) => ({ started: null, sentence: notStartedSentence(error.name) }),
  )
  publishHold(sentence, started !== null, context)
  return { ...report, hold: started, warnings: [sentence, ...report.warnings] }
}

/**
 * Has the state machine begin a hold. One that has begun already, under the name of this pull, is as good.
 *
 * @throws AwsRefused, AwsUnreachable
 * @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
 */
async function startHold(
  hold: Hold,
  { machineArn }: HoldSettings,
  aws: FunctionSettings['aws'],
  timeoutMs: number,
): Promise<StartedHold> {
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
  const { known, provenBy, keepShutMinutes } = hold
  return {
    executionArn: `${machineArn.replace(':stateMachine:', ':execution:')}:${hold.name}`,
    endsBy: known.shutUntil ?? new Date(Date.parse(provenBy) + keepShutMinutes * MINUTE_MS).toISOString(),
    keepShutMinutes,
  }
}
