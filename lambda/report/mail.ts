import type { AwsEnvironment } from '../init/function-settings.ts'
import { askAws } from './aws-post.ts'
import type { Brief } from './brief.ts'

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
export async function publishBrief(
  { subject, text }: Brief,
  topicArn: string,
  aws: AwsEnvironment,
  timeoutMs: number,
): Promise<void> {
  const fields = {
    Action: 'Publish',
    Version: '2010-03-31',
    TopicArn: topicArn,
    Subject: subject,
    Message: text,
  }
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const body = new URLSearchParams(fields).toString()
  await askAws({ service: 'sns', url: aws.snsEndpoint, headers, body }, aws, timeoutMs)
}
