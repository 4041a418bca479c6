import { ArnFormat, Duration, Stack, Validations } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { SnsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { BUNDLE_FOLDER } from './bundle.ts'
import type { Config } from './config.ts'
import { environmentOf } from './environment.ts'
import { holdMachineArn, isHolding } from './hold-config.ts'

export interface SwitchFunctionProps {
  readonly config: Config
  readonly topic: ITopic
  readonly chatTopic: ITopic | null
  /** Where its messages lead. */
  readonly dashboardUrl: string
}

/**
 * An event that waited longer is dropped to the topic: late, a cancel would hit the next session's orders. Lambda retries
 * after a minute and after two more, so a pull that took all of 120 s is tried once more, one of 28 s twice.
 */
const MOST_EVENT_AGE = Duration.minutes(5)

/**
 * What Lambda does in the function's name to join a VPC, as AWS's own policy AWSLambdaVPCAccessExecutionRole has it; what
 * that one allows for logs, the role is granted for the one group.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html (Required IAM permissions)
 */
export const JOIN_VPC: readonly string[] = [
  'ec2:AssignPrivateIpAddresses',
  'ec2:CreateNetworkInterface',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:UnassignPrivateIpAddresses',
]

/** The function as built, its role with exactly what it needs, its log group, and the alias that everything pulls. */
export class SwitchFunction extends Construct {
  readonly alias: lambda.Alias
  readonly logGroup: logs.LogGroup
  readonly functionName: string
  /** The addresses that a key's IP allow-list needs; empty without fixed egress. */
  readonly egressAddresses: readonly string[]

  constructor(scope: Construct, id: string, props: SwitchFunctionProps) {
    super(scope, id)
    const { config, topic, dashboardUrl } = props
    this.functionName = config.name
    // Kept when the stack goes, as evidence; without a name of ours, so that a new stack does not find it taken.
    this.logGroup = new logs.LogGroup(this, 'Log', { retention: config.function.logRetentionDays })
    const egress = config.function.fixedEgress ? fixedEgress(this) : null
    this.egressAddresses = egress?.addresses ?? []
    const handler = new lambda.Function(this, 'Function', {
      functionName: config.name,
      description: 'Cancels every order on Kraken Futures and proves it',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(BUNDLE_FOLDER),
      handler: 'index.handler',
      memorySize: config.function.memoryMb,
      timeout: Duration.seconds(config.function.timeoutSeconds),
      role: this.#role(props),
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      environment: environmentOf(config, topic.topicArn, Stack.of(this), dashboardUrl),
      ...(egress === null ? {} : { vpc: egress.vpc }),
      ...(config.function.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: config.function.reservedConcurrency }),
    })
    this.alias = new lambda.Alias(this, 'Live', { aliasName: 'live', version: handler.currentVersion })
    this.alias.configureAsyncInvoke({
      maxEventAge: MOST_EVENT_AGE,
      retryAttempts: 2,
      onFailure: new SnsDestination(topic),
    })
  }

  #role({ config, topic, chatTopic }: SwitchFunctionProps): iam.Role {
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })
    this.logGroup.grantWrite(role)
    topic.grantPublish(role)
    chatTopic?.grantPublish(role)
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: [secretArn(this, config.secret)],
      }),
    )
    if (isHolding(config)) {
      const machine = holdMachineArn(config, Stack.of(this))
      role.addToPolicy(new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [machine] }))
    }
    if (config.secretKeyArn !== undefined) {
      role.addToPolicy(
        new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [config.secretKeyArn] }),
      )
    }
    if (config.function.fixedEgress) {
      role.addToPolicy(new iam.PolicyStatement({ actions: [...JOIN_VPC], resources: ['*'] }))
      Validations.of(role).acknowledge({
        id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
        reason: 'Lambda needs these six actions to join a VPC, and describing takes no resource.',
      })
    }
    return role
  }
}

/** The secret's own ARN; for a name, with the six characters that Secrets Manager appends. */
function secretArn(scope: Construct, secret: string): string {
  if (secret.startsWith('arn:')) return secret
  return Stack.of(scope).formatArn({
    service: 'secretsmanager',
    resource: 'secret',
    resourceName: `${secret}-??????`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
}

/** Subnets behind one NAT gateway with an Elastic IP of its own. One zone: a second would need a second address. */
function fixedEgress(scope: Construct): { readonly vpc: ec2.Vpc; readonly addresses: readonly string[] } {
  const address = new ec2.CfnEIP(scope, 'EgressAddress', { domain: 'vpc' })
  const vpc = new ec2.Vpc(scope, 'Vpc', {
    maxAzs: 1,
    restrictDefaultSecurityGroup: false, // nothing is in it, and a function of its own would have to empty it
    natGateways: 1,
    natGatewayProvider: ec2.NatProvider.gateway({ eipAllocationIds: [address.attrAllocationId] }),
  })
  Validations.of(vpc).acknowledge({
    id: 'AwsSolutions::AwsSolutions-VPC7',
    reason:
      'The one function in it talks TLS to a few hosts, and reports every call; flow logs would cost more than they tell.',
  })
  return { vpc, addresses: [address.ref] }
}
