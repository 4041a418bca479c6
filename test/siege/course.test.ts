import { expect, onTestFinished, test } from 'vitest'
import type { Roads } from '../../drill/account.ts'
import { error } from '../../drill/answer.ts'
import { systemClock } from '../../lambda/clock.ts'
import { sweepRoads } from '../../lambda/sweep/roads.ts'
import { ALWAYS, type Fault, type Plan, type PlannedPull } from '../../siege/plan.ts'
import type { Run } from '../../siege/run.ts'
import { simulate } from '../../siege/simulation.ts'
import { openVenue } from '../venue.ts'

/* The course of a sweep, to the millisecond: in virtual time it is the same each time. */

const QUIET_MS = 1_000

const bot = (fromMs: number, forMs: number): Fault => ({
  do: 'live bot',
  perSecond: 10,
  fromMs,
  forMs,
  symbol: 'PF_XBTUSD',
})
const busy = (
  on: 'openorders' | 'cancelallorders' | 'any',
  times = ALWAYS,
  code = 'Unavailable',
  retryAfter: string | null = null,
): Fault => ({
  do: 'answer oddly',
  isDone: false,
  answer: { kind: 'error', code, status: 200, retryAfter },
  on,
  from: 0,
  times,
})

function run(
  faults: readonly Fault[],
  pull: Partial<PlannedPull> = {},
  plan: Partial<Plan> = {},
): Promise<Run> {
  return simulate({
    orders: [
      { symbol: 'PF_XBTUSD', orderType: 'lmt', reduceOnly: false },
      { symbol: 'PF_ETHUSD', orderType: 'stop', reduceOnly: true },
    ],
    pulls: [
      {
        atMs: 0,
        scope: 'all',
        timeMs: 20_000,
        quietPeriodMs: QUIET_MS,
        attemptTimeoutMs: 2_500,
        spareAfterMs: 250,
        roads: 'rest',
        isArmed: false,
        hold: null,
        ...pull,
      },
    ],
    latencyMs: 10,
    jitterSeed: 1,
    clockSkewMs: 0,
    hasHeartbeat: false,
    faults,
    faulty: null,
    ...plan,
  })
}

interface Step {
  readonly call: string
  /** From the answer before it, or the begin, until it was sent. */
  readonly pauseMs: number
}

/** Calls that are not of the positions, one after the other. */
function stepsOf({ visits, pulls }: Run): Step[] {
  const [pulled] = pulls
  let endedAt = pulled?.startedAt ?? 0
  return visits
    .filter(({ call }) => call.endpoint !== 'openpositions')
    .map(({ call, sentAt, deliveredAt }) => {
      const pauseMs = Math.round(sentAt - endedAt)
      endedAt = deliveredAt ?? endedAt
      return { call: call.endpoint, pauseMs }
    })
}

const pausesBefore = (endpoint: string, steps: readonly Step[]) =>
  steps.filter(({ call }) => call === endpoint).map(({ pauseMs }) => pauseMs)

const only = ({ pulls }: Run) => pulls[0] as NonNullable<Run['pulls'][0]>

test('one cancel, a read at once, then looks that grow rarer until the quiet period is over', async () => {
  const calm = await run([])
  expect(only(calm).verdict.kind).toBe('EMPTY')
  const steps = stepsOf(calm)
  expect(steps.map(({ call }) => call)).toEqual(['cancelallorders', ...Array(5).fill('openorders')])
  expect(pausesBefore('openorders', steps).slice(0, 4)).toEqual([0, 100, 200, 400])
  const [first, ...others] = calm.visits.filter(({ call }) => call.endpoint === 'openorders')
  const last = others.at(-1)
  const apartMs = Number(last?.sentAt) - Number(first?.deliveredAt)
  expect(apartMs).toBeGreaterThanOrEqual(QUIET_MS)
  expect(apartMs).toBeLessThan(QUIET_MS + 3)
})

test('the report says when the first ack was here, how often the book was read, and what the clocks show', async () => {
  const late: Fault = { do: 'late order', afterCancel: 0, lateMs: 300, symbol: 'PF_XBTUSD' }
  const apart = await run([late], {}, { clockSkewMs: 5_000 })
  const { report, startedAt } = only(apart)
  const answersTo = (endpoint: string) => apart.visits.filter(({ call }) => call.endpoint === endpoint)
  const [firstCancel, ...otherCancels] = answersTo('cancelallorders')
  expect(otherCancels).toHaveLength(1)
  expect(report.timing.ackMs).toBe(Math.round(Number(firstCancel?.deliveredAt) - startedAt))
  expect(report.proof?.reads).toBe(answersTo('openorders').length)
  expect(Math.abs((report.exchange?.clockSkewMs ?? 0) - 5_000)).toBeLessThan(50)
  expect(report.warnings.join(' ')).toMatch(/SOMEBODY PLACES: 1 since the first cancel.* CLOCKS APART/)
})

