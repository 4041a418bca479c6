import type { IncomingHttpHeaders } from 'node:http'
import { type Fields, isObject, parseJson, text } from '../../json.ts'
import { ExchangeError, isKrakenErrorCode, readErrorCode } from '../exchange-error.ts'

/** One HTTP response, whole. */
export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/**
 * The JSON object of a reply, errors sorted out.
 *
 * HTTP 200 is not success, and HTTP 500 may carry a business error: the body decides.
 *
 * @throws ExchangeError when the body holds an error code, or is no JSON object
 */
export function readJson(reply: Reply): Fields {
  const { status } = reply
  if (status >= 300 && status < 400) throw new ExchangeError(`HTTP ${status}`, 'Kraken redirects elsewhere')
  const answer = parseObject(reply)
  const code = errorCode(answer, status)
  if (code !== null) throw new ExchangeError(code, undefined, readRetryAfter(reply.headers))
  if (status >= 400) throw new ExchangeError(`HTTP ${status}`, undefined, readRetryAfter(reply.headers))
  if (answer.result === 'error') throw new ExchangeError('error without a code')
  return answer
}

function isGone(status: number): boolean {
  return status === 404 || status === 410
}

function parseObject({ status, headers, body }: Reply): Fields {
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding !== 'identity') {
    throw new ExchangeError('compressed', 'Kraken sent a compressed body that was not asked for')
  }
  const text = body.toString('utf8')
  const parsed = parseJson(text)
  if (isObject(parsed)) return parsed
  const isPage = /^\s*</.test(text)
  if (isPage && (status < 400 || isGone(status))) {
    throw new ExchangeError('HTML', 'Kraken answered a web page')
  }
  if (status >= 400) throw new ExchangeError(`HTTP ${status}`, undefined, readRetryAfter(headers))
  throw new ExchangeError('unreadable', 'Kraken sent an answer that is not a JSON object')
}

/** The error code, where there is an error: a string, or `{code, message}`, in `error` or in the list `errors`. */
function errorCode({ error, errors }: Fields, status: number): string | null {
  const raised = [error, errors]
    .flat()
    .filter((e) => e !== undefined && e !== null && e !== '' && e !== false && !isWarning(e))
  if (raised.length === 0) return null
  const words = raised.flatMap((e) => (isObject(e) ? [e.code, e.message] : [e])).map(text)
  const code = readErrorCode(words.filter((word) => word !== null))
  // The key check has words of its own beside HTTP 401.
  return status === 401 && !isKrakenErrorCode(code) ? 'authenticationError' : code
}

/** `WGeneral:Deprecated` beside a good result, where an error begins with E. */
function isWarning(raised: unknown): boolean {
  return typeof raised === 'string' && /^W[A-Z][A-Za-z]*:/.test(raised)
}

const LONGEST_RETRY_AFTER_S = 10

/** `Retry-After` in milliseconds; null when it is absent, nonsense, or longer than the budget's own window. */
function readRetryAfter(headers: IncomingHttpHeaders): number | null {
  const header = headers['retry-after']
  if (header === undefined || !/^\d{1,6}$/.test(header)) return null
  const seconds = Number(header)
  return seconds <= LONGEST_RETRY_AFTER_S ? seconds * 1000 : null
}
