import { NAMESPACE } from '../../lambda/report/metric-names.ts'
import { isFleet } from '../fleet-in-template.ts'
import { isHold } from '../hold-in-template.ts'
import { qualifierOf, type Switch } from '../switch-in-template.ts'
import { type Named, refersTo, resourcesOf, type Template, textOf } from '../template.ts'
import { alarmNameOf, isHeard, spelling } from './alarm-events.ts'
import { alarmsOf, ids, pulls, type Rule, type Stacks } from './rule.ts'

const byAction = ({ all }: Stacks, kill: Switch) =>
  alarmsOf(all).filter(({ properties }) => pulls(kill, properties.AlarmActions))

/** By their action, or by a rule of EventBridge. */
const pullingAlarms = (stacks: Stacks, kill: Switch) =>
  alarmsOf(stacks.all).filter(
    (alarm) => pulls(kill, alarm.properties.AlarmActions) || isHeard(stacks, alarm, kill),
  )

/** What alarms may do, and what they have to. */
export const ALARM_RULES: readonly Rule[] = [
  {
    name: 'switch-pulls-itself',
    description: 'An alarm on the kill switch pulls the kill switch.',
    fix: 'Let alarms on the switch notify the topic, never the function; of a fleet, choose prefixes that no such name begins with.',
    broken: (stacks, kill) =>
      ids(pullingAlarms(stacks, kill).filter((alarm) => watchesSwitch(stacks.all, alarm, kill))),
  },
  {
    name: 'alarm-not-permitted',
    description: 'The alarm may not invoke the function: its action would be lost without a trace.',
    fix: 'Add a permission on the same alias for lambda.alarms.cloudwatch.amazonaws.com with this account and alarm.',
    broken: (stacks, kill) =>
      ids(byAction(stacks, kill).filter((alarm) => !isPermitted(stacks, alarm, kill))),
  },
  {
    name: 'heartbeat-ignores-silence',
    description: 'The alarm fires when a metric is low, but not when it is silent: a dead bot sends nothing.',
    fix: 'Use the kind heartbeat, or treat missing data as breaching.',
    broken: (stacks, kill) =>
      ids(
        pullingAlarms(stacks, kill).filter(
          ({ properties }) =>
            /^LessThan/.test(properties.ComparisonOperator ?? '') &&
            properties.TreatMissingData !== 'breaching',
        ),
      ),
  },
]

function watchesSwitch(template: Template, { properties }: Named, kill: Switch): boolean {
  if (properties.AlarmRule !== undefined) {
    return alarmsOf(template).some(
      (other) => speaksOf(properties.AlarmRule, other) && watchesSwitch(template, other, kill),
    )
  }
  return metricsOf(properties).some(
    ({ Namespace, Dimensions = [] }) =>
      Namespace === NAMESPACE ||
      (Namespace === 'AWS/Lambda' && Dimensions.some(({ Value }) => pulls(kill, Value))) ||
      (Namespace === 'AWS/States' &&
        Dimensions.some(({ Value }) => isHold(template, Value, kill) || isFleet(Value, kill))),
  )
}

interface Metric {
  readonly Namespace?: string
  readonly Dimensions?: readonly { readonly Value: unknown }[]
}

function metricsOf({ Namespace, Dimensions, Metrics = [] }: Named['properties']): readonly Metric[] {
  return [
    { Namespace, Dimensions },
    ...Metrics.map((one: Named['properties']) => one.MetricStat?.Metric ?? {}),
  ]
}

/** By reference, or by its name or ARN in quotes. */
function speaksOf(rule: unknown, { id, properties }: Named): boolean {
  const said = textOf(rule).split(/["']/)
  const name = textOf(properties.AlarmName)
  return refersTo(rule, id) || said.some((part) => part === name || part.endsWith(`:alarm:${name}`))
}

/** For each version or alias that it pulls: a permission for one of them is none for another. */
function isPermitted({ all, stackNameOf }: Stacks, alarm: Named, kill: Switch): boolean {
  const permissions = resourcesOf(all, 'AWS::Lambda::Permission').filter(
    ({ properties }) =>
      properties.Principal === 'lambda.alarms.cloudwatch.amazonaws.com' &&
      properties.SourceAccount !== undefined &&
      allows(properties.SourceArn, alarm, stackNameOf(alarm.id)),
  )
  const permitted = permissions.map(({ properties }) => qualifierOf(properties.FunctionName, kill))
  const pulled = [alarm.properties.AlarmActions].flat().map((action) => qualifierOf(action, kill))
  return pulled.every((qualifier) => qualifier === null || permitted.includes(qualifier))
}

/** Does the source of a permission take in that alarm? A reference to another one does not. */
function allows(sourceArn: unknown, alarm: Named, stackName: string): boolean {
  const name = alarmNameOf(alarm, stackName)
  const pattern = textOf(sourceArn, spelling(alarm, name)).split(':alarm:').at(-1) ?? ''
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
