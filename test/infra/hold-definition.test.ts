import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { type Outcome, startExecution } from '../../drill/hold-engine.ts'
import { holdDefinition } from '../../infra/hold-definition.ts'
import { LONGEST_LAP_MS, SHORTEST_LAP_MS } from '../../lambda/triggers/lap-limits.ts'

/* The machine of a hold, checked and run without AWS, with laps that are made up. */

interface Checked {
  readonly isValid: boolean
  readonly errorsText: () => string
}

/** Without types of its own. It writes into what it checks. */
const check: (definition: unknown) => Checked = createRequire(import.meta.url)('asl-validator')

const aliasArn = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'
const definitionOf = (persistMinutes: number, keepShutMinutes: number) =>
  holdDefinition({ partition: 'aws', aliasArn, persistMinutes, keepShutMinutes })
const definition = definitionOf(15, 10)

test.each([
  [1, 0],
  [0, 1],
  [15, 0],
  [60, 60],
])('%i minutes to persist and %i kept shut make a valid state machine', (...minutes) => {
  const { isValid, errorsText } = check(structuredClone(definitionOf(...minutes)))
  expect(errorsText()).toBe('')
  expect(isValid).toBe(true)
})

test('the checker sees a state that is not there, and a number that is none', () => {
  const wrong = structuredClone(definition) as { States: Record<string, Record<string, unknown>> }
  wrong.States.Lap = { ...wrong.States.Lap, Next: 'Nowhere' }
  expect(check(wrong).isValid).toBe(false)
  const timeless = structuredClone(definition) as typeof wrong
  timeless.States.Lap = { ...timeless.States.Lap, TimeoutSeconds: '40' }
  expect(check(timeless).isValid).toBe(false)
})

const hold = { name: 'e1', known: { refills: 0 } }
const lapped = (refills: number) => ({
  hold: { ...hold, known: { refills } },
  next: 'lap',
  sentence: 'going on',
})
const held = { hold, next: 'held', sentence: 'HELD 10 min: 3 refills, 41 orders cancelled.' }
const lost = { hold, next: 'lost', sentence: 'HOLD LOST: no proof; last known: 3 orders open.' }

/** What the laps do, in turn; the last of them again and again. */
type Laps = readonly [Lap, ...Lap[]]
type Lap = (stop: () => void) => unknown
const says = (answer: unknown) => () => answer
const throws = (name: string, message: string) => () => {
  throw Object.assign(new Error(message), { name })
}

interface Ran {
  readonly outcome: Outcome
  readonly payloads: readonly unknown[]
  /** From the beginning of one invocation to that of the next, in seconds of the definition. */
  readonly pauses: readonly number[]
}

async function run(laps: Laps, secondMs = 0.2, from: object = definition): Promise<Ran> {
  const payloads: unknown[] = []
  const startedAt: number[] = []
  const execution = startExecution({
    definition: from,
    input: { hold },
    secondMs,
    invoke: async (payload) => {
      startedAt.push(performance.now())
      payloads.push(payload)
      const lap = laps[Math.min(payloads.length, laps.length) - 1] as Lap
      return lap(() => execution.stop())
    },
  })
  const outcome = await execution.outcome
  const pauses = startedAt.slice(1).map((at, i) => (at - Number(startedAt[i])) / secondMs)
  return { outcome, payloads, pauses }
}

test('lap after lap, each with what the one before came to know, until the book is held', async () => {
  const { outcome, payloads } = await run([says(lapped(1)), says(lapped(2)), says(held)])
  expect(payloads).toEqual([{ hold }, { hold: lapped(1).hold }, { hold: lapped(2).hold }])
  expect(outcome).toEqual({ status: 'SUCCEEDED', output: held })
})

test('a hold that ends without proof fails, with the sentence that says so', async () => {
  const { outcome, payloads } = await run([says(lapped(1)), says(lost)])
  expect(outcome).toEqual({ status: 'FAILED', error: 'HoldLost', cause: lost.sentence })
  expect(payloads).toHaveLength(2)
})

test('an answer that says nothing of the three fails, and starts no other lap', async () => {
  const { outcome, payloads } = await run([says({ ...held, next: 'again' })])
  expect(outcome).toMatchObject({ status: 'FAILED', error: 'HoldLost' })
  expect(payloads).toHaveLength(1)
})

test.each([
  ['throws', 'Error'],
  ['is throttled', 'Lambda.TooManyRequestsException'],
  ['meets a fault of Lambda', 'Lambda.ServiceException'],
  ['is killed', 'Runtime.ExitError'],
  ['times out within Lambda', 'Sandbox.Timedout'],
])('a lap that %s is tried again with the same event, and the hold goes on', async (_, name) => {
  const fails = throws(name, 'x')
  const { outcome, payloads } = await run([says(lapped(1)), fails, fails, says(lapped(2)), says(held)])
  const { hold: second } = lapped(1)
  expect(payloads.slice(1, 4)).toEqual([{ hold: second }, { hold: second }, { hold: second }])
  expect(payloads[4]).toEqual({ hold: lapped(2).hold })
  expect(outcome.status).toBe('SUCCEEDED')
})

test('a lap that never comes back is given up after its time, and tried again', async () => {
  const hangs = () => new Promise<never>(() => {})
  const { outcome, pauses } = await run([hangs, says(held)], 5)
  expect(outcome.status).toBe('SUCCEEDED')
  expect(pauses[0]).toBeGreaterThan(LONGEST_LAP_MS / 1_000)
})

