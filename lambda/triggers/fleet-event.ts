import * as v from 'valibot'
import { isObject } from '../json.ts'
import { group } from './group-event.ts'
import { readStrictly } from './pull.ts'

/*
 * What the state machine of a fleet sends when all of its groups have answered, or are lost:
 *
 *     { "groups": [{"name": "mm", "secret": "kill-switch/mm", "accounts": ["mm-btc", "mm-eth"]}],
 *       "answers": [{"group": "mm", "verdict": "EMPTY", …}, {"group": "arb", "lost": "States.Timeout"}],
 *       "event": {"reason": "drawdown"}, "startedAt": "2026-11-30T12:00:00.000Z" }
 */

/** The answers of all groups, to be made one. */
export interface FleetEvent {
  /** As the machine has them; whether they were deployed so is for init to say. */
  readonly groups: readonly v.InferOutput<typeof group>[]
  /** Of which nothing is known yet. */
  readonly answers: readonly unknown[]
  /** What pulled the fleet, whole. */
  readonly event: unknown
  /** When the execution began, in milliseconds since 1970. */
  readonly startedAt: number
}

const HOW = 'Only the state machine of a fleet sends answers'

const fleetEvent = v.strictObject({
  groups: v.pipe(v.array(group), v.minLength(1)),
  answers: v.array(v.unknown()),
  event: v.unknown(),
  startedAt: v.pipe(
    v.string(),
    v.transform((text) => Date.parse(text)),
    v.number('is no time'),
  ),
})

/** Null for an event without answers. @throws InputRefused naming the first field that is wrong */
export function readFleetEvent(event: unknown): FleetEvent | null {
  if (!isObject(event) || !Object.hasOwn(event, 'answers')) return null
  return readStrictly(fleetEvent, event, HOW)
}
