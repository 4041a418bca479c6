import type { RestingOrder } from '../drill/book.ts'
import { shownScope } from '../lambda/report/brief.ts'
import type { Fault, Plan } from './plan.ts'
import type { Run } from './simulation.ts'
import type { Visit } from './visit.ts'

/** A plan and what came of it, to be read. */
export function tell({ plan, desk, visits, pulls }: Run): string {
  const happened = [
    ...pulls.map(({ startedAt, planned }, i) => ({
      at: startedAt,
      what: `pull ${i + 1} begins: ${shownScope(planned.scope)}, ${planned.timeMs} ms, quiet period ${planned.quietPeriodMs} ms`,
    })),
    ...pulls.map(({ endedAt, report }, i) => ({
      at: endedAt,
      what: `pull ${i + 1} ends: ${report.sentence}`,
    })),
    ...desk.account.book.changes.map(({ at, kind, order }) => ({
      at,
      what: `  ${nameOf(order)} is ${kind}`,
    })),
    ...visits.map(({ call, pull }) => ({
      at: call.at,
      what: `  pull ${pull + 1} asks for ${call.endpoint} ${detailsOf(call)}`.trimEnd(),
    })),
    ...visits.flatMap(({ call, pull, deliveredAt, isObeyed }) =>
      deliveredAt === null
        ? []
        : [
            {
              at: deliveredAt,
              what: `  pull ${pull + 1} has ${isObeyed ? 'the' : 'another'} answer to ${call.endpoint}`,
            },
          ],
    ),
  ].toSorted((a, b) => a.at - b.at)
  return [
    ...describe(plan),
    '',
    ...happened.map(({ at, what }) => `${at.toFixed(1).padStart(9)} ms  ${what}`),
  ].join('\n')
}

function describe({ orders, latencyMs, clockSkewMs, jitterSeed, faults }: Plan): string[] {
  return [
    `${orders.length} orders rest; a message takes ${latencyMs} to ${2 * latencyMs} ms (jitter ${jitterSeed}); the exchange's clock is ${clockSkewMs} ms ahead.`,
    ...faults.map(describeFault),
  ]
}

function describeFault({ do: what, ...details }: Fault): string {
  const words = Object.entries(details).map(
    ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
  )
  return `- ${what}${words.length === 0 ? '' : `: ${words.join(', ')}`}`
}

/** All that was asked, but for the nonce: that rises from one run to the next. */
function detailsOf({ params }: Visit['call']): string {
  const details = new URLSearchParams(params)
  details.delete('nonce')
  return details.toString()
}

function nameOf({ symbol, cliOrdId, orderType }: RestingOrder): string {
  return `${symbol} ${orderType}${cliOrdId === null ? '' : ` "${cliOrdId}"`}`
}
