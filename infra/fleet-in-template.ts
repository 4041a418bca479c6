import { isInvoke, tooWideFor, unwatched } from './machine-in-template.ts'
import type { Statement } from './role-in-template.ts'
import type { Switch } from './switch-in-template.ts'
import { refersTo, resourcesOf, type Template, textOf } from './template.ts'

/** What Step Functions does to write the log of an Express workflow; none of it takes a resource. */
export const WRITE_LOG: readonly string[] = [
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
]

/** Is the function told of groups that nothing asks? */
export function isMachineMissing(kill: Switch): boolean {
  return kill.function.Environment?.Variables?.FLEET_GROUPS !== undefined && kill.fleetId === null
}

/** Does that value mean the fleet's machine, by reference or by its ARN? */
export function isFleet(value: unknown, { fleetId, function: { FunctionName } }: Switch): boolean {
  if (fleetId === null) return false
  return refersTo(value, fleetId) || textOf(value).endsWith(`:stateMachine:${FunctionName}-fleet`)
}

/** The roles of the fleet's machine that may do anything but invoke the alias of the switch, and write its log. */
export function tooWideForFleet(all: Template, home: Template, kill: Switch): string[] {
  const isLog = ({ Action }: Statement) =>
    [Action].flat().every((action) => WRITE_LOG.includes(String(action)))
  return tooWideFor(all, machinesOf(home, kill), (one) => isLog(one) || isInvoke(one, kill))
}

/** The fleet's machine, when one of the ways in which it ends without a word tells nobody. */
export function unwatchedFleets(all: Template, home: Template, kill: Switch): string[] {
  return unwatched(all, machinesOf(home, kill), (value) => isFleet(value, kill))
}

/** The fleet's machine, when it leaves no trace of its executions: an Express workflow has no history but its log. */
export function unloggedFleets(home: Template, kill: Switch): string[] {
  return machinesOf(home, kill)
    .filter(({ properties: { LoggingConfiguration: log } }) => log === undefined || log.Level === 'OFF')
    .map(({ id }) => id)
}

function machinesOf(home: Template, kill: Switch) {
  return resourcesOf(home, 'AWS::StepFunctions::StateMachine').filter(({ id }) => id === kill.fleetId)
}
