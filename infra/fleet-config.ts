import * as v from 'valibot'
import { MOST_ACCOUNTS } from '../lambda/init/fleet/roster.ts'
import { accountName } from '../lambda/json.ts'
import { secretWords } from './construct-config.ts'
import { block, cross, isToken, plainText } from './field.ts'
import { AT_ONCE, answersFault, timeFault } from './fleet-limits.ts'

/*
 * A switch for many accounts: a roster with one secret, or groups with a secret each.
 */

const NAME = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/
const name = plainText('is no name', NAME, 'Use small letters, digits and -, 32 at most')

/** The names of the accounts of one secret. */
export const accounts = v.pipe(
  v.array(name, 'takes a list of names, such as ["mm-btc", "mm-eth"]'),
  v.minLength(1, 'is empty. Name the accounts that the secret holds'),
  cross([], (all) => rosterFault(all)),
)

function rosterFault(all: readonly unknown[]): string | null {
  if (all.length > MOST_ACCOUNTS) {
    return `holds ${all.length} accounts, and a function sweeps ${MOST_ACCOUNTS} at most: their calls share what Kraken allows. Put them into groups: fleet.groups`
  }
  const again = all.find((one, i) => accountName(one) !== null && all.indexOf(one) !== i)
  return again === undefined ? null : `holds ${again} twice. Leave one of them out`
}

const group = block({
  name,
  /** Its name or whole ARN, in plain text: the state machine tells it to the function. */
  secret: v.pipe(
    secretWords,
    cross([], (value) =>
      isToken(value) ? 'is a token, which only the deployment knows. Write it in plain text' : null,
    ),
  ),
  accounts,
})

export const fleet = block({
  groups: v.pipe(
    v.array(group, 'takes a list of groups'),
    v.minLength(1, 'is empty. Give it a group: {"name": "mm", "secret": "…", "accounts": ["mm-btc"]}'),
    cross(['$.name', '$.secret', '$.accounts'], (all) => groupsFault(all)),
  ),
})

interface GroupConfig {
  readonly name: string
  readonly secret: string
  readonly accounts: readonly string[]
}

function groupsFault(groups: readonly GroupConfig[]): string | null {
  const names = groups.map((one) => one.name)
  const namesake = twice(names)
  if (namesake !== undefined) return `holds the group ${namesake} twice. Leave one of them out`
  const account = twice(groups.flatMap((one) => one.accounts))
  if (account !== undefined) {
    const [first, second] = groups.filter((one) => one.accounts.includes(account))
    return `holds the account ${account} in ${first?.name} and in ${second?.name}. Leave it out of one of them`
  }
  const secret = twice(groups.map((one) => one.secret))
  if (secret !== undefined) {
    const [first, second] = groups.filter((one) => one.secret === secret)
    return `holds one secret in ${first?.name} and in ${second?.name}. Give each a secret of its own: what it holds beside the roster is swept by nobody`
  }
  return answersFault(groups)
}

const twice = (all: readonly string[]) => all.find((one, i) => all.indexOf(one) !== i)

/** What of the configuration says which accounts there are. */
export interface Accounts {
  readonly secret?: unknown
  readonly accounts?: readonly string[] | undefined
  readonly fleet?: { readonly groups: readonly GroupConfig[] } | undefined
}

/** What is wrong with the secret of a switch; null when nothing is. */
export function secretsFault({ secret, accounts: roster, fleet: groups }: Accounts): string | null {
  if (groups === undefined) return secret === undefined ? 'is missing' : null
  if (secret !== undefined)
    return 'stands beside fleet, whose groups have a secret each. Leave one of them out'
  return roster === undefined ? null : 'is missing, or accounts is too much beside fleet. Leave accounts out'
}

/** Does it sweep more than one account, or may it? */
export function isOfMany({ accounts: roster, fleet: groups }: Accounts): boolean {
  return roster !== undefined || groups !== undefined
}

interface Capacity extends Accounts {
  readonly alarmsElsewhere: { readonly arns: readonly string[] }
  readonly function: {
    readonly timeoutSeconds: number
    readonly reservedConcurrency?: number | undefined
    readonly fixedEgress: boolean
  }
}

/** What is wrong with a function that serves groups; null when nothing is. */
export function fleetFunctionFault({ fleet: many, function: own }: Capacity): string | null {
  if (many === undefined) return null
  const { groups } = many
  const count = groups.reduce((sum, one) => sum + one.accounts.length, 0)
  if (own.fixedEgress && count > MOST_ACCOUNTS) {
    return `has fixedEgress, and the fleet ${count} accounts: from one address Kraken's budget is for ${MOST_ACCOUNTS} at most. Leave fixedEgress out, or make several switches`
  }
  const atOnce = Math.min(groups.length, AT_ONCE)
  const { reservedConcurrency = atOnce } = own
  if (reservedConcurrency < atOnce) {
    return `reserves a concurrency of ${reservedConcurrency}, and ${atOnce} groups run at once: the others would be throttled. Give reservedConcurrency ${atOnce} at least, better ${2 * atOnce}, since readiness runs them too`
  }
  return null
}

/** What is wrong with the size of a fleet; null when nothing is. */
export function fleetSizeFault({ fleet: many, function: own }: Capacity): string | null {
  return many === undefined ? null : timeFault(many.groups.length, own.timeoutSeconds)
}

/** What is wrong with alarms elsewhere that pull a fleet; null when nothing is. */
export function fleetAlarmsFault({ fleet: many, alarmsElsewhere }: Capacity): string | null {
  if (many === undefined || alarmsElsewhere.arns.length === 0) return null
  return 'has arns, and a fleet is pulled by a rule of EventBridge, which hears of alarms of its own account and region alone. Use prefixes of their names'
}
