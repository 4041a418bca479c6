import type { IncomingMessage, ServerResponse } from 'node:http'
import { AWS_KEYS } from './aws-keys.ts'
import type { Certificate } from './certificate.ts'
import { LoopbackServer } from './loopback-server.ts'
import { isSignedV4 } from './sigv4.ts'

export interface Published {
  readonly topicArn: string
  /** Empty where there is none. */
  readonly subject: string
  readonly message: string
}

/** An SNS endpoint of our own: checks signatures, keeps what is published. */
export class EmbeddedTopic {
  readonly published: Published[] = []
  /** Requests so far. */
  requests = 0
  /** `refuses` answers AuthorizationError; `stalls` never answers. */
  behaviour: 'takes' | 'refuses' | 'stalls' = 'takes'
  /** ARNs that are refused, whatever the behaviour. */
  readonly refused = new Set<string>()
  #server!: LoopbackServer

  private constructor() {}

  /** @param certificate null for plain HTTP */
  static async start(certificate: Certificate | null = null): Promise<EmbeddedTopic> {
    const topic = new EmbeddedTopic()
    topic.#server = await LoopbackServer.start(certificate, (...request) => topic.#serve(...request))
    return topic
  }

  /** What goes into `AWS_ENDPOINT_URL_SNS`. */
  get url(): string {
    return this.#server.origin
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #serve(request: IncomingMessage, body: string, response: ServerResponse): void {
    const form = new URLSearchParams(body)
    this.requests += 1
    if (this.behaviour === 'stalls') return
    const isSigned = isSignedV4(request, body, AWS_KEYS.secretAccessKey)
    const isRefused = this.behaviour === 'refuses' || this.refused.has(String(form.get('TopicArn')))
    if (isRefused || !isSigned || form.get('Action') !== 'Publish') {
      const error = '<Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error>'
      response.writeHead(403, XML).end(`<ErrorResponse>${error}</ErrorResponse>`)
      return
    }
    this.published.push({
      topicArn: String(form.get('TopicArn')),
      subject: form.get('Subject') ?? '',
      message: String(form.get('Message')),
    })
    const result =
      '<PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>'
    response.writeHead(200, XML).end(`<PublishResponse>${result}</PublishResponse>`)
  }
}

const XML = { 'content-type': 'text/xml' }
