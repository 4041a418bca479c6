import * as v from 'valibot'
import { isObject } from '../lambda/json.ts'
import { pullFields } from '../lambda/triggers/pull.ts'
import { block, cross, isToken, oneOf, pullNameField, text, unique, whole } from './field.ts'
import { MOST_METRICS, mathFault } from './metric-math.ts'

const { symbol: _, ...scope } = pullFields

const period = v.pipe(
  v.number('takes seconds'),
  v.check(
    (seconds) => [10, 20, 30].includes(seconds) || (seconds >= 60 && seconds <= DAY_S && seconds % 60 === 0),
    'takes 10, 20, 30 or a multiple of 60 seconds, 86400 at most',
  ),
)

const HOUR_S = 3_600
const DAY_S = 24 * HOUR_S

/** CloudWatch takes no more. */
const MOST_DIMENSIONS = 30

const dimensions = v.optional(
  v.pipe(
    v.record(
      text(
        'is no name of a dimension',
        /^[^:\p{Cc}][^\p{Cc}]{0,254}$/u,
        'Use 1 to 255 characters, no : first',
      ),
      text('takes text', /^[^\p{Cc}]{1,255}$/u, 'Use 1 to 255 characters'),
      'takes names and values, such as {"Bot": "one"}',
    ),
    v.maxEntries(
      MOST_DIMENSIONS,
      `holds more than the ${MOST_DIMENSIONS} that CloudWatch takes. Leave some out`,
    ),
  ),
  {},
)
const metric = {
  namespace: text('is no namespace', /^[^:]{1,255}$/, 'Copy it from CloudWatch'),
  metric: text('is no name of a metric', /^.{1,255}$/, 'Copy it from CloudWatch'),
  dimensions,
}
const statistic = oneOf(['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum'])
const rule = {
  name: pullNameField,
  periodSeconds: v.optional(period, 60),
  threshold: v.number('takes a number'),
  comparison: oneOf([
    'GreaterThanOrEqualToThreshold',
    'GreaterThanThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  datapointsToAlarm: v.optional(whole(1, 100), 1),
  evaluationPeriods: v.optional(whole(1, 100), 1),
  missingData: v.optional(oneOf(['missing', 'breaching', 'notBreaching', 'ignore']), 'missing'),
  ...scope,
}

const metrics = v.pipe(
  v.record(
    // The CDK calls the expression itself expr_1.
    text(
      'is no id of a metric',
      /^(?!expr_\d+$)[a-z][A-Za-z0-9_]{0,254}$/,
      'Begin with a small letter, and use none like expr_1',
    ),
    block({ ...metric, statistic }),
    'takes metrics by their ids, such as {"a": {…}}',
  ),
  v.maxEntries(MOST_METRICS, `holds more than the ${MOST_METRICS} that an alarm may use. Leave some out`),
)

const kinds = v.variant(
  'kind',
  [
    block({ kind: v.literal('metric'), ...metric, statistic, ...rule }),
    block({
      kind: v.literal('expression'),
      expression: v.pipe(v.string('takes metric math'), v.minLength(1, 'is empty')),
      metrics,
      ...rule,
    }),
    // Safe by construction: no data counts as 0, and 0 is below 1.
    block({
      kind: v.literal('heartbeat'),
      ...metric,
      name: pullNameField,
      periodSeconds: v.optional(period, 10),
      missedPeriods: v.optional(whole(1, 100), 3),
      ...scope,
    }),
  ],
  'takes a kind: metric, expression or heartbeat',
)

type Kinds = v.InferOutput<typeof kinds>

const alarm = v.pipe(
  kinds,
  cross(['kind', 'datapointsToAlarm', 'evaluationPeriods'], (one) =>
    'evaluationPeriods' in one && one.datapointsToAlarm > one.evaluationPeriods
      ? `wants more datapointsToAlarm than evaluationPeriods. Give it ${one.datapointsToAlarm} evaluationPeriods`
      : null,
  ),
  cross(['kind', 'periodSeconds', 'evaluationPeriods', 'missedPeriods'], (one) => spanFault(one)),
  cross(['kind', 'periodSeconds'], (one) => periodFault(one), 'periodSeconds'),
  cross(
    ['kind', 'expression'],
    (one) =>
      one.kind === 'expression' && !isToken(one.expression)
        ? mathFault(one.expression, idsOf(one.metrics))
        : null,
    'expression',
  ),
)

/** Enough for a desk, and still a list that a person can read. */
const MOST_ALARMS = 50

export const alarms = v.pipe(
  unique(v.array(alarm, 'takes a list')),
  cross(['length'], (all) =>
    all.length > MOST_ALARMS
      ? `holds more than ${MOST_ALARMS}. Watch several metrics by one expression`
      : null,
  ),
)

/** Metrics that are wrong are named by themselves. */
function idsOf(metrics: unknown): string[] {
  return isObject(metrics) ? Object.keys(metrics) : []
}

/**
 * Shorter periods are for metrics of high resolution, such as the heartbeat; CloudWatch refuses them for the namespaces of AWS.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (Period)
 */
function periodFault(one: Kinds): string | null {
  const metrics: unknown[] =
    one.kind !== 'expression' ? [one] : isObject(one.metrics) ? Object.values(one.metrics) : []
  const isOfAws = metrics.some((metric) => isObject(metric) && String(metric.namespace).startsWith('AWS/'))
  return isOfAws && one.periodSeconds < 60 ? 'takes 60 seconds or more for metrics of AWS itself' : null
}

/**
 * CloudWatch looks back over a day, and over seven where a period is an hour or more.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (Period)
 */
function spanFault(one: Kinds): string | null {
  const [field, periods] =
    one.kind === 'heartbeat'
      ? (['missedPeriods', one.missedPeriods] as const)
      : (['evaluationPeriods', one.evaluationPeriods] as const)
  const most = one.periodSeconds < HOUR_S ? DAY_S : 7 * DAY_S
  const span = one.periodSeconds * periods
  if (span <= most) return null
  return `looks back ${span} seconds, periodSeconds times ${field}; CloudWatch takes ${most} at most${most === DAY_S ? ', 604800 from periods of an hour on' : ''}. Lower ${field} to ${Math.floor(most / one.periodSeconds)}`
}
