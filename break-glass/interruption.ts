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
export function hearSignals(): Promise<Interruption> {
  process.on('SIGHUP', () => {})
  const names = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]
  return new Promise((resolve) => {
    for (const signal of names) process.once(signal, () => resolve({ signal, exitCode: EXIT_CODES[signal] }))
  })
}
