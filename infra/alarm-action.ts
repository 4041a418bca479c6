import { Names, NestedStack, Stack, Token } from 'aws-cdk-lib'
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import { CfnAlarm, CfnCompositeAlarm } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import type { AlarmPermissions } from './alarm-permissions.ts'
import { alarmPermission } from './permissions.ts'

/** CloudWatch's own limit. CloudFormation cuts off what would be longer, and adds 13 characters to a name of its own. */
const MOST_NAME = 255
const RANDOM = '-0A1B2C3D4E5F'.length

/**
 * Lets an alarm of the desk's own pull the switch, wherever in the app it stands.
 *
 * The permission is made in the switch's stack and names the alarm, the alarm names the alias, both in plain text: neither
 * stack refers to the other, so that no order of their deployments is forced, and no cycle is possible.
 */
export class PullAction implements cloudwatch.IAlarmAction {
  readonly #permissions: AlarmPermissions
  readonly #aliasArn: string
  readonly #aliasName: string

  /** @param aliasName behind `function:`, such as `kill-switch:live` */
  constructor(permissions: AlarmPermissions, aliasArn: string, aliasName: string) {
    this.#permissions = permissions
    this.#aliasArn = aliasArn
    this.#aliasName = aliasName
  }

  /** @throws Error when the alarm is of another region, or when nobody can know its name */
  bind(_scope: Construct, alarm: cloudwatch.IAlarm): cloudwatch.AlarmActionConfig {
    const there = Stack.of(alarm)
    const home = Stack.of(this.#permissions)
    refuseOtherRegion(alarm, there, home)
    const name = nameOf(alarm, there)
    const account = isKnown(there.account) ? there.account : home.account
    const place = { partition: home.partition, region: home.region, account }
    const id = `Alarm-${Names.nodeUniqueId(alarm.node)}`
    const permission = this.#permissions.permit(alarmPermission(id, name, place))
    if (there !== home) return { alarmActionArn: this.#arnIn(there, home) }
    alarm.node.addDependency(permission) // allowed first: an action that is not is lost in silence
    return { alarmActionArn: this.#aliasArn }
  }

  /** In another stack, whose own account and region are meant where the switch's are open. */
  #arnIn(there: Stack, home: Stack): string {
    const account = isKnown(home.account) ? home.account : there.account
    const region = isKnown(home.region) ? home.region : there.region
    return `arn:${there.partition}:lambda:${region}:${account}:function:${this.#aliasName}`
  }
}

function isKnown(value: string): boolean {
  return !Token.isUnresolved(value)
}

function refuseOtherRegion(alarm: cloudwatch.IAlarm, there: Stack, home: Stack): void {
  if (!isKnown(there.region) || !isKnown(home.region) || there.region === home.region) return
  throw new Error(
    `${alarm.node.path} is in ${there.region}, but the kill switch in ${home.region}: CloudWatch pulls nothing in another region. Make the alarm in ${home.region}, or a kill switch of its own in ${there.region}`,
  )
}

/** As CloudWatch will have it, with `*` for what CloudFormation makes up. */
function nameOf(alarm: cloudwatch.IAlarm, there: Stack): string {
  const made = alarm.node.defaultChild
  if (!CfnCompositeAlarm.isCfnCompositeAlarm(made) && !CfnAlarm.isCfnAlarm(made)) return alarm.alarmName
  const written: unknown = there.resolve(made.alarmName)
  if (typeof written === 'string') return written
  const fix = `Give ${alarm.node.path} an alarmName in plain text: by that it is permitted to pull the kill switch`
  if (written !== undefined) throw new Error(fix)
  if (there instanceof NestedStack || !isKnown(there.stackName)) throw new Error(fix)
  const stem = `${there.stackName}-${there.resolve(made.logicalId)}`
  if (stem.length + RANDOM > MOST_NAME) throw new Error(fix)
  return `${there.stackName}-${made.logicalId}-*`
}
