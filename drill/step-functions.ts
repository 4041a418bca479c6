import type { IncomingMessage, ServerResponse } from 'node:http'
import { AWS_KEYS } from './aws-keys.ts'
import { LoopbackServer } from './loopback-server.ts'
import { isSignedV4 } from './sigv4.ts'

/** One execution that was asked for. */
export interface Execution {
  readonly stateMachineArn: string
  readonly name: string
  /** Of its first state. */
  readonly input: unknown
}

/** A Step Functions endpoint of our own: checks signatures, and keeps what is started. It runs nothing. */
export class EmbeddedStepFunctions {
  readonly executions: Execution[] = []
  /** Hears of each, as it is started. */
  onStart: (execution: Execution) => void = () => {}
  /** `refuses` answers AccessDeniedException, `fails` HTTP 500, `stalls` never answers. */
  behaviour: 'takes' | 'refuses' | 'fails' | 'stalls' = 'takes'
  /** Requests so far. */
  requests = 0
  #server!: LoopbackServer

  private constructor() {}

  static async start(): Promise<EmbeddedStepFunctions> {
    const states = new EmbeddedStepFunctions()
    states.#server = await LoopbackServer.start(null, (...request) => states.#serve(...request))
    return states
  }

  /** What goes into `AWS_ENDPOINT_URL_SFN`. */
  get url(): string {
    return this.#server.origin
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  #serve(request: IncomingMessage, body: string, response: ServerResponse): void {
    this.requests += 1
    if (this.behaviour === 'stalls') return
    const refuse = (status: number, type: string) =>
      response.writeHead(status, JSON_1_0).end(JSON.stringify({ __type: type, message: 'no' }))
    if (this.behaviour === 'fails') return void refuse(500, 'InternalFailure')
    const isSigned = isSignedV4(request, body, AWS_KEYS.secretAccessKey)
    if (this.behaviour === 'refuses' || !isSigned) return void refuse(400, 'AccessDeniedException')
    if (request.headers['x-amz-target'] !== 'AWSStepFunctions.StartExecution') {
      return void refuse(400, 'UnknownOperationException')
    }
    const { stateMachineArn, name, input } = JSON.parse(body)
    if (this.executions.some((execution) => execution.name === name)) {
      return void refuse(400, 'com.amazonaws.swf.service.v2.model#ExecutionAlreadyExists')
    }
    const execution = { stateMachineArn, name, input: JSON.parse(input) }
    this.executions.push(execution)
    const executionArn = `${String(stateMachineArn).replace(':stateMachine:', ':execution:')}:${name}`
    response.writeHead(200, JSON_1_0).end(JSON.stringify({ executionArn, startDate: Date.now() / 1_000 }))
    this.onStart(execution)
  }
}

const JSON_1_0 = { 'content-type': 'application/x-amz-json-1.0' }
