import { MetricUnit } from '@aws-lambda-powertools/metrics'
import type { Context } from 'aws-lambda'
import type { FunctionSettings } from '../init/function-settings.ts'
import type { RoadName } from '../kraken/exchange.ts'
import type { Message } from '../messages/message.ts'
import type { Publication } from '../messages/publish.ts'
import type { Hold } from '../triggers/hold-event.ts'
import type { Trigger } from '../triggers/trigger.ts'
import { logger, metrics } from './log-tools.ts'
import { type CountName, type TimeName, VERDICT_METRIC } from './metric-names.ts'
import type { Report } from './report.ts'
import type { Interim } from './still-sweeping.ts'

/** Two tries of the SNS client; and what is left for the answer itself. */
const MOST_NOTIFY_MS = 3_000
const ANSWER_MS = 100

/** Logs that the switch fires, as it does: if the process dies under way, this line is left. */
export function announce(trigger: Trigger, context: Context, accounts?: readonly string[]): void {
  unheard(() => {
    logger.addContext(context)
    const { kind, by, reason, action } = trigger
    logger.info('firing', {
      trigger: { kind, by, reason },
      scope: action.do === 'fire' ? action.scope : null,
      ...(accounts === undefined ? {} : { accounts }),
    })
  })
}

/**
 * Logs the report and its metrics. Nothing that fails here changes a verdict.
 *
 * @param account of a fleet, by its name; it is said in the line, and a dimension of the metrics
 */
export function publish(report: Report, context: Context, account?: string): void {
  const isAlarming = report.verdict !== 'EMPTY' && report.verdict !== 'NOT_FIRED'
  const by = account === undefined ? {} : { account }
  unheard(() => {
    logger.addContext(context)
    const message = account === undefined ? report.sentence : `${account}: ${report.sentence}`
    logger[isAlarming ? 'error' : 'info'](message, { ...by, report })
  })
  unheard(() => {
    const { timing, cancelled, remaining } = report
    count(VERDICT_METRIC[report.verdict], 1)
    if (report.verdict !== 'NOT_FIRED') {
      count('OrdersCancelled', cancelled.count)
      count('ProtectiveOrdersCancelled', cancelled.protectiveCount)
    }
    if (remaining !== 'unknown') count('OrdersRemaining', remaining.count)
    milliseconds('SentMs', timing.sentMs)
    milliseconds('AckMs', timing.ackMs)
    milliseconds('VerifiedMs', timing.verifiedMs)
    flush(context, by)
  })
  countRoads(report, context, by)
}

function countRoads({ roads }: Report, context: Context, by: Dimensions = {}): void {
  for (const { road, trouble, ackMs } of roads) {
    unheard(() => {
      count('RoadFailed', trouble === null ? 0 : 1)
      milliseconds('RoadAckMs', ackMs)
      flush(context, { ...by, road })
    })
  }
}

/** Logs what goes on after a pull, or why nothing does. */
export function publishHold(sentence: string, isStarted: boolean, context: Context): void {
  unheard(() => {
    logger.addContext(context)
    logger[isStarted ? 'info' : 'error'](sentence)
    count('HoldNotStarted', isStarted ? 0 : 1)
    flush(context)
  })
}

/**
 * Logs one lap of a hold and its metrics. Verdicts are the pull's own: a lap that goes on is counted as a lap.
 *
 * @param account of a fleet, as in `publish`
 */
export function publishLap(end: LapEnd, context: Context, account?: string): void {
  const { next, sentence, warnings, hold, report } = end
  const by = account === undefined ? {} : { account }
  unheard(() => {
    logger.addContext(context)
    const message = account === undefined ? sentence : `${account}: ${sentence}`
    logger[next === 'lost' ? 'error' : 'info'](message, { ...by, lap: { next, hold, warnings }, report })
  })
  unheard(() => {
    count('HoldLap', 1)
    count('HoldLost', next === 'lost' ? 1 : 0)
    count('OrdersCancelled', report?.cancelled.count ?? 0)
    count('ProtectiveOrdersCancelled', report?.cancelled.protectiveCount ?? 0)
    flush(context, by)
  })
  if (report !== null) countRoads(report, context, by)
}

/** A lap's end, as far as it is logged. */
interface LapEnd {
  readonly next: string
  readonly sentence: string
  readonly warnings: readonly string[]
  readonly hold: Hold
  readonly report: Report | null
}

