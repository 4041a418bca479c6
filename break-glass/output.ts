import type { ReadinessReport } from '../lambda/readiness/readiness.ts'
import { briefOf, interimBriefOf } from '../lambda/report/brief.ts'
import type { Report } from '../lambda/report/report.ts'
import type { ShownAttempt } from '../lambda/report/shown.ts'
import { type InterimInputs, interimOf } from '../lambda/report/still-sweeping.ts'
import type { StillSweeping } from '../lambda/sweep/roads.ts'
import { drawTimeline, LEGEND } from './timeline.ts'

/** What the process says at its end. */
export interface Output {
  /** On standard output: the first sentence first, or the report as JSON and nothing else. */
  readonly text: string
  /** On standard error, a line each. */
  readonly notes: readonly string[]
  readonly exitCode: number
  /** Drawn and written when all of that is said. @returns one line more; never rejects. Null where no page is asked for */
  readonly page?: (() => Promise<string>) | null
}

/** @param json the report alone, for machines */
export function reportText(report: Report, json: boolean): string {
  return json ? `${JSON.stringify(report)}\n` : briefOf(report).text + timeline(report.attempts)
}

/** @param json the report alone, for machines */
export function readinessText(report: ReadinessReport, json: boolean): string {
  const { sentence, problems, warnings, attempts } = report
  if (json) return `${JSON.stringify(report)}\n`
  return `${[sentence, ...problems.slice(1), ...warnings].join('\n')}\n${timeline(attempts)}`
}

/** Of a pull that has not ended. */
export function interimText(known: StillSweeping, inputs: InterimInputs): string {
  return interimBriefOf(interimOf(known, inputs)).text
}

function timeline(attempts: readonly ShownAttempt[]): string {
  const drawn = drawTimeline(attempts)
  return drawn.length === 0 ? '' : `\n${drawn.join('\n')}\n\n${LEGEND}\n`
}
