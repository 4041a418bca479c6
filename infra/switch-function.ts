import { Annotations, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import * as ec2 from 'aws-cdk-lib/aws-ec2'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { SnsDestination } from 'aws-cdk-lib/aws-lambda-destinations'
import * as logs from 'aws-cdk-lib/aws-logs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { bundlePath } from './artefact.ts'
import type { Config } from './config.ts'
import { environmentOf } from './environment.ts'
import { holdMachineArn, isHolding } from './hold-config.ts'
import { letPublish } from './notification.ts'
import { secretResources } from './secret-access.ts'

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

/** What every trigger pulls, whichever version it stands for. */
export const ALIAS = 'live'

/** The function as built, its role with exactly what it needs, its log group, and the alias that everything pulls. */
export class SwitchFunction extends Construct {
  readonly alias: lambda.Alias
  readonly role: iam.Role
  readonly logGroup: logs.LogGroup
  readonly functionName: string
  /** The addresses that a key's IP allow-list needs; empty without fixed egress. */
  readonly egressAddresses: readonly string[]
  readonly #handler: lambda.Function
  readonly #props: SwitchFunctionProps

  constructor(scope: Construct, id: string, props: SwitchFunctionProps) {
    super(scope, id)
    const { config, topic, dashboardUrl } = props
    this.#props = props
    this.functionName = config.name
    // Kept when the stack goes, as evidence; without a name of ours, so that a new stack does not find it taken.
    this.logGroup = new logs.LogGroup(this, 'Log', {
      retention: config.function.logRetentionDays,
      removalPolicy:
        config.function.logRemovalPolicy === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    })
    const egress = config.function.fixedEgress ? fixedEgress(this) : null
    this.egressAddresses = egress?.addresses ?? []
    this.role = this.#role(props)
    this.#handler = new lambda.Function(this, 'Function', {
      functionName: config.name,
      description: 'Cancels every order on Kraken Futures and proves it',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(bundlePath()),
      handler: 'index.handler',
      memorySize: config.function.memoryMb,
      timeout: Duration.seconds(config.function.timeoutSeconds),
      role: this.role,
      logGroup: this.logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      environment: environmentOf(config, topic.topicArn, Stack.of(this), dashboardUrl),
      ...(egress === null ? inVpc(this, config) : { vpc: egress.vpc }),
      ...(config.function.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrentExecutions: config.function.reservedConcurrency }),
    })
    const { provisionedConcurrency } = config.function
    this.alias = new lambda.Alias(this, 'Live', {
      aliasName: ALIAS,
      version: this.#handler.currentVersion,
      ...(provisionedConcurrency === undefined
        ? {}
        : { provisionedConcurrentExecutions: provisionedConcurrency }),
    })
    this.alias.configureAsyncInvoke({
      maxEventAge: MOST_EVENT_AGE,
      retryAttempts: 2,
      onFailure: new SnsDestination(topic),
    })
  }

  /** Tells the function what alarms that came later are to cancel. */
  learn(config: Config): void {
    const { topic, dashboardUrl } = this.#props
    const { ALARM_SCOPES } = environmentOf(config, topic.topicArn, Stack.of(this), dashboardUrl)
    if (ALARM_SCOPES !== undefined) this.#handler.addEnvironment('ALARM_SCOPES', ALARM_SCOPES)
  }

  #role({ config, topic, chatTopic }: SwitchFunctionProps): iam.Role {
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })
    this.logGroup.grantWrite(role)
    letPublish(role, topic, config)
    chatTopic?.grantPublish(role)
    role.addToPolicy(
      new iam.PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: secretsOf(config).flatMap((secret) => secretResources(this, secret)),
      }),
    )
    if (isHolding(config)) {
      const machine = holdMachineArn(config, Stack.of(this))
      role.addToPolicy(new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [machine] }))
    }
    permitDecrypt(role, config)
    if (config.function.fixedEgress || config.vpc !== undefined) {
      role.addToPolicy(new iam.PolicyStatement({ actions: [...JOIN_VPC], resources: ['*'] }))
      Validations.of(role).acknowledge({
        id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
        reason: 'Lambda needs these six actions to join a VPC, and describing takes no resource.',
      })
    }
    return role
  }
}

/** The one, or those of all groups. */
function secretsOf({ secret, fleet }: Config): NonNullable<Config['secret']>[] {
  if (fleet !== undefined) return fleet.groups.map((group) => group.secret)
  return secret === undefined ? [] : [secret]
}

/** With the key of a secret that has one of the desk's own; its owner's policy may have to say so too. */
function permitDecrypt(role: iam.Role, { secret, secretKey, secretKeyArn }: Config): void {
  const key = secretKey ?? (typeof secret === 'object' ? secret.encryptionKey : undefined)
  if (key !== undefined) key.grantDecrypt(role)
  if (secretKeyArn === undefined) return
  role.addToPolicy(new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [secretKeyArn] }))
}

/** The desk's own VPC, whose subnets need a way to Kraken and to Secrets Manager. */
function inVpc(
  scope: Construct,
  { vpc, vpcSubnets, securityGroups }: Config,
): Pick<lambda.FunctionProps, 'vpc' | 'vpcSubnets' | 'securityGroups'> {
  if (vpc === undefined) return {}
  const isolated = vpc.isolatedSubnets.map(({ subnetId }) => subnetId)
  const { subnetIds } = vpc.selectSubnets(vpcSubnets)
  if (subnetIds.length > 0 && subnetIds.every((id) => isolated.includes(id))) {
    Annotations.of(scope).addWarningV2(
      'kraken-futures-kill-switch:isolatedSubnets',
      'The kill switch is in isolated subnets: unless they have a way out that the CDK does not know, it reaches neither Kraken nor its secret. Give it vpcSubnets with egress, and press readiness after the deployment.',
    )
  }
  return {
    vpc,
    ...(vpcSubnets === undefined ? {} : { vpcSubnets }),
    ...(securityGroups === undefined ? {} : { securityGroups }),
  }
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