/** Logs what is known of a pull that has not ended, and tells the topic: once, while it goes on. */
export async function tellInterim(
  compose: () => Promise<Interim>,
  settings: FunctionSettings,
  context: Context,
): Promise<void> {
  try {
    const interim = await compose()
    logger.warn(interim.sentence, { interim })
    await tellTopics(
      ({ interimMessageOf }) => interimMessageOf(interim),
      threadOf(context),
      settings,
      context,
    )
  } catch (error) {
    noteUnwritten(error)
  }
}

/** Tells the topic of the verdict, when there is one. */
export function tellReport(report: Report, settings: FunctionSettings, context: Context): Promise<void> {
  return tellTopics(({ messageOf }) => messageOf(report), threadOf(context), settings, context)
}

/** Tells the topics what was composed elsewhere, of this invocation's pull. */
export function tellMessage(
  compose: () => Message,
  settings: FunctionSettings,
  context: Context,
): Promise<void> {
  return tellTopics(compose, threadOf(context), settings, context)
}

/** Tells the topics how a hold ended. @param name of the hold, which is that of its pull */
export function tellHold(
  message: Message,
  name: string,
  settings: FunctionSettings,
  context: Context,
): Promise<void> {
  return tellTopics(() => message, name, settings, context)
}

/** Of one pull, and of the hold after it. */
function threadOf({ awsRequestId }: Context): string {
  return `pull-${awsRequestId}`
}

/** Loads what publishes only now; whatever fails is logged and counted, and changes nothing. */
async function tellTopics(
  compose: (briefs: typeof import('./brief.ts')) => Message,
  thread: string,
  settings: FunctionSettings,
  context: Context,
): Promise<void> {
  const timeoutMs = Math.max(1, Math.min(MOST_NOTIFY_MS, context.getRemainingTimeInMillis() - ANSWER_MS))
  if (settings.notifyTopicArn === null && settings.chatTopicArn === null) return
  try {
    const [briefs, { publicationsOf, publish }] = await Promise.all([
      import('./brief.ts'),
      import('../messages/publish.ts'),
    ])
    const all = publicationsOf(compose(briefs), thread, settings)
    const tell = (one: Publication) =>
      publish(one, settings.aws, timeoutMs).catch((error) => noteUntold(error, one.topicArn, context))
    await Promise.all(all.map(tell))
  } catch (error) {
    noteUntold(error, null, context)
  }
}

/** @param topicArn null where no topic was reached for */
function noteUntold(error: unknown, topicArn: string | null, context: Context): void {
  unheard(() => {
    const cause = error instanceof Error ? error.name : typeof error
    logger.error('the topic was not told', { cause, topicArn })
    count('NotifyFailed', 1)
    flush(context)
  })
}

/** A readiness report, as far as it is counted; all of it is logged. */
interface CountedReadiness {
  readonly ready: boolean
  readonly sentence: string
  readonly roads: readonly { readonly road: RoadName; readonly ready: boolean }[]
}

/** Logs the readiness report and its metric. */
export function publishReadiness(report: CountedReadiness, context: Context, account?: string): void {
  const by = account === undefined ? {} : { account }
  unheard(() => {
    logger.addContext(context)
    const message = account === undefined ? report.sentence : `${account}: ${report.sentence}`
    logger[report.ready ? 'info' : 'error'](message, { ...by, readiness: report })
  })
  unheard(() => {
    count('Ready', report.ready ? 1 : 0)
    flush(context, by)
  })
  for (const { road, ready } of report.roads) {
    unheard(() => {
      count('RoadReady', ready ? 1 : 0)
      flush(context, { ...by, road })
    })
  }
}

export function count(name: CountName, value: number): void {
  metrics.addMetric(name, MetricUnit.Count, value)
}

export function milliseconds(name: TimeName, value: number | null): void {
  if (value !== null) metrics.addMetric(name, MetricUnit.Milliseconds, value)
}

/** Beside the function's name: for metrics of one account, one road, or one schedule, alone. */
type Dimensions = Readonly<Partial<{ account: string; road: RoadName; schedule: string }>>

export function flush(context: Context, by: Dimensions = {}): void {
  metrics.addDimension('function', context.functionName)
  for (const [name, value] of Object.entries(by)) metrics.addDimension(name, value)
  metrics.publishStoredMetrics()
}

export function unheard(effect: () => void): void {
  try {
    effect()
  } catch (error) {
    noteUnwritten(error)
  }
}

function noteUnwritten(error: unknown): void {
  const name = error instanceof Error ? error.name : typeof error
  process.stderr.write(
    `${JSON.stringify({ level: 'ERROR', message: `the report was not written (${name})` })}\n`,
  )
}
