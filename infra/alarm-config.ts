import * as v from 'valibot'
import { pullFields } from '../lambda/pull.ts'
import { block, cross, oneOf, pullNameField, text, unique, whole } from './field.ts'

const scope = { symbols: pullFields.symbols, reason: pullFields.reason }

const period = v.pipe(
  v.number('takes seconds'),
  v.check(
    (seconds) => [10, 20, 30].includes(seconds) || (seconds >= 60 && seconds <= 86_400 && seconds % 60 === 0),
    'takes 10, 20, 30 or a multiple of 60 seconds, 86400 at most',
  ),
)

const dimensions = v.optional(v.record(v.string(), v.string('takes text')), {})
const metric = {
  namespace: text('is no namespace', /^[^:]{1,255}$/, 'Copy it from CloudWatch'),
  metric: v.pipe(v.string('takes the name of a metric'), v.minLength(1, 'is empty')),
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

const kinds = v.variant(
  'kind',
  [
    block({ kind: v.literal('metric'), ...metric, statistic, ...rule }),
    block({
      kind: v.literal('expression'),
      expression: v.pipe(v.string('takes metric math'), v.minLength(1, 'is empty')),
      metrics: v.record(
        text('is no id of a metric', /^[a-z][A-Za-z0-9_]*$/, 'Begin with a small letter'),
        block({ ...metric, statistic }),
      ),
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

const alarm = v.pipe(
  kinds,
  cross(['kind', 'datapointsToAlarm', 'evaluationPeriods'], (one) =>
    'evaluationPeriods' in one && one.datapointsToAlarm > one.evaluationPeriods
      ? `wants more datapointsToAlarm than evaluationPeriods. Give it ${one.datapointsToAlarm} evaluationPeriods`
      : null,
  ),
)

/** The scopes of alarms travel in the function's environment, which holds 4 KB in all. */
const MOST_SCOPES = 3_000

function scopesLength(
  alarms: readonly { name: string; symbols?: string[] | undefined; reason?: string | undefined }[],
): number {
  return JSON.stringify(
    alarms.map(({ name, symbols, reason }) => (symbols || reason ? [name, symbols, reason] : null)),
  ).length
}

/** Enough for a desk, and still a list that a person can read. */
const MOST_ALARMS = 50

export const alarms = v.pipe(
  unique(v.array(alarm, 'takes a list')),
  cross(['$.kind', '$.name', '$.symbols', '$.reason'], (all) =>
    scopesLength(all) > MOST_SCOPES
      ? "holds more symbols and reasons than the function's environment has room for. Shorten the reasons"
      : null,
  ),
  cross(['length'], (all) =>
    all.length > MOST_ALARMS
      ? `holds more than ${MOST_ALARMS}. Watch several metrics by one expression`
      : null,
  ),
)
