import { setTimeout as sleep } from 'node:timers/promises'
import type { AwsEnvironment } from '../init/settings.ts'
import { postSigned } from './aws-post.ts'
import type { Brief } from './brief.ts'

/** After the first, when SNS is busy (429) or has failed (5xx). */
const RETRIES = 1
const RETRY_AFTER_MS = 50

/**
 * Publishes one message, bounded in time and tries. Loaded after the verdict only.
 *
 * The SDK's client of SNS would add a seventh to the bundle, and its XML to what a cold start has to evaluate.
 *
 * @param timeoutMs over all tries
 * @throws TopicRefused when SNS said no, TopicUnreachable when it could not be reached in time. The caller keeps either
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
  const signal = AbortSignal.timeout(timeoutMs)
  for (let tries = 0; ; tries++) {
    const answer = await postSigned({ service: 'sns', url: aws.snsEndpoint, fields }, aws, signal).catch(
      (error) => {
        throw new TopicUnreachable(error)
      },
    )
    if (answer.status >= 200 && answer.status < 300) return
    const isBusy = answer.status === 429 || answer.status >= 500
    if (!isBusy || tries >= RETRIES) throw new TopicRefused(answer.status, answer.body)
    await sleep(RETRY_AFTER_MS)
  }
}

class TopicRefused extends Error {
  /** SNS's own word, such as `AuthorizationError`; the HTTP status where there is none. */
  override readonly name: string

  constructor(status: number, body: string) {
    super('SNS refused the message')
    this.name = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(body)?.[1] ?? `HTTP ${status}`
  }
}

class TopicUnreachable extends Error {
  /** The connection's own word, such as `ECONNREFUSED`; `TimeoutError` when the time was over. */
  override readonly name: string

  constructor({ name, code }: NodeJS.ErrnoException) {
    super('SNS could not be reached')
    this.name = /^[A-Z][A-Z0-9_]{1,60}$/.test(code ?? '') ? String(code) : name
  }
}
