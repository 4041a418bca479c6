import { write } from 'node:fs'
import { type AccountEnd, type AccountSoFar, fireFleet } from '../lambda/fleet/fire-fleet.ts'
import type { FleetReport } from '../lambda/fleet/fleet-report.ts'
import type { FleetInterimInputs } from '../lambda/fleet/fleet-still-sweeping.ts'
import { decideFleet, type FleetVerdict } from '../lambda/fleet/fleet-verdict.ts'
import { environment } from '../lambda/init/settings.ts'
import type { Story } from '../lambda/page/story.ts'
import type { Invocation } from '../lambda/report/report.ts'
import type { Trigger } from '../lambda/triggers/trigger.ts'
import type { ArmedAccounts } from './accounts.ts'
import type { HeldAll } from './hold-fleet.ts'
import { hearSignals } from './interruption.ts'
import type { Options } from './options.ts'
import type { Output } from './output.ts'
import { cutShort, EXIT_CODES, pageOf, type Stories, TIME_MS } from './press.ts'
import { surroundings } from './surroundings.ts'
import { whoPresses } from './who.ts'

/* Several accounts at once, each for itself, as the function of a fleet has them; and one report. */

/** As `act`, for several accounts. */
export function actOnAll(fleet: ArmedAccounts, options: Options): Promise<Output> {
  const invocation = { receivedAt: Date.now(), startedAt: performance.now(), isColdStart: false }
  const deadlineAt = invocation.startedAt + TIME_MS
  return (options.mode === 'check' ? look : press)(fleet, options, invocation, deadlineAt)
}

async function look(
  fleet: ArmedAccounts,
  { json, page }: Options,
  invocation: Invocation,
  deadlineAt: number,
): Promise<Output> {
  const { checkFleet } = await import('../lambda/fleet/fleet-readiness.ts')
  const report = await checkFleet(fleet, null, invocation, deadlineAt, surroundings)
  const { fleetReadinessText } = await import('./fleet-output.ts')
  return {
    text: fleetReadinessText(report, json),
    notes: [],
    exitCode: report.ready ? 0 : 1,
    page: pageOf(page, ({ storyOfReadinessOfAll }) => storyOfReadinessOfAll(report)),
  }
}

async function press(
  fleet: ArmedAccounts,
  { scope, reason, json, holdMs, page: file }: Options,
  invocation: Invocation,
  deadlineAt: number,
): Promise<Output> {
  const asked = fleet.roster
  const action = { do: 'fire', scope, accounts: asked } as const
  const trigger: Trigger = { kind: 'break-glass', by: whoPresses(), reason, eventAt: null, action }
  const { heard: interrupted, first } = hearSignals()
  const onStillSweeping = (known: readonly AccountSoFar[]) => {
    void tellInterim(known, { trigger, scope, group: null, invocation, deadlineAt })
  }
  const meanwhile = { interrupted, onStillSweeping }
  const ends = await fireFleet(fleet, asked, { trigger, fault: null }, invocation, deadlineAt, meanwhile)
  const isWhole = asked.length === fleet.inFile.length
  const verdict = decideFleet(asked, ends, fleet.secret.differences, isWhole)
  const made = await reportOf(fleet, trigger, verdict, ends, invocation)
  const interruption = first()
  const report = interruption === null ? made : cutShort(made, interruption)
  const { fleetText } = await import('./fleet-output.ts')
  const text = fleetText(report, verdict, ends, json)
  const notes = surroundings(environment(), fleet.settings)
  if (interruption !== null || holdMs === null) {
    const exitCode = interruption?.exitCode ?? exitCodeOf(verdict)
    return { text, notes, exitCode, page: pageOf(file, ({ storyOfAll }) => storyOfAll(report)) }
  }
  if (!json) write(1, text, () => {})
  const { keepAllShut } = await import('./hold-fleet.ts')
  const held = await keepAllShut({ fleet, trigger, scope, report, ends, holdMs, interrupted, first })
  const inTheEnd = decideFleet(asked, held.ends, fleet.secret.differences, isWhole)
  return {
    text: heldText(held, report, json),
    notes,
    exitCode: first()?.exitCode ?? exitCodeOf(inTheEnd),
    page: pageOf(file, (stories) => storyOfHeld(held, report, stories)),
  }
}

function heldText(
  { next, sentence, warnings, hold, text }: HeldAll,
  report: FleetReport,
  json: boolean,
): string {
  if (!json) return `\n${text}`
  return `${JSON.stringify({ ...report, held: { next, sentence, warnings, accounts: hold.accounts } })}\n`
}

/** Each account's hold, with the pull before it. */
function storyOfHeld(all: HeldAll, report: FleetReport, stories: Stories): Story {
  const { next, sentence, warnings, hold, laps } = all
  const within = Object.entries(hold.accounts).map(([title, { known, ended }]) => {
    const own = report.accounts[title] ?? null
    const pull = own === null ? null : stories.storyOfPull(own, { title: 'The pull before it' })
    const outcome = OUTCOMES[ended?.as ?? 'lap']
    const held = { laps: laps.get(title) ?? [], sentence: ended?.sentence ?? known.sentence, outcome, known }
    return stories.storyOfHold(held, pull, { title })
  })
  return stories.storyOfSentence(OUTCOMES[next], sentence, { warnings, within })
}

const OUTCOMES = { held: 'HELD', lost: 'HOLD_LOST', lap: 'HOLDING' } as const

/** A terminal that is held up does not hold up the sweep. */
async function tellInterim(known: readonly AccountSoFar[], inputs: FleetInterimInputs): Promise<void> {
  const { fleetInterimText } = await import('./fleet-output.ts')
  write(2, fleetInterimText(known, inputs), () => {})
}

async function reportOf(
  fleet: ArmedAccounts,
  trigger: Trigger,
  verdict: FleetVerdict,
  ends: readonly AccountEnd[],
  invocation: Invocation,
) {
  const { makeFleetReport } = await import('../lambda/fleet/fleet-report.ts')
  const { secret, inFile: roster, roster: asked } = fleet
  const { differences } = secret
  const common = { verdict, ends, differences, trigger, group: null, roster, asked, invocation }
  return makeFleetReport({ ...common, attempts: fleet.takeAttempts() }, performance.now())
}

/** Of the worst that an account came to. */
function exitCodeOf(verdict: FleetVerdict): number {
  return EXIT_CODES[verdict.kind === 'NOT_PROVEN' ? verdict.worst : verdict.kind]
}
