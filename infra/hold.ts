import { Stack, Validations } from 'aws-cdk-lib'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import * as sfn from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import type { Config } from './config.ts'
import { holdMachineName } from './hold-config.ts'
import { holdDefinition } from './hold-definition.ts'
import { machineRole } from './machine-role.ts'

export interface HoldProps {
  readonly config: Config
  /** What every lap is an invocation of. */
  readonly alias: lambda.Alias
}

/** The state machine that sweeps on after a pull. The function starts it; a person who stops it releases the book. */
export class Hold extends Construct {
  readonly machine: sfn.StateMachine

  constructor(scope: Construct, id: string, { config, alias }: HoldProps) {
    super(scope, id)
    const { partition } = Stack.of(this)
    const definition = holdDefinition({ partition, aliasArn: alias.functionArn, ...config.hold })
    this.machine = new sfn.StateMachine(this, 'Machine', {
      stateMachineName: holdMachineName(config),
      stateMachineType: sfn.StateMachineType.STANDARD, // its executions are seen, and stopped, in the console
      definitionBody: sfn.DefinitionBody.fromString(Stack.of(this).toJsonString(definition)),
      role: machineRole(this, alias),
    })
    // A log would need the right to deliver logs of any kind to any place, in a role that may now invoke one alias alone.
    Validations.of(this.machine).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SF1',
      reason:
        'Step Functions keeps the history of each execution for 90 days, and each lap writes to the log of the function.',
    })
    Validations.of(this.machine).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SF2',
      reason: 'It calls one function, which times each of its calls itself and reports them.',
    })
  }
}
