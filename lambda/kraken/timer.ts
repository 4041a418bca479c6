import { type Fields, isObject, text, time } from '../json.ts'
import type { Said, TimerAck } from './exchange.ts'
import { NotTried, Refusal } from './exchange-error.ts'

/** Kraken takes less than a day. */
const MOST_SECONDS = 86_399

/**
 * The seconds as they are. Never 0, which would disarm the timer: it is the account's, and somebody else may rely on it.
 *
 * @throws NotTried unless it is a whole number from 1 to 86,399
 * @see https://docs.kraken.com/exchange/api-reference/unified-ws/cancel_after
 */
export function timerSeconds(seconds: number): number {
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MOST_SECONDS) return seconds
  throw new NotTried('timer seconds', "The switch arms Kraken's timer with 1 to 86,399 whole seconds alone")
}

/**
 * What Kraken says of its timer when it was asked to arm it; both roads name the times alike.
 *
 * @throws Refusal when it says nothing of it, or that it is not armed: `"0"`, or a time that is over
 */
export function readTimer(timer: unknown): Said<TimerAck> {
  if (!isObject(timer)) throw new Refusal('no timer', 'Kraken answered without a word of its timer')
  const currentTime = time(timer.currentTime)
  const firesAt = readTriggerTime(timer)
  if (firesAt !== null && firesAt <= (currentTime ?? 0)) {
    throw new Refusal('timer not armed', 'Kraken answered that its timer is not armed')
  }
  return { firesAt, currentTime }
}

/** Milliseconds since 1970; 0 for a timer that is not armed. */
function readTriggerTime({ triggerTime }: Fields): number | null {
  return text(triggerTime) === '0' ? 0 : time(triggerTime)
}