test('positions are asked for once the book is empty, and not waited for before the proof', async () => {
  const calm = await run([])
  const positions = calm.visits.filter(({ call }) => call.endpoint === 'openpositions')
  expect(positions).toHaveLength(1)
  expect(only(calm).endedAt).toBe(
    only(calm).verdict.kind === 'EMPTY'
      ? Math.max(
          ...calm.visits
            .filter(({ call }) => call.endpoint === 'openorders')
            .map(({ deliveredAt }) => Number(deliveredAt)),
        )
      : 0,
  )
  expect(only(calm).report.positions).toEqual([])
})

test('positions that cannot be read are unknown, and change no verdict', async () => {
  const failing = await run([{ ...busy('any'), on: 'openpositions' } as Fault])
  expect(only(failing).verdict.kind).toBe('EMPTY')
  expect(only(failing).report.positions).toBe('unknown')
})

test('positions that were read before the book filled again are read again', async () => {
  const late = await run([{ do: 'late order', afterCancel: 0, lateMs: 300, symbol: 'PF_XBTUSD' }])
  expect(only(late).verdict.kind).toBe('EMPTY')
  expect(late.visits.filter(({ call }) => call.endpoint === 'openpositions')).toHaveLength(2)
})

test('a book that cannot be read is asked for with growing pauses, and the cancel is not sent again', async () => {
  const blind = await run([busy('openorders')])
  expect(only(blind).verdict).toMatchObject({ kind: 'UNVERIFIED', wasReadEmpty: false })
  const steps = stepsOf(blind)
  expect(pausesBefore('cancelallorders', steps)).toEqual([0])
  expect(pausesBefore('openorders', steps).slice(0, 8)).toEqual([0, 100, 200, 400, 800, 1_000, 1_000, 1_000])
})

test('a cancel that is not acknowledged is sent again with growing pauses, and the book is read after each', async () => {
  const refused = await run([busy('cancelallorders', 4)])
  expect(only(refused).verdict.kind).toBe('EMPTY')
  const steps = stepsOf(refused)
  expect(pausesBefore('cancelallorders', steps)).toEqual([0, 100, 200, 400, 800])
  expect(steps.slice(0, 4).map(({ call }) => call)).toEqual([
    'cancelallorders',
    'openorders',
    'cancelallorders',
    'openorders',
  ])
})

test('slow reads make for rare ones: a pause is twice a read at least', async () => {
  const slowReads: Fault = { do: 'be slow', ms: 700, on: 'openorders', from: 0, times: ALWAYS }
  const slow = await run([busy('cancelallorders'), slowReads], { spareAfterMs: 2_500 })
  const [, second] = pausesBefore('cancelallorders', stepsOf(slow))
  expect(second).toBeGreaterThan(1_400)
  expect(second).toBeLessThan(1_500)
})

test('Retry-After is kept, once', async () => {
  const asked = await run([busy('cancelallorders', 1, 'apiLimitExceeded', '1')])
  expect(pausesBefore('cancelallorders', stepsOf(asked))).toEqual([0, 1_000])
  const both = await run([busy('cancelallorders', 1, 'apiLimitExceeded', '1'), busy('cancelallorders', 1)])
  expect(pausesBefore('cancelallorders', stepsOf(both))).toEqual([0, 1_000, 200])
})

test('orders that are new in the quiet period are cancelled without a pause', async () => {
  const late = await run([{ do: 'late order', afterCancel: 0, lateMs: 300, symbol: 'PF_XBTUSD' }])
  const steps = stepsOf(late)
  expect(pausesBefore('cancelallorders', steps)).toEqual([0, 0])
})

test('orders that stay are cancelled with growing pauses, then by their ids', async () => {
  const stubborn = await run([{ do: 'stubborn stops' }])
  expect(only(stubborn).verdict.kind).toBe('EMPTY')
  const steps = stepsOf(stubborn)
  expect(pausesBefore('cancelallorders', steps)).toEqual([0, 100, 200])
  expect(steps.filter(({ call }) => call === 'cancelorder')).toHaveLength(1)
})

