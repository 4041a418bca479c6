import type { Trigger } from './trigger.ts'

/** The accounts that a pull may name. */
export interface Rosters {
  /** Those that this function sweeps, for this pull. */
  readonly own: readonly string[]
  /** Those of the whole fleet, where it has other groups too. */
  readonly fleet: readonly string[]
  /** Names of the groups that this is about, and of those of the whole fleet; absent where there are none. */
  readonly groups?: { readonly own: readonly string[]; readonly fleet: readonly string[] } | undefined
}

/**
 * The same trigger, refused where it names accounts or a group that are not there; and standing down where all that it
 * names is of other groups.
 *
 * An unknown name is refused whole, by every group alike: one that was misspelt would rest on while the others go.
 *
 * @param rosters null for a switch of one account, which no name tells from another
 */
export function withinRoster(trigger: Trigger, rosters: Rosters | null): Trigger {
  const { action } = trigger
  if (action.do === 'check' && action.groups !== undefined) {
    return checkedWithin(trigger, action.groups, rosters)
  }
  if (action.do !== 'fire' || (action.accounts === undefined && action.group === undefined)) return trigger
  if (rosters === null)
    return refused(trigger, 'this switch has one account, and no roster. Leave accounts out')
  if (action.group !== undefined) return withinGroup(trigger, action.group, rosters)
  const named = action.accounts ?? []
  const { own, fleet } = rosters
  const unknown = named.filter((name) => !fleet.includes(name) && !own.includes(name))
  if (unknown.length > 0) return refused(trigger, unknownSentence(unknown, own))
  const asked = own.filter((name) => named.includes(name))
  if (asked.length > 0) return { ...trigger, action: { ...action, accounts: asked } }
  return standingDown(trigger, 'none of the accounts asked for is of this group')
}

function withinGroup(trigger: Trigger, name: string, { groups }: Rosters): Trigger {
  if (groups === undefined) return refused(trigger, 'this switch has no groups. Leave group out')
  if (groups.own.includes(name)) return trigger
  if (groups.fleet.includes(name)) return standingDown(trigger, 'another group was asked for')
  return refused(trigger, `there is no group ${name}, so that nothing was done for any`)
}

function checkedWithin(trigger: Trigger, named: readonly string[], rosters: Rosters | null): Trigger {
  const groups = rosters?.groups
  if (groups === undefined) return refused(trigger, 'this switch has no groups. Leave groups out')
  const unknown = named.filter((name) => !groups.fleet.includes(name) && !groups.own.includes(name))
  if (unknown.length > 0)
    return refused(trigger, `there is no group ${first(unknown)}, so that none was checked`)
  if (groups.own.some((name) => named.includes(name))) return trigger
  return standingDown(trigger, 'other groups are checked now')
}

function refused(trigger: Trigger, why: string): Trigger {
  return { ...trigger, action: { do: 'refuse', why } }
}

function standingDown(trigger: Trigger, why: string): Trigger {
  return { ...trigger, action: { do: 'stand down', why } }
}

/** As many as one function has. */
const MOST_TOLD = 12

function first(names: readonly string[]): string {
  const more = names.length > MOST_TOLD ? `, and ${names.length - MOST_TOLD} more` : ''
  return `${names.slice(0, MOST_TOLD).join(', ')}${more}`
}

function unknownSentence(unknown: readonly string[], own: readonly string[]): string {
  return `there is no account ${first(unknown)}, so that nothing was done for any. The roster is ${first(own)}`
}
