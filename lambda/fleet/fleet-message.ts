import { MARKS, type Mark } from '../messages/links.ts'
import type { Message } from '../messages/message.ts'
import { shownScope } from '../report/brief.ts'
import type { AccountEnd } from './fire-fleet.ts'
import type { FleetReport } from './fleet-report.ts'
import type { FleetVerdict } from './fleet-verdict.ts'

/** One message for the whole fleet: its sentence first, then each account's. */
export function fleetMessageOf(
  report: FleetReport,
  verdict: FleetVerdict,
  ends: readonly AccountEnd[],
): Message {
  const { sentence, warnings, trigger, scope, group, roster, timing } = report
  const last = `last first cancel sent ${ms(timing.lastSentMs)}, last account verified ${ms(timing.verifiedMs)}`
  return {
    sentence,
    numbers: ends.map(
      ({ account, report: own }) => [account, own?.sentence ?? 'FAILED: it gave no answer.'] as const,
    ),
    warnings,
    details: [
      ['Pulled by', `${trigger.kind}, ${trigger.by}, at ${trigger.receivedAt}`],
      ...(trigger.reason === null ? [] : [['Reason', trigger.reason] as const]),
      ...(scope === null ? [] : [['Scope', shownScope(scope)] as const]),
      ['Accounts', `${group === null ? '' : `${group}: `}${roster.join(', ')}`],
      ['Times', `${last}${timing.coldStart ? ', cold start' : ''}`],
    ],
    mark: markOf(verdict),
  }
}

/** Of the worst that an account came to. */
export function markOf(verdict: FleetVerdict): Mark {
  return MARKS[verdict.kind === 'NOT_PROVEN' ? verdict.worst : verdict.kind]
}

function ms(value: number | null): string {
  return value === null ? '-' : `${value} ms`
}
