import { Duration } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { RoadName } from '../lambda/kraken/exchange.ts'
import { type MetricName, NAMESPACE, SERVICE, VERDICT_METRIC } from '../lambda/report/metric-names.ts'
import type { Config } from './config.ts'
import { PullsWidget } from './pulls-widget.ts'
import { readinessParts } from './readiness-parts.ts'
import type { SwitchFunction } from './switch-function.ts'
import type { Schedules } from './triggers.ts'

export interface WatchProps {
  readonly config: Config
  readonly switchFunction: SwitchFunction
  readonly schedules: Schedules
  /** Null when no pull is held. */
  readonly holdMachine: IStateMachine | null
  /** Null where there are no groups of accounts. */
  readonly fleetMachine: IStateMachine | null
  readonly topic: ITopic
}

interface Watched {
  readonly id: string
  /** What is wrong when it alarms, and what to do, for the page that it sends. */
  readonly says: string
  readonly metric: cloudwatch.IMetric
  readonly threshold: number
  readonly comparison?: cloudwatch.ComparisonOperator
  readonly missing?: cloudwatch.TreatMissingData
  /** Does it mean that the switch could fail? */
  readonly isDistrust: boolean
  /**
   * Is its end told too? Only where it was measured that all is well again: of what happens now and then the end is that
   * it has not happened for a while, and orders may rest for all that.
   */
  readonly tellsEnd?: boolean
  /** On for so long after each time, so that what goes on happening pages once; a minute by default. */
  readonly lastsMinutes?: number
}

/** Alarms on the switch itself, which page a person and never pull it; one that sums them up, silently; and a dashboard. */
export class Watch extends Construct {
  readonly dashboard: cloudwatch.Dashboard

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id)
    const { config, topic } = props
    const page = new SnsAction(topic)
    const watched = watchedMetrics(props)
    const alarms = watched.map((one) => {
      const alarm = new cloudwatch.Alarm(this, one.id, {
        alarmName: `${config.name}-watch-${one.id}`,
        alarmDescription: one.says,
        metric: one.metric,
        threshold: one.threshold,
        comparisonOperator:
          one.comparison ?? cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        evaluationPeriods: one.lastsMinutes ?? 1,
        datapointsToAlarm: 1,
        treatMissingData: one.missing ?? cloudwatch.TreatMissingData.NOT_BREACHING,
      })
      alarm.addAlarmAction(page)
      if (one.tellsEnd) alarm.addOkAction(page)
      return alarm
    })
    // It pages nobody: each of its alarms does. What has to know at one glance looks at it, or hangs on it.
    const distrust = new cloudwatch.CompositeAlarm(this, 'Untrustworthy', {
      compositeAlarmName: `${config.name}-watch-not-trustworthy`,
      alarmDescription:
        'The kill switch is not trustworthy: be ready to cancel by hand, and see which of its alarms is on.',
      alarmRule: cloudwatch.AlarmRule.anyOf(
        ...alarms
          .filter((_, index) => watched[index]?.isDistrust)
          .map((alarm) => cloudwatch.AlarmRule.fromAlarm(alarm, cloudwatch.AlarmState.ALARM)),
      ),
    })
    this.dashboard = dashboard(this, props, [distrust, ...alarms])
  }
}

/** A metric that the function itself reports, by its name. */
export function ownMetric(
  { name }: Config,
  metricName: MetricName,
  statistic: string,
  period = Duration.minutes(1),
  road?: RoadName,
): cloudwatch.Metric {
  const dimensionsMap = { service: SERVICE, function: name, ...(road === undefined ? {} : { road }) }
  return new cloudwatch.Metric({ namespace: NAMESPACE, metricName, dimensionsMap, statistic, period })
}

/** Of each part, where groups are spread over several: among the others the silence of one would not be missed. */
function watchedReadiness(config: Config): Watched[] {
  // Two checks have to be missed, so that one late one pages nobody.
  const metric = ownMetric(config, 'Ready', 'Minimum', Duration.minutes(2 * config.readinessMinutes + 1))
  return readinessParts(config).map(({ name, groups, suffix }) => {
    const { dimensions } = metric
    return {
      id: `not-ready${suffix}`,
      says: `The kill switch is not ready${groups === undefined ? '' : ` for the groups that ${name} asks`}, or has not said so for too long. The function log says what is wrong and what to do.`,
      metric:
        groups === undefined ? metric : metric.with({ dimensionsMap: { ...dimensions, schedule: name } }),
      threshold: 1,
      comparison: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      missing: cloudwatch.TreatMissingData.BREACHING,
      isDistrust: true,
      tellsEnd: true,
    }
  })
}

/** The roads that the function will surely take; without a choice, only the secret tells. */
function chosenRoads({ roads }: Config): readonly RoadName[] {
  if (roads === undefined) return []
  return roads === 'both' ? ['rest', 'unified'] : [roads]
}

