import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Published {
  readonly topicArn: string
  readonly subject: string
  readonly message: string
}

/** An SNS endpoint of our own, for the real AWS SDK: keeps what is published. */
export class EmbeddedTopic {
  readonly published: Published[] = []
  /** `refuses` answers AuthorizationError; `stalls` never answers. */
  behaviour: 'takes' | 'refuses' | 'stalls' = 'takes'
  readonly #server: Server

  private constructor() {
    this.#server = createServer((request, response) => void this.#serve(request, response))
  }

  static async start(): Promise<EmbeddedTopic> {
    const topic = new EmbeddedTopic()
    await new Promise<void>((resolve) => topic.#server.listen(0, '127.0.0.1', resolve))
    return topic
  }

  /** What goes into `AWS_ENDPOINT_URL_SNS`. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const form = new URLSearchParams(Buffer.concat(chunks).toString())
    if (this.behaviour === 'stalls') return
    if (this.behaviour === 'refuses' || form.get('Action') !== 'Publish') {
      const error = '<Error><Type>Sender</Type><Code>AuthorizationError</Code><Message>no</Message></Error>'
      response.writeHead(403, XML).end(`<ErrorResponse>${error}</ErrorResponse>`)
      return
    }
    this.published.push({
      topicArn: String(form.get('TopicArn')),
      subject: String(form.get('Subject')),
      message: String(form.get('Message')),
    })
    const result =
      '<PublishResult><MessageId>567910cd-659e-55d4-8ccb-5aaf14679dc0</MessageId></PublishResult>'
    response.writeHead(200, XML).end(`<PublishResponse>${result}</PublishResponse>`)
  }
}

const XML = { 'content-type': 'text/xml' }
