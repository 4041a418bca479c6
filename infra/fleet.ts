import { Annotations, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { Rule } from 'aws-cdk-lib/aws-events'
import { SfnStateMachine } from 'aws-cdk-lib/aws-events-targets'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import * as sfn from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { Config } from './config.ts'
import { fleetDefinition } from './fleet-definition.ts'
import { AT_ONCE, groupSeconds, wavesOf } from './fleet-limits.ts'
import { machineRole } from './machine-role.ts'
import { alarmPermissions, ownAlarms } from './permissions.ts'

export interface FleetProps {
  readonly config: Config
  /** What every group is an invocation of. */
  readonly alias: lambda.Alias
}

/** Later than this an alarm's pull is not delivered: nobody knows what rests by then. */
const MOST_ALARM_AGE = Duration.minutes(10)

/** The state machine that pulls every group of accounts at once, and makes one verdict of their answers. */
export class Fleet extends Construct {
  readonly machine: sfn.StateMachine
  readonly #config: Config

  constructor(scope: Construct, id: string, { config, alias }: FleetProps) {
    super(scope, id)
    this.#config = config
    const groups = config.fleet?.groups ?? []
    const { timeoutSeconds } = config.function
    const { partition } = Stack.of(this)
    const definition = fleetDefinition({ partition, aliasArn: alias.functionArn, groups, timeoutSeconds })
    const role = machineRole(this, alias)
    this.machine = new sfn.StateMachine(this, 'Machine', {
      stateMachineName: `${config.name}-fleet`,
      stateMachineType: sfn.StateMachineType.EXPRESS,
      definitionBody: sfn.DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      logs: { destination: this.#log(config), level: sfn.LogLevel.ALL, includeExecutionData: true },
      role,
    })
    Validations.of(role).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason: 'Step Functions delivers its log by actions that take no resource.',
    })
    Validations.of(this.machine).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SF2',
      reason: 'It calls one function, which times each of its calls itself and reports them.',
    })
    this.#sayWaves(groups.length, timeoutSeconds)
  }

  /**
   * Lets alarms pull the fleet: an alarm action cannot start a state machine, so their changes of state do.
   *
   * @param deadLetters of pulls that were not delivered
   */
  pulledByAlarms(deadLetters: IQueue): void {
    const place = Stack.of(this)
    const own = this.#config.alarms.length === 0 ? [ownAlarms(this.#config, place)] : []
    const arns = [...own, ...alarmPermissions(this.#config, place)].map(({ sourceArn }) => sourceArn)
    const rule = new Rule(this, 'Alarms', {
      ruleName: `${this.#config.name}-fleet-alarms`,
      description: `Pulls the fleet of the kill switch ${this.#config.name} when one of its alarms goes off`,
      eventPattern: {
        source: ['aws.cloudwatch'],
        detailType: ['CloudWatch Alarm State Change'],
        // Each stands for all alarms whose names begin so.
        resources: arns.map((arn) => ({ prefix: arn.replace(/\*$/, '') })) as unknown as string[],
        detail: { state: { value: ['ALARM'] } },
      },
    })
    const role = new iam.Role(this, 'AlarmsRole', {
      assumedBy: new iam.ServicePrincipal('events.amazonaws.com'),
    })
    rule.addTarget(
      new SfnStateMachine(this.machine, {
        role,
        maxEventAge: MOST_ALARM_AGE,
        retryAttempts: 3,
        deadLetterQueue: deadLetters,
      }),
    )
  }

  /** Of each execution: an Express workflow has no history but this. */
  #log({ name, function: { logRetentionDays } }: Config): logs.LogGroup {
    return new logs.LogGroup(this, 'Log', {
      logGroupName: `/aws/vendedlogs/states/${name}-fleet`,
      retention: logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY, // its name has to be free for the next stack
    })
  }

  #sayWaves(groups: number, timeoutSeconds: number): void {
    const waves = wavesOf(groups)
    if (waves < 2) return
    Annotations.of(this).addWarningV2(
      'kraken-futures-kill-switch:fleetWaves',
      `The fleet has ${groups} groups, and Step Functions runs ${AT_ONCE} at once: ${groups - AT_ONCE} of them begin when others have ended, some 2 s later for each of ${waves - 1} more waves when all goes well, and ${groupSeconds(timeoutSeconds)} s later where a group hangs. Larger groups, up to 12 accounts each, make fewer of them; or make several switches.`,
    )
  }
}
