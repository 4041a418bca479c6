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
const FIX_KEY =
  'Give the key General Full access, check its IP address list, that it is of the right account or subaccount, and the stored secret, and cancel by hand until then'
const REACTIVATE = 'Ask Kraken to activate the account, and cancel by hand until then'
const FIX_UNIFIED_KEY =
  'Check the second key\'s IP address list, that it is of the right account or subaccount, and what the secret holds under "unified"; else make it anew, with the rights to access the WebSocket API, to query open orders and to cancel orders, and without two-factor authentication; and cancel by hand until then'
const OWN_KEY = 'Use a key of its own for the switch, give it a nonce window, and press again'
const FIX_SYMBOLS = 'Check the symbols against the open orders, or press without symbols'

type Codes = Readonly<Record<string, readonly [Remedy, string]>>

/**
 * The 17 documented error codes of the Derivatives REST API, then four others that were seen.
 *
 * @see https://docs.kraken.com/api/docs/futures-api/trading/cancel-all-orders (ErrorResponse)
 */
const REST_CODES: Codes = {
  apiLimitExceeded: ['wait', STOP_THE_OTHER],
  marketUnavailable: ['wait', PRESS_AGAIN],
  'Server Error': ['wait', PRESS_AGAIN],
  Unavailable: ['wait', PRESS_AGAIN],
  unknownError: ['wait', PRESS_AGAIN],
  authenticationError: ['change', FIX_KEY],
  nonceBelowThreshold: ['change', 'Use a key of its own for the switch, and press again'],
  nonceDuplicate: ['change', 'Use a key of its own for the switch, and press again'],
  accountInactive: ['stop', REACTIVATE],
  invalidAccount: ['stop', REACTIVATE],
  invalidArgument: ['stop', FIX_SYMBOLS],
  requiredArgumentMissing: ['stop', PRESS_AGAIN],
  notFound: ['stop', FIX_SYMBOLS],
  'Json Parse Error': ['stop', PRESS_AGAIN],
  insufficientFunds: ['stop', PRESS_AGAIN],
  invalidAmount: ['stop', PRESS_AGAIN],
  invalidUnit: ['stop', PRESS_AGAIN],

  contractNotFound: ['stop', FIX_SYMBOLS],
  insufficientPrivileges: ['stop', FIX_KEY],
  'Bad Request': ['stop', PRESS_AGAIN],
  marketSuspended: ['stop', PRESS_AGAIN],
}

/**
 * Those of the Unified WebSocket and its token; a detail may follow behind another colon.
 *
 * @see https://github.com/krakenfx/kraken-api-sdk (rust/docs/guides/error-handling.md)
 */
const UNIFIED_CODES: Codes = {
  'EAPI:Invalid key': ['change', FIX_UNIFIED_KEY],
  'EAPI:Invalid signature': ['change', FIX_UNIFIED_KEY],
  'EAPI:Invalid nonce': ['change', OWN_KEY],
  'EAPI:Rate limit exceeded': ['wait', STOP_THE_OTHER],
  'EAPI:Invalid token': ['wait', PRESS_AGAIN],
  'ESession:Invalid session': ['wait', PRESS_AGAIN],
  'EAPI:Permission denied': ['stop', FIX_UNIFIED_KEY],
  'EGeneral:Permission denied': ['stop', FIX_UNIFIED_KEY],
  'EGeneral:Invalid arguments': ['stop', PRESS_AGAIN],
  'EAuth:Account temporary disabled': ['stop', REACTIVATE],
  'EAuth:Account unconfirmed': ['stop', REACTIVATE],
  'EAuth:Rate limit exceeded': ['wait', STOP_THE_OTHER],
  'EAuth:Too many requests': ['wait', STOP_THE_OTHER],
  'EGeneral:Temporary lockout': ['stop', FIX_UNIFIED_KEY],
  'EGeneral:Internal error': ['wait', PRESS_AGAIN],
  'EOrder:Rate limit exceeded': ['wait', STOP_THE_OTHER],
  'EOrder:Domain rate limit exceeded': ['wait', STOP_THE_OTHER],
  'EOrder:Unknown order': ['stop', FIX_SYMBOLS],
  'EOrder:Invalid order': ['stop', FIX_SYMBOLS],
  'EService:Unavailable': ['wait', PRESS_AGAIN],
  'EService:Busy': ['wait', PRESS_AGAIN],
  'EService:Throttled': ['wait', STOP_THE_OTHER],
}

const CODES: Codes = { ...REST_CODES, ...UNIFIED_CODES }

/** Of the Derivatives REST API. */
export const KRAKEN_ERROR_CODES: readonly string[] = Object.keys(REST_CODES)
/** Of the Unified WebSocket and its token. */
export const UNIFIED_ERROR_CODES: readonly string[] = Object.keys(UNIFIED_CODES)

export function isKrakenErrorCode(code: string): boolean {
  return Object.hasOwn(CODES, code)
}

const NONCE_CODES = ['nonceBelowThreshold', 'nonceDuplicate', 'EAPI:Invalid nonce']

const BUDGET_CODES = [
  'apiLimitExceeded',
  'EAPI:Rate limit exceeded',
  'EAuth:Rate limit exceeded',
  'EOrder:Rate limit exceeded',
  'EOrder:Domain rate limit exceeded',
]

/** Does Kraken say by this code that the account's calls are spent? */
export function isBudgetSpent(code: string): boolean {
  return BUDGET_CODES.includes(code)
}

/** Its own failures, which may come after it did what was asked. */
const BROKEN_MIDWAY = ['Server Error', 'unknownError', 'EGeneral:Internal error']

/** Does Kraken say by this code that it did not do what was asked? */
export function isRefusal(code: string): boolean {
  return isKrakenErrorCode(code) && !BROKEN_MIDWAY.includes(code)
}

/**
 * What Kraken calls an error, in our spelling of its codes; the codes of the Unified WebSocket may have a detail behind
 * another colon.
 *
 * @returns an unknown code as it is if it is plain words; anything else might echo what was sent
 */
export function readErrorCode(words: readonly string[]): string {
  const known = words.map(knownCode).find((code) => code !== undefined)
  if (known !== undefined) return known
  const [first = ''] = words
  return /^(?:E[A-Za-z]{1,20}:)?[A-Za-z][A-Za-z ]{0,39}$/.test(first) ? first : 'an unknown error code'
}

function knownCode(candidate: string): string | undefined {
  const wanted = candidate.toLowerCase()
  return Object.keys(CODES).find((code) => {
    const known = code.toLowerCase()
    return known === wanted || (code.includes(':') && wanted.startsWith(`${known}:`))
  })
}

/** Kraken refused, or gave no answer that can be used; `code` says which, in Kraken's spelling or ours. */
export class ExchangeError extends KillSwitchError {
  override readonly name: string = 'ExchangeError'
  readonly restingOrders = 'unknown'
  readonly code: string
  readonly remedy: Remedy
  readonly whatToDo: string
  /** Kraken refuses the nonce, not the key. */
  readonly isAboutNonce: boolean
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
    this.isAboutNonce = NONCE_CODES.includes(code)
    this.retryAfterMs = retryAfterMs
  }
}

/**
 * Kraken said no on a session that works, and would say so on another one: neither a new connection nor a new token helps,
 * and both are counted.
 */
export class Refusal extends ExchangeError {
  override readonly name = 'Refusal'
}

/** Nothing was sent: our own time, or our own share of Kraken's budget, is over. */
export class NotTried extends ExchangeError {
  override readonly name = 'NotTried'
}
