import { CfnOutput, Stack, Token } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as sns from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct } from 'constructs'
import { type Config, type ConfigInput, readConfig } from './config.ts'
import { dashboardLink } from './dashboard-link.ts'
import { chatTopicName } from './environment.ts'
import { Hold } from './hold.ts'
import { isHolding } from './hold-config.ts'
import { PressApi } from './http-api.ts'
import { SafetyRules } from './rules.ts'
import { SwitchFunction } from './switch-function.ts'
import { Alarms, Schedules } from './triggers.ts'
import { Watch } from './watch.ts'

export interface KillSwitchProps {
  /** What cdk.json holds under `killSwitch`; checked here. */
  readonly config: ConfigInput
}

/** Lambda's own limit of the init phase, which the caller waits for too. */
const LONGEST_INIT_S = 10

/**
 * The whole switch: function, triggers, notification, watch. For a stack of its own, or for the app that a desk has.
 *
 * @throws ConfigInvalid naming every mistake in the configuration
 */
export class KillSwitch extends Construct {
  /** What pulls it: `aws lambda invoke`, and any trigger of your own. */
  readonly switchFunction: SwitchFunction
  readonly topic: sns.ITopic
  /** What a chat program hears of every pull; null for none. */
  readonly chatTopic: sns.ITopic | null
  /** What holds the book after a pull; null when no pull is held. */
  readonly holdMachine: StateMachine | null
  /** Null when the API is off. */
  readonly api: PressApi | null
  /** "May press the kill switch", and nothing else. */
  readonly mayPress: iam.ManagedPolicy

  constructor(scope: Construct, id: string, props: KillSwitchProps) {
    super(scope, id)
    const config = readConfig(props.config, regionOf(this))
    SafetyRules.guard(this)
    this.topic = notificationTopic(this, config)
    this.chatTopic = config.notify.chat ? chatTopic(this, config) : null
    const dashboardUrl = dashboardLink(this, config.name)
    this.switchFunction = new SwitchFunction(this, 'Switch', {
      config,
      topic: this.topic,
      chatTopic: this.chatTopic,
      dashboardUrl,
    })
    const { alias } = this.switchFunction
    this.holdMachine = isHolding(config) ? new Hold(this, 'Hold', { config, alias }).machine : null
    new Alarms(this, 'Alarms', { config, alias, topic: this.topic })
    const schedules = new Schedules(this, 'Schedules', { config, alias })
    this.api = config.api.enabled ? new PressApi(this, 'Api', { config, alias }) : null
    this.mayPress = mayPress(this, config, alias.functionArn, this.api)
    new Watch(this, 'Watch', {
      config,
      switchFunction: this.switchFunction,
      schedules,
      holdMachine: this.holdMachine,
      topic: this.topic,
    })
    this.#output(config, dashboardUrl)
    if (config.function.permissionsBoundaryArn !== undefined) {
      const { permissionsBoundaryArn } = config.function
      iam.PermissionsBoundary.of(this).apply(
        iam.ManagedPolicy.fromManagedPolicyArn(this, 'Boundary', permissionsBoundaryArn),
      )
    }
  }

  #output(config: Config, dashboardUrl: string): void {
    const { region } = Stack.of(this)
    const { alias, egressAddresses } = this.switchFunction
    const output = (id: string, value: string, description: string) =>
      new CfnOutput(this, id, { value, description })
    output('AliasArn', alias.functionArn, 'What every trigger pulls')
    output('TopicArn', this.topic.topicArn, 'Who is told of every pull')
    output('Dashboard', dashboardUrl, 'Is it ready, what has it done')
    if (this.chatTopic !== null)
      output(
        'ChatTopicArn',
        this.chatTopic.topicArn,
        'For a channel of Amazon Q Developer in chat applications',
      )
    // Without its own read timeout the AWS CLI hangs up after 60 s, and presses again.
    output(
      'Invoke',
      `aws lambda invoke --function-name ${alias.functionArn} --cli-read-timeout ${config.function.timeoutSeconds + LONGEST_INIT_S} --cli-binary-format raw-in-base64-out --payload '{"reason":"by hand"}' /dev/stdout`,
      'Press it with the AWS CLI',
    )
    if (this.api !== null) {
      output('Url', this.api.url, 'POST here')
      output('Curl', curl(config, this.api.url, region), 'Press it with curl')
    }
    if (egressAddresses.length > 0)
      output('EgressAddresses', egressAddresses.join(','), 'For the IP allow-list of the key')
  }
}

/** Of the stack; where that is left open, the one that the CDK is about to deploy to. Undefined where neither is known. */
function regionOf(scope: Construct): string | undefined {
  const { region } = Stack.of(scope)
  return Token.isUnresolved(region) ? process.env.CDK_DEFAULT_REGION || undefined : region
}

function curl({ api }: Config, url: string, region: string): string {
  const signed = `--aws-sigv4 aws:amz:${region}:execute-api --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" -H "x-amz-security-token: $AWS_SESSION_TOKEN"`
  const auth = api.jwt === undefined ? signed : '-H "authorization: Bearer $TOKEN"'
  return `curl -sS -X POST ${url} ${auth} -H 'content-type: application/json' -d '{"reason":"by hand"}'`
}

/** Alarms publish here too: a topic that requires TLS denies everybody who is not named. */
function notificationTopic(scope: Construct, { name, notify }: Config): sns.ITopic {
  if (notify.topicArn !== undefined) return sns.Topic.fromTopicArn(scope, 'Topic', notify.topicArn)
  const topic = new sns.Topic(scope, 'Topic', {
    topicName: name,
    displayName: 'Kill switch',
    enforceSSL: true,
  })
  for (const address of notify.emails) topic.addSubscription(new EmailSubscription(address))
  topic.addToResourcePolicy(
    new iam.PolicyStatement({
      principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  )
  return topic
}

/** Beside the other one: Amazon Q Developer drops in silence what is no notification of its form, and people read no JSON. */
function chatTopic(scope: Construct, config: Config): sns.ITopic {
  return new sns.Topic(scope, 'ChatTopic', {
    topicName: chatTopicName(config),
    displayName: 'Kill switch, chat',
    enforceSSL: true,
  })
}

function mayPress(
  scope: Construct,
  { name }: Config,
  aliasArn: string,
  api: PressApi | null,
): iam.ManagedPolicy {
  const route = api?.routeArn ?? null
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
