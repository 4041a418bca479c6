import type { Group } from '../lambda/init/fleet/roster.ts'
import { AT_ONCE, groupSeconds, mostBytesOf, TELL_SECONDS, THROTTLED } from './fleet-limits.ts'

export interface FleetDefinitionInputs {
  /** `aws`, `aws-cn` or `aws-us-gov`. */
  readonly partition: string
  /** Of the function's alias, which every group is an invocation of. */
  readonly aliasArn: string
  readonly groups: readonly Group[]
  /** Of the function. */
  readonly timeoutSeconds: number
}

/** An event that the function will never take: trying again would change nothing. */
const REFUSED = 'InputRefused'
const ANY_ERROR = ['States.ALL']
/** Of a last word that did not come: a second one is harmless, none is not. */
const MOST_TELLS_AGAIN = 2

/**
 * The state machine of a fleet, in Amazon States Language (JSONPath, for an Express workflow). Pure.
 *
 *     event ─► Fleet ─► Groups, 40 at once ─────────────────────────────► Verdict ─► Proven? ─► Told
 *                         Group ─► its answer                                           └────► NotProven
 *                           └── lost, late, refused ─► Lost: named as such
 *
 * The event goes to every group whole, and each reads it as a switch of one account does, strictly: all refuse the same, so
 * that an event that is refused fires none. A task before them that read it would cost every pull an invocation, and a cold
 * start where none is warm. A group that the event does not name answers that nothing was asked of it.
 *
 * A group is tried again when it was throttled, and only then: throttled, it was not invoked. After any other error it may
 * have swept to its own deadline, a second sweep would be as long, and who waits for the verdict has to hear of the loss
 * meanwhile; what to do about it is to press again. It is lost by name, and FAILED. The last word is tried again whatever
 * kept it from being said.
 *
 * What a group answers is bounded by its event's `mostBytes`, since the answers of all are one state: see fleet-limits.ts.
 *
 * A fleet that is not proven ends as a failed execution, with the first sentence as its cause: that is what a synchronous
 * caller is answered, and what `aws stepfunctions` and the alarms on the machine see.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/state-map-inline.html (40 at once)
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html (`States.ALL` does not catch
 * States.DataLimitExceeded and States.Runtime: the execution fails, and its alarm tells)
 */
export function fleetDefinition({ partition, aliasArn, groups, timeoutSeconds }: FleetDefinitionInputs) {
  const invoke = { Type: 'Task', Resource: `arn:${partition}:states:::lambda:invoke` }
  return {
    Comment: 'Pulls the kill switch on every account of a fleet, group by group at once, with one verdict.',
    StartAt: 'Fleet',
    TimeoutSeconds: groupSeconds(timeoutSeconds) * Math.ceil(groups.length / AT_ONCE) + TELL_SECONDS,
    States: {
      Fleet: { Type: 'Pass', Parameters: { 'event.$': '$', groups }, Next: 'Groups' },
      Groups: {
        Type: 'Map',
        ItemsPath: '$.groups',
        MaxConcurrency: AT_ONCE,
        ItemSelector: {
          'group.$': '$$.Map.Item.Value',
          'event.$': '$.event',
          fleet: groups.flatMap(({ accounts }) => accounts),
          groups: groups.map(({ name }) => name),
          mostBytes: mostBytesOf(groups),
        },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'INLINE' },
          StartAt: 'Group',
          States: {
            Group: {
              ...invoke,
              TimeoutSeconds: groupSeconds(timeoutSeconds) - THROTTLED.seconds,
              Parameters: { FunctionName: aliasArn, 'Payload.$': '$' },
              OutputPath: '$.Payload',
              Retry: [THROTTLED.retry],
              Catch: [{ ErrorEquals: ANY_ERROR, ResultPath: '$.lost', Next: 'Lost' }],
              End: true,
            },
            // The cause of an error may be 32 KB long, and a hundred groups may be lost at once: the log has it.
            Lost: {
              Type: 'Pass',
              Parameters: { 'group.$': '$.group.name', 'lost.$': '$.lost.Error' },
              End: true,
            },
          },
        },
        ResultPath: '$.answers',
        Next: 'Verdict',
      },
      Verdict: {
        ...invoke,
        TimeoutSeconds: TELL_SECONDS / (1 + MOST_TELLS_AGAIN) - 1,
        Parameters: {
          FunctionName: aliasArn,
          Payload: {
            'groups.$': '$.groups',
            'answers.$': '$.answers',
            'event.$': '$.event',
            'startedAt.$': '$$.Execution.StartTime',
          },
        },
        OutputPath: '$.Payload',
        Retry: [
          { ErrorEquals: [REFUSED], MaxAttempts: 0 },
          { ErrorEquals: ANY_ERROR, IntervalSeconds: 1, BackoffRate: 1, MaxAttempts: MOST_TELLS_AGAIN },
        ],
        Next: 'Proven?',
      },
      'Proven?': {
        Type: 'Choice',
        Choices: [{ Variable: '$.isSettled', BooleanEquals: true, Next: 'Told' }],
        Default: 'NotProven',
      },
      Told: { Type: 'Succeed' },
      NotProven: { Type: 'Fail', ErrorPath: '$.error', CausePath: '$.sentence' },
    },
  }
}
