import { Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type { Construct } from 'constructs'
import type { Config } from './config.ts'

/**
 * "May press the kill switch", and nothing else.
 *
 * @param route of the API, where IAM decides about that; else null
 */
export function mayPress(
  scope: Construct,
  { name }: Config,
  aliasArn: string,
  route: string | null,
): iam.ManagedPolicy {
  return new iam.ManagedPolicy(scope, 'MayPress', {
    managedPolicyName: `${name}-may-press-${Stack.of(scope).region}`, // IAM's names hold in every region
    description: 'May press the kill switch, and nothing else',
    statements: [
      new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [aliasArn] }),
      ...(route === null
        ? []
        : [new iam.PolicyStatement({ actions: ['execute-api:Invoke'], resources: [route] })]),
    ],
  })
}
