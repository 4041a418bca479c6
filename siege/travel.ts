import type { FaultInjector } from './fault-injector.ts'
import type { Plan } from './plan.ts'

/** How long messages take, and what becomes of idle connections: by chance, and the same for each seed. */
export class Travel {
  readonly #latencyMs: number
  readonly #faultInjector: FaultInjector
  #random: number

  constructor({ latencyMs, jitterSeed }: Plan, faultInjector: FaultInjector) {
    this.#latencyMs = latencyMs
    this.#random = jitterSeed + 1
    this.#faultInjector = faultInjector
  }

  /** What the next message takes, one way. */
  ms(): number {
    return this.#latencyMs * (1 + this.#draw())
  }

  /** Does a connection that was idle turn out to be dead? */
  get isUnlucky(): boolean {
    return this.#faultInjector.killsConnections !== null && this.#draw() < 0.5
  }

  /** From 0 to 1; a linear congruential generator, since all that matters is that a seed always gives the same. */
  #draw(): number {
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0
    return this.#random / 2 ** 32
  }
}
