/** May orders still be resting on the book? The operator's one question, answered by every error. */
export type RestingOrders = 'untouched' | 'unknown'

/**
 * Base of every error that this function names.
 *
 * The message says what is wrong in one sentence without its full stop, and never quotes a secret or a
 * low-level cause (either may hold one).
 */
export abstract class KillSwitchError extends Error {
  abstract readonly restingOrders: RestingOrders
  /** What the operator does now, in one sentence without its full stop. */
  abstract readonly whatToDo: string
}

/** A setting of the function is missing or wrong. Nothing was sent. */
export class SettingInvalid extends KillSwitchError {
  override readonly name = 'SettingInvalid' // a literal: bundlers may rename the class
  readonly restingOrders = 'untouched'
  readonly whatToDo: string
  readonly setting: string
  readonly problem: string
  readonly fix: string

  constructor(setting: string, problem: string, fix: string) {
    super(`The setting ${setting} ${problem}`)
    this.setting = setting
    this.problem = problem
    this.fix = fix
    this.whatToDo = `${fix}, and cancel by hand until then`
  }
}

/** The secret was read, but holds no usable key. Nothing was sent with it. */
export class SecretInvalid extends KillSwitchError {
  override readonly name = 'SecretInvalid'
  readonly restingOrders = 'untouched'
  readonly whatToDo =
    'Store {"apiKey": "...", "apiSecret": "..."} as the secret\'s text, as Kraken showed them, with the key of the Unified WebSocket under "unified" in the same form, or as "unifiedApiKey" and "unifiedApiSecret", and cancel by hand until then'

  readonly problem: string

  constructor(problem: string) {
    super(`The secret is malformed: ${problem}`)
    this.problem = problem
  }
}

/** The secret was read, and has nothing usable of this account of a fleet. Nothing was sent for it. */
export class AccountInvalid extends KillSwitchError {
  override readonly name = 'AccountInvalid'
  readonly restingOrders = 'untouched'
  readonly whatToDo =
    'Store {"accounts": {"NAME": {"apiKey": "...", "apiSecret": "..."}, ...}} as the secret\'s text, with the names of the roster, and cancel by hand until then'

  constructor(problem: string) {
    super(`The secret of the fleet is malformed: ${problem}`)
  }
}

/** Secrets Manager gave no secret. Nothing was sent to the exchange. */
export class SecretUnavailable extends KillSwitchError {
  override readonly name = 'SecretUnavailable'
  readonly restingOrders = 'untouched'
  readonly whatToDo =
    "Check KRAKEN_SECRET_ID, the function's role and its network, and cancel by hand until then"

  /** It may give one in a moment: it is busy, slow or out of reach. */
  readonly mayHeal: boolean

  /** @param cause the AWS error's name, such as `AccessDeniedException`; never its message. */
  constructor(cause: string) {
    super(`Secrets Manager gave no secret (${cause})`)
    this.mayHeal = !REFUSED_FOR_GOOD.test(cause)
  }
}

/** @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html (Errors) */
const REFUSED_FOR_GOOD =
  /^(AccessDenied|ResourceNotFound|InvalidRequest|InvalidParameter|DecryptionFailure|UnrecognizedClient|InvalidSignature|IncompleteSignature|ExpiredToken)/

/** The time was over before anything could be learned. */
export class SweepCutShort extends KillSwitchError {
  override readonly name = 'SweepCutShort'
  readonly restingOrders = 'unknown'
  readonly whatToDo = "Give the switch more time, and cancel by hand in Kraken's own interface until then"

  constructor() {
    super('The time was over before Kraken answered')
  }
}

/** Every road to the exchange failed, each for a reason of its own. */
export class EveryRoadFailed extends KillSwitchError {
  override readonly name = 'EveryRoadFailed'
  readonly restingOrders: RestingOrders
  readonly whatToDo: string

  constructor(causes: readonly [KillSwitchError, ...KillSwitchError[]]) {
    super(causes.map(({ message }) => message).join('; and on the other road: '))
    this.restingOrders = causes.every(({ restingOrders }) => restingOrders === 'untouched')
      ? 'untouched'
      : 'unknown'
    this.whatToDo = causes[0].whatToDo
  }
}

/** A fault of this program. */
export class InternalFault extends KillSwitchError {
  override readonly name = 'InternalFault'
  readonly restingOrders = 'unknown'
  readonly whatToDo = "Cancel by hand in Kraken's own interface, and report this fault"

  /** @param error only its class is kept: its message may hold anything. */
  constructor(error: unknown) {
    super(`The switch itself failed (${error instanceof Error ? error.name : typeof error})`)
  }
}

/** Any error as one that this program names. */
export function asKnown(error: unknown): KillSwitchError {
  return error instanceof KillSwitchError ? error : new InternalFault(error)
}

/** What pulled the switch is not something it may act on. Nothing was sent; the message says what to send. */
export class InputRefused extends KillSwitchError {
  override readonly name = 'InputRefused'
  readonly restingOrders = 'untouched'
  readonly whatToDo = 'Send it again, corrected'
}

/** What asked for a lap of a hold is not a lap. Nothing was sent. The state machine knows the name, and does not ask again. */
export class HoldRefused extends KillSwitchError {
  override readonly name = 'HoldRefused'
  readonly restingOrders = 'untouched'
  readonly whatToDo = 'Deploy the stack again, which makes function and state machine agree'
}

/** The switch fired, or should have, and there is no proof that the book is empty. The message is the report's first sentence. */
export class NotProvenEmpty extends KillSwitchError {
  override readonly name = 'NotProvenEmpty'
  readonly restingOrders = 'unknown'
  readonly whatToDo = 'Look at the book, and cancel by hand what rests there'
}

/** The switch could not fire now. The message is the readiness report's first sentence. */
export class NotReady extends KillSwitchError {
  override readonly name = 'NotReady'
  readonly restingOrders = 'untouched'
  readonly whatToDo = 'Fix what the report names before the switch is needed'
}
