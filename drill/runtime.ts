import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ReadinessReport } from '../lambda/readiness/readiness.ts'
import type { Report } from '../lambda/report/report.ts'
import { AWS_KEYS } from './aws-keys.ts'
import { LoopbackServer } from './loopback-server.ts'

/** How one invocation ended, as its caller sees it. */
export type InvocationResult =
  | { readonly result: unknown }
  | { readonly error: { readonly errorType: string; readonly errorMessage: string } }

export interface RuntimeInputs {
  /** Of the function: its settings, and what the AWS SDK needs. Nothing is inherited. */
  readonly env: Readonly<Record<string, string>>
  /** The function's own timeout; the process is killed at its end. */
  readonly timeoutMs: number
  /** Extra flags for node, such as `--max-old-space-size=128`. */
  readonly execArgv?: readonly string[]
  /** The bundle, or something else with a `handler`. */
  readonly module?: URL
  /** What runs it; by default `runtime-client.ts`. */
  readonly client?: URL
}

/** A log line that ends an invocation: one of these is there. */
export interface LoggedReport {
  readonly report?: Report
  readonly readiness?: ReadinessReport
}

/** The log comes through a pipe of its own, a moment after the answer. */
const LOG_LAG_MS = 50
const BUNDLE = new URL('../dist/switch/index.mjs', import.meta.url)
const CLIENT = new URL('./runtime-client.ts', import.meta.url)

interface Pending {
  readonly requestId: string
  readonly event: string
  readonly deadlineMs: number
  readonly settle: (result: InvocationResult) => void
}

/** Runs the bundle in a process of its own through the Lambda Runtime API, one invocation at a time. */
export class LambdaRuntime {
  /** Every line that the function wrote. */
  readonly lines: string[] = []
  readonly #inputs: RuntimeInputs
  #api!: LoopbackServer
  #child: ChildProcess | undefined
  #pending: Pending | null = null
  #asking: ServerResponse | null = null
  #initError: InvocationResult | null = null
  #exit: InvocationResult | null = null
  readonly #initialised = Promise.withResolvers<void>()
  /** When the process was made; monotonic milliseconds. */
  spawnedAt = 0
  /** When the last event was handed to it; monotonic milliseconds. */
  handedAt = 0

  constructor(inputs: RuntimeInputs) {
    this.#inputs = inputs
  }

  /** Starts the process. Its init phase runs at once, as with Lambda, before the first event. */
  async start(): Promise<void> {
    this.#api = await LoopbackServer.start(null, (...request) => this.#serve(...request))
    const { execArgv = [], env, module = BUNDLE, client = CLIENT } = this.#inputs
    this.spawnedAt = performance.now()
    this.#child = spawn(process.execPath, [...execArgv, client.pathname, module.href], {
      env: { ...LAMBDA_ENVIRONMENT, ...env, AWS_LAMBDA_RUNTIME_API: this.#api.host },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', (line) => this.lines.push(line))
    }
    this.#child.once('exit', (code, signal) => {
      const errorMessage = `Runtime exited: ${signal ?? code}`
      this.#exit = this.#initError ?? { error: { errorType: 'Runtime.ExitError', errorMessage } }
      this.#settle(this.#exit)
      this.#initialised.resolve()
    })
  }

  /** Resolves at the end of the init phase: the process asks for its first event, or is gone. */
  get initialised(): Promise<void> {
    return this.#initialised.promise
  }

  /**
   * Gives one event to the function, and its answer or error to the caller.
   *
   * @param requestId which Lambda keeps when it tries an event again
   */
  async invoke(event: unknown, requestId: string = randomUUID()): Promise<InvocationResult> {
    if (this.#exit !== null) return this.#exit
    const { timeoutMs } = this.#inputs
    const { promise, resolve } = Promise.withResolvers<InvocationResult>()
    const timer = setTimeout(() => {
      this.kill()
      resolve({
        error: { errorType: 'Sandbox.Timedout', errorMessage: `Task timed out after ${timeoutMs} ms` },
      })
    }, timeoutMs)
    this.#pending = {
      requestId,
      event: JSON.stringify(event),
      deadlineMs: Date.now() + timeoutMs,
      settle: resolve,
    }
    this.#hand()
    const result = await promise
    clearTimeout(timer)
    return result
  }

  /** What the function logged last, at the end of an invocation. */
  async lastReport(): Promise<LoggedReport> {
    await sleep(LOG_LAG_MS)
    const line = this.lines.findLast((text) => /"(report|readiness)":\{/.test(text))
    this.lines.length = 0
    return line === undefined ? {} : (JSON.parse(line) as LoggedReport)
  }

  /** Has the process ended? */
  get isGone(): boolean {
    return this.#exit !== null
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  kill(signal: NodeJS.Signals = 'SIGKILL'): void {
    this.#child?.kill(signal)
  }

  async close(): Promise<void> {
    this.kill()
    await this.#api.close()
  }

  #serve(request: IncomingMessage, body: string, response: ServerResponse): void {
    const path = request.url ?? ''
    if (path.endsWith('/invocation/next')) {
      this.#asking = response
      this.#initialised.resolve()
      this.#hand()
      return
    }
    response.writeHead(202).end('{"status":"OK"}')
    if (path.endsWith('/init/error')) this.#initError = { error: JSON.parse(body) }
    else if (path.endsWith('/response')) this.#settle({ result: body === '' ? undefined : JSON.parse(body) })
    else if (path.endsWith('/error')) this.#settle({ error: JSON.parse(body) })
  }

  /** Answers the process that asks for an event, once there is both. */
  #hand(): void {
    if (this.#asking === null || this.#pending === null) return
    const { requestId, event, deadlineMs } = this.#pending
    this.handedAt = performance.now()
    this.#asking
      .writeHead(200, {
        'content-type': 'application/json',
        'lambda-runtime-aws-request-id': requestId,
        'lambda-runtime-deadline-ms': String(deadlineMs),
        'lambda-runtime-invoked-function-arn': FUNCTION_ARN,
      })
      .end(event)
    this.#asking = null
  }

  #settle(result: InvocationResult): void {
    this.#pending?.settle(result)
    this.#pending = null
  }
}

const FUNCTION_ARN = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'

/** What Lambda sets for every function. */
const LAMBDA_ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: AWS_KEYS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: AWS_KEYS.secretAccessKey,
  AWS_SESSION_TOKEN: AWS_KEYS.sessionToken,
  AWS_LAMBDA_FUNCTION_NAME: 'kill-switch',
  AWS_LAMBDA_FUNCTION_VERSION: '1',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
  AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/kill-switch',
  AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[1]0123456789abcdef0123456789abcdef',
  AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
  TZ: ':UTC',
} as const
