import fc from 'fast-check'
import type { Roads } from '../drill/account.ts'
import type { Fault, Plan, PlannedPull, Span } from './plan.ts'
import type { LapFate, PlannedHold, PlannedLap } from './planned-hold.ts'
import { account, fault, scope, symbol } from './plans.ts'

/** So long after the first pull something is placed, and the last faults begin. */
const STAGE_MS = 60_000

/** Most of it while the first laps run. */
const atMs = fc.oneof(fc.nat({ max: STAGE_MS / 4 }), fc.nat({ max: STAGE_MS }))

/** The next lap is asked for at once: what passes is the state machine's own time. */
const gapMs = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 50, max: 1_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 30_000 }) }, // throttled
)

const fate: fc.Arbitrary<LapFate> = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ is: 'run' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('lost' as const),
      afterMs: fc.nat({ max: 25_000 }),
      heardAfterMs: fc.constantFrom(100, 1_000, 8_000, 30_000),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      is: fc.constant('twice' as const),
      afterMs: fc.nat({ max: 5_000 }),
      isCopyHeard: fc.boolean(),
    }),
  },
)

const lap: fc.Arbitrary<PlannedLap> = fc.record({ gapMs, fate })

const hold: fc.Arbitrary<PlannedHold> = fc.record({
  persistMs: fc.constantFrom(10_000, 60_000, 900_000),
  keepShutMs: fc.constantFrom(0, 3_000, 15_000, 30_000, 600_000, 600_000),
  hasFuse: fc.boolean(),
  lapMs: fc.oneof(fc.integer({ min: 3_000, max: 8_000 }), fc.integer({ min: 8_000, max: 25_000 })),
  laps: fc.array(lap, { minLength: 1, maxLength: 4 }),
})

const heldPull = (atMs: fc.Arbitrary<number>): fc.Arbitrary<PlannedPull> =>
  fc.record({
    atMs,
    scope,
    timeMs: fc.integer({ min: 2_000, max: 8_000 }),
    quietPeriodMs: fc.constantFrom(50, 250, 1_000, 1_000),
    attemptTimeoutMs: fc.constant(2_500),
    spareAfterMs: fc.constantFrom(20, 250, 250),
    roads: fc.constantFrom<Roads[]>('rest', 'unified', 'both'),
    isArmed: fc.boolean(),
    hold,
  })

/** Who places, in scope or not, and who cuts a session: at times of the plan's choosing. */
const event: fc.Arbitrary<Fault> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('place' as const),
      atMs: fc.array(atMs, { minLength: 1, maxLength: 6 }),
      symbol,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('live bot' as const),
      perSecond: fc.constantFrom(1, 5, 20),
      fromMs: atMs,
      forMs: fc.constantFrom(200, 1_000, 3_000),
      symbol,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('break sessions' as const),
      atMs,
    }),
  },
)

const faulty: fc.Arbitrary<Span> = fc
  .record({ fromMs: fc.nat({ max: STAGE_MS / 2 }), forMs: fc.constantFrom(500, 3_000, 10_000, 600_000) })
  .map(({ fromMs, forMs }) => ({ fromMs, toMs: fromMs + forMs }))

const calm = { faults: fc.constant<Fault[]>([]), faulty: fc.constant<Span>({ fromMs: 0, toMs: 0 }) }

/** Every plan of a hold, or of two at once. */
export const holdPlans: fc.Arbitrary<Plan> = fc
  .record({
    ...account,
    pulls: fc.oneof(
      { weight: 3, arbitrary: fc.tuple(heldPull(fc.constant(0))) },
      { weight: 1, arbitrary: fc.tuple(heldPull(fc.constant(0)), heldPull(fc.nat({ max: 8_000 }))) },
    ),
    latencyMs: fc.constantFrom(1, 10, 10, 50),
    events: fc.array(event, { minLength: 1, maxLength: 3 }),
    trouble: fc.oneof(
      { weight: 1, arbitrary: fc.record(calm) },
      {
        weight: 1,
        arbitrary: fc.record({ faults: fc.array(fault, { minLength: 1, maxLength: 3 }), faulty }),
      },
    ),
  })
  .map(({ events, trouble: { faults, faulty }, ...plan }) => ({
    ...plan,
    faults: [...events, ...faults],
    faulty,
  }))
