import { PublishCommand, SNSClient } from '@aws-sdk/client-sns'
import type { Brief } from './brief.ts'
import type { AwsEnvironment } from './settings.ts'

const CONNECT_TIMEOUT_MS = 1_000
const REQUEST_TIMEOUT_MS = 1_500

/**
 * Publishes one message, bounded in time and tries. Loaded after the verdict only.
 *
 * @throws whatever the SDK throws; the caller keeps it from changing anything
 */
export async function publishBrief(
  { subject, text }: Brief,
  topicArn: string,
  aws: AwsEnvironment,
  timeoutMs: number,
): Promise<void> {
  const client = new SNSClient({
    region: aws.region,
    credentials: aws.credentials,
    defaultsMode: 'standard',
    retryMode: 'standard',
    maxAttempts: 2,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  })
  const abortSignal = AbortSignal.timeout(timeoutMs)
  await client.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: text }), {
    abortSignal,
  })
}
