import { clockTime, counted } from '../../hold/sentences.ts'
import type { GroupAnswer } from './group-answer.ts'

/** What goes on after a pull over groups, each of which has a hold of its own. */
export interface WholeHold {
  /** Those that are held, by name. */
  readonly groups: readonly string[]
  /** ISO 8601: by then the last of them ends by itself; null where none is held. */
  readonly endsBy: string | null
  /** Those whose hold could not be started. */
  readonly notStarted: readonly string[]
}

/** Null where no group wanted a hold. */
export function heldOf(answers: readonly GroupAnswer[]): WholeHold | null {
  const wanting = answers.filter(({ heldUntil }) => heldUntil !== undefined)
  if (wanting.length === 0) return null
  const namesOf = (some: readonly GroupAnswer[]) => [...new Set(some.map(({ group }) => group))]
  const ends = wanting.flatMap(({ heldUntil }) => heldUntil ?? []).toSorted()
  return {
    groups: namesOf(wanting.filter(({ heldUntil }) => heldUntil !== null)),
    endsBy: ends.at(-1) ?? null,
    notStarted: namesOf(wanting.filter(({ heldUntil }) => heldUntil === null)),
  }
}

/** So many are named in a line. */
const MOST_NAMED = 12

/** What is said of it, a line for what goes on and one for what does not. */
export function holdLines(hold: WholeHold | null, machineArn: string | null): readonly string[] {
  if (hold === null) return []
  const { groups, endsBy, notStarted } = hold
  const release = machineArn === null ? '' : ` Release all of them: ${releaseLine(machineArn)}`
  return [
    ...(notStarted.length === 0
      ? []
      : [
          `HOLD NOT STARTED for ${shown(notStarted)}: Step Functions took no execution. Nobody keeps the books shut: look at them, and press again where orders rest.`,
        ]),
    ...(endsBy === null
      ? []
      : [`HOLDING until ${clockTime(endsBy)} at the latest: ${shown(groups)}.${release}`]),
  ]
}

function shown(names: readonly string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : ''
  return `${counted(names.length, 'group')} (${names.slice(0, MOST_NAMED).join(', ')}${more})`
}

/** Stops every hold of the switch that is running; each group has one of its own. */
function releaseLine(machineArn: string): string {
  return `for e in $(aws stepfunctions list-executions --state-machine-arn ${machineArn} --status-filter RUNNING --query 'executions[].executionArn' --output text); do aws stepfunctions stop-execution --execution-arn $e; done`
}
