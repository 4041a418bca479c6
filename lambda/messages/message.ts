import type { Mark } from './links.ts'

/** A label and what is told under it, on a line of its own. */
export type Fact = readonly [label: string, value: string]

/** What a person is told of a pull or a hold, before it is mail or chat. Foreign text in it is printable, and no more. */
export interface Message {
  /** The verdict, as one sentence. */
  readonly sentence: string
  /** What is asked for first, in that order. */
  readonly numbers: readonly Fact[]
  /** A sentence each. */
  readonly warnings: readonly string[]
  /** The rest: by whom, of what, how. */
  readonly details: readonly Fact[]
  /** The line of the runbook that says what to do now. */
  readonly mark: Mark
}

/** A message as mail has it. */
export interface Brief {
  /** At most 100 characters of printable ASCII, as SNS demands of a subject. */
  readonly subject: string
  readonly text: string
}
