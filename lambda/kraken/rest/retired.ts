import { ExchangeError } from '../exchange-error.ts'

/** When Kraken switches the Derivatives REST API off: 1 March 2027, in milliseconds since 1970. */
export const RETIRES_AT = Date.UTC(2027, 2, 1)

/**
 * What the address answers once the REST API is gone: a redirect, a 404 or 410, a web page.
 * A proxy can answer the same in an outage, so it is tried again to the deadline.
 *
 * @see https://docs.kraken.com/exchange/api-reference/futures-rest (switched off on 1 March 2027)
 */
export class ApiRetired extends ExchangeError {
  override readonly name = 'ApiRetired'
  override readonly whatToDo =
    'If this is no outage, let the Unified WebSocket carry the switch alone (KRAKEN_ROADS=unified); without a key for it, make one as docs/deploy.md says, store it in the secret under "unified", and cancel by hand until then'

  constructor(code: string) {
    super(
      code,
      `Kraken's Derivatives REST API ${whatItDoes(code)}, as if it were gone: Kraken retires it on 1 March 2027`,
    )
  }
}

function whatItDoes(code: string): string {
  if (code === 'HTML') return 'answers a web page'
  return REDIRECT.test(code) ? 'redirects elsewhere' : `answers ${code}`
}

const REDIRECT = /^HTTP 3\d\d$/

/** The error as it is, or, where it is one that an API gives that is gone, as that. */
export function asRetirement(error: unknown): unknown {
  if (!(error instanceof ExchangeError)) return error
  const { code } = error
  const isSign = ['HTML', 'HTTP 404', 'HTTP 410'].includes(code) || REDIRECT.test(code)
  return isSign ? new ApiRetired(code) : error
}
