import { knownAfter, lapInputsOf, nextAfter } from '../lambda/hold/handover.ts'
import { holdForALap } from '../lambda/sweep/hold.ts'
import type { Hold } from '../lambda/triggers/hold-event.ts'
import { invoke } from './invocation.ts'
import type { PlannedHold, PlannedLap } from './planned-hold.ts'
import type { Process } from './process.ts'
import type { Held, Life, Pulled } from './run.ts'
import type { VirtualClock } from './virtual-time.ts'

export interface HoldingInputs {
  readonly clock: VirtualClock
  /** The one that pulled. */
  readonly process: Process
  readonly newProcess: () => Process
  /** The next number of a lap. */
  readonly takeId: (isLost: boolean) => number
  readonly onEnd: (id: number, lap: Pulled) => void
}

/** A process that was left alone for longer may have been frozen. */
const FROZEN_AFTER_MS = 1_500

/** What the state machine hears of a lap, and in which process the next one runs; null when it was lost. */
interface Heard {
  readonly lap: Pulled['lap']
  readonly process: Process
}

/** Asks for lap after lap as the state machine does, until the hold's time is over or it is released. */
export async function holdOn(
  held: Held,
  hold: Hold,
  planned: PlannedHold,
  inputs: HoldingInputs,
): Promise<void> {
  let given = hold
  let { process } = inputs
  const unheard: Promise<unknown>[] = []
  held.isReleased = true
  for (const lap of planned.laps) {
    await inputs.clock.sleep(lap.gapMs)
    if (lap.gapMs > FROZEN_AFTER_MS) process.freeze()
    const heard = await runLap({ ...inputs, held, hold: given, process, planned, unheard }, lap)
    process = heard?.process ?? inputs.newProcess()
    if (heard?.lap?.next === 'lap') given = heard.lap.after
    else if (heard !== null) {
      held.isReleased = false
      break
    }
  }
  await Promise.all(unheard)
}

interface LapRun extends Pick<HoldingInputs, 'clock' | 'newProcess' | 'takeId' | 'onEnd'> {
  readonly held: Held
  readonly hold: Hold
  readonly process: Process
  readonly planned: PlannedHold
  /** Gets laps that go on though nobody waits for them. */
  readonly unheard: Promise<unknown>[]
}

/** One lap, lost, twice or as it should be. */
async function runLap(run: LapRun, { fate }: PlannedLap): Promise<Heard | null> {
  const { process, clock, newProcess, unheard } = run
  if (fate.is === 'lost') return loseLap(run, fate)
  const first = finishLap(run, process)
  if (fate.is === 'run') return first
  const copy = newProcess()
  const second = clock.sleep(fate.afterMs).then(() => finishLap(run, copy))
  unheard.push(first, second)
  return fate.isCopyHeard ? second : first
}

async function finishLap(run: LapRun, process: Process): Promise<Heard> {
  const life = begin(run, false)
  const pulled = await lapOn(run, process, life.id)
  life.endedAt = pulled.endedAt
  run.onEnd(life.id, pulled)
  return { lap: pulled.lap, process }
}

async function loseLap(
  run: LapRun,
  { afterMs, heardAfterMs }: Extract<PlannedLap['fate'], { is: 'lost' }>,
): Promise<null> {
  const { process, clock, planned } = run
  const life = begin(run, true)
  const end = () => {
    life.endedAt = Math.min(life.endedAt, clock.now())
  }
  void lapOn(run, process, life.id).then(end)
  await clock.sleep(Math.min(afterMs, planned.lapMs))
  process.die()
  end()
  await clock.sleep(heardAfterMs)
  return null
}

function begin({ held, clock, takeId }: LapRun, isLost: boolean): Life {
  const life: Life = { id: takeId(isLost), startedAt: clock.now(), endedAt: Infinity, isLost }
  held.lives.push(life)
  return life
}

/** What `lambda/hold/lap.ts` does with one lap. */
async function lapOn({ held, hold, planned }: LapRun, process: Process, id: number): Promise<Pulled> {
  const { lapMs } = planned
  const { planned: pull } = held
  await process.keys.current()
  return invoke({ process, id, planned: { ...pull, timeMs: lapMs }, timeMs: lapMs }, async (inputs) => {
    const { clock, invocation, deadlineAt, roads } = inputs
    const { quietPeriodMs } = pull
    const own = lapInputsOf(hold, invocation)
    const found = await holdForALap({ roads, clock, quietPeriodMs, lapEndsAt: deadlineAt, ...own })
    return {
      swept: found.swept,
      verdict: found.verdict,
      lapEndOf: (report) => {
        const endedAt = clock.wallTime()
        const after = { ...hold, known: knownAfter(hold, found, report, invocation, endedAt) }
        const { emptySince } = after.known
        const sinceMs = emptySince === null ? null : Date.parse(emptySince) - invocation.receivedAt
        return {
          before: hold,
          after,
          emptySince: sinceMs === null ? null : invocation.startedAt + sinceMs,
          next: nextAfter(after, found.verdict.kind, invocation.receivedAt, endedAt),
        }
      },
    }
  })
}
