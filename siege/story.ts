import type { RestingOrder } from '../drill/book.ts'
import { readBatch } from '../drill/endpoints.ts'
import { shownScope } from '../lambda/report/brief.ts'
import type { Fault, Plan } from './plan.ts'
import type { Run } from './run.ts'
import type { Visit } from './visit.ts'

/** A plan and what came of it, to be read. */
export function tell(run: Run): string {
  const { plan, desk, visits, pulls } = run
  const nameOf = (id: number) => nameOfPull(run, id)
  const happened = [
    ...pulls.map(({ startedAt, planned }, i) => ({
      at: startedAt,
      what: `${nameOf(i)} begins: ${shownScope(planned.scope)}, ${planned.timeMs} ms, quiet period ${planned.quietPeriodMs} ms, roads: ${planned.roads}`,
    })),
    ...pulls.map(({ endedAt, report, lap }, i) => ({
      at: endedAt,
      what: `${nameOf(i)} ends: ${report.sentence}${lap === null ? '' : ` Empty since ${lap.emptySince?.toFixed(1) ?? 'unknown'}; next: ${lap.next}`}`,
    })),
    ...lostLaps(run),
    ...desk.account.timer.firedAt.map((at) => ({ at, what: "  Kraken's own timer fires" })),
    ...desk.account.book.changes.map(({ at, kind, order }) => ({
      at,
      what: `  ${orderName(order)} is ${kind}`,
    })),
    ...visits.map(({ call, pull }) => ({
      at: call.at,
      what: `  ${nameOf(pull)} asks for ${call.endpoint} ${detailsOf(call)}`.trimEnd(),
    })),
    ...visits.flatMap(({ call, pull, deliveredAt, isObeyed }) =>
      deliveredAt === null
        ? []
        : [
            {
              at: deliveredAt,
              what: `  ${nameOf(pull)} has ${isObeyed ? 'the' : 'another'} answer to ${call.endpoint}`,
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

/** By the number that visits have. */
function nameOfPull({ plan, holds }: Run, id: number): string {
  if (id >= 0 && id < plan.pulls.length) return `pull ${id + 1}`
  const hold = holds.findIndex(({ lives }) => lives.some((life) => life.id === id))
  const lap = holds[hold]?.lives.findIndex((life) => life.id === id) ?? -1
  return `lap ${lap + 1}${holds.length === 1 ? '' : ` of hold ${hold + 1}`}`
}

function lostLaps(run: Run): { readonly at: number; readonly what: string }[] {
  const lost = run.holds.flatMap(({ lives }) => lives.filter(({ isLost }) => isLost))
  return lost.flatMap(({ id, startedAt, endedAt }) => [
    { at: startedAt, what: `${nameOfPull(run, id)} begins, and will be lost` },
    { at: endedAt, what: `${nameOfPull(run, id)} is lost` },
  ])
}

function describe({ orders, pulls, latencyMs, clockSkewMs, jitterSeed, faults, faulty }: Plan): string[] {
  return [
    `${orders.length} orders rest; a message takes ${latencyMs} to ${2 * latencyMs} ms (jitter ${jitterSeed}); the exchange's clock is ${clockSkewMs} ms ahead.`,
    ...pulls.flatMap(({ hold }, i) =>
      hold === null ? [] : [`- hold after pull ${i + 1}: ${JSON.stringify(hold)}`],
    ),
    ...(faulty === null ? [] : [`- faults from ${faulty.fromMs} to ${faulty.toMs} ms`]),
    ...faults.map(describeFault),
  ]
}

function describeFault({ do: what, ...details }: Fault): string {
  const words = Object.entries(details).map(
    ([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`,
  )
  return `- ${what}${words.length === 0 ? '' : `: ${words.join(', ')}`}`
}

/** All that was asked, but for what is another in each run: the nonce, and the ids of orders, which are counted. */
function detailsOf({ params }: Visit['call']): string {
  const details = new URLSearchParams(params)
  const ids = readBatch(params) ?? params.get('order_id')?.split(',') ?? []
  for (const name of ['nonce', 'json', 'order_id']) details.delete(name)
  return [...(ids.length === 0 ? [] : [`${ids.length} orders`]), details.toString()].join(' ').trim()
}

function orderName({ symbol, cliOrdId, orderType }: RestingOrder): string {
  return `${symbol} ${orderType}${cliOrdId === null ? '' : ` "${cliOrdId}"`}`
}