test('ends at once when Kraken has refused for good all that could be asked', async () => {
  const refused = await run([busy('any', ALWAYS, 'accountInactive')])
  expect(only(refused).verdict).toMatchObject({ kind: 'FAILED', cause: { code: 'accountInactive' } })
  expect(stepsOf(refused)).toHaveLength(2)
  expect(only(refused).endedAt).toBeLessThan(500)
})

test('ends early when cancels are refused for good, by id too; the book says what is left', async () => {
  const forbidden = await run([{ do: 'forbid cancels' }])
  expect(only(forbidden).verdict).toMatchObject({
    kind: 'NOT_EMPTY',
    cause: { code: 'insufficientPrivileges' },
  })
  expect(
    stepsOf(forbidden)
      .map(({ call }) => call)
      .toSorted(),
  ).toEqual(['cancelallorders', 'cancelorder', 'openorders', 'openorders'])
  expect(only(forbidden).endedAt).toBeLessThan(1_000)
})

test('goes on while reads are refused for good, as long as a cancel is due', async () => {
  const both = await run([busy('cancelallorders', 3), busy('openorders', ALWAYS, 'accountInactive')])
  expect(only(both).verdict.kind).toBe('UNVERIFIED')
  expect(stepsOf(both).filter(({ call }) => call === 'cancelallorders')).toHaveLength(4)
})

test('against a bot that goes on it sweeps to the deadline, and begins nothing that it could not read back', async () => {
  const hostile = await run([bot(0, ALWAYS)], { timeMs: 5_000 })
  const { verdict, endedAt, deadlineAt } = only(hostile)
  expect(['NOT_EMPTY', 'UNVERIFIED']).toContain(verdict.kind)
  expect(endedAt).toBeLessThanOrEqual(deadlineAt)
  expect(deadlineAt - endedAt).toBeLessThan(1_100)
  const last = hostile.visits.filter(({ call }) => call.endpoint !== 'openpositions').at(-1)
  expect(last?.call.endpoint).toBe('openorders')
  expect(stepsOf(hostile).length).toBeGreaterThan(12)
})

test('without time for a proof, the last look at the book is as late as can be', async () => {
  const short = await run([], { timeMs: 900 })
  const { verdict, deadlineAt } = only(short)
  expect(verdict).toMatchObject({ kind: 'UNVERIFIED', wasReadEmpty: true })
  const last = short.visits.filter(({ call }) => call.endpoint === 'openorders').at(-1)
  const leftMs = deadlineAt - Number(last?.sentAt)
  expect(leftMs).toBeGreaterThan(50)
  expect(leftMs).toBeLessThan(150)
  const tight = await run([], { timeMs: 110 })
  expect(stepsOf(tight).filter(({ call }) => call === 'openorders').length).toBeLessThanOrEqual(2)
})

test('in the quiet period nothing is cancelled, though a cancel was never acknowledged', async () => {
  const calm = await run([busy('cancelallorders')], {}, { orders: [] })
  expect(only(calm).verdict.kind).toBe('EMPTY')
  expect(stepsOf(calm).filter(({ call }) => call === 'cancelallorders')).toHaveLength(1)
})

test('while the book was never read, a read is begun whenever there is time for one', async () => {
  const reads = ({ visits }: Run) => visits.filter(({ call }) => call.endpoint === 'openorders')
  const far = { latencyMs: 100 }
  const whole = await run([busy('openorders')], {}, far)
  const fifthMs = Number(reads(whole)[4]?.sentAt) - only(whole).startedAt
  const cut = await run([busy('openorders')], { timeMs: Math.ceil(fifthMs) + 250 }, far)
  expect(reads(cut).length).toBeGreaterThanOrEqual(5)
})

test('once the book was read, a cancel is begun only if there is time to read it back', async () => {
  const cancels = ({ visits }: Run) => visits.filter(({ call }) => call.endpoint === 'cancelallorders')
  const far = { latencyMs: 100 }
  const faults = [busy('cancelallorders')]
  const whole = await run(faults, { spareAfterMs: 2_500 }, far)
  const [, second, third] = cancels(whole)
  const roundMs =
    Number(whole.visits.find(({ sentAt }) => sentAt > Number(second?.sentAt))?.deliveredAt) -
    Number(second?.sentAt)
  const thirdMs = Number(third?.sentAt) - only(whole).startedAt
  expect(
    cancels(await run(faults, { timeMs: Math.floor(thirdMs + roundMs / 2), spareAfterMs: 2_500 }, far)),
  ).toHaveLength(2)
  expect(
    cancels(await run(faults, { timeMs: Math.ceil(thirdMs + 2 * roundMs), spareAfterMs: 2_500 }, far)).length,
  ).toBeGreaterThanOrEqual(3)
})

