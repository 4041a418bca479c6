import { Stack, Tags, Token } from 'aws-cdk-lib'
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import type { Schedule } from 'aws-cdk-lib/aws-scheduler'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { VERDICT_METRIC } from '../lambda/report/metric-names.ts'
import { PullAction } from './alarm-action.ts'
import { AlarmPermissions } from './alarm-permissions.ts'
import type { PullingAlarm } from './alarm-props.ts'
import { type Config, type Home, readConfig } from './config.ts'
import type { Written } from './config-invalid.ts'
import { dashboardLink } from './dashboard-link.ts'
import { Fleet } from './fleet.ts'
import { Hold } from './hold.ts'
import { isHolding } from './hold-config.ts'
import { PressApi } from './http-api.ts'
import { mayPress, pressRight } from './may-press.ts'
import { chatTopicOf, notificationTopic } from './notification.ts'
import { makeOutputs } from './outputs.ts'
import type { KillSwitchProps, SessionEnd } from './props.ts'
import { SafetyRules } from './rules.ts'
import { ALIAS, SwitchFunction } from './switch-function.ts'
import { Alarms, Schedules } from './triggers.ts'
import { ownMetric, Watch } from './watch.ts'

export type {
  AlarmMetric,
  AlarmRule,
  ExpressionAlarm,
  HeartbeatAlarm,
  MetricAlarm,
  PullingAlarm,
  PullScope,
} from './alarm-props.ts'
export { ConfigInvalid } from './config-invalid.ts'
export type { FunctionProps } from './function-props.ts'
export type { KillSwitchProps, SessionEnd } from './props.ts'

/** What a pull came to. */
export type VerdictKind = 'EMPTY' | 'NOT_EMPTY' | 'UNVERIFIED' | 'FAILED' | 'NOT_FIRED'

/**
 * The whole switch: function, triggers, notification, watch. For a stack of its own, or for the app that a desk has.
 *
 * What is unsafe does not synthesize: its rules look at the whole app.
 *
 * @throws ConfigInvalid naming every mistake in the props
 */
export class KillSwitch extends Construct {
  /** What pulls it: `aws lambda invoke`, and any trigger of your own. */
  readonly alias: lambda.Alias
  /** Of the function. It may do what it needs, and nothing else. */
  readonly role: iam.Role
  /** Who is told of every pull. */
  readonly topic: ITopic
  /** What a chat program hears of every pull; null for none. */
  readonly chatTopic: ITopic | null
  /** Where the reports are. */
  readonly logGroup: ILogGroup
  /** What holds the book after a pull; null when no pull is held. */
  readonly holdMachine: StateMachine | null
  /** What pulls the groups of a fleet, instead of the alias; null where there are none. */
  readonly fleetMachine: StateMachine | null
  /** `POST` here; null when the API is off. */
  readonly url: string | null
  /** "May press the kill switch", and nothing else, to attach to people and roles of other apps. */
  readonly mayPress: iam.ManagedPolicy
  /**
   * Lets an alarm of yours pull the switch: `alarm.addAlarmAction(killSwitch.alarmAction)`. It brings its permission, also
   * for an alarm of another stack or account of the app; one of another region is refused. An alarm that pulls cancels
   * everything.
   */
  readonly alarmAction: cloudwatch.IAlarmAction

  readonly #switchFunction: SwitchFunction
  readonly #alarms: Alarms
  readonly #schedules: Schedules
  readonly #pressRoute: string | null
  #props: KillSwitchProps
  #config: Config

