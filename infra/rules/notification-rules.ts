import type { Switch } from '../switch-in-template.ts'
import { type Named, refersTo, resourcesOf, type Template, textOf } from '../template.ts'
import { alarmsOf, ids, pulls, type Rule } from './rule.ts'

const MOST_EVENT_AGE_S = 300

/** Who has to hear of what happens. */
export const NOTIFICATION_RULES: readonly Rule[] = [
  {
    name: 'no-failure-destination',
    description: 'An event that fails for good, or waits too long, pages nobody.',
    fix: `Give the alias an on-failure destination and a maximum event age of ${MOST_EVENT_AGE_S} s at most.`,
    broken: ({ all }, kill) =>
      resourcesOf(all, 'AWS::Lambda::EventInvokeConfig').some(
        ({ properties }) =>
          pulls(kill, properties.FunctionName) &&
          properties.DestinationConfig?.OnFailure?.Destination !== undefined &&
          properties.MaximumEventAgeInSeconds <= MOST_EVENT_AGE_S,
      )
        ? []
        : [kill.functionId],
  },
  {
    name: 'topic-deaf-to-alarms',
    description: 'Alarms may not publish to the topic: nobody would be paged, and nothing would say so.',
    fix: 'Allow cloudwatch.amazonaws.com to sns:Publish, and to use the key of the topic, which is not alias/aws/sns.',
    broken: ({ all }, kill) => ids(topicsOf(all, kill).filter((topic) => isDeaf(all, topic))),
  },
]

/** Whom an alarm tells, of whatever. */
const tells = ({ AlarmActions, OKActions, InsufficientDataActions }: Named['properties']) => [
  AlarmActions,
  OKActions,
  InsufficientDataActions,
]

/** Whom the switch tells of everything. */
function topicsOf(template: Template, { function: { Environment } }: Switch): Named[] {
  return resourcesOf(template, 'AWS::SNS::Topic').filter(({ id }) =>
    refersTo(Environment.Variables.NOTIFY_TOPIC_ARN, id),
  )
}

function isDeaf(template: Template, { id, properties }: Named): boolean {
  if (!alarmsOf(template).some(({ properties }) => refersTo(tells(properties), id))) return false
  if (isUnderDeafKey(template, properties.KmsMasterKeyId)) return true
  const policies = resourcesOf(template, 'AWS::SNS::TopicPolicy').filter((policy) =>
    refersTo(policy.properties.Topics, id),
  )
  if (policies.length === 0) return false // the default policy lets this account's alarms in
  return !policies.some(({ properties: { PolicyDocument } }) => letsAlarms(PolicyDocument, /^sns:Publish$/))
}

/** The key of AWS lets nobody of another service in; one of the app has to say so. */
function isUnderDeafKey(template: Template, key: unknown): boolean {
  if (/alias\/aws\/sns/.test(textOf(key ?? ''))) return true
  const keys = resourcesOf(template, 'AWS::KMS::Key').filter(({ id }) => refersTo(key, id))
  return keys.some(({ properties }) => !letsAlarms(properties.KeyPolicy, /^kms:(\*|GenerateDataKey\*?)$/))
}

interface Policy {
  readonly Statement: readonly {
    readonly Effect: string
    readonly Principal?: { readonly Service?: unknown }
    readonly Action: unknown
  }[]
}

function letsAlarms({ Statement }: Policy, action: RegExp): boolean {
  return Statement.some(
    ({ Effect, Principal, Action }) =>
      Effect === 'Allow' &&
      [Principal?.Service].flat().includes('cloudwatch.amazonaws.com') &&
      [Action].flat().some((one) => action.test(String(one))),
  )
}
