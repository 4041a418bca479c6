import type { Trigger } from './trigger.ts'

/** The accounts that a pull may name. */
export interface Rosters {
  /** Those that this function sweeps, for this pull. */
  readonly own: readonly string[]
  /** Those of the whole fleet, where it has other groups too. */
  readonly fleet: readonly string[]
}

/**
 * The same trigger, refused where it names accounts that are not there; and standing down where all that it names are of
 * other groups.
 *
 * An unknown name is refused whole, by every group alike: one that was misspelt would rest on while the others go.
 *
 * @param rosters null for a switch of one account, which no name tells from another
 */
export function withinRoster(trigger: Trigger, rosters: Rosters | null): Trigger {
  const { action } = trigger
  if (action.do !== 'fire' || action.accounts === undefined) return trigger
  const named = action.accounts
  if (rosters === null) {
    const why = 'this switch has one account, and no roster. Leave accounts out'
    return { ...trigger, action: { do: 'refuse', why } }
  }
  const { own, fleet } = rosters
  const unknown = named.filter((name) => !fleet.includes(name) && !own.includes(name))
  if (unknown.length > 0) return { ...trigger, action: { do: 'refuse', why: unknownSentence(unknown, own) } }
  const asked = own.filter((name) => named.includes(name))
  if (asked.length > 0) return { ...trigger, action: { ...action, accounts: asked } }
  return { ...trigger, action: { do: 'stand down', why: 'none of the accounts asked for is of this group' } }
}

const MOST_TOLD = 12

function unknownSentence(unknown: readonly string[], own: readonly string[]): string {
  const told = unknown.slice(0, MOST_TOLD).join(', ')
  const more = unknown.length > MOST_TOLD ? `, and ${unknown.length - MOST_TOLD} more` : ''
  return `there is no account ${told}${more}, so that nothing was done for any. The roster is ${own.join(', ')}`
}
