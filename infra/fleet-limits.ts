import type { Group } from '../lambda/init/fleet/roster.ts'

/*
 * What a fleet of groups may be, by the limits of an Express workflow: 5 minutes, 40 groups at once, 256 KB in one state.
 */

/** Of an Inline Map. */
export const AT_ONCE = 40

/** An init phase may take 10 s before it; 5 s are for the way there and back. */
const AROUND_S = 15
/** Three attempts to say the last word. */
export const TELL_SECONDS = 60
/** Of an Express workflow, from its first state to its last. */
const MOST_SECONDS = 300

/**
 * A group that Lambda has no room for is tried again, for 10 s in all: in so long Lambda adds a thousand sandboxes, and
 * groups that were proven leave theirs.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html
 */
export const THROTTLED = {
  seconds: 11,
  retry: {
    ErrorEquals: ['Lambda.TooManyRequestsException'],
    IntervalSeconds: 1,
    BackoffRate: 1.5,
    MaxDelaySeconds: 2,
    MaxAttempts: 6,
  },
} as const

/** The most that one group takes, with all of its retries; in seconds. */
export function groupSeconds(timeoutSeconds: number): number {
  return timeoutSeconds + AROUND_S + THROTTLED.seconds
}

/** How many times groups wait for others to end. */
export function wavesOf(groups: number): number {
  return Math.ceil(groups / AT_ONCE)
}

/** What is wrong with a fleet that would take longer than an execution may; null when nothing is. */
export function timeFault(groups: number, timeoutSeconds: number): string | null {
  const waves = wavesOf(groups)
  if (groupSeconds(timeoutSeconds) * waves + TELL_SECONDS <= MOST_SECONDS) return null
  const most = Math.floor((MOST_SECONDS - TELL_SECONDS) / waves) - AROUND_S - THROTTLED.seconds
  const fix =
    most >= LEAST_TIMEOUT_S
      ? `Lower function.timeoutSeconds to ${most}`
      : `Make it ${AT_ONCE * MOST_WAVES} groups at most, or several switches`
  return `has ${groups} groups, which run in ${waves} ${waves === 1 ? 'wave' : 'waves'} of ${AT_ONCE} and may take ${groupSeconds(timeoutSeconds) * waves + TELL_SECONDS} s; an Express workflow ends after ${MOST_SECONDS}. ${fix}`
}

/** Of the function. */
const LEAST_TIMEOUT_S = 10
const MOST_WAVES = Math.floor((MOST_SECONDS - TELL_SECONDS) / groupSeconds(LEAST_TIMEOUT_S))

/** Of one state, and so of what a task is given. */
export const STATE_BYTES = 262_144
/** For what pulled it: an alarm of ten metrics takes some 6 KB. And for the commas between the answers. */
const EVENT_BYTES = 16_384
/** What one account's answer takes at most without a sentence of its own, beside its name. */
const ACCOUNT_BYTES = 118
/** Of the keys of an account, one for each road. */
const KEY_BYTES = 25
/** What a group's answer takes beside its accounts: name, a sentence of 80 characters, what differs in its secret, its hold. */
const ANSWER_BYTES = 490

/**
 * The most bytes that one group may answer. The last task is given the groups, the answers and the event in one state. A
 * whole answer of 12 accounts takes 6 KB at worst, with a sentence for each, 2 KB of that without. So with names of 10
 * characters there is room for each sentence in 20 groups of 10 (12 KB for each group) and in 40 of 12 (6 KB); and without
 * sentences for 80 groups of 12.
 */
export function mostBytesOf(groups: readonly Group[]): number {
  const room = STATE_BYTES - EVENT_BYTES - Buffer.byteLength(JSON.stringify(groups))
  return Math.floor(room / groups.length)
}

/** What is wrong with a fleet whose answers would not fit into one state; null when nothing is. */
export function answersFault(groups: readonly Group[]): string | null {
  const most = mostBytesOf(groups)
  const least = Math.max(...groups.map(leastBytesOf))
  if (least <= most) return null
  const accounts = groups.reduce((sum, group) => sum + group.accounts.length, 0)
  return `has ${accounts} accounts in ${groups.length} groups, whose answers may take more than the 256 KB of one state. Make of it several switches`
}

function leastBytesOf({ name, accounts }: Group): number {
  const names = accounts.reduce((sum, account) => sum + account.length + ACCOUNT_BYTES + KEY_BYTES, 0)
  const missingAndTwins = 2 * accounts.reduce((sum, account) => sum + account.length + 5, 0)
  return ANSWER_BYTES + name.length + names + missingAndTwins
}
