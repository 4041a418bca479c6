import { type Fields, isObject, text } from '../../json.ts'
import type { Answered, ApiKeyCheck } from '../exchange.ts'
import { ExchangeError } from '../exchange-error.ts'
import { type ApiInputs, makeCall, type Signing } from '../http/call.ts'
import { nextNonce } from '../http/nonce.ts'
import { type Reply, readJson } from '../http/reply.ts'
import { readKeyInfo } from './key-info.ts'

/** As many invocations as may fire at the same moment, each a nonce ahead of the other. */
const NONCES_TO_TRY = 4

/** Every request with a nonce, which is part of what is signed. */
const API_SIGN: Signing = {
  noncesToTry: NONCES_TO_TRY,
  params: (nonce) => ({ nonce }),
  headers: (key, postData, path, nonce) => key.spotHeaders(postData, path, nonce),
  nonce: (clock) => String(nextNonce(clock)),
}

/** What opens private messages on the Unified WebSocket. Cannot be read back, printed or serialised: it only goes into messages. */
export class SessionToken {
  readonly #token: string

  constructor(token: string) {
    this.#token = token
  }

  /** One message, as JSON. */
  message(method: string, params: Fields, reqId: number): string {
    return JSON.stringify({ method, params: { ...params, token: this.#token }, req_id: reqId })
  }
}

export interface Tokened extends Answered {
  readonly token: SessionToken
}

/**
 * A fresh token. It is good for 15 minutes, and for as long as a connection is subscribed with it.
 *
 * @throws ExchangeError when Kraken refused, or gave none in time
 * @throws SecretUnavailable, SecretInvalid when there is no key
 * @see https://docs.kraken.com/api-reference/trading/get-websockets-token
 */
export function fetchToken(inputs: ApiInputs): Promise<Tokened> {
  return call<Tokened>(inputs, 'GetWebSocketsToken', (result) => {
    const token = text(result.token)
    if (token === null || !/^[\x21-\x7e]{8,1000}$/.test(token)) {
      throw new ExchangeError('no token', 'Kraken answered without a WebSocket token')
    }
    return { token: new SessionToken(token) }
  })
}

/**
 * What Kraken says of the key. Not urgent, so that it goes out only once.
 *
 * @see https://docs.kraken.com/api-reference/account-data/get-api-key-info
 */
export function fetchKeyInfo(inputs: ApiInputs): Promise<ApiKeyCheck> {
  return call<ApiKeyCheck>(inputs, 'GetApiKeyInfo', readKeyInfo, true)
}

function call<T extends Answered>(
  inputs: ApiInputs,
  name: string,
  read: (result: Fields) => Omit<T, keyof Answered>,
  isFresh = false,
): Promise<T> {
  return makeCall<T>(
    { ...inputs, signing: API_SIGN },
    { name, method: 'POST', path: `/0/private/${name}`, cost: 1, open: openSpot, read, isFresh },
  )
}

/** The `result` of a good answer. @throws ExchangeError */
function openSpot(reply: Reply): Fields {
  const answer = readJson(reply)
  if (reply.status === 200 && isObject(answer.result)) return answer.result
  throw new ExchangeError('no result', 'Kraken answered without a result')
}
