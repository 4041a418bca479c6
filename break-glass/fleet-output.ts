import type { AccountEnd, AccountSoFar } from '../lambda/fleet/fire-fleet.ts'
import { fleetMessageOf } from '../lambda/fleet/fleet-message.ts'
import type { FleetReadiness } from '../lambda/fleet/fleet-readiness.ts'
import type { FleetReport } from '../lambda/fleet/fleet-report.ts'
import { type FleetInterimInputs, fleetInterimOf } from '../lambda/fleet/fleet-still-sweeping.ts'
import type { FleetVerdict } from '../lambda/fleet/fleet-verdict.ts'
import { NO_LINKS } from '../lambda/messages/links.ts'
import { mailOf } from '../lambda/messages/mail.ts'
import { interimBriefOf } from '../lambda/report/brief.ts'
import { reportText } from './output.ts'

/** The fleet first, then the report of each account that is not proven empty. @param json the report alone, for machines */
export function fleetText(
  report: FleetReport,
  verdict: FleetVerdict,
  ends: readonly AccountEnd[],
  json: boolean,
): string {
  if (json) return `${JSON.stringify(report)}\n`
  const others = ends.flatMap(({ account, answer, report: own }) =>
    own === null || answer.verdict === 'EMPTY' ? [] : [`\n== ${account} ==\n${reportText(own, false)}`],
  )
  return mailOf(fleetMessageOf(report, verdict, ends), NO_LINKS).text + others.join('')
}

/** @param json the report alone, for machines */
export function fleetReadinessText(report: FleetReadiness, json: boolean): string {
  if (json) return `${JSON.stringify(report)}\n`
  const { sentence, problems, warnings, accounts } = report
  const ready = Object.entries(accounts).flatMap(([name, own]) =>
    own.ready ? `${name}: ${own.sentence}` : [],
  )
  return `${[sentence, ...ready, ...problems.slice(1), ...warnings].join('\n')}\n`
}

/** Of a pull that has not ended. */
export function fleetInterimText(known: readonly AccountSoFar[], inputs: FleetInterimInputs): string {
  return interimBriefOf(fleetInterimOf(known, inputs)).text
}
