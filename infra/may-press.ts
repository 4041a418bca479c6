import { Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type * as lambda from 'aws-cdk-lib/aws-lambda'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { Construct } from 'constructs'
import type { Config } from './config.ts'

/**
 * "May press the kill switch", and nothing else.
 *
 * @param pressed the alias; of a fleet, its state machine
 * @param route of the API, where IAM decides about that; else null
 */
export function mayPress(
  scope: Construct,
  { name }: Config,
  pressed: lambda.IAlias | IStateMachine,
  route: string | null,
): iam.ManagedPolicy {
  const right = pressRight(pressed)
  return new iam.ManagedPolicy(scope, 'MayPress', {
    managedPolicyName: `${name}-may-press-${Stack.of(scope).region}`, // IAM's names hold in every region
    description: 'May press the kill switch, and nothing else',
    statements: [
      new iam.PolicyStatement({ actions: [...right.actions], resources: [...right.resourceArns] }),
      ...(route === null
        ? []
        : [new iam.PolicyStatement({ actions: ['execute-api:Invoke'], resources: [route] })]),
    ],
  })
}

/** What pressing takes, in IAM's words. Whoever invokes the alias of a fleet could answer in the name of its groups. */
export function pressRight(pressed: lambda.IAlias | IStateMachine): {
  readonly actions: string[]
  readonly resourceArns: string[]
} {
  return 'stateMachineArn' in pressed
    ? {
        actions: ['states:StartExecution', 'states:StartSyncExecution'],
        resourceArns: [pressed.stateMachineArn],
      }
    : { actions: ['lambda:InvokeFunction'], resourceArns: [pressed.functionArn] }
}
