import { isInvoke, tooWideFor, unwatched } from './machine-in-template.ts'
import type { Switch } from './switch-in-template.ts'
import { type Named, refersTo, resourcesOf, type Template, textOf } from './template.ts'

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
  return tooWideFor(all, holdMachinesOf(home, kill), (statement) => isInvoke(statement, kill))
}

/** The state machines of the hold whose end before its time tells nobody, be it only in one of three ways. */
export function unwatchedHolds(all: Template, home: Template, kill: Switch): string[] {
  return unwatched(all, holdMachinesOf(home, kill), (value) => isHold(home, value, kill))
}
