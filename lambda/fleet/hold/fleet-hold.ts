import * as v from 'valibot'
import { HoldRefused, InputRefused } from '../../errors.ts'
import { type Group, MOST_ACCOUNTS } from '../../init/fleet/roster.ts'
import { type Fields, isObject } from '../../json.ts'
import { printable } from '../../printable.ts'
import { group } from '../../triggers/group-event.ts'
import {
  FUSE_OUT_OF_SCOPE,
  type Hold,
  type HoldKnown,
  type HoldPlan,
  isFuseInScope,
  known,
  lost,
  NO_LAP,
  planFields,
} from '../../triggers/hold-event.ts'
import { accountName, readStrictly } from '../../triggers/pull.ts'
import type { AccountAnswer } from '../fleet-verdict.ts'

/*
 * What the state machine of a hold sends for a lap over many accounts:
 *
 *     { "hold": { "name": "pull-…", "pull": {…}, "scope": "all", "provenBy": "2026-12-01T…", "keepShutMinutes": 10, "fuse": false,
 *                 "group": {"name": "mm", "secret": "kill-switch/mm", "accounts": ["mm-btc", "mm-eth"]},
 *                 "accounts": {"mm-btc": {"known": {…}, "ended": null}} } }
 *
 * `accounts` are those that are held, each with what its laps know; `group` is null where the switch has one roster. It stands
 * in every lap in full, as in the event of a group: no lap has another secret read than was deployed.
 */

/** How an account's hold ended, while others went on. */
export interface Ended {
  readonly as: 'held' | 'lost'
  /** As the hold of one account says it. */
  readonly sentence: string
}

export interface HeldAccount {
  readonly known: HoldKnown
  /** Null while it is held. */
  readonly ended: Ended | null
}

/** The hold of many accounts, each for itself. */
export interface FleetHold extends HoldPlan {
  /** Of which they are; null where the switch has one roster. */
  readonly group: Group | null
  /** Those that are held, by name. */
  readonly accounts: Readonly<Record<string, HeldAccount>>
}

/** One lap over many accounts. */
export interface FleetLap {
  readonly hold: FleetHold
  /** Why no lap came through any more: this one is to say so. */
  readonly lost: string | null
}

const heldAccount = v.strictObject({
  known,
  ended: v.nullable(
    v.strictObject({
      as: v.picklist(['held', 'lost']),
      sentence: v.pipe(v.string(), v.maxLength(1_500)),
    }),
  ),
})

/** Whatever their names: `v.record` leaves out what is called `constructor` or `prototype`, which are names of accounts, too. */
const heldAccounts = v.pipe(
  v.custom<Fields>(isObject),
  v.transform((accounts) => Object.entries(accounts)),
  v.array(v.tuple([accountName, heldAccount])),
  v.minLength(1, 'names none'),
  v.maxLength(MOST_ACCOUNTS, `names more than ${MOST_ACCOUNTS}`),
  v.transform((entries): FleetHold['accounts'] => Object.fromEntries(entries)),
)

const hold = v.pipe(
  v.strictObject({ ...planFields, group: v.nullable(group), accounts: heldAccounts }),
  v.check((one) => isFuseInScope(one), FUSE_OUT_OF_SCOPE),
)
const lap = v.strictObject({ hold, lost })

/** @throws HoldRefused naming the first field that is wrong */
export function readFleetLap(event: unknown): FleetLap {
  return asHoldRefused(() => {
    const read = readStrictly(lap, event, NO_LAP)
    return { hold: read.hold, lost: read.lost === undefined ? null : printable(read.lost.error) }
  })
}

/** @throws HoldRefused in place of InputRefused: the machine does not try that again */
export function asHoldRefused<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof InputRefused ? new HoldRefused(error.message) : error
  }
}

/** @throws HoldRefused naming what is held and is not on the roster */
export function refuseStrangers({ accounts }: FleetHold, roster: readonly string[]): void {
  const strangers = Object.keys(accounts).filter((account) => !roster.includes(account))
  if (strangers.length === 0) return
  throw new HoldRefused(
    `there is no account ${strangers.join(', ')} to hold, so that none is. The roster is ${roster.join(', ')}`,
  )
}

/** The part of one account, as a hold of its own. */
export function holdOf({ accounts: _, group: __, ...plan }: FleetHold, known: HoldKnown): Hold {
  return { ...plan, known }
}

/**
 * Nobody has looked at a book since its proof, while the pull went on for others; without one the pull was about it to its end.
 *
 * @param pull milliseconds since 1970
 * @returns milliseconds since 1970
 */
export function provenAtOf(
  { verifiedMs }: Pick<AccountAnswer, 'verifiedMs'>,
  pull: { readonly receivedAt: number; readonly endedAt: number },
): number {
  return verifiedMs === null ? pull.endedAt : pull.receivedAt + verifiedMs
}
