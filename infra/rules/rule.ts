import { isFleet } from '../fleet-in-template.ts'
import { qualifierOf, type Switch } from '../switch-in-template.ts'
import { type Named, resourcesOf, type Template } from '../template.ts'

/** What the rules look at. */
export interface Stacks {
  /** Every stack of the app in one, nested ones too: what pulls the switch may stand in any of them. */
  readonly all: Template
  /** The switch's own stack. */
  readonly home: Template
  /** Every switch of the app. */
  readonly switches: readonly Switch[]
  /** The name of the stack that a resource stands in. */
  readonly stackNameOf: (id: string) => string
}

/** One way in which a stack can be unsafe. */
export interface Rule {
  readonly name: string
  readonly description: string
  readonly fix: string
  /** The logical ids of what breaks it. */
  readonly broken: (stacks: Stacks, kill: Switch) => string[]
}

export const alarmsOf = (template: Template) => [
  ...resourcesOf(template, 'AWS::CloudWatch::Alarm'),
  ...resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm'),
]

/** The function, or the state machine that pulls its groups. */
export const pulls = (kill: Switch, called: unknown) =>
  [called].flat().some((one) => qualifierOf(one, kill) !== null || isFleet(one, kill))

export const ids = (found: readonly Named[]) => found.map(({ id }) => id)
