import { rolesOf } from './role-in-template.ts'
import { qualifierOf, type Switch } from './switch-in-template.ts'
import { type Named, refersTo, resourcesOf, type Template, textOf } from './template.ts'

/** What ends a hold before its time, as AWS Step Functions counts it. */
const ENDS = ['ExecutionsFailed', 'ExecutionsTimedOut', 'ExecutionsAborted']

/** The ARN of the state machine that the function is told to start; null when no pull is held. */
export function holdArnOf(kill: Switch): string | null {
  const arn: unknown = kill.function.Environment?.Variables?.HOLD_MACHINE_ARN
  return arn === undefined ? null : textOf(arn)
}

/** The state machines that are meant by it: one, or none when the template does not make it. */
export function holdMachinesOf(template: Template, kill: Switch): Named[] {
  const name = holdArnOf(kill)?.split(':stateMachine:')[1]
  return resourcesOf(template, 'AWS::StepFunctions::StateMachine').filter(
    ({ properties }) => properties.StateMachineName === name,
  )
}

/** Does that value mean the hold of the switch, by reference or by its ARN? */
export function isHold(template: Template, value: unknown, kill: Switch): boolean {
  const name = holdArnOf(kill)?.split(':stateMachine:')[1]
  if (name === undefined) return false
  return (
    textOf(value).endsWith(`:stateMachine:${name}`) ||
    holdMachinesOf(template, kill).some(({ id }) => refersTo(value, id))
  )
}

/** The roles of the hold that may do anything but invoke the alias of the switch. */
export function tooWideForHold(all: Template, home: Template, kill: Switch): string[] {
  const alias = qualifierOf({ Ref: kill.aliasId }, kill)
  const isNeeded = (action: unknown) => action === 'lambda:InvokeFunction'
  const isAlias = (resource: unknown) => qualifierOf(resource, kill) === alias
  return holdMachinesOf(home, kill)
    .flatMap(({ properties }) => rolesOf(all, properties.RoleArn))
    .filter(
      ({ statements, hasManaged }) =>
        hasManaged ||
        !statements.every(
          ({ Action, Resource }) => [Action].flat().every(isNeeded) && [Resource].flat().every(isAlias),
        ),
    )
    .map(({ id }) => id)
}

/** The state machines of the hold whose end before its time tells nobody, be it only in one of three ways. */
export function unwatchedHolds(all: Template, home: Template, kill: Switch): string[] {
  const told = resourcesOf(all, 'AWS::CloudWatch::Alarm')
    .map(({ properties }) => properties)
    .filter(
      ({ Namespace, Dimensions = [], AlarmActions = [] }) =>
        Namespace === 'AWS/States' &&
        AlarmActions.length > 0 &&
        Dimensions.some(({ Value }: { readonly Value: unknown }) => isHold(home, Value, kill)),
    )
    .map(({ MetricName }) => MetricName)
  if (ENDS.every((end) => told.includes(end))) return []
  return holdMachinesOf(home, kill).map(({ id }) => id)
}
