import type { ApiKeyCheck, RoadName } from '../kraken/exchange.ts'
import { shown } from '../printable.ts'

/* What Kraken says of a key, as the operator should hear it. */

export const DAY_MS = 86_400_000
/** A key that ends within this is to be renewed: a fortnight outlasts a holiday. */
const RENEW_DAYS = 14

const RIGHTS: Readonly<Record<RoadName, string>> = {
  rest: 'General Full access',
  unified: 'the rights to access the WebSocket API, to query open orders and to cancel orders',
}

/** Why it cannot do what it is for, with what to do; a sentence each. */
export function permissionProblems(road: RoadName, { general }: ApiKeyCheck): readonly string[] {
  if (general === 'FULL_ACCESS' || (road === 'unified' && general === 'unknown')) return []
  return [
    `The key's General permission is ${shown(general)}, which cannot cancel. Make a key with ${RIGHTS[road]} and store it in the secret.`,
  ]
}

/** What does not keep it from that, but should be fixed. @param at milliseconds since 1970 */
export function keyWarnings(road: RoadName, key: ApiKeyCheck, at: number): readonly string[] {
  const { general, transfer, allowedCidrBlocks } = key
  return [
    ...(general === 'unknown'
      ? [`Kraken does not say whether the key may cancel: see that it has ${RIGHTS[road]}, and no other.`]
      : []),
    ...(transfer !== 'NO_ACCESS' && !(road === 'unified' && transfer === 'unknown')
      ? [`The key's Withdrawal permission is ${shown(transfer)}. A kill switch needs none: take it away.`]
      : []),
    ...(allowedCidrBlocks.length > 0
      ? [
          `The key works from ${allowedCidrBlocks.slice(0, 10).map(shown).join(', ')} only. The switch's egress address must stay among them.`,
        ]
      : []),
    ...needless(key),
    ...expiry(key, at),
  ]
}

/** A right to place orders is named by what it allows, the others as Kraken names them. */
function needless({ needless }: ApiKeyCheck): readonly string[] {
  const others = needless.filter((right) => right !== PLACE_RIGHT)
  return [
    ...(needless.includes(PLACE_RIGHT)
      ? [
          'The key may also place orders, by its right Create & modify orders. A kill switch needs Cancel & close orders alone: make a key without the other.',
        ]
      : []),
    ...(others.length > 0
      ? [`The key has rights that a kill switch does not need: ${others.join(', ')}.`]
      : []),
  ]
}

const PLACE_RIGHT = 'modify-trades'

function expiry({ validUntil }: ApiKeyCheck, at: number): readonly string[] {
  if (validUntil === null || validUntil - at > RENEW_DAYS * DAY_MS) return []
  const days = Math.max(0, Math.ceil((validUntil - at) / DAY_MS))
  return [
    `KEY EXPIRES: the key ends in ${days === 1 ? '1 day' : `${days} days`}, at ${new Date(validUntil).toISOString()}. Make a new one and store it in the secret.`,
  ]
}
