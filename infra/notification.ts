import { Annotations, Stack } from 'aws-cdk-lib'
import * as iam from 'aws-cdk-lib/aws-iam'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import * as sns from 'aws-cdk-lib/aws-sns'
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions'
import type { Construct } from 'constructs'
import type { Config } from './config.ts'
import { chatTopicName } from './environment.ts'

/** Who hears of everything: the desk's topic, or one that is made. CloudWatch is let publish, and use its key. */
export function notificationTopic(scope: Construct, config: Config): sns.ITopic {
  const { notify, topicKey } = config
  const given =
    config.topic ??
    (notify.topicArn === undefined ? null : sns.Topic.fromTopicArn(scope, 'Topic', notify.topicArn))
  const topic = given ?? ownTopic(scope, config)
  // An imported one is not changed: its owner has to let CloudWatch in.
  topic.addToResourcePolicy(alarmsMay(scope, ['sns:Publish'], [topic.topicArn]))
  const key = topicKey ?? topic.masterKey
  if (key !== undefined) letAlarmsUse(scope, key)
  return topic
}

/**
 * Beside the other one, or null: Amazon Q Developer drops in silence what is no notification of its form, and people read
 * no JSON.
 */
export function chatTopicOf(scope: Construct, config: Config): sns.Topic | null {
  if (!config.notify.chat) return null
  return new sns.Topic(scope, 'ChatTopic', {
    topicName: chatTopicName(config),
    displayName: 'Kill switch, chat',
    enforceSSL: true,
  })
}

/** What the function needs to publish under a key that the topic itself does not tell of. */
export function letPublish(role: iam.Role, topic: sns.ITopic, { topicKey }: Config): void {
  topic.grantPublish(role)
  if (topic.masterKey === undefined) topicKey?.grant(role, 'kms:Decrypt', 'kms:GenerateDataKey*')
}

function ownTopic(scope: Construct, { name, notify, topicKey }: Config): sns.Topic {
  const topic = new sns.Topic(scope, 'Topic', {
    topicName: name,
    displayName: 'Kill switch',
    // A topic that requires TLS denies everybody who is not named.
    enforceSSL: true,
    ...(topicKey === undefined ? {} : { masterKey: topicKey }),
  })
  for (const address of notify.emails) topic.addSubscription(new EmailSubscription(address))
  return topic
}

/** @see https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html (event sources from AWS services) */
function letAlarmsUse(scope: Construct, key: IKey): void {
  const statement = alarmsMay(scope, ['kms:Decrypt', 'kms:GenerateDataKey*'], ['*'])
  if (key.addToResourcePolicy(statement, true).statementAdded) return
  Annotations.of(scope).addWarningV2(
    'kraken-futures-kill-switch:importedTopicKey',
    'The policy of the imported topicKey has to let cloudwatch.amazonaws.com use kms:Decrypt and kms:GenerateDataKey*: without it alarms are lost in silence.',
  )
}

function alarmsMay(scope: Construct, actions: string[], resources: string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    principals: [new iam.ServicePrincipal('cloudwatch.amazonaws.com')],
    actions,
    resources,
    conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
  })
}
