import { KillSwitchError } from '../errors.ts'

/**
 * What a failed call calls for.
 *
 * - `wait`: pause and try again, to the deadline
 * - `change`: change one thing (the key, the nonce) and try once more
 * - `stop`: do not repeat; tell the operator
 */
export type Remedy = 'wait' | 'change' | 'stop'

const PRESS_AGAIN = "Cancel by hand in Kraken's own interface, and press again"
const STOP_THE_OTHER = 'Stop the program that spends the API budget of this account, and press again'
const MEND_KEY =
  'Give the key General Full access, check its IP allow-list and the stored secret, and cancel by hand until then'
const REACTIVATE = 'Ask Kraken to activate the account, and cancel by hand until then'
const MEND_SYMBOLS = 'Check the symbols against the open orders, or press without symbols'

/**
 * The 17 documented error codes, then four others that were seen.
 *
 * @see https://docs.kraken.com/api/docs/futures-api/trading/cancel-all-orders (ErrorResponse)
 */
const CODES: Readonly<Record<string, readonly [Remedy, string]>> = {
  apiLimitExceeded: ['wait', STOP_THE_OTHER],
  marketUnavailable: ['wait', PRESS_AGAIN],
  'Server Error': ['wait', PRESS_AGAIN],
  Unavailable: ['wait', PRESS_AGAIN],
  unknownError: ['wait', PRESS_AGAIN],
  authenticationError: ['change', MEND_KEY],
  nonceBelowThreshold: ['change', 'Use a key of its own for the switch, and press again'],
  nonceDuplicate: ['change', 'Use a key of its own for the switch, and press again'],
  accountInactive: ['stop', REACTIVATE],
  invalidAccount: ['stop', REACTIVATE],
  invalidArgument: ['stop', MEND_SYMBOLS],
  requiredArgumentMissing: ['stop', PRESS_AGAIN],
  notFound: ['stop', MEND_SYMBOLS],
  'Json Parse Error': ['stop', PRESS_AGAIN],
  insufficientFunds: ['stop', PRESS_AGAIN],
  invalidAmount: ['stop', PRESS_AGAIN],
  invalidUnit: ['stop', PRESS_AGAIN],

  contractNotFound: ['stop', MEND_SYMBOLS],
  insufficientPrivileges: ['stop', MEND_KEY],
  'Bad Request': ['stop', PRESS_AGAIN],
  marketSuspended: ['stop', PRESS_AGAIN],
}

export const KRAKEN_ERROR_CODES: readonly string[] = Object.keys(CODES)

export function isKrakenErrorCode(code: string): boolean {
  return Object.hasOwn(CODES, code)
}

/** Kraken refused, or gave no answer that can be used; `code` says which, in Kraken's spelling or ours. */
export class ExchangeError extends KillSwitchError {
  override readonly name: string = 'ExchangeError'
  readonly restingOrders = 'unknown'
  readonly code: string
  readonly remedy: Remedy
  readonly whatToDo: string
  /** From `Retry-After`, in milliseconds; null when the answer held none that makes sense. */
  readonly retryAfterMs: number | null

  /**
   * @param code one of Kraken's codes, or our own word for what happened (`timeout`, `HTTP 503`, `not JSON`)
   * @param message a sentence without its full stop; by default one that names the code
   */
  constructor(code: string, message = `Kraken answered ${code}`, retryAfterMs: number | null = null) {
    super(message)
    const [remedy, whatToDo] = isKrakenErrorCode(code)
      ? (CODES[code] as readonly [Remedy, string])
      : (['wait', PRESS_AGAIN] as const)
    this.code = code
    this.remedy = remedy
    this.whatToDo = whatToDo
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * What the address answers once the REST API is gone: a redirect, a 404 or 410, a web page.
 * A proxy can answer the same in an outage, so it is tried again to the deadline.
 *
 * @see https://docs.kraken.com/exchange/api-reference/futures-rest (switched off on 1 March 2027)
 */
export class ApiRetired extends ExchangeError {
  override readonly name = 'ApiRetired'
  override readonly whatToDo =
    "Cancel by hand in Kraken's own interface; since 1 March 2027 this needs a version for Kraken's Unified WebSocket"

  constructor(code: string, what: string) {
    super(code, `Kraken's Derivatives REST API ${what}; Kraken retires it on 1 March 2027`)
  }
}
