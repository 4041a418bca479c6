import * as v from 'valibot'
import { isObject } from '../json.ts'
import { accounts, groupName, readStrictly } from './pull.ts'

/*
 * What the state machine of a fleet sends for each of its groups:
 *
 *     { "group": {"name": "mm", "secret": "kill-switch/mm", "accounts": ["mm-btc", "mm-eth"]},
 *       "fleet": ["mm-btc", "mm-eth", "arb-1"], "groups": ["mm", "arb"], "mostBytes": 6000,
 *       "event": {"symbols": ["PF_XBTUSD"], "accounts": ["mm-btc"], "reason": "drawdown"} }
 *
 * `event` is what pulled the fleet, whole: anything that pulls a switch of one account, and {"readiness": true}. `fleet`
 * names the accounts of all groups, and `groups` them; both are needed where `event` names some, since a group knows only
 * its own. `mostBytes` is what its answer may take, so that those of all groups fit into one state.
 */

/** One group's part of what a fleet is asked for. */
export interface GroupEvent {
  /** As it claims to be; whether it was deployed so is for init to say. */
  readonly group: { readonly name: string; readonly secret: string; readonly accounts: readonly string[] }
  /** Names of the accounts of all groups; empty where it was not said. */
  readonly fleet: readonly string[]
  /** Names of all groups; empty where it was not said. */
  readonly groups: readonly string[]
  readonly mostBytes: number
  readonly event: unknown
}

const HOW = 'Only the state machine of a fleet sends groups'

export const group = v.strictObject({
  name: groupName,
  secret: v.pipe(v.string(), v.regex(/^[\w/+=.@!:-]{1,2048}$/, 'is no Secrets Manager name or ARN')),
  accounts,
})

/** What one state of a machine may hold, less than which no answer has to be where the event does not say. */
const MOST_BYTES = 240_000

const groupEvent = v.strictObject({
  group,
  fleet: v.optional(v.pipe(v.array(v.string()), v.maxLength(20_000)), []),
  groups: v.optional(v.pipe(v.array(v.string()), v.maxLength(2_000)), []),
  mostBytes: v.optional(v.pipe(v.number(), v.integer(), v.minValue(500), v.maxValue(MOST_BYTES)), MOST_BYTES),
  event: v.unknown(),
})

/** Null for an event of no group. @throws InputRefused naming the first field that is wrong */
export function readGroupEvent(event: unknown): GroupEvent | null {
  if (!isObject(event) || !Object.hasOwn(event, 'group')) return null
  return readStrictly(groupEvent, event, HOW)
}
