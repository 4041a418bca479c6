import type { LambdaRuntime } from '../drill/runtime.ts'

/** Processes of a function, as Lambda keeps them: a new one where there is none, or the last one is gone. */
export class Sandboxes {
  /** When each began; monotonic milliseconds. */
  readonly invocations: number[] = []
  /** What the invocations were given. */
  readonly payloads: unknown[] = []
  /** Hears of each invocation as it begins, with its number. */
  onInvoke: (running: LambdaRuntime, nth: number) => void = () => {}
  /** Throttles these invocations, by number. */
  throttled: readonly number[] = []
  readonly #start: () => Promise<LambdaRuntime>
  #running: LambdaRuntime | null = null

  constructor(start: () => Promise<LambdaRuntime>) {
    this.#start = start
  }

  /** What the last process has logged. */
  get lines(): readonly string[] {
    return this.#running?.lines ?? []
  }

  readonly invoke = async (payload: unknown): Promise<unknown> => {
    const nth = this.invocations.push(performance.now()) - 1
    this.payloads.push(payload)
    if (this.throttled.includes(nth)) throw named('Lambda.TooManyRequestsException', 'Rate Exceeded.')
    this.#running ??= await this.#start()
    await this.#running.initialised
    this.onInvoke(this.#running, nth)
    const result = await this.#running.invoke(payload)
    if ('result' in result) return result.result
    this.#running = null
    throw named(result.error.errorType, result.error.errorMessage)
  }
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
