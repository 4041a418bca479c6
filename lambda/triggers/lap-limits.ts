/* How long a lap of a hold may take, from its event to its answer; the state machine counts on both. */

/** Then it has answered. The machine waits longer, so that it never gives up a lap that is well. */
export const LONGEST_LAP_MS = 25_000

/**
 * A lap that asks for another one has taken so long at least: the history of an execution holds 25,000 events, which
 * laps of no length would fill within minutes, and that ends the hold.
 */
export const SHORTEST_LAP_MS = 10_000
