import { write } from 'node:fs'
import { fire } from '../lambda/fire.ts'
import type { Armed } from '../lambda/init/arm.ts'
import { environment } from '../lambda/init/settings.ts'
import type { Story } from '../lambda/page/story.ts'
import type { Invocation, Report } from '../lambda/report/report.ts'
import type { InterimInputs } from '../lambda/report/still-sweeping.ts'
import type { StillSweeping } from '../lambda/sweep/roads.ts'
import type { VerdictKind } from '../lambda/sweep/verdict.ts'
import type { Trigger } from '../lambda/triggers/trigger.ts'
import type { Held } from './hold.ts'
import { hearSignals, type Interruption, interruptedSentence } from './interruption.ts'
import type { Options } from './options.ts'
import type { Output } from './output.ts'
import { surroundings } from './surroundings.ts'
import { whoPresses } from './who.ts'

/** As long as an HTTPS call to the function may take: longer than a sweep needs, and no longer than a person waits. */
export const TIME_MS = 25_000

export const EXIT_CODES: Readonly<Record<VerdictKind, number>> = {
  EMPTY: 0,
  NOT_EMPTY: 1,
  UNVERIFIED: 2,
  FAILED: 3,
  NOT_FIRED: 64,
}

/** Does what was asked for, and gives what is to be said of it. What says it is evaluated when the cancel is out. */
export function act(armed: Armed, options: Options): Promise<Output> {
  const invocation = { receivedAt: Date.now(), startedAt: performance.now(), isColdStart: false }
  const deadlineAt = invocation.startedAt + TIME_MS
  return (options.mode === 'check' ? look : press)(armed, options, invocation, deadlineAt)
}

async function look(
  armed: Armed,
  { json, page }: Options,
  invocation: Invocation,
  deadlineAt: number,
): Promise<Output> {
  const { check } = await import('../lambda/check.ts')
  const report = await check(armed, invocation, deadlineAt, surroundings)
  const { readinessText } = await import('./output.ts')
  return {
    text: readinessText(report, json),
    notes: [],
    exitCode: report.ready ? 0 : 1,
    page: pageOf(page, ({ storyOfReadiness }) => storyOfReadiness(report)),
  }
}

async function press(
  armed: Armed,
  { scope, reason, json, holdMs, page: file }: Options,
  invocation: Invocation,
  deadlineAt: number,
): Promise<Output> {
  const action = { do: 'fire', scope } as const
  const trigger: Trigger = { kind: 'break-glass', by: whoPresses(), reason, eventAt: null, action }
  const account = armed.settings.secretId
  const { heard: interrupted, first } = hearSignals()
  const onStillSweeping = (known: StillSweeping) => {
    void tellInterim(known, { trigger, scope, invocation, deadlineAt, account })
  }
  const meanwhile = { onStillSweeping, interrupted }
  const { report } = await fire(armed, { trigger, fault: null }, invocation, deadlineAt, meanwhile)
  const { reportText } = await import('./output.ts')
  const notes = surroundings(environment(), armed.settings)
  const interruption = first()
  if (interruption !== null) {
    const cut = cutShort(report, interruption)
    const page = pageOf(file, ({ storyOfPull }) => storyOfPull(cut))
    return { text: reportText(cut, json), notes, exitCode: interruption.exitCode, page }
  }
  const exitCode = EXIT_CODES[report.verdict]
  const ofPull = pageOf(file, ({ storyOfPull }) => storyOfPull(report))
  if (holdMs === null) return { text: reportText(report, json), notes, exitCode, page: ofPull }
  if (!json) write(1, reportText(report, json), () => {})
  const { keepShut } = await import('./hold.ts')
  const held = await keepShut({ armed, trigger, scope, report, holdMs, interrupted })
  const { next, sentence, warnings, hold } = held
  const text = json
    ? `${JSON.stringify({ ...report, held: { ...hold.known, next, sentence, warnings } })}\n`
    : `\n${held.text}`
  const page = pageOf(file, (stories) => storyOfHeld(held, report, stories))
  return { text, notes, exitCode: exitCodeOf(held, first()), page }
}

export type Stories = typeof import('../lambda/page/story.ts')

/** Nothing of the picture is evaluated before all else is said. */
export function pageOf(file: string | null, storyOf: (stories: Stories) => Story): Output['page'] {
  if (file === null) return null
  return async () => {
    const [{ writePage }, stories] = await Promise.all([
      import('./page-file.ts'),
      import('../lambda/page/story.ts'),
    ])
    return writePage(file, storyOf(stories))
  }
}

function storyOfHeld(
  { next, sentence, warnings, laps, hold }: Held,
  report: Report,
  stories: Stories,
): Story {
  const outcome = ({ held: 'HELD', lost: 'HOLD_LOST', lap: 'HOLDING' } as const)[next]
  const pull = stories.storyOfPull(report, { title: 'The pull before it' })
  return stories.storyOfHold({ laps, sentence, outcome, known: hold.known }, pull, { warnings })
}

/** Held to its end, which has its proof; or what was known last. */
function exitCodeOf({ next, verdict }: Held, interruption: Interruption | null): number {
  if (interruption !== null) return interruption.exitCode
  return next === 'held' ? EXIT_CODES.EMPTY : EXIT_CODES[verdict]
}

/** A terminal that is held up does not hold up the sweep. */
async function tellInterim(known: StillSweeping, inputs: InterimInputs): Promise<void> {
  const { interimText } = await import('./output.ts')
  write(2, interimText(known, inputs), () => {})
}

/** The same report, of what was known then. */
export function cutShort<R extends Cuttable>(report: R, interruption: Interruption): R {
  const warning = interruptedSentence(interruption, report.timing.totalMs)
  return { ...report, warnings: [warning, ...report.warnings] }
}

interface Cuttable {
  readonly warnings: readonly string[]
  readonly timing: { readonly totalMs: number }
}
