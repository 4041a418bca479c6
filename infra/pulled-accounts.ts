import { type Accounts, isOfMany } from './fleet-config.ts'
import { nearest } from './nearest.ts'

/*
 * Whom a schedule or an alarm pulls, where a switch has many accounts. The function refuses a name that it does not know,
 * and then pulls nobody: that must not be found out on the day.
 */

/** A schedule or an alarm, as far as it says whom. */
interface Naming {
  readonly name: string
  readonly accounts?: readonly string[] | undefined
  readonly group?: string | undefined
}

/** What is wrong with the accounts and groups that schedules, or alarms, name; null when nothing is. */
export function pulledFault(config: Accounts, pulls: readonly Naming[]): string | null {
  const faults = pulls.flatMap((one) => faultOf(config, one) ?? [])
  return faults.length === 0 ? null : faults.join('; ')
}

function faultOf(config: Accounts, { name, accounts, group }: Naming): string | null {
  if (accounts === undefined && group === undefined) return null
  const word = accounts === undefined ? 'group' : 'accounts'
  if (!isOfMany(config)) {
    return `holds ${name} with ${word}, and this switch has one account. Leave ${word} out there, or give the switch accounts or fleet.groups`
  }
  if (accounts !== undefined && group !== undefined) {
    return `holds ${name} with both accounts and group. Name the accounts alone, or the group`
  }
  return group === undefined ? accountsFault(config, name, accounts ?? []) : groupFault(config, name, group)
}

function accountsFault(config: Accounts, name: string, named: readonly string[]): string | null {
  const known = config.accounts ?? config.fleet?.groups.flatMap((group) => group.accounts) ?? []
  const unknown = named.filter((account) => !known.includes(account))
  if (unknown.length === 0) return null
  const meant = unknown.map((account) => nearest(account, known))
  return `holds ${name}, which would pull nobody, since this switch has no account ${unknown.join(', ')}. ${fixOf(meant, known)}`
}

function groupFault({ fleet }: Accounts, name: string, group: string): string | null {
  if (fleet === undefined) {
    return `holds ${name} with the group ${group}, and this switch has one roster and no groups. Name accounts instead`
  }
  const known = fleet.groups.map((one) => one.name)
  if (known.includes(group)) return null
  return `holds ${name}, which would pull nobody, since there is no group ${group}. ${fixOf([nearest(group, known)], known)}`
}

/** As many as one function has. */
const MOST_TOLD = 12

function fixOf(meant: readonly (string | null)[], known: readonly string[]): string {
  if (meant.every((one) => one !== null)) return `Did you mean ${meant.join(', ')}?`
  const more = known.length > MOST_TOLD ? `, and ${known.length - MOST_TOLD} more` : ''
  return `Use one of ${known.slice(0, MOST_TOLD).join(', ')}${more}`
}
