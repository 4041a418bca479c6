import type { AwsEnvironment, FunctionSettings } from '../init/function-settings.ts'
import { askAws } from '../report/aws-post.ts'
import { chatOf } from './chat.ts'
import { mailOf } from './mail.ts'
import type { Message } from './message.ts'

/** What SNS is asked to publish. */
export interface Publication {
  readonly topicArn: string
  /** Null for none: only mail has one. */
  readonly subject: string | null
  readonly text: string
}

/** The same message for each topic that there is, in the form that its readers take. */
export function publicationsOf(
  message: Message,
  thread: string,
  {
    notifyTopicArn,
    chatTopicArn,
    links,
  }: Pick<FunctionSettings, 'notifyTopicArn' | 'chatTopicArn' | 'links'>,
): readonly Publication[] {
  const mail = (topicArn: string): Publication => {
    const { subject, text } = mailOf(message, links)
    return { topicArn, subject, text }
  }
  return [
    ...(notifyTopicArn === null ? [] : [mail(notifyTopicArn)]),
    ...(chatTopicArn === null
      ? []
      : [{ topicArn: chatTopicArn, subject: null, text: chatOf(message, links, thread) }]),
  ]
}

/**
 * Publishes one message, bounded in time and tries. Loaded after the verdict only.
 *
 * The SDK's client of SNS would add a seventh to the bundle, and its XML to what a cold start has to evaluate.
 *
 * @param timeoutMs over all tries
 * @throws AwsRefused when SNS said no, AwsUnreachable when it could not be reached in time. The caller keeps either
 * from changing anything
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export async function publish(
  { topicArn, subject, text }: Publication,
  aws: AwsEnvironment,
  timeoutMs: number,
): Promise<void> {
  const fields = {
    Action: 'Publish',
    Version: '2010-03-31',
    TopicArn: topicArn,
    ...(subject === null ? {} : { Subject: subject }),
    Message: text,
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const body = new URLSearchParams(fields).toString()
  await askAws({ service: 'sns', url: aws.snsEndpoint, headers, body }, aws, timeoutMs)
}
