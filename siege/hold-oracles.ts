import { emptySinceTooEarly } from './empty-since.ts'
import { answers, cutsOf, lastRoundMs, restBound, restsIn } from './rest-bound.ts'
import type { Held, LapEnd, Life, Run } from './run.ts'
import { FUSES, READS } from './visit.ts'

/** What was promised of a hold, and how a run is held against it. */
interface Findings {
  readonly wrong: readonly string[]
  /** Something was there to be got wrong. */
  readonly couldFail: boolean
}

const ROUNDING_MS = 1e-6
/** Of a lap with a fuse: shorter, and its process may have died before it could light it. */
const LEAST_LIT_MS = 2_000
/** The state machine asks for the next lap at once. */
const MOST_GAP_MS = 1_000

/** What each hold of a run is held against, and what comes of all of them. */
export const HOLD_TESTS = {
  O17: (run: Run) => ofHolds(run, (held) => (isPlain(run, held) ? restedTooLong(run, held) : NOTHING)),
  O18: (run: Run) => {
    const { calls } = run.desk.account.timer
    const found = ofHolds(run, (held) => wronglyLit(run, held))
    const disarmed = calls.filter(({ seconds }) => !(seconds >= 1))
    return {
      ...found,
      wrong: [...found.wrong, ...disarmed.map(({ seconds }) => `it set the timer to ${seconds}`)],
    }
  },
  O19: (run: Run) => ofHolds(run, (held) => sentAfterRelease(run, held)),
  O20: (run: Run) =>
    ofHolds(run, (held) => ({
      wrong: emptySinceTooEarly(run, held),
      couldFail: held.lives.some(({ id }) => lapOf(run, id)?.emptySince != null),
    })),
  O21: (run: Run) =>
    ofHolds(run, (held) => {
      const rested = isPlain(run, held) ? NOTHING : restedTooLong(run, held)
      return { ...rested, wrong: [...rested.wrong, ...forgotten(run, held)] }
    }),
  O22: (run: Run) => ofHolds(run, (held) => lostInCalm(run, held)),
  O23: (run: Run) => ofHolds(run, (held) => unlookedAt(run, held)),
} as const

const NOTHING: Findings = { wrong: [], couldFail: false }

function ofHolds({ holds }: Run, test: (held: Held) => Findings): Findings {
  const found = holds.map(test)
  return {
    wrong: found.flatMap(({ wrong }) => wrong),
    couldFail: found.some(({ couldFail }) => couldFail),
  }
}

/** Lap after lap, each once, and no other hold beside it. */
function isPlain({ holds }: Run, { planned }: Held): boolean {
  const laps = planned.hold?.laps ?? []
  return holds.length === 1 && laps.every(({ gapMs, fate }) => fate.is === 'run' && gapMs <= MOST_GAP_MS)
}

function lapOf({ pulls }: Run, id: number): LapEnd | null {
  return pulls[id]?.lap ?? null
}

function restedTooLong(run: Run, held: Held): Findings {
  const rests = held.lives.flatMap((life) =>
    restsIn(run, held, life)
      .map((rest) => ({ ...rest, boundMs: restBound(run, held, rest.from, life.id) }))
      // One that is placed just before a lap ends is the next lap's.
      .filter(({ from, boundMs }) => life.endedAt - from >= boundMs + lastRoundMs(run))
      .filter(({ from, boundMs }) => answers(run, held, from, from + boundMs)),
  )
  return {
    wrong: rests
      .filter(({ from, to, boundMs }) => to - from > boundMs)
      .map(
        ({ symbol, from, to, boundMs }) =>
          `an order of ${symbol} rested ${(to - from).toFixed(0)} ms from ${from.toFixed(1)} ms on; a lap may take ${boundMs} ms`,
      ),
    couldFail: rests.length > 0,
  }
}

function wronglyLit(run: Run, held: Held): Findings {
  const { scope, hold } = held.planned
  const mayLight = hold?.hasFuse === true && scope === 'all'
  const lit = (life: Life) =>
    run.visits.some(({ pull, call }) => pull === life.id && FUSES.includes(call.endpoint))
  const unlit = held.lives.filter(
    (life) =>
      life.endedAt - life.startedAt > LEAST_LIT_MS &&
      answers(run, held, life.startedAt, life.startedAt + LEAST_LIT_MS) &&
      !cutsOf(run).some((at) => at > life.startedAt && at < life.startedAt + LEAST_LIT_MS) &&
      !lit(life),
  )
  const wrongly = mayLight ? [] : held.lives.filter(lit)
  return {
    wrong: [
      ...wrongly.map(
        ({ id }) =>
          `lap ${id} set Kraken's timer, with ${scope === 'all' ? 'no fuse wanted' : 'symbols named'}`,
      ),
      ...(mayLight ? unlit.map(({ id }) => `lap ${id} did not light the fuse`) : []),
    ],
    couldFail: hold?.hasFuse === true,
  }
}

