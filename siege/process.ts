import type { Clock } from '../lambda/clock.ts'
import { Credentials } from '../lambda/init/credentials.ts'
import type { Attempt } from '../lambda/kraken/attempt.ts'
import type { RoadName } from '../lambda/kraken/exchange.ts'
import { Budget, REST_ALLOWANCE, SPOT_ALLOWANCE } from '../lambda/kraken/http/budget.ts'
import type { ApiInputs } from '../lambda/kraken/http/call.ts'
import { futuresRest } from '../lambda/kraken/rest/futures-rest.ts'
import { Sessions } from '../lambda/kraken/unified/sessions.ts'
import { fetchToken } from '../lambda/kraken/unified/token.ts'
import { unified } from '../lambda/kraken/unified/unified.ts'
import type { Road } from '../lambda/sweep/roads.ts'
import type { Network } from './network.ts'
import type { PlannedPull } from './plan.ts'
import type { VirtualClock } from './virtual-time.ts'

const URL_OF_TOKENS = new URL('https://api.kraken.com')
const URL_OF_KRAKEN = new URL('https://futures.kraken.com/derivatives/api/v3')

/** What an invocation, a pull or a lap, is to its roads. */
export interface Occasion extends Pick<ApiInputs, 'deadlineAt' | 'isOver' | 'onCancelSent'> {
  readonly onAttempt: (attempt: Attempt) => void
}

export interface ProcessInputs {
  readonly clock: VirtualClock
  readonly network: Network
  /** @throws nothing: Secrets Manager is well */
  readonly fetchSecret: () => string
  /** What the secret takes. */
  readonly secretMs: number
  /** Of the first road; its own where other accounts do not share it. */
  readonly restBudget?: Budget | undefined
}

/** One process of the switch, with what it keeps from one invocation to the next. It may die. */
export class Process {
  /** Its own time, which ends when it dies. */
  readonly clock: Clock
  readonly keys: Credentials
  readonly sessions: Sessions
  /** The pull or lap that it is at. */
  occasion = 0
  isDead = false
  readonly #network: Network
  readonly #connections: Pick<ApiInputs, 'pool' | 'roundTrip'>
  readonly #tokenConnections: Pick<ApiInputs, 'pool' | 'roundTrip'>
  readonly #restBudget: Budget
  readonly #spotBudget: Budget

  constructor({ clock, network, fetchSecret, secretMs, restBudget }: ProcessInputs) {
    const after = (ms: number, happen: () => void) => {
      let isTakenBack = false
      clock.after(ms, () => {
        if (!this.isDead && !isTakenBack) happen()
      })
      return () => {
        isTakenBack = true
      }
    }
    const sleep = (ms: number) => new Promise<void>((resolve) => void after(ms, resolve))
    const own = { now: clock.now, wallTime: clock.wallTime, sleep, after }
    this.clock = own
    this.keys = new Credentials(async () => {
      await own.sleep(secretMs)
      return fetchSecret()
    }, own)
    this.sessions = new Sessions(network.openWebSocketOf(this), own)
    this.#network = network
    this.#connections = network.connectionsOf(this)
    this.#tokenConnections = network.connectionsOf(this)
    this.#restBudget = restBudget ?? new Budget(own, REST_ALLOWANCE)
    this.#spotBudget = new Budget(own, SPOT_ALLOWANCE)
  }

  /** As in the init phase: the session is opened and subscribed, if it can be. */
  async arm(planned: PlannedPull): Promise<void> {
    const { attemptTimeoutMs } = planned
    const deadlineAt = this.clock.now() + attemptTimeoutMs
    const spot = this.#spot(planned, { deadlineAt, onAttempt: () => {} })
    try {
      const open = async () => (await fetchToken(spot)).token
      const session = await this.sessions.open(open, attemptTimeoutMs)
      await session.bookSoon(attemptTimeoutMs)
    } catch {
      // The pull will find none.
    }
  }

  /** It was not asked for anything for a while: what it had open may be gone. */
  freeze(): void {
    for (const webSocket of this.#network.webSockets) if (webSocket.process === this) webSocket.freeze()
  }

  /** What it has sent arrives yet; nobody is there to hear an answer. */
  die(): void {
    this.isDead = true
    for (const webSocket of this.#network.webSockets) if (webSocket.process === this) webSocket.vanish()
  }

  roads(planned: PlannedPull, occasion: Occasion): Road[] {
    const names: RoadName[] = planned.roads === 'both' ? ['rest', 'unified'] : [planned.roads]
    return names.map((name) =>
      name === 'rest'
        ? { name, exchange: futuresRest(this.#rest(planned, occasion)) }
        : { name, exchange: unified({ sessions: this.sessions, spot: this.#spot(planned, occasion) }) },
    )
  }

  #rest({ attemptTimeoutMs, spareAfterMs }: PlannedPull, occasion: Occasion): ApiInputs {
    return {
      ...occasion,
      ...this.#connections,
      clock: this.clock,
      attemptTimeoutMs,
      spareAfterMs,
      url: URL_OF_KRAKEN,
      keys: this.keys.of('rest'),
      budget: this.#restBudget,
    }
  }

  #spot({ attemptTimeoutMs, spareAfterMs }: PlannedPull, occasion: Occasion): ApiInputs {
    return {
      ...occasion,
      ...this.#tokenConnections,
      clock: this.clock,
      attemptTimeoutMs,
      spareAfterMs,
      url: URL_OF_TOKENS,
      keys: this.keys.of('unified'),
      budget: this.#spotBudget,
    }
  }
}
