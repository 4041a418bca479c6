import type { IncomingMessage, ServerResponse } from 'node:http'
import { AWS_KEYS } from './aws-keys.ts'
import { LoopbackServer } from './loopback-server.ts'
import { isSignedV4 } from './sigv4.ts'

export interface LogEvent {
  /** Milliseconds since 1970. */
  readonly timestamp: number
  readonly message: string
}

/** What was asked for. */
export interface LogQuery {
  readonly logGroupName: string
  readonly filterPattern: string
  readonly startTime: number
  readonly endTime: number
  readonly nextToken?: string
}

/** A CloudWatch Logs endpoint of our own: checks signatures, and finds reports page by page, as FilterLogEvents does. */
export class EmbeddedLogs {
  readonly events: LogEvent[] = []
  readonly queries: LogQuery[] = []
  /** `refuses` answers AccessDeniedException, `stalls` never answers, `babbles` answers no JSON, `endless` never ends. */
  behaviour: 'finds' | 'refuses' | 'stalls' | 'babbles' | 'endless' = 'finds'
  /** A look at what was before is refused; milliseconds since 1970. */
  failsBefore = 0
  /** Lines that are looked through for one page; some pages are empty therefore. */
  linesInPage = 3
  #server!: LoopbackServer

  private constructor() {}

  static async start(): Promise<EmbeddedLogs> {
    const logs = new EmbeddedLogs()
    logs.#server = await LoopbackServer.start(null, (...request) => logs.#serve(...request))
    return logs
  }

  /** What goes into `AWS_ENDPOINT_URL_CLOUDWATCH_LOGS`. */
  get url(): string {
    return this.#server.origin
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #serve(request: IncomingMessage, body: string, response: ServerResponse): void {
    if (this.behaviour === 'stalls') return
    const answer = (status: number, content: object) =>
      response.writeHead(status, JSON_1_1).end(JSON.stringify(content))
    const isAsked = request.headers['x-amz-target'] === 'Logs_20140328.FilterLogEvents'
    const isSigned = isSignedV4(request, body, AWS_KEYS.secretAccessKey)
    if (this.behaviour === 'refuses' || !isSigned || !isAsked) {
      return void answer(400, { __type: 'AccessDeniedException', message: 'no' })
    }
    const query: LogQuery = JSON.parse(body)
    this.queries.push(query)
    if (query.endTime < this.failsBefore) return void answer(400, { __type: 'AccessDeniedException' })
    if (this.behaviour === 'babbles') return void response.writeHead(200).end('<html>')
    if (this.behaviour === 'endless') return void answer(200, { events: [], nextToken: 'more' })
    const { startTime, endTime, nextToken = '0' } = query
    const within = this.events.filter(({ timestamp }) => timestamp >= startTime && timestamp <= endTime)
    const from = Number(nextToken)
    const to = from + this.linesInPage
    const events = within.slice(from, to).filter(({ message }) => JSON.parse(message).report?.verdict)
    answer(200, { events, ...(to < within.length ? { nextToken: String(to) } : {}) })
  }
}

const JSON_1_1 = { 'content-type': 'application/x-amz-json-1.1' }
