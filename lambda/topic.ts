import { AwsClient } from 'aws4fetch'
import type { Brief } from './brief.ts'
import type { AwsEnvironment } from './settings.ts'

/** After the first, when SNS is busy (429) or has failed (5xx). */
const RETRIES = 1

/**
 * Publishes one message, bounded in time and tries. Loaded after the verdict only.
 *
 * The SDK's client of SNS would add a seventh to the bundle, and its XML to what a cold start has to evaluate.
 *
 * @param timeoutMs over all tries
 * @throws TopicRefused when SNS said no; whatever `fetch` throws, when it could not be reached. The caller keeps either
 * from changing anything
 * @see https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
export async function publishBrief(
  { subject, text }: Brief,
  topicArn: string,
  { region, snsEndpoint, credentials }: AwsEnvironment,
  timeoutMs: number,
): Promise<void> {
  const client = new AwsClient({ ...(await credentials()), service: 'sns', region, retries: RETRIES })
  const publish = {
    Action: 'Publish',
    Version: '2010-03-31',
    TopicArn: topicArn,
    Subject: subject,
    Message: text,
  }
  const response = await client.fetch(snsEndpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
    body: new URLSearchParams(publish).toString(),
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (!response.ok) throw new TopicRefused(response.status, await response.text())
}

class TopicRefused extends Error {
  /** SNS's own word, such as `AuthorizationError`; the HTTP status where there is none. */
  override readonly name: string

  constructor(status: number, body: string) {
    super('SNS refused the message')
    this.name = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(body)?.[1] ?? `HTTP ${status}`
  }
}
