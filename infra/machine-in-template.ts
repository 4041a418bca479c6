import { rolesOf, type Statement } from './role-in-template.ts'
import { qualifierOf, type Switch } from './switch-in-template.ts'
import { type Named, resourcesOf, type Template } from './template.ts'

/*
 * What the state machines of a hold and of a fleet have in common.
 */

/** How an execution ends without a word, as AWS Step Functions counts it. */
const ENDS = ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted']

/** Does it let invoke the alias of the switch, and nothing else? */
export function isInvoke({ Action, Resource }: Statement, kill: Switch): boolean {
  const alias = qualifierOf({ Ref: kill.aliasId }, kill)
  return (
    [Action].flat().every((action) => action === 'lambda:InvokeFunction') &&
    [Resource].flat().every((resource) => qualifierOf(resource, kill) === alias)
  )
}

/** The roles of these machines that may do more. */
export function tooWideFor(
  all: Template,
  machines: readonly Named[],
  isNeeded: (statement: Statement) => boolean,
): string[] {
  return machines
    .flatMap(({ properties }) => rolesOf(all, properties.RoleArn))
    .filter(({ statements, hasManaged }) => hasManaged || !statements.every(isNeeded))
    .map(({ id }) => id)
}

/** Those of them whose end tells nobody, be it only in one of three ways. @param isMeant is a metric's dimension one of them? */
export function unwatched(
  all: Template,
  machines: readonly Named[],
  isMeant: (dimension: unknown) => boolean,
): string[] {
  const told = resourcesOf(all, 'AWS::CloudWatch::Alarm')
    .map(({ properties }) => properties)
    .filter(
      ({ Namespace, Dimensions = [], AlarmActions = [] }) =>
        Namespace === 'AWS/States' &&
        AlarmActions.length > 0 &&
        Dimensions.some(({ Value }: { readonly Value: unknown }) => isMeant(Value)),
    )
    .map(({ MetricName }) => MetricName)
  return ENDS.every((end) => told.includes(end)) ? [] : machines.map(({ id }) => id)
}
