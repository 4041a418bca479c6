/*
 * What AWS's runtime does in the process of a function: load the module, then ask for events one by one.
 * Run as `node runtime-client.ts BUNDLE`, with AWS_LAMBDA_RUNTIME_API set.
 */
import http from 'node:http'

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })

interface Reply {
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

function call(method: 'GET' | 'POST', path: string, body = ''): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = http.request(`${api}${path}`, { method, agent }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => {
        text += chunk
      })
      response.on('end', () => resolve({ headers: response.headers, body: text }))
    })
    request.on('error', reject)
    request.end(body)
  })
}

function describe(error: unknown): string {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error))
  return JSON.stringify({ errorType: name, errorMessage: message, trace: stack?.split('\n') })
}

type Handler = (event: unknown, context: object) => Promise<unknown>

async function load(bundle: string): Promise<Handler> {
  try {
    const module = (await import(bundle)) as { readonly handler: Handler }
    return module.handler
  } catch (error) {
    await call('POST', '/init/error', describe(error))
    return process.exit(1)
  }
}

const handler = await load(process.argv[2] as string)
for (;;) {
  const { headers, body } = await call('GET', '/invocation/next')
  const awsRequestId = String(headers['lambda-runtime-aws-request-id'])
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms'])
  const context = {
    awsRequestId,
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  }
  try {
    const result = await handler(JSON.parse(body), context)
    await call('POST', `/invocation/${awsRequestId}/response`, JSON.stringify(result))
  } catch (error) {
    await call('POST', `/invocation/${awsRequestId}/error`, describe(error))
  }
}