test('orders that stay are not looked at once more at the end: the last read told enough', async () => {
  const full = await run([{ do: 'cancel nothing' }], { timeMs: 3_500 })
  const { verdict, endedAt, deadlineAt } = only(full)
  expect(verdict.kind).toBe('NOT_EMPTY')
  expect(deadlineAt - endedAt).toBeGreaterThan(300)
})

test('a book that read empty is looked at once more at the end', async () => {
  const short = await run([], { timeMs: 700 })
  const looks = short.visits.filter(({ call }) => call.endpoint === 'openorders')
  const leftMs = looks.map(({ sentAt }) => only(short).deadlineAt - sentAt)
  expect(leftMs.at(-1)).toBeLessThan(120)
  expect(leftMs.at(-2)).toBeGreaterThan(250)
})

test('what the second answer to the cancel of one order says is counted', async () => {
  // The first cancel by id fails, and leaves a connection; the second goes out on that one, and again on a spare.
  const fails: Fault = { ...busy('any', 1), on: 'cancelorder' } as Fault
  const slow: Fault = { do: 'be slow', ms: 500, on: 'cancelorder', from: 1, times: 1 }
  const stubborn = await run([{ do: 'stubborn stops' }, fails, slow])
  expect(only(stubborn).verdict.kind).toBe('EMPTY')
  expect(stubborn.visits.filter(({ call }) => call.endpoint === 'cancelorder')).toHaveLength(3)
  expect(only(stubborn).report.cancelled.count).toBe(2)
})

test('where cancel-all is refused for good, one order goes by id first, then all of them', async () => {
  const orders = Array.from(
    { length: 5 },
    () => ({ symbol: 'PF_XBTUSD', orderType: 'lmt', reduceOnly: false }) as const,
  )
  const refused = await run([busy('cancelallorders', ALWAYS, 'insufficientPrivileges')], {}, { orders })
  expect(only(refused).verdict.kind).toBe('EMPTY')
  const calls = stepsOf(refused).map(({ call }) => call)
  expect(calls.slice(0, 8)).toEqual([
    'cancelallorders',
    'openorders',
    'cancelorder',
    'openorders',
    ...Array(4).fill('cancelorder'),
  ])
})

test('a fault of the switch itself is a finding, not a crash', async () => {
  const venue = await openVenue(1)
  onTestFinished(() => venue.close())
  venue.exchange.misbehave({
    answer: ({ endpoint }) => (endpoint === 'openorders' ? error('Unavailable') : undefined),
  })
  const clock = { ...systemClock, sleep: () => Promise.reject(new TypeError('no time')) }
  const deadlineAt = performance.now() + 5_000
  const roads = [{ name: 'rest', exchange: venue.client() }] as const
  const inputs = { roads, clock, scope: 'all', deadlineAt, quietPeriodMs: 1_000 } as const
  const swept = await sweepRoads(inputs)
  expect(swept.roads[0]?.readTrouble).toMatchObject({
    name: 'InternalFault',
    message: 'The switch itself failed (TypeError)',
  })
})

test('no call is begun at the deadline or later', async () => {
  for (const timeMs of [1, 50, 500, 1_500, 4_000]) {
    const { visits, pulls } = await run([busy('openorders')], { timeMs })
    for (const { sentAt } of visits) expect(sentAt).toBeLessThan(Number(pulls[0]?.deadlineAt))
  }
})

test('what takes two steps on the second road takes no longer than one', async () => {
  const pull = { roads: 'unified', scope: ['PF_XBTUSD', 'PF_ETHUSD'] } as const
  for (const timeMs of [30, 60, 90, 120, 150]) {
    const { pulls } = await run([], { ...pull, timeMs })
    expect(Number(pulls[0]?.endedAt)).toBeLessThanOrEqual(Number(pulls[0]?.deadlineAt))
  }
})

