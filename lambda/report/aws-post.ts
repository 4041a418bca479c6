import http from 'node:http'
import https from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { AwsV4Signer } from 'aws4fetch'
import type { AwsEnvironment } from '../init/function-settings.ts'

/** What is asked of a service, before it is signed. */
export interface AwsRequest {
  readonly service: string
  readonly url: URL
  /** `content-type` among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface AwsAnswer {
  readonly status: number
  readonly body: string
}

/** After the first try, when the service is busy (429) or has failed (5xx). */
const RETRIES = 1
const RETRY_AFTER_MS = 50

/** Each address but the last has so long to answer; by default 250 ms. */
const ADDRESS_TIMEOUT_MS = 500
/** An error of a service is less than 1 KB; no more of it is kept. */
const MOST_CHARACTERS = 10_000

/**
 * Asks a service for something, bounded in time and tries.
 *
 * @param timeoutMs over all tries
 * @throws AwsRefused, AwsUnreachable
 */
export async function askAws(request: AwsRequest, aws: AwsEnvironment, timeoutMs: number): Promise<void> {
  await fetchAws(request, aws, timeoutMs, MOST_CHARACTERS)
}

/**
 * The same, for what the service answers.
 *
 * @param mostCharacters of the answer; what is beyond is cut off
 * @throws AwsRefused, AwsUnreachable
 */
export async function fetchAws(
  request: AwsRequest,
  aws: AwsEnvironment,
  timeoutMs: number,
  mostCharacters: number,
): Promise<string> {
  const signal = AbortSignal.timeout(timeoutMs)
  for (let tries = 0; ; tries++) {
    const answer = await postSigned(request, aws, signal, mostCharacters).catch((error) => {
      throw new AwsUnreachable(error)
    })
    if (answer.status >= 200 && answer.status < 300) return answer.body
    const isBusy = answer.status === 429 || answer.status >= 500
    if (!isBusy || tries >= RETRIES) throw new AwsRefused(answer)
    await sleep(RETRY_AFTER_MS)
  }
}

/** The service said no. */
export class AwsRefused extends Error {
  /** Its own word, such as `AuthorizationError`; the HTTP status where there is none. */
  override readonly name: string

  constructor({ status, body }: AwsAnswer) {
    super('AWS refused the request')
    const [, word] = /(?:<Code>|"__type":\s*"(?:[\w.]+#)?)([A-Za-z]{1,60})[<"]/.exec(body) ?? []
    this.name = word ?? `HTTP ${status}`
  }
}

/** The service could not be reached in time. */
class AwsUnreachable extends Error {
  /** The connection's own word, such as `ECONNREFUSED`; `TimeoutError` when the time was over. */
  override readonly name: string

  constructor({ name, code }: NodeJS.ErrnoException) {
    super('AWS could not be reached')
    this.name = /^[A-Z][A-Z0-9_]{1,60}$/.test(code ?? '') ? String(code) : name
  }
}

/**
 * Signs a request and posts it once. A redirect is an answer like any other.
 *
 * Not by `fetch`: with NODE_TLS_REJECT_UNAUTHORIZED=0 that takes any certificate, with NODE_USE_ENV_PROXY it goes through a
 * proxy, and neither can be told otherwise. The request carries the session token of the function's role.
 *
 * @throws the reason of the signal; an error with a `code`, when the connection failed
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
async function postSigned(
  { service, url, headers, body }: AwsRequest,
  { region, credentials }: AwsEnvironment,
  signal: AbortSignal,
  mostCharacters: number,
): Promise<AwsAnswer> {
  const request = { method: 'POST', url: url.href, headers, body, service, region }
  const signed = await new AwsV4Signer({ ...request, ...(await credentials()) }).sign()
  return post(url, Object.fromEntries(signed.headers), body, signal, mostCharacters)
}

function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
  mostCharacters: number,
): Promise<AwsAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<AwsAnswer>()
  const options = {
    method: 'POST',
    headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    signal,
    agent: false, // a connection of its own, and no proxy, whatever the environment says
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    insecureHTTPParser: false,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: ADDRESS_TIMEOUT_MS,
  } as const
  const outgoing = (url.protocol === 'https:' ? https : http).request(url, options, (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text = (text + chunk).slice(0, mostCharacters)
    })
    response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
    response.once('error', reject)
  })
  outgoing.once('error', (error) => reject(signal.aborted ? signal.reason : error))
  outgoing.end(body)
  return promise
}
