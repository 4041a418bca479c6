/** By the shells' own rule: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

export interface Interruption {
  readonly signal: keyof typeof EXIT_CODES
  readonly exitCode: number
}

/**
 * Hears the signals by which a person or a system ends a process; a second one ends it at once. A terminal that is closed
 * or a connection that is lost (SIGHUP) does not: nobody who loses sight of a sweep wants it to stop half-way.
 */
export function hearSignals(): Signals {
  process.on('SIGHUP', () => {})
  const names = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]
  let first: Interruption | null = null
  const heard = new Promise<Interruption>((resolve) => {
    const hear = (signal: keyof typeof EXIT_CODES) => {
      first = { signal, exitCode: EXIT_CODES[signal] }
      resolve(first)
    }
    for (const signal of names) process.once(signal, () => hear(signal))
  })
  return { heard, first: () => first }
}

/** The signals of one press. */
export interface Signals {
  /** Resolves when one is heard. */
  readonly heard: Promise<Interruption>
  /** The one that was; null while there was none. */
  readonly first: () => Interruption | null
}

/** What a report says that was cut short. */
export function interruptedSentence({ signal }: Interruption, totalMs: number): string {
  return `INTERRUPTED by ${signal} after ${totalMs} ms: this is what was known then. Orders may rest: look, or press again.`
}