/** A road that is down is paged though the other works: it would be missed when it is needed. */
function watchedRoads(config: Config): Watched[] {
  const twoChecks = Duration.minutes(2 * config.readinessMinutes + 1)
  return chosenRoads(config).flatMap((road) => [
    {
      id: `${road}-not-ready`,
      says: `The road ${road} to Kraken is not ready, or has not said so for too long. The function log says what is wrong and what to do.`,
      metric: ownMetric(config, 'RoadReady', 'Minimum', twoChecks, road),
      threshold: 1,
      comparison: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      missing: cloudwatch.TreatMissingData.BREACHING,
      isDistrust: true,
      tellsEnd: true,
    },
    {
      id: `${road}-failed`,
      says: `The road ${road} to Kraken failed when the kill switch fired. The report says why; what the verdict is worth does not depend on it.`,
      metric: ownMetric(config, 'RoadFailed', 'Sum', Duration.minutes(1), road),
      threshold: 1,
      isDistrust: false,
    },
  ])
}

/** How a hold may end before its time: three things that call for three answers. */
function watchedHold(machine: IStateMachine): Watched[] {
  const period = Duration.minutes(1)
  return [
    {
      id: 'hold-lost',
      says: 'A hold failed: nothing watches the book any more, and it was not proven empty, or may not be empty now. Look at the open orders now; cancel by hand. The message of the hold, and the log, say why.',
      metric: machine.metricFailed({ period }),
      threshold: 1,
      isDistrust: true,
    },
    {
      id: 'hold-timed-out',
      says: 'A hold ran out of time without a last word, because its laps hung or failed: nothing watches the book any more, and nobody knows what is in it. Look at the open orders now; then at the log of the function.',
      metric: machine.metricTimedOut({ period }),
      threshold: 1,
      isDistrust: true,
    },
    {
      id: 'hold-released',
      says: 'Somebody stopped a hold before its time. For information: what is placed from now on stays. If nobody of yours did, press again, and see in CloudTrail who called StopExecution.',
      metric: machine.metricAborted({ period }),
      threshold: 1,
      isDistrust: false,
    },
  ]
}

/** How a pull of a fleet may end without a word, or with one that is not EMPTY. */
function watchedFleet(machine: IStateMachine): Watched[] {
  const period = Duration.minutes(1)
  return [
    {
      id: 'fleet-failed',
      says: 'A pull of the fleet failed: not every account is proven empty, or the event was refused, or nobody could say. Look at the open orders now; the message, or the log of the state machine, says why.',
      metric: machine.metricFailed({ period }),
      threshold: 1,
      isDistrust: true,
    },
    {
      id: 'fleet-timed-out',
      says: 'A pull of the fleet ran out of time without a verdict: nobody knows what is in the books. Look at the open orders now; then at the log of the function.',
      metric: machine.metricTimedOut({ period }),
      threshold: 1,
      isDistrust: true,
    },
    {
      id: 'fleet-stopped',
      says: 'A pull of the fleet was stopped before its verdict. Its groups sweep on, but nobody tells what of them: press again.',
      metric: machine.metricAborted({ period }),
      threshold: 1,
      isDistrust: true,
    },
    {
      id: 'fleet-throttled',
      says: 'Step Functions had no room for a pull of the fleet: it came late, or not at all. Press again.',
      metric: machine.metricThrottled({ period }),
      threshold: 1,
      isDistrust: true,
    },
  ]
}

/** SQS tells of a queue that was idle up to a quarter of an hour late. */
const SQS_LAG_MINUTES = 30

