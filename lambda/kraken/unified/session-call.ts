import { ExchangeError, NotTried, Refusal } from '../exchange-error.ts'
import { type ApiInputs, silentAfterMs } from '../http/call.ts'
import type { Session } from './session.ts'
import type { Sessions } from './sessions.ts'
import { fetchToken } from './token.ts'

/*
 * The race of a kept session and its spare: its sibling is in ../http/connection.ts, and that file says why they are two.
 * In short: there a try is bytes on a socket that is dialled at once, told silent by its first byte, charged and signed for
 * itself; here it is a whole call on a session whose token is counted by Kraken. A spare is opened only where no answer
 * is to be expected any more, never for a refusal that was said, and a token that may have silenced the one does not open
 * the other.
 */

/*
 *  call ──► session kept? ── no ──► open one: token and WebSocket in parallel ──► send ─────► first answer
 *              │ yes
 *              ├──► send on it at once ────────────────────────────────────────────────► first answer
 *              └──► silent for long (the process may have been frozen), no answer to a cancel in SPARE_AFTER_MS,
 *                   broken, or its token not known: open a spare, and send the same on it ──► first answer
 *
 *  As on the other road: cancelling twice is harmless, waiting is not. But tokens and connections are counted: what
 *  Kraken says on a session that works, it would say on another.
 */

export interface UnifiedInputs {
  readonly sessions: Sessions
  /** How the token is asked for; its deadline, its timeouts and its attempts are those of the whole road. */
  readonly spot: ApiInputs
}

/** One call over a session. */
export interface SessionCall<T> {
  readonly name: string
  /**
   * @param leftMs what is left for it, asked again for every step
   * @param onSent to be told by a cancel as it is sent; a read is sent at once
   */
  readonly run: (session: Session, leftMs: () => number, onSent: () => void) => Promise<T>
  /** Goes out on a spare too, when there is no answer soon. */
  readonly isCancel: boolean
  /** Is worth no spare, whatever comes of it. */
  readonly isOnce?: boolean
  /** Hears another answer, after the first one. */
  readonly onLate?: (answer: T) => void
}

/**
 * Opens a session, token and WebSocket in parallel, and notes what came of it.
 *
 * @param leftMs what is left for it
 * @param isNeeded asked once it is open
 * @throws ExchangeError, SecretUnavailable, SecretInvalid
 */
export function openSession(
  { sessions, spot }: UnifiedInputs,
  leftMs: () => number,
  isNeeded?: () => boolean,
): Promise<Session> {
  const fetched = async () => (await fetchToken(spot)).token
  return noted(spot, { name: 'WebSocket', isCancel: false }, null, () =>
    sessions.open(fetched, leftMs(), isNeeded),
  )
}

/** Makes one call on the session that is kept, on a spare, or on a new one; the first answer counts. */
export async function callOnSession<T>(inputs: UnifiedInputs, call: SessionCall<T>): Promise<T> {
  const { sessions, spot } = inputs
  const { clock, deadlineAt, attemptTimeoutMs, spareAfterMs } = spot
  const endAt = Math.min(clock.now() + attemptTimeoutMs, deadlineAt)
  /** Asked before every step, so that none is begun too late. @throws ExchangeError */
  const leftMs = () => {
    const ms = endAt - clock.now()
    if (ms <= 0 || spot.isOver?.()) throw new NotTried('deadline', 'There was no time left')
    return ms
  }
  const open = (isNeeded?: () => boolean) => openSession(inputs, leftMs, isNeeded)
  const run = (session: Session) => noted(spot, call, session, (onSent) => call.run(session, leftMs, onSent))
  /** Once more on another session if its token, which may have served one before, is not known any more. */
  const runOnNew = async (session: Session) => {
    try {
      return await run(session)
    } catch (error) {
      if (!isAboutToken(error) || !sessions.renewToken()) throw error
      session.retire()
      return run(await open())
    }
  }
  const kept = sessions.kept
  if (kept === null || call.isOnce === true) return runOnNew(kept ?? (await open()))

  const { promise, resolve, reject } = Promise.withResolvers<T>()
  let pending = 1
  let isSettled = false
  let hasSpare = false
  let forgetSilence = () => {}
  const settle = () => {
    isSettled = true
    forgetSilence()
  }
  const answered = (answer: T) => {
    if (isSettled) return call.onLate?.(answer)
    settle()
    resolve(answer)
  }
  const failed = (error: unknown) => {
    pending -= 1
    if (isAboutToken(error) ? sessions.renewToken() : isWorthASpare(error)) startSpare()
    if (isSettled || pending > 0) return
    settle()
    reject(error)
  }
  const startSpare = () => {
    if (hasSpare || isSettled || spot.isOver?.() || clock.now() >= endAt) return
    hasSpare = true
    pending += 1
    // One that comes too late to be needed is kept for what comes next only where the other one is silent still.
    open(() => !isSettled)
      .then((session) => (isSettled ? undefined : runOnNew(session).then(answered)), notOpened)
      .catch(failed)
  }
  /** Another may be opened while the first session is waited for; not at once, since it would fail alike. */
  const notOpened = (error: unknown) => {
    const again = () => {
      hasSpare = false
      startSpare()
    }
    if (!isSettled && isWorthASpare(error)) forgetSilence = clock.after(spareAfterMs, again)
    throw error
  }
  /** What silences a session may lie with its token. */
  const startSpareForSilence = () => {
    if (!isSettled && !hasSpare) sessions.renewToken()
    startSpare()
  }
  run(kept).then(answered, failed)
  if (kept.isSuspect) startSpareForSilence()
  else if (call.isCancel) {
    const silentMs = silentAfterMs(spot, kept.distanceMs)
    forgetSilence = clock.after(silentMs, startSpareForSilence)
  }
  return promise
}

/** What Kraken refuses on one session it refuses on another; silence, or a session that broke, is no answer. */
function isWorthASpare(error: unknown): boolean {
  return error instanceof ExchangeError && !(error instanceof Refusal) && error.remedy === 'wait'
}

function isAboutToken(error: unknown): boolean {
  return error instanceof Refusal && ['EAPI:Invalid token', 'ESession:Invalid session'].includes(error.code)
}

/** Does it, and notes what came of it. */
async function noted<T>(
  { clock, onAttempt, onCancelSent }: ApiInputs,
  { name, isCancel }: Pick<SessionCall<T>, 'name' | 'isCancel'>,
  session: Session | null,
  work: (onSent: () => void) => Promise<T>,
): Promise<T> {
  const startedAt = clock.now()
  let sentAt = session === null || isCancel ? null : startedAt
  const onSent = () => {
    if (sentAt !== null) return // one attempt, of many messages
    sentAt = clock.now()
    onCancelSent?.()
  }
  const note = (outcome: string) =>
    onAttempt({
      call: name,
      isCancel,
      connection: session?.connection ?? null,
      startedAt,
      sentAt,
      endedAt: clock.now(),
      outcome,
    })
  try {
    const result = await work(onSent)
    note('ok')
    return result
  } catch (error) {
    note(error instanceof ExchangeError ? error.code : 'failed')
    throw error
  }
}