  constructor(scope: Construct, id: string, props: KillSwitchProps) {
    super(scope, id)
    this.#props = props
    this.#config = this.#read(props)
    const config = this.#config
    SafetyRules.guard(this)
    this.topic = notificationTopic(this, config)
    this.chatTopic = chatTopicOf(this, config)
    const { topic, chatTopic } = this
    const dashboardUrl = dashboardLink(this, config.name)
    this.#switchFunction = new SwitchFunction(this, 'Switch', { config, topic, chatTopic, dashboardUrl })
    const { alias, role, logGroup } = this.#switchFunction
    this.alias = alias
    this.role = role
    this.logGroup = logGroup
    this.holdMachine = isHolding(config) ? new Hold(this, 'Hold', { config, alias }).machine : null
    const fleet = config.fleet === undefined ? null : new Fleet(this, 'Fleet', { config, alias })
    this.fleetMachine = fleet?.machine ?? null
    const { fleetMachine } = this
    const permissions = new AlarmPermissions(this, 'Permissions', { config, alias })
    this.alarmAction =
      fleet === null
        ? new PullAction(permissions, alias.functionArn, `${config.name}:${ALIAS}`)
        : { bind: refuseAction }
    this.#alarms = new Alarms(this, 'Alarms', { config, alias, fleetMachine, permissions, topic })
    this.#schedules = new Schedules(this, 'Schedules', { config, alias, fleetMachine })
    fleet?.pulledByAlarms(this.#schedules.deadLetters)
    const api = config.api.enabled ? new PressApi(this, 'Api', { config, alias, fleetMachine }) : null
    this.url = api?.url ?? null
    this.#pressRoute = api?.routeArn ?? null
    this.mayPress = mayPress(this, config, this.fleetMachine ?? alias, this.#pressRoute)
    new Watch(this, 'Watch', {
      config,
      switchFunction: this.#switchFunction,
      schedules: this.#schedules,
      holdMachine: this.holdMachine,
      fleetMachine,
      topic,
    })
    const switchFunction = this.#switchFunction
    makeOutputs(this, { config, switchFunction, fleetMachine, topic, chatTopic, api, dashboardUrl })
    this.#govern(config)
  }

  /**
   * Makes an alarm that pulls the switch.
   *
   * @throws ConfigInvalid naming every mistake in it, or in what it and the other settings come to
   */
  addAlarm(alarm: PullingAlarm): cloudwatch.Alarm {
    const added = this.#add({ alarms: [...(this.#props.alarms ?? []), alarm] }).alarms.at(-1)
    this.#switchFunction.learn(this.#config)
    return this.#alarms.add(added as Config['alarms'][number])
  }

  /**
   * Pulls the switch at the end of a session.
   *
   * @throws ConfigInvalid naming every mistake in it, or in what it and the other settings come to
   */
  addSchedule(schedule: SessionEnd): Schedule {
    const added = this.#add({ schedules: [...(this.#props.schedules ?? []), schedule] }).schedules.at(-1)
    return this.#schedules.add(added as Config['schedules'][number])
  }

  /** Lets somebody press the switch: invoke its alias, and call its API where IAM decides about that. */
  grantPress(grantee: iam.IGrantable): iam.Grant {
    const invoke =
      this.fleetMachine === null
        ? this.alias.grantInvoke(grantee)
        : iam.Grant.addToPrincipal({ grantee, ...pressRight(this.fleetMachine) })
    if (this.#pressRoute === null) return invoke
    const call = { grantee, actions: ['execute-api:Invoke'], resourceArns: [this.#pressRoute] }
    return invoke.combine(iam.Grant.addToPrincipal(call))
  }

  /** How many pulls came to that verdict: a sum over a minute, unless the options say otherwise. */
  metricVerdict(kind: VerdictKind, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return ownMetric(this.#config, VERDICT_METRIC[kind], 'Sum').with(options ?? {})
  }

  /**
   * 1 when the last check said that it could fire now, 0 when not; missing when nothing was checked. Of a fleet of groups a
   * check is of some of them: each of its schedules has a metric of its own, with the dimension `schedule`.
   */
  metricReady(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return ownMetric(this.#config, 'Ready', 'Minimum').with(options ?? {})
  }

  /** The settings with more; refused, they stay as they are. */
  #add(more: Partial<KillSwitchProps>): Config {
    const props = { ...this.#props, ...more }
    this.#config = this.#read(props)
    this.#props = props
    return this.#config
  }

  #read(props: KillSwitchProps): Config {
    const written: Written = { where: `KillSwitch ${this.node.path}`, root: 'props' }
    return readConfig(props, homeOf(this), written)
  }

  /** What holds for all that it made, or for its stack. */
  #govern({ tags, terminationProtection, function: { permissionsBoundaryArn } }: Config): void {
    for (const [name, value] of Object.entries(tags)) Tags.of(this).add(name, value)
    if (terminationProtection !== undefined) Stack.of(this).terminationProtection = terminationProtection
    if (permissionsBoundaryArn === undefined) return
    iam.PermissionsBoundary.of(this).apply(
      iam.ManagedPolicy.fromManagedPolicyArn(this, 'Boundary', permissionsBoundaryArn),
    )
  }
}

function refuseAction(): never {
  throw new Error(
    "An alarm action cannot start the state machine of a fleet: a rule hears of alarms by the beginning of their names. Give this one's to alarmsElsewhere.prefixes instead",
  )
}

/** The stack's; where its region is left open, the one that the CDK is about to deploy to. */
function homeOf(scope: Construct): Home {
  const { region, account } = Stack.of(scope)
  return {
    region: Token.isUnresolved(region) ? process.env.CDK_DEFAULT_REGION || undefined : region,
    account: Token.isUnresolved(account) ? undefined : account,
  }
}
