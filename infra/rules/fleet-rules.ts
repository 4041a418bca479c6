import { isMachineMissing, tooWideForFleet, unloggedFleets, unwatchedFleets } from '../fleet-in-template.ts'
import type { Rule } from './rule.ts'

/** What pulls the groups of a fleet. */
export const FLEET_RULES: readonly Rule[] = [
  {
    name: 'fleet-missing',
    description: 'The function serves groups, and no state machine of the stack asks them: nothing pulls it.',
    fix: 'Leave the state machine of the fleet in the stack, and its name as it is.',
    broken: (_, kill) => (isMachineMissing(kill) ? [kill.functionId] : []),
  },
  {
    name: 'fleet-too-wide',
    description: 'The role of the fleet may do more than invoke the alias of the switch, and write its log.',
    fix: 'Leave it lambda:InvokeFunction on that alias, and the delivery of its log.',
    broken: ({ all, home }, kill) => tooWideForFleet(all, home, kill),
  },
  {
    name: 'fleet-unwatched',
    description: 'A pull of the fleet could fail, run out of time or be stopped, and nobody would be told.',
    fix: 'Let alarms on its ExecutionsFailed, ExecutionsTimedOut and ExecutionsAborted tell somebody.',
    broken: ({ all, home }, kill) => unwatchedFleets(all, home, kill),
  },
  {
    name: 'fleet-unlogged',
    description: 'The state machine of the fleet leaves no trace: an Express workflow has no history.',
    fix: 'Log its executions to a log group.',
    broken: ({ home }, kill) => unloggedFleets(home, kill),
  },
]
