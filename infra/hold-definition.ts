import { LONGEST_LAP_MS } from '../lambda/triggers/lap-limits.ts'

export interface HoldDefinitionInputs {
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string
  /** Of the function's alias, which every lap is an invocation of. */
  readonly aliasArn: string
  readonly persistMinutes: number
  readonly keepShutMinutes: number
}

/** A first invocation may be an init phase longer, of which Lambda allows 10 s; 5 s are for the way there and back. */
const LAP_TIMEOUT_S = LONGEST_LAP_MS / 1_000 + 15
/** For the laps' own last word, and for telling what became of a hold that is lost. */
const GRACE_S = 300
const FIRST_RETRY_S = 1
const BACKOFF = 2
const MOST_RETRY_S = 15
/** With the invocations themselves less than the grace: four times 40 s, and 7 s between them. */
const MOST_TELLS_AGAIN = 3

/** The error of a lap that will never take its event: trying again would change nothing. */
const REFUSED = 'HoldRefused'
const ANY_ERROR = ['States.ALL']

/**
 * The state machine of a hold, in Amazon States Language (JSONPath, for a Standard workflow). Reads no clock.
 *
 *     ┌──────────────── lap ───────────────┐
 *     ▼                                    │
 *     Lap ─► Again? ── held ──► Held       │
 *      │       ├────── lost ──► Lost ◄── Tell ◄── retries of Lap used up
 *      │       └───────────────────────────┘
 *      └ HoldRefused ─────────► Refused
 *
 * A lap that throws, times out or is throttled is tried again, 1 s later at first and every 15 s at last, for as long as
 * the hold was to be: nobody else competes for these retries, so they need no jitter. The laps know when the hold ends,
 * and say so; the machine's own timeout is the last resort, for laps that hang.
 *
 * An execution that is stopped starts nothing more. The lap that is running is not told, and ends by itself within its
 * 25 s.
 *
 * Its history: 7 events for each lap (5 of the task, 2 of the choice), 3 for each attempt that failed. At worst, each lap
 * of the shortest length (10 s) after one failure and 1 s of waiting, that is 10 events in 11 s: 6,800 in the longest
 * hold of 125 minutes, of the 25,000 that an execution may have. In laps of 25 s it is 2,100. Its states are a few KB, of
 * the 256 KB that they may have.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html (`States.ALL` stands alone and
 * last; MaxDelaySeconds; what no catcher catches: States.Runtime and States.DataLimitExceeded)
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/bp-history-limit.html
 * @see https://github.com/aws-samples/serverless-coffee-workshop/issues/15 (the Cause of a timeout is there, and empty)
 */
export function holdDefinition({
  partition,
  aliasArn,
  persistMinutes,
  keepShutMinutes,
}: HoldDefinitionInputs) {
  const seconds = 60 * (persistMinutes + keepShutMinutes)
  const invoke = {
    Type: 'Task',
    Resource: `arn:${partition}:states:::lambda:invoke`,
    TimeoutSeconds: LAP_TIMEOUT_S,
  }
  return {
    Comment:
      'Sweeps on after a pull of the kill switch, lap after lap. To release the book, stop the execution.',
    StartAt: 'Lap',
    TimeoutSeconds: seconds + GRACE_S,
    States: {
      Lap: {
        ...invoke,
        Parameters: { FunctionName: aliasArn, Payload: { 'hold.$': '$.hold' } },
        ResultSelector: answer('hold', 'next', 'sentence'),
        Retry: [{ ErrorEquals: [REFUSED], MaxAttempts: 0 }, retryUpTo(attemptsWithin(seconds))],
        Catch: [caught([REFUSED], 'Refused'), caught(ANY_ERROR, 'Tell')],
        Next: 'Again?',
      },
      'Again?': {
        Type: 'Choice',
        Choices: [nextIs('lap', 'Lap'), nextIs('held', 'Held'), nextIs('lost', 'Lost')],
        Default: 'Misunderstood',
      },
      Held: { Type: 'Succeed' },
      Tell: {
        ...invoke,
        Parameters: {
          FunctionName: aliasArn,
          Payload: { 'hold.$': '$.hold', lost: { 'error.$': '$.lost.Error', 'cause.$': '$.lost.Cause' } },
        },
        ResultSelector: answer('sentence'),
        Retry: [retryUpTo(MOST_TELLS_AGAIN)],
        Catch: [{ ErrorEquals: ANY_ERROR, ResultPath: '$.untold', Next: 'Untold' }], // what was lost stays the cause
        Next: 'Lost',
      },
      Lost: { Type: 'Fail', Error: 'HoldLost', CausePath: '$.sentence' },
      Untold: { Type: 'Fail', ErrorPath: '$.lost.Error', CausePath: '$.lost.Cause' },
      Refused: { Type: 'Fail', Error: REFUSED, CausePath: '$.lost.Cause' },
      Misunderstood: {
        Type: 'Fail',
        Error: 'HoldLost',
        Cause: 'The function answered with something else than lap, held or lost.',
      },
    },
  }
}

/** Fields of what the function returned, without what Lambda says of the invocation. */
function answer(...fields: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(fields.map((field) => [`${field}.$`, `$.Payload.${field}`]))
}

function nextIs(said: string, state: string) {
  return { Variable: '$.next', StringEquals: said, Next: state }
}

/** The state keeps what the lap was given, beside what went wrong. */
function caught(errors: readonly string[], state: string) {
  return { ErrorEquals: errors, ResultPath: '$.lost', Next: state }
}

function retryUpTo(times: number) {
  return {
    ErrorEquals: ANY_ERROR,
    IntervalSeconds: FIRST_RETRY_S,
    BackoffRate: BACKOFF,
    MaxDelaySeconds: MOST_RETRY_S,
    MaxAttempts: times,
  }
}

/** So many that the pauses between them alone fill the time: each attempt may fail at once. */
function attemptsWithin(seconds: number): number {
  let attempts = 0
  for (let left = seconds; left > 0; attempts += 1) {
    left -= Math.min(FIRST_RETRY_S * BACKOFF ** attempts, MOST_RETRY_S)
  }
  return attempts
}
