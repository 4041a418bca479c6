import { holdArnOf, holdMachinesOf, tooWideForHold, unwatchedHolds } from '../hold-in-template.ts'
import type { Rule } from './rule.ts'

/** What goes on after a pull. */
export const HOLD_RULES: readonly Rule[] = [
  {
    name: 'hold-missing',
    description:
      'The function is told to start a state machine that its stack does not have: no pull is held.',
    fix: 'Leave the state machine of the hold in the stack and its name as it is, or set both minutes of hold to 0.',
    broken: ({ home }, kill) =>
      holdArnOf(kill) === null || holdMachinesOf(home, kill).length > 0 ? [] : [kill.functionId],
  },
  {
    name: 'hold-too-wide',
    description: 'The role of the hold may do more than invoke the alias of the switch.',
    fix: 'Leave it lambda:InvokeFunction on that alias, and nothing else.',
    broken: ({ all, home }, kill) => tooWideForHold(all, home, kill),
  },
  {
    name: 'hold-unwatched',
    description: 'A hold could fail, run out of time or be stopped, and nobody would be told.',
    fix: 'Let alarms on its ExecutionsFailed, ExecutionsTimedOut and ExecutionsAborted tell somebody.',
    broken: ({ all, home }, kill) => unwatchedHolds(all, home, kill),
  },
]
