import type { Accounts } from '../../drill/order-desk.ts'
import type { Group } from '../../lambda/init/fleet/roster.ts'
import type { Arrival } from '../upstreams.ts'

/** Accounts in groups. The secret of each group holds all of its keys; that of each account goes by `secretNameOf`. */
export interface Fleet extends Required<Pick<Accounts, 'countsBy'>> {
  readonly groups: readonly Group[]
}

export function secretNameOf(account: string): string {
  return `kill-switch/${account}`
}

/** Both measurements are made at these distances, with so many orders on each account. */
export const INPUTS = { krakenRoundTripMs: 20, secretsRoundTripMs: 10, orders: 37 } as const
/** As it is by default: what is told here is told as a user hears it. */
export const QUIET_PERIOD_MS = 1_000
/** What was spent of Kraken's budget is there again: twelve clean sweeps take 444 of its 500 units. */
export const BUDGET_WINDOW_MS = 10_100

/**
 * When the last of so many accounts had its first cancel at the exchange, on the machine's clock.
 *
 * @throws Error unless every request was signed, and every account has a cancel
 */
export function lastFirstCancel(arrivals: readonly Arrival[], accounts: number): number {
  if (arrivals.some(({ isAuthentic }) => !isAuthentic)) throw new Error('a request was not signed')
  const firsts = new Map<string, number>()
  for (const { endpoint, account, at } of arrivals)
    if (endpoint === 'cancelallorders' && !firsts.has(account)) firsts.set(account, at)
  if (firsts.size !== accounts) throw new Error(`cancels came for ${firsts.size} of ${accounts} accounts`)
  return Math.max(...firsts.values())
}
