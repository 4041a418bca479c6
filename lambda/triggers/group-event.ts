import * as v from 'valibot'
import { isObject } from '../json.ts'
import { accounts, readStrictly } from './pull.ts'

/*
 * What the state machine of a fleet sends for each of its groups:
 *
 *     { "group": {"name": "mm", "secret": "kill-switch/mm", "accounts": ["mm-btc", "mm-eth"]},
 *       "fleet": ["mm-btc", "mm-eth", "arb-1"],
 *       "event": {"symbols": ["PF_XBTUSD"], "accounts": ["mm-btc"], "reason": "drawdown"} }
 *
 * `event` is what pulled the fleet, whole: anything that pulls a switch of one account, and {"readiness": true}. `fleet`
 * names the accounts of all groups; it is needed where `event` names some, since a group knows only its own.
 */

/** One group's part of what a fleet is asked for. */
export interface GroupEvent {
  /** As it claims to be; whether it was deployed so is for init to say. */
  readonly group: { readonly name: string; readonly secret: string; readonly accounts: readonly string[] }
  /** Names of the accounts of all groups; empty where it was not said. */
  readonly fleet: readonly string[]
  readonly event: unknown
}

const HOW = 'Only the state machine of a fleet sends groups'

const groupEvent = v.strictObject({
  group: v.strictObject({
    name: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,32}$/, 'is no name of a group')),
    secret: v.pipe(v.string(), v.regex(/^[\w/+=.@!:-]{1,2048}$/, 'is no Secrets Manager name or ARN')),
    accounts,
  }),
  fleet: v.optional(v.pipe(v.array(v.string()), v.maxLength(20_000))),
  event: v.unknown(),
})

/** Null for an event of no group. @throws InputRefused naming the first field that is wrong */
export function readGroupEvent(event: unknown): GroupEvent | null {
  if (!isObject(event) || !Object.hasOwn(event, 'group')) return null
  const { group, fleet = [], event: pulled } = readStrictly(groupEvent, event, HOW)
  return { group, fleet, event: pulled }
}
