import { Duration, Stack, TimeZone, Validations } from 'aws-cdk-lib'
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import * as scheduler from 'aws-cdk-lib/aws-scheduler'
import {
  LambdaInvoke,
  type ScheduleTargetBaseProps,
  StepFunctionsStartExecution,
} from 'aws-cdk-lib/aws-scheduler-targets'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import * as sqs from 'aws-cdk-lib/aws-sqs'
import type * as sfn from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { AlarmPermissions } from './alarm-permissions.ts'
import { type AlarmConfig, type Config, pullName, type ScheduleConfig } from './config.ts'
import { type ReadinessPart, readinessParts } from './readiness-parts.ts'

export interface TriggersProps {
  readonly config: Config
  /** What every trigger pulls. */
  readonly alias: lambda.Alias
  /** What they pull instead where there are groups of accounts; null for none. */
  readonly fleetMachine: sfn.IStateMachine | null
}

export interface AlarmsProps extends TriggersProps {
  readonly permissions: AlarmPermissions
  /** Hears of an alarm that has become blind. */
  readonly topic: ITopic
}

/** Alarms that pull the switch, made by it. */
export class Alarms extends Construct {
  readonly #props: AlarmsProps

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id)
    this.#props = props
    for (const alarm of props.config.alarms) this.add(alarm)
  }

  /** Whoever adds one later than the function tells that of its scope. */
  add(alarm: AlarmConfig): cloudwatch.Alarm {
    const { config, alias, fleetMachine, permissions, topic } = this.#props
    const made = new cloudwatch.Alarm(this, `Alarm-${alarm.name}`, alarmProps(config, alarm))
    made.addInsufficientDataAction(new SnsAction(topic))
    if (fleetMachine !== null) return made // a rule hears of it by its name
    made.addAlarmAction({ bind: () => ({ alarmActionArn: alias.functionArn }) })
    made.node.addDependency(permissions.permitOwn()) // allowed first: an action that is not is lost in silence
    return made
  }
}

function alarmProps(config: Config, alarm: AlarmConfig): cloudwatch.AlarmProps {
  const common = {
    alarmName: pullName(config, alarm.name),
    alarmDescription: `Pulls the kill switch ${config.name}: ${alarm.reason ?? alarm.name}. In INSUFFICIENT_DATA it sees nothing, and pulls nothing: find out why its metric is silent.`,
  }
  const { symbols, keep, accounts, group, reason, ...rest } = alarm
  if (rest.kind === 'heartbeat') {
    const beat = metricOf({ ...rest, statistic: 'Sum' })
    return {
      ...common,
      metric: new cloudwatch.MathExpression({
        expression: 'FILL(m, 0)',
        usingMetrics: { m: beat },
        label: rest.metric,
        period: Duration.seconds(rest.periodSeconds),
      }),
      threshold: 1,
      comparisonOperator: cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: rest.missedPeriods,
      datapointsToAlarm: rest.missedPeriods,
      treatMissingData: cloudwatch.TreatMissingData.BREACHING,
    }
  }
  return {
    ...common,
    metric: rest.kind === 'metric' ? metricOf(rest) : expressionOf(rest),
    threshold: rest.threshold,
    comparisonOperator: rest.comparison as cloudwatch.ComparisonOperator,
    evaluationPeriods: rest.evaluationPeriods,
    datapointsToAlarm: rest.datapointsToAlarm,
    treatMissingData: rest.missingData as cloudwatch.TreatMissingData,
  }
}

type MetricConfig = Pick<
  Extract<AlarmConfig, { kind: 'metric' }>,
  'namespace' | 'metric' | 'dimensions' | 'statistic' | 'periodSeconds'
>

function metricOf({
  namespace,
  metric,
  dimensions,
  statistic,
  periodSeconds,
}: MetricConfig): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace,
    metricName: metric,
    dimensionsMap: dimensions,
    statistic,
    period: Duration.seconds(periodSeconds),
  })
}