function sentAfterRelease({ visits }: Run, { lives, isReleased }: Held): Findings {
  if (!isReleased) return NOTHING
  const ids = new Set(lives.map(({ id }) => id))
  const endedAt = Math.max(...lives.map((life) => life.endedAt))
  return {
    wrong: visits
      .filter(({ pull, sentAt }) => ids.has(pull) && sentAt > endedAt + ROUNDING_MS)
      .map(({ call }) => `${call.endpoint} left after the hold was released`),
    couldFail: true,
  }
}

/** What one lap knew, and the next one does not. */
function forgotten(run: Run, { lives }: Held): string[] {
  return lives.flatMap(({ id }) => {
    const lap = lapOf(run, id)
    if (lap === null) return []
    const { before, after } = { before: lap.before.known, after: lap.after.known }
    const isShutAnew = before.shutUntil !== null && differMs(before.shutUntil, after.shutUntil) > 1
    const isLess = (['laps', 'refills', 'cancelled'] as const).filter((name) => after[name] < before[name])
    return [
      ...(isShutAnew ? [`lap ${id} keeps it shut until another time`] : []),
      ...isLess.map((name) => `lap ${id} knows of fewer ${name} than the one before`),
    ]
  })
}

function differMs(a: string, b: string | null): number {
  return b === null ? Infinity : Math.abs(Date.parse(a) - Date.parse(b))
}

/** So many messages one after the other a proof takes at most, with a session that has to be opened. */
const MESSAGES_OF_PROOF = 30

/**
 * Ended as lost, though Kraken answered and nothing rested in scope from the lap's beginning to its end. On the second road
 * whatever is placed, in scope or not, begins the quiet period anew.
 */
function lostInCalm(run: Run, held: Held): Findings {
  const { quietPeriodMs } = held.planned
  const leastMs = quietPeriodMs + MESSAGES_OF_PROOF * run.plan.latencyMs
  const calm = held.lives.filter(
    (life) =>
      (lapOf(run, life.id)?.next ?? 'lap') !== 'lap' &&
      life.endedAt - life.startedAt > leastMs &&
      answers(run, held, life.startedAt, life.endedAt) &&
      restsIn(run, held, life).length === 0 &&
      !run.desk.account.book.changes.some(({ at }) => at > life.startedAt && at < life.endedAt),
  )
  return {
    wrong: calm
      .filter(({ id }) => lapOf(run, id)?.next === 'lost')
      .map(({ id }) => `lap ${id} says that the hold is lost`),
    couldFail: calm.length > 0,
  }
}

/** Between two looks at a road that tells by itself, and at one that does not. */
const MOST_LOOK_MS = { unified: 5_500, both: 5_500, rest: 500 } as const

/** Laps that say EMPTY though nobody has looked for longer than a look and its timeout, or held with a proof from before. */
function unlookedAt(run: Run, held: Held): Findings {
  const { roads, attemptTimeoutMs } = held.planned
  const mostMs = MOST_LOOK_MS[roads] + attemptTimeoutMs + 16 * run.plan.latencyMs
  const proven = held.lives.flatMap(({ id }) => {
    const pulled = run.pulls[id]
    return pulled?.verdict.kind === 'EMPTY' && pulled.lap !== null ? [{ id, ...pulled, lap: pulled.lap }] : []
  })
  const blind = proven.filter(({ id, startedAt, endedAt }) => {
    const looks = run.visits.filter(
      ({ pull, call, isObeyed, deliveredAt }) =>
        pull === id &&
        isObeyed &&
        READS.includes(call.endpoint) &&
        Number(deliveredAt ?? Infinity) <= endedAt,
    )
    return endedAt - Math.max(startedAt, ...looks.map(({ deliveredAt }) => Number(deliveredAt))) > mostMs
  })
  // After a proof the positions are waited for, on one road after the other.
  const early = proven.filter(
    ({ lap, verdict, startedAt, report }) =>
      lap.next === 'held' &&
      verdict.kind === 'EMPTY' &&
      verdict.proof.at + 2 * attemptTimeoutMs <
        startedAt + Date.parse(String(lap.after.known.shutUntil)) - Date.parse(report.trigger.receivedAt),
  )
  return {
    wrong: [
      ...blind.map(({ id }) => `lap ${id} says EMPTY, and nobody has looked for more than ${mostMs} ms`),
      ...early.map(({ id }) => `lap ${id} says that it held, by a proof from before its time`),
    ],
    couldFail: proven.some(({ startedAt, endedAt }) => endedAt - startedAt > mostMs),
  }
}
