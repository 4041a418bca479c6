import type { Context } from 'aws-lambda'
import type { RoadName } from '../kraken/exchange.ts'
import { count, flush, milliseconds, publish, publishReadiness, unheard } from '../report/log.ts'
import { logger } from '../report/log-tools.ts'
import { VERDICT_METRIC } from '../report/metric-names.ts'
import type { AccountEnd } from './fire-fleet.ts'
import type { FleetReadiness } from './fleet-readiness.ts'
import type { FleetReport } from './fleet-report.ts'
import type { FleetVerdict } from './fleet-verdict.ts'

/**
 * Logs a line for each account, which is the evidence, and one for the fleet; and their metrics. The fleet's own are those of
 * a switch of one account, so that what watches one watches the other: its verdict is the worst that an account came to.
 */
export function publishFleet(
  report: FleetReport,
  verdict: FleetVerdict,
  ends: readonly AccountEnd[],
  context: Context,
): void {
  for (const { account, report: own } of ends) if (own !== null) publish(own, context, account)
  unheard(() => {
    logger.addContext(context)
    const { accounts: _, ...fleet } = report
    const accounts = Object.fromEntries(ends.map(({ account, answer }) => [account, answer]))
    logger[verdict.kind === 'NOT_PROVEN' ? 'error' : 'info'](report.sentence, {
      fleet: { ...fleet, accounts },
    })
  })
  unheard(() => {
    // Of one group of many it is no verdict: that is counted once, for all of them.
    if (report.group === null)
      count(VERDICT_METRIC[verdict.kind === 'NOT_PROVEN' ? verdict.worst : verdict.kind], 1)
    milliseconds('SentMs', report.timing.lastSentMs)
    milliseconds('VerifiedMs', report.group === null ? report.timing.verifiedMs : null)
    flush(context)
  })
  const failed = ends.flatMap(({ report: own }) =>
    (own?.roads ?? []).map(({ road, trouble }) => ({ road, value: trouble === null ? 0 : 1 })),
  )
  countOnRoads('RoadFailed', failed, context, Math.max)
}

/** Of all accounts, or of those of one group: what watches a road of one account watches it here, too. */
function countOnRoads(
  name: 'RoadReady' | 'RoadFailed',
  seen: readonly { readonly road: RoadName; readonly value: number }[],
  context: Context,
  worst: (...values: number[]) => number,
): void {
  for (const road of new Set(seen.map((one) => one.road))) {
    unheard(() => {
      count(name, worst(...seen.filter((one) => one.road === road).map(({ value }) => value)))
      flush(context, { road })
    })
  }
}

/** The same of a readiness check. */
export function publishFleetReadiness(report: FleetReadiness, context: Context): void {
  for (const [account, own] of Object.entries(report.accounts)) publishReadiness(own, context, account)
  unheard(() => {
    logger.addContext(context)
    const { accounts: _, ...fleet } = report
    logger[report.ready ? 'info' : 'error'](report.sentence, { fleetReadiness: fleet })
  })
  const seen = Object.values(report.accounts).flatMap(({ roads }) =>
    roads.map(({ road, ready }) => ({ road, value: ready ? 1 : 0 })),
  )
  countOnRoads('RoadReady', seen, context, Math.min)
  if (report.group !== null) return
  unheard(() => {
    count('Ready', report.ready ? 1 : 0)
    flush(context)
  })
}