function expressionOf(alarm: Extract<AlarmConfig, { kind: 'expression' }>): cloudwatch.MathExpression {
  const metrics = Object.entries(alarm.metrics).map(([id, metric]) => [
    id,
    metricOf({ ...metric, periodSeconds: alarm.periodSeconds }),
  ])
  return new cloudwatch.MathExpression({
    expression: alarm.expression,
    usingMetrics: Object.fromEntries(metrics),
    label: alarm.name,
    period: Duration.seconds(alarm.periodSeconds),
  })
}

/** Later than this a pull is not delivered. Less than the function's own STALE_SCHEDULE_MS, which refuses it anyway. */
const MOST_SCHEDULE_AGE = Duration.minutes(10)

/** Sessions that end by the clock, whose lost pulls are kept in a queue; and the readiness check. */
export class Schedules extends Construct {
  readonly deadLetters: sqs.Queue
  readonly #role: iam.Role
  readonly #props: TriggersProps

  constructor(scope: Construct, id: string, props: TriggersProps) {
    super(scope, id)
    const { config } = props
    this.#props = props
    this.deadLetters = new sqs.Queue(this, 'DeadLetters', {
      queueName: `${config.name}-dead-letters`,
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
    })
    Validations.of(this.deadLetters).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason: 'It is a dead-letter queue itself: of EventBridge Scheduler, where the rule does not look.',
    })
    this.#role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    })
    for (const schedule of config.schedules) this.add(schedule)
    for (const part of readinessParts(config)) this.#onceAllowed(this.#readiness(part))
  }

  add(schedule: ScheduleConfig): scheduler.Schedule {
    return this.#onceAllowed(this.#end(this.#props.config, schedule))
  }

  /** Due before its role may invoke, it would be lost. */
  #onceAllowed(schedule: scheduler.Schedule): scheduler.Schedule {
    schedule.node.addDependency(this.#role)
    return schedule
  }

  /** Without a queue: one that is lost leaves no order resting, and two that are lost page by their missing metric. */
  #readiness({ name, groups, suffix, schedule }: ReadinessPart): scheduler.Schedule {
    const input = {
      readiness: true,
      ...(groups === undefined ? {} : { groups }),
      schedule: { name, scheduledTime: scheduler.ContextAttribute.scheduledTime },
    }
    return new scheduler.Schedule(this, `Readiness${suffix}`, {
      scheduleName: name,
      description: 'Checks that the kill switch could fire; cancels nothing',
      schedule,
      timeWindow: scheduler.TimeWindow.off(),
      target: this.#target({
        input: scheduler.ScheduleTargetInput.fromObject(input),
        role: this.#role,
        maxEventAge: Duration.minutes(1),
        retryAttempts: 0,
      }),
    })
  }

  #target(props: ScheduleTargetBaseProps): scheduler.IScheduleTarget {
    const { alias, fleetMachine } = this.#props
    return fleetMachine === null
      ? new LambdaInvoke(alias, props)
      : new StepFunctionsStartExecution(fleetMachine, props)
  }

  #end(config: Config, { name, cron, timeZone, keepShut, ...pull }: ScheduleConfig): scheduler.Schedule {
    const input = {
      schedule: { name, scheduledTime: scheduler.ContextAttribute.scheduledTime },
      ...Object.fromEntries(Object.entries(pull).filter(([, value]) => value !== undefined)),
      ...(keepShut ? { keepShut } : {}),
    }
    return new scheduler.Schedule(this, `Schedule-${name}`, {
      scheduleName: pullName(config, name),
      description: `Pulls the kill switch ${config.name}: ${pull.reason ?? name}`,
      schedule: scheduler.ScheduleExpression.expression(`cron(${cron})`, TimeZone.of(timeZone)),
      timeWindow: scheduler.TimeWindow.off(),
      target: this.#target({
        input: scheduler.ScheduleTargetInput.fromObject(input),
        role: this.#role,
        maxEventAge: MOST_SCHEDULE_AGE,
        retryAttempts: 3,
        deadLetterQueue: this.deadLetters,
      }),
    })
  }
}
