import { systemClock } from '../clock.ts'
import type { Attempt } from '../kraken/attempt.ts'
import type { Exchange } from '../kraken/exchange.ts'
import { Budget, SPOT_ALLOWANCE } from '../kraken/http/budget.ts'
import type { ApiInputs } from '../kraken/http/call.ts'
import { roundTrip } from '../kraken/http/round-trip.ts'
import type { SocketPool } from '../kraken/http/socket-pool.ts'
import { openSession } from '../kraken/unified/session-call.ts'
import { Sessions } from '../kraken/unified/sessions.ts'
import { unified } from '../kraken/unified/unified.ts'
import { webSockets } from '../kraken/unified/web-socket.ts'
import type { Credentials } from './credentials.ts'
import type { Settings } from './settings.ts'

/** The connections that the second road needs, dialled at load where it is known to be taken. */
export interface UnifiedPools {
  /** To the host that gives the token. */
  readonly api: SocketPool
  /** To the host of the WebSocket. */
  readonly unified: SocketPool
}

/** One invocation's own part of a call. */
export type Occasion = Pick<ApiInputs, 'deadlineAt' | 'onAttempt' | 'isOver' | 'onCancelSent'>

/** The second road of this process: its sessions last from one invocation to the next. Loaded only where it is taken. */
export class UnifiedRoad {
  readonly #settings: Settings
  readonly #sessions: Sessions
  readonly #spot: Omit<ApiInputs, keyof Occasion>

  constructor(settings: Settings, pools: UnifiedPools, credentials: Credentials) {
    const { apiUrl, unifiedUrl, attemptTimeoutMs, spareAfterMs } = settings
    this.#settings = settings
    this.#sessions = new Sessions(webSockets(unifiedUrl, pools.unified), systemClock)
    this.#spot = {
      url: apiUrl,
      pool: pools.api,
      roundTrip,
      keys: credentials.of('unified'),
      budget: new Budget(systemClock, SPOT_ALLOWANCE),
      clock: systemClock,
      attemptTimeoutMs,
      spareAfterMs,
    }
  }

  /** Opens the session before it is needed, and subscribes, so that the token stays good. Never rejects. */
  async openEarly(onAttempt: (attempt: Attempt) => void): Promise<void> {
    const { attemptTimeoutMs } = this.#settings
    const spot = { ...this.#spot, deadlineAt: systemClock.now() + attemptTimeoutMs, onAttempt }
    try {
      const session = await openSession({ sessions: this.#sessions, spot }, () => attemptTimeoutMs)
      // A cancel that waits for the session goes first.
      setImmediate(() => session.bookSoon(attemptTimeoutMs).catch(() => {}))
    } catch {
      // It is noted, and whoever needs a session opens one.
    }
  }

  /** No invocation asks it for anything any more. */
  close(): void {
    this.#sessions.close()
  }

  /** The exchange as one invocation sees it. */
  exchange(occasion: Occasion): Exchange {
    return unified({ sessions: this.#sessions, spot: { ...this.#spot, ...occasion } })
  }
}
