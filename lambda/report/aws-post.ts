import http from 'node:http'
import https from 'node:https'
import { AwsV4Signer } from 'aws4fetch'
import type { AwsEnvironment } from '../init/settings.ts'

/** A service's form, before it is signed. */
export interface AwsForm {
  readonly service: string
  readonly url: URL
  readonly fields: Readonly<Record<string, string>>
}

export interface AwsAnswer {
  readonly status: number
  readonly body: string
}

/** Each address but the last has so long to answer; by default 250 ms. */
const ADDRESS_TIMEOUT_MS = 500
/** An error of a service is less than 1 KB; no more of it is kept. */
const MOST_CHARACTERS = 10_000

/**
 * Signs a form and posts it once. A redirect is an answer like any other.
 *
 * Not by `fetch`: with NODE_TLS_REJECT_UNAUTHORIZED=0 that takes any certificate, with NODE_USE_ENV_PROXY it goes through a
 * proxy, and neither can be told otherwise. The request carries the session token of the function's role.
 *
 * @throws the reason of the signal; an error with a `code`, when the connection failed
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
export async function postSigned(
  { service, url, fields }: AwsForm,
  { region, credentials }: AwsEnvironment,
  signal: AbortSignal,
): Promise<AwsAnswer> {
  const body = new URLSearchParams(fields).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
  const request = { method: 'POST', url: url.href, headers, body, service, region }
  const signed = await new AwsV4Signer({ ...request, ...(await credentials()) }).sign()
  return post(url, Object.fromEntries(signed.headers), body, signal)
}

function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
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
      text = (text + chunk).slice(0, MOST_CHARACTERS)
    })
    response.once('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
    response.once('error', reject)
  })
  outgoing.once('error', (error) => reject(signal.aborted ? signal.reason : error))
  outgoing.end(body)
  return promise
}
