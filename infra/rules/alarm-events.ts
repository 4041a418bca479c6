import { isObject } from '../../lambda/json.ts'
import { locate } from '../assembly.ts'
import type { Switch } from '../switch-in-template.ts'
import { type Named, type Reference, resourcesOf, type Template, textOf } from '../template.ts'
import { pulls, type Stacks } from './rule.ts'

/*
 * Alarms that pull by a rule of EventBridge, which hears of their changes of state: the only way from them to a state
 * machine. The alarm says nothing of it; the rule says which alarms it means, mostly by the beginning of their names.
 */

const STATE_CHANGES = ['CloudWatch Alarm State Change', 'CloudWatch Alarm Contributor State Change']

/** Would a rule that pulls the switch hear of that alarm when it goes off? */
export function isHeard({ all, stackNameOf }: Stacks, alarm: Named, kill: Switch): boolean {
  const name = alarmNameOf(alarm, stackNameOf(alarm.id))
  const nameIn = (value: unknown) => textOf(value, spelling(alarm, name))
  const resourceIn = (value: unknown) => afterAlarm(nameIn(value))
  return pullingRules(all, kill).some(({ properties: { EventPattern: pattern } }) => {
    const { detail = {} } = pattern
    return (
      takesIn(pattern.source, 'aws.cloudwatch', nameIn) &&
      STATE_CHANGES.some((change) => takesIn(pattern['detail-type'], change, nameIn)) &&
      takesIn(pattern.resources, name, resourceIn) &&
      takesIn(detail.alarmName, name, nameIn) &&
      takesIn(detail.state?.value, 'ALARM', nameIn)
    )
  })
}

/** As CloudWatch will have it; CloudFormation makes up the end of one that is not given. */
export function alarmNameOf({ id, properties }: Named, stackName: string): string {
  return properties.AlarmName === undefined
    ? `${stackName}-${locate(id).resourceLogicalId}-…`
    : textOf(properties.AlarmName)
}

/** What references stand for where that alarm is looked for: its own name or ARN, another one's, or what nobody knows. */
export function spelling({ id }: Named, name: string): (reference: Reference) => string {
  return (reference) => {
    if (reference.id !== id) return reference.id.includes('#') ? 'another' : '*'
    return reference.attribute === null ? name : `:alarm:${name}`
  }
}

function pullingRules(template: Template, kill: Switch): Named[] {
  return resourcesOf(template, 'AWS::Events::Rule').filter(
    ({ properties: { Targets = [], EventPattern, State } }) =>
      EventPattern !== undefined &&
      State !== 'DISABLED' &&
      Targets.some(({ Arn }: { readonly Arn: unknown }) => pulls(kill, Arn)),
  )
}

/** Of an ARN, or of the beginning of one. */
function afterAlarm(text: string): string {
  const [before, after] = text.split(':alarm:')
  return after ?? (before?.startsWith('arn:') ? '' : text)
}

/** Does a field of a pattern take that value in? One that is not there takes everything in. */
function takesIn(field: unknown, value: string, read: (value: unknown) => string): boolean {
  return field === undefined || [field].flat().some((matcher) => matches(matcher, value, read))
}

/**
 * A kind of matcher that is not known here takes everything in: better an app is refused than one that pulls itself. What
 * only the deployment knows is not judged.
 *
 * @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
 */
function matches(matcher: unknown, value: string, read: (value: unknown) => string): boolean {
  if (!isMatcher(matcher)) return read(matcher) === value
  const [[kind, given] = []] = Object.entries(matcher)
  if (kind === 'anything-but') return !takesIn(given, value, read)
  if (kind === 'exists') return given === true
  if (isMatcher(given)) return true
  const text = read(given)
  switch (kind) {
    case 'prefix':
      return value.startsWith(text)
    case 'suffix':
      return value.endsWith(text)
    case 'equals-ignore-case':
      return value.toLowerCase() === text.toLowerCase()
    case 'wildcard':
      return wildcard(text).test(value)
    default:
      return true
  }
}

/** A function of CloudFormation is a value. */
function isMatcher(value: unknown): value is object {
  return isObject(value) && !/^(Ref$|Fn::)/.test(Object.keys(value)[0] ?? '')
}

function wildcard(text: string): RegExp {
  const parts = text.split('*').map((part) => part.replace(/[^\w-]/g, '\\$&'))
  return new RegExp(`^${parts.join('.*')}$`, 's')
}
