import { asKnown, KillSwitchError } from './errors.ts'
import type { ApiKey } from './kraken/authent.ts'
import type { ApiKeyCheck, Book, Exchange } from './kraken/exchange.ts'
import { orders } from './sentence.ts'
import { type ShownAttempt, shown } from './shown.ts'
import { clockSkew } from './warnings.ts'

/** Could this very function fire now? */
export interface ReadinessReport {
  readonly ready: boolean
  readonly sentence: string
  /** What keeps it from firing, with what to do; a sentence each. */
  readonly problems: readonly string[]
  /** What does not, but should be mended. */
  readonly warnings: readonly string[]
  readonly key: {
    readonly accountUid: string | null
    readonly general: string
    readonly transfer: string
    readonly allowedCidrBlocks: readonly string[]
  } | null
  readonly openOrders: number | 'unknown'
  /** The exchange's clock less ours. */
  readonly clockSkewMs: number | null
  readonly attempts: readonly ShownAttempt[]
}

/**
 * Checks the key, reads the open orders, compares the clocks. Cancels nothing, never throws.
 *
 * @param freshKey the secret, being read anew: a kept key would hide that it is gone
 */
export async function checkReadiness(
  freshKey: Promise<ApiKey>,
  exchange: Exchange,
): Promise<ReadinessReport> {
  const secret = await outcome(freshKey)
  if (secret instanceof KillSwitchError) return assess(secret, null, null)
  const [key, book] = await Promise.all([outcome(exchange.checkApiKey()), outcome(exchange.openOrders())])
  return assess(null, key, book)
}

async function outcome<T>(promise: Promise<T>): Promise<T | KillSwitchError> {
  try {
    return await promise
  } catch (error) {
    return asKnown(error)
  }
}

/** Not ready, and this is why: for what fails before anything could be checked. */
export function notReady(error: KillSwitchError): ReadinessReport {
  return assess(error, null, null)
}

function assess(
  secretError: KillSwitchError | null,
  key: ApiKeyCheck | KillSwitchError | null,
  book: Book | KillSwitchError | null,
): ReadinessReport {
  const errors = [secretError, key, book].filter((result) => result instanceof KillSwitchError)
  const checked = key instanceof KillSwitchError ? null : key
  const read = book instanceof KillSwitchError ? null : book
  const problems = [...errors.map(sentenceOf), ...permissionProblems(checked)]
  const clockSkewMs = read?.clockSkewMs ?? checked?.clockSkewMs ?? null
  const openOrders = read?.orders.length ?? 'unknown'
  const ready = problems.length === 0
  return {
    ready,
    sentence: ready ? readySentence(read?.orders.length ?? 0, clockSkewMs) : `NOT READY: ${problems[0]}`,
    problems,
    warnings: warnings(checked, clockSkewMs),
    key: checked === null ? null : showKey(checked),
    openOrders,
    clockSkewMs,
    attempts: [],
  }
}

function sentenceOf(error: KillSwitchError): string {
  return `${error.message}. ${error.whatToDo}.`
}

function permissionProblems(key: ApiKeyCheck | null): string[] {
  if (key === null || key.general === 'FULL_ACCESS') return []
  return [
    `The key's General permission is ${shown(key.general)}, which cannot cancel. Make a key with General Full access and store it in the secret.`,
  ]
}

function warnings(key: ApiKeyCheck | null, clockSkewMs: number | null): string[] {
  return [
    ...(key !== null && key.transfer !== 'NO_ACCESS'
      ? [`The key's Withdrawal permission is ${shown(key.transfer)}. A kill switch needs none: take it away.`]
      : []),
    ...(key !== null && key.allowedCidrBlocks.length > 0
      ? [
          `The key works from ${key.allowedCidrBlocks.slice(0, 10).map(shown).join(', ')} only. The function's egress address must stay among them.`,
        ]
      : []),
    ...clockSkew(clockSkewMs),
  ]
}

function readySentence(open: number, clockSkewMs: number | null): string {
  const skew = clockSkewMs === null ? '' : `, clocks ${Math.abs(clockSkewMs)} ms apart`
  return `READY: the key may cancel, and the book can be read (${orders(open)} open${skew}).`
}

function showKey(key: ApiKeyCheck): ReadinessReport['key'] {
  return {
    accountUid: key.accountUid && shown(key.accountUid),
    general: shown(key.general),
    transfer: shown(key.transfer),
    allowedCidrBlocks: key.allowedCidrBlocks.slice(0, 100).map(shown),
  }
}