test('a road that had taken its first step when the report was made takes no second one', async () => {
  const slow: Fault = { do: 'be slow', ms: 300, on: 'subscribe executions', from: 0, times: 1 }
  const made = await run([slow], { roads: 'both', scope: ['PF_XBTUSD'], quietPeriodMs: 250 })
  const { endedAt, verdict } = only(made)
  expect(verdict.kind).toBe('EMPTY')
  for (const { call, sentAt } of made.visits) {
    expect(call.endpoint).not.toBe('cancel_order')
    expect(sentAt).toBeLessThanOrEqual(endedAt)
  }
})

test('the cancel of both roads leaves at the same moment', async () => {
  const { visits, pulls } = await run([], { roads: 'both', isArmed: true })
  const leaves = (endpoint: string) => visits.find(({ call }) => call.endpoint === endpoint)?.sentAt
  expect(leaves('cancelallorders')).toBe(pulls[0]?.startedAt)
  expect(leaves('cancel_all')).toBe(pulls[0]?.startedAt)
})

test.each([
  ['rest', 'unified'],
  ['unified', 'rest'],
] as const)('with the road %s lost, %s proves as soon as it would alone', async (road, other) => {
  const lost: Fault = { do: 'lose a road', road, how: 'silence' }
  const both = only(await run([lost], { roads: 'both', isArmed: true }))
  const alone = only(await run([], { roads: other, isArmed: true }))
  expect(both.verdict.kind).toBe('EMPTY')
  expect(both.endedAt - both.startedAt).toBeLessThan(alone.endedAt - alone.startedAt + 60) // jitter of a message or two
})

test('a disagreement is not agreed upon: the road that reads open orders goes on, to the deadline', async () => {
  const blind: Fault = { do: 'leave orders out', every: 1 }
  const made = await run([{ do: 'cancel nothing' }, blind], { roads: 'both', isArmed: true, timeMs: 4_000 })
  const { endedAt, deadlineAt, verdict, report } = only(made)
  expect(verdict).toMatchObject({ kind: 'NOT_EMPTY', isDisputed: true })
  expect(report.roads).toMatchObject([
    { road: 'rest', open: 2 },
    { road: 'unified', open: 0, isProof: false }, // contradicted, it is none
  ])
  expect(deadlineAt - endedAt).toBeLessThan(1_500)
})

test('positions and the clock that one road cannot tell, the other tells', async () => {
  const lost: Fault = { do: 'lose a road', road: 'rest', how: 'reset' }
  const { report } = only(await run([lost], { roads: 'both' }, { clockSkewMs: 4_000 }))
  expect(report.positions).not.toBe('unknown')
  expect(report.exchange?.clockSkewMs).toBeGreaterThan(3_900)
})

test.each<[Roads, string]>([
  ['rest', 'cancelallorders'],
  ['unified', 'GetWebSocketsToken'],
])(
  'a good key that is called invalid for 2 s is tried again: over %s, after 1 and 3 s',
  async (roads, endpoint) => {
    const made = await run([{ do: 'doubt the keys', forMs: 2_000 }], { roads, timeMs: 28_000 })
    const { verdict, report } = only(made)
    expect(verdict.kind).toBe('EMPTY')
    const asked = made.visits.filter(({ call }) => call.endpoint === endpoint).map(({ sentAt }) => sentAt)
    // Over the second road the read, which needs a token of its own while there is none, is one more try each time.
    expect(new Set(asked.map((at) => Math.round(at / 1_000)))).toEqual(new Set([0, 1, 3]))
    expect(report.timing.verifiedMs).toBeLessThan(4_500)
  },
)

test('a key that stays invalid is tried five times, and then it is said at once', async () => {
  const made = await run([{ do: 'doubt the keys', forMs: ALWAYS }], { timeMs: 28_000 })
  const { verdict, endedAt } = only(made)
  expect(verdict).toMatchObject({ kind: 'FAILED', cause: { code: 'authenticationError' } })
  expect(made.visits.filter(({ call }) => call.endpoint === 'cancelallorders')).toHaveLength(5)
  expect(made.visits.filter(({ call }) => call.endpoint === 'openorders')).toHaveLength(5)
  expect(Math.round(endedAt / 1_000)).toBe(15)
})

test('where the cancel was acknowledged and only reads are refused for a while, they are tried again', async () => {
  const doubt: Fault = {
    do: 'answer oddly',
    isDone: false,
    answer: { kind: 'error', code: 'authenticationError', status: 200, retryAfter: null },
    on: 'openorders',
    from: 0,
    times: 2,
  }
  const { verdict } = only(await run([doubt]))
  expect(verdict.kind).toBe('EMPTY')
})