test('retries come after 1, 2, 4, 8 and then 15 s each, and begin anew with the next lap', async () => {
  const fails = throws('Error', 'x')
  const { pauses } = await run([...Array(6).fill(fails), says(lapped(1)), fails, says(held)] as never, 20)
  const wanted = [1, 2, 4, 8, 15, 15, 0, 1]
  expect(pauses).toHaveLength(wanted.length)
  for (const [i, pause] of pauses.entries()) {
    expect(pause).toBeGreaterThanOrEqual(Number(wanted[i]) - 0.2) // timers may be a millisecond early
    expect(pause).toBeLessThan(Number(wanted[i]) + 8)
  }
})

test.each([
  [1, 0],
  [15, 0],
  [15, 10],
  [60, 60],
])('retries fill %i + %i minutes, and no more than that', (...minutes) => {
  const [, retry] = definitionOf(...minutes).States.Lap.Retry as { readonly MaxAttempts: number }[]
  const times = retry?.MaxAttempts ?? 0
  const pauses = Array.from({ length: times }, (_, i) => Math.min(2 ** i, 15))
  const total = pauses.reduce((sum, pause) => sum + pause, 0)
  const seconds = 60 * (minutes[0] + minutes[1])
  expect(total).toBeGreaterThanOrEqual(seconds)
  expect(total).toBeLessThan(seconds + 15)
})

test('a refused event is not tried again, and nothing is told to a function that would refuse it too', async () => {
  const { outcome, payloads } = await run([throws('HoldRefused', 'there is no scope')])
  expect(outcome).toEqual({ status: 'FAILED', error: 'HoldRefused', cause: 'there is no scope' })
  expect(payloads).toHaveLength(1)
})

const short = definitionOf(1, 0)
const [, shortRetry] = short.States.Lap.Retry as { readonly MaxAttempts: number }[]
const attempts = 1 + Number(shortRetry?.MaxAttempts)

test('when all retries are used up the function tells what was lost, and the hold fails with that', async () => {
  const fails = throws('Lambda.TooManyRequestsException', 'Rate exceeded')
  const laps = [says(lapped(3)), ...Array(attempts).fill(fails), says(lost)] as unknown as Laps
  const { outcome, payloads } = await run(laps, 0.2, short)
  expect(payloads.at(-1)).toEqual({
    hold: lapped(3).hold,
    lost: { error: 'Lambda.TooManyRequestsException', cause: 'Rate exceeded' },
  })
  expect(payloads).toHaveLength(attempts + 2)
  expect(outcome).toEqual({ status: 'FAILED', error: 'HoldLost', cause: lost.sentence })
})

test('a function that cannot tell it either leaves the hold failed, with what was lost', async () => {
  const fails = throws('Runtime.ExitError', 'signal: killed')
  const laps = [...Array(attempts).fill(fails), throws('Error', 'x')] as unknown as Laps
  const { outcome, payloads } = await run(laps, 0.2, short)
  expect(outcome).toEqual({ status: 'FAILED', error: 'Runtime.ExitError', cause: 'signal: killed' })
  expect(payloads.slice(attempts)).toHaveLength(4)
  for (const told of payloads.slice(attempts)) expect(told).toHaveProperty('lost')
})

test('stopped during a lap, it starts no further one', async () => {
  const { outcome, payloads } = await run([
    says(lapped(1)),
    (stop) => {
      stop()
      return lapped(2)
    },
    says(held),
  ])
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(outcome).toEqual({ status: 'ABORTED' })
  expect(payloads).toHaveLength(2)
})

test('stopped in the pause before a retry, it starts no further lap', async () => {
  const { outcome, payloads } = await run(
    [
      (stop) => {
        setTimeout(stop, 10)
        throw new Error('x')
      },
      says(held),
    ],
    50,
  )
  await new Promise((resolve) => setTimeout(resolve, 80))
  expect(outcome).toEqual({ status: 'ABORTED' })
  expect(payloads).toHaveLength(1)
})

test('laps that go on and on are ended by the machine, five minutes after the time of the hold', async () => {
  const slow = () => new Promise((resolve) => setTimeout(() => resolve(lapped(1)), 2))
  const { outcome } = await run([slow], 0.2)
  expect(outcome).toEqual({ status: 'TIMED_OUT' })
  expect(definition.TimeoutSeconds).toBe(60 * (15 + 10) + 300)
})

test('telling, with all its retries, has room in the time after the hold', () => {
  const { Retry, TimeoutSeconds } = definition.States.Tell
  const times = Number((Retry as { readonly MaxAttempts: number }[])[0]?.MaxAttempts)
  const pauses = Array.from({ length: times }, (_, i) => Math.min(2 ** i, 15))
  const takes = (1 + times) * TimeoutSeconds + pauses.reduce((sum, pause) => sum + pause, 0)
  expect(takes).toBeLessThan(300)
})

/** A lap: its task entered, scheduled, started, succeeded, exited; its choice entered and exited. */
const EVENTS_OF_LAP = 7
/** Scheduled, started, failed. */
const EVENTS_OF_FAILURE = 3

test('the longest hold, at its worst, fits twice into the history that an execution may have', () => {
  const seconds = definitionOf(60, 60).TimeoutSeconds
  const lapS = SHORTEST_LAP_MS / 1_000
  const rates = [0, 1, 2, 3, 4].map((failures) => {
    const paused = 2 ** failures - 1
    return (EVENTS_OF_LAP + failures * EVENTS_OF_FAILURE) / (lapS + paused)
  })
  expect(Math.ceil(Math.max(...rates) * seconds)).toBeLessThanOrEqual(25_000 / 2)
})