function watchedMetrics(props: WatchProps): Watched[] {
  const { config, schedules, holdMachine, fleetMachine } = props
  const { alias } = props.switchFunction
  // What every check would repeat.
  const lastsMinutes = 2 * config.readinessMinutes + 1
  const sum = { statistic: 'Sum', period: Duration.minutes(1) }
  const count = (name: MetricName) => ownMetric(config, name, 'Sum')
  return [
    ...watchedReadiness(config),
    {
      id: 'not-empty',
      says: 'The kill switch fired and could not prove that the book is empty. Look at the open orders now; cancel by hand.',
      metric: new cloudwatch.MathExpression({
        expression: 'FILL(a, 0) + FILL(b, 0) + FILL(c, 0)',
        usingMetrics: {
          a: count('VerdictNotEmpty'),
          b: count('VerdictUnverified'),
          c: count('VerdictFailed'),
        },
        label: 'Verdicts other than EMPTY',
        period: Duration.minutes(1),
      }),
      threshold: 1,
      isDistrust: true,
    },
    {
      id: 'fired',
      says: 'The kill switch fired and the book is empty. For information; see to positions without stops.',
      metric: count('VerdictEmpty'),
      threshold: 1,
      isDistrust: false,
    },
    {
      id: 'errors',
      says: 'The function threw: unproven, refused input, or not ready when asked by hand; or it broke down. Its log has the sentence.',
      metric: alias.metricErrors(sum),
      threshold: 1,
      isDistrust: true,
      lastsMinutes,
    },
    {
      id: 'throttles',
      says: 'Lambda throttled the function: raise the account quota or reserve concurrency.',
      metric: alias.metricThrottles(sum),
      threshold: 1,
      isDistrust: true,
      lastsMinutes,
    },
    {
      id: 'dropped-events',
      says: 'Lambda dropped an event for the function: an alarm or schedule pulled, or a check was due, and nothing happened.',
      metric: alias.metric('AsyncEventsDropped', sum),
      threshold: 1,
      isDistrust: true,
      lastsMinutes,
    },
    {
      id: 'dead-letters',
      says: 'A schedule could not be delivered: its event is in the dead-letter queue, and its orders may rest.',
      // What arrives, not what lies there: on for the fourteen days that it lies there, the alarm would page no second one.
      metric: schedules.deadLetters.metricNumberOfMessagesSent(sum),
      threshold: 1,
      isDistrust: true,
      lastsMinutes: SQS_LAG_MINUTES,
    },
    {
      id: 'slow',
      says: 'The function needed nearly all of its time. See its log; give it more if Kraken was merely slow.',
      metric: alias.metricDuration({ statistic: 'Maximum', period: Duration.minutes(1) }),
      threshold: config.function.timeoutSeconds * 1000 * 0.9, // a sweep to its deadline takes so much at least
      isDistrust: false,
    },
    {
      id: 'notify-failed',
      says: 'The function could not publish its report to the topic: its verdicts are in the log only.',
      metric: count('NotifyFailed'),
      threshold: 1,
      isDistrust: true,
    },
    ...watchedRoads(config),
    ...(holdMachine === null ? [] : watchedHold(holdMachine)),
    ...(fleetMachine === null ? [] : watchedFleet(fleetMachine)),
  ]
}

function dashboard(
  scope: Construct,
  { config, switchFunction, holdMachine }: WatchProps,
  alarms: cloudwatch.IAlarm[],
): cloudwatch.Dashboard {
  const board = new cloudwatch.Dashboard(scope, 'Dashboard', { dashboardName: config.name })
  const metric = (name: MetricName, statistic: string) =>
    ownMetric(config, name, statistic, Duration.minutes(5))
  const times = (['SentMs', 'AckMs', 'VerifiedMs'] as const).flatMap((name) => [
    metric(name, 'p50'),
    metric(name, 'p99'),
  ])
  const ofRoads = (name: MetricName, statistic: string) =>
    (['rest', 'unified'] as const).map((road) =>
      ownMetric(config, name, statistic, Duration.minutes(5), road).with({ label: `${name} ${road}` }),
    )
  const verdicts = Object.values(VERDICT_METRIC).map((name) => metric(name, 'Sum'))
  board.addWidgets(
    new cloudwatch.AlarmStatusWidget({ title: 'Can it be trusted?', alarms, width: 16, height: 4 }),
    new cloudwatch.SingleValueWidget({
      title: 'Ready, and each road',
      metrics: [metric('Ready', 'Minimum'), ...ofRoads('RoadReady', 'Minimum')],
      width: 8,
      height: 4,
    }),
  )
  board.addWidgets(new PullsWidget(scope, 'Pulls', { config, switchFunction }).widget)
  board.addWidgets(
    new cloudwatch.LogQueryWidget({
      title: 'Last firings',
      logGroupNames: [switchFunction.logGroup.logGroupName],
      queryLines: [
        'fields @timestamp, message, report.trigger.kind, report.trigger.by',
        'filter ispresent(report.verdict)',
        'sort @timestamp desc',
        'limit 20',
      ],
      width: 24,
      height: 7,
    }),
  )
  board.addWidgets(
    new cloudwatch.GraphWidget({ title: 'Verdicts', left: verdicts, stacked: true, width: 8 }),
    new cloudwatch.GraphWidget({
      title: 'Sent, acknowledged, verified (ms, p50 and p99)',
      left: [...times, ...ofRoads('RoadAckMs', 'p50')],
      width: 8,
    }),
    new cloudwatch.GraphWidget({
      title: 'Orders cancelled, protective among them, remaining',
      left: [
        metric('OrdersCancelled', 'Sum'),
        metric('ProtectiveOrdersCancelled', 'Sum'),
        metric('OrdersRemaining', 'Maximum'),
      ],
      width: 8,
    }),
  )
  if (holdMachine !== null) board.addWidgets(holdWidget(config, holdMachine))
  return board
}

/** A hold is running while there are laps. */
function holdWidget(config: Config, machine: IStateMachine): cloudwatch.IWidget {
  const period = Duration.minutes(5)
  return new cloudwatch.GraphWidget({
    title: 'Holds: started, ended, and their laps',
    left: [
      machine.metricStarted({ period }),
      machine.metricSucceeded({ period }),
      machine.metricFailed({ period }),
      machine.metricTimedOut({ period }),
      machine.metricAborted({ period }),
    ],
    right: [ownMetric(config, 'HoldLap', 'Sum', period)],
    width: 24,
  })
}
