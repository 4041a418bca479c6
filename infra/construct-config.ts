import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import * as v from 'valibot'
import { isObject } from '../lambda/json.ts'
import { construct, cross } from './field.ts'
import { secretFault } from './secret-id.ts'

/*
 * Settings that take constructs of the desk's own app.
 */

/** Its name or ARN. */
export const secretWords = v.pipe(
  v.string(String(secretFault(''))),
  cross([], (secret) => secretFault(secret)),
)
const secretConstruct = construct<ISecret>(
  'secretArn',
  'takes a secret of Secrets Manager, its name or its ARN, such as Secret.fromSecretNameV2(this, "Kraken", "kill-switch/kraken")',
)

/** A secret, its name or its ARN; never what is in it. */
export const secret = v.lazy((input) => (isObject(input) ? secretConstruct : secretWords))

const key = (words: string) =>
  v.optional(construct<IKey>('keyArn', `takes a KMS key of the CDK, such as Key.fromKeyArn(…)${words}`))

export const constructs = {
  /** Of a secret that is encrypted with a key of the desk's own. */
  secretKey: key('. For its ARN there is secretKeyArn'),
  topic: v.optional(
    construct<ITopic>(
      'topicArn',
      'takes an SNS topic of the CDK, such as new Topic(…). For its ARN there is notify.topicArn',
    ),
  ),
  topicKey: key(''),
  vpc: v.optional(
    construct<IVpc>('vpcId', 'takes a VPC of the CDK, such as Vpc.fromLookup(this, "Vpc", {vpcId: "…"})'),
  ),
  vpcSubnets: v.optional(
    v.custom<SubnetSelection>(
      (value) => isObject(value) && !Array.isArray(value),
      'takes a choice of subnets, such as {subnetType: SubnetType.PRIVATE_WITH_EGRESS}',
    ),
  ),
  securityGroups: v.optional(
    v.array(
      construct<ISecurityGroup>('securityGroupId', 'takes a security group of the CDK'),
      'takes a list of security groups of the CDK',
    ),
  ),
}

interface Given {
  readonly secretKey?: unknown
  readonly secretKeyArn?: string | undefined
  readonly topic?: unknown
  readonly notify: { readonly emails: readonly string[]; readonly topicArn?: string | undefined }
  readonly vpc?: unknown
  readonly vpcSubnets?: unknown
  readonly securityGroups?: unknown
  readonly function: { readonly fixedEgress: boolean }
}

/** What is wrong with what is given twice, or for nothing; null when nothing is. */
export function twiceNamedFault(all: Given): string | null {
  if (all.secretKey !== undefined && all.secretKeyArn !== undefined) {
    return 'has both secretKey and secretKeyArn. Leave one of them out'
  }
  if (all.topic !== undefined && all.notify.topicArn !== undefined) {
    return 'has both topic and notify.topicArn. Leave one of them out'
  }
  if (all.topic !== undefined && all.notify.emails.length > 0) {
    return 'has both topic and notify.emails. Subscribe the addresses to that topic instead: topic.addSubscription(new EmailSubscription("…"))'
  }
  return vpcFault(all)
}

function vpcFault({ vpc, vpcSubnets, securityGroups, function: { fixedEgress } }: Given): string | null {
  if (vpc !== undefined && fixedEgress) {
    return 'has both vpc and function.fixedEgress, which makes a VPC of its own. Leave one of them out'
  }
  if (vpc === undefined && (vpcSubnets !== undefined || securityGroups !== undefined)) {
    return 'has vpcSubnets or securityGroups without a vpc. Give the vpc that they are of'
  }
  return null
}
