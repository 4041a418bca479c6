import { type Environment, readSettings, type Settings } from '../lambda/init/settings.ts'
import { environmentWarnings, PROXIES } from '../lambda/readiness/environment.ts'

/** What of the environment decides where a switch without AWS presses, and how. Never what it presses with. */
const TAKEN = [
  'KRAKEN_FUTURES_URL',
  'KRAKEN_UNIFIED_URL',
  'KRAKEN_API_URL',
  'QUIET_PERIOD_MS',
  'ATTEMPT_TIMEOUT_MS',
  'SPARE_AFTER_MS',
] as const

/**
 * The settings of a switch without AWS.
 *
 * @param account where the keys are, as a report names it
 * @throws SettingInvalid as `readSettings` does
 */
export function settingsOf(env: Environment, account: string, roads: string | undefined): Settings {
  const taken = Object.fromEntries(TAKEN.map((name) => [name, env[name]]))
  return readSettings({ ...taken, KRAKEN_ROADS: roads }, account)
}

/** What around it the operator should know of, a sentence each. No value is told. */
export function surroundings(env: Environment, settings: Settings): readonly string[] {
  const others = environmentWarnings(env, settings)
  return [...addressWarnings(settings), ...unusedProxies(env, others), ...others]
}

/** A rehearsal's settings may have been left in a shell. */
export function addressWarnings({ futuresUrl, unifiedUrl, apiUrl }: Settings): readonly string[] {
  const hosts = [futuresUrl, unifiedUrl, apiUrl].filter(({ hostname }) => !hostname.endsWith('.kraken.com'))
  const names = [...new Set(hosts.map(({ host }) => host))]
  if (names.length === 0) return []
  return [`NOT KRAKEN: the environment leads to ${names.join(', ')}, which is no address of Kraken's own.`]
}

/** On many laptops they are set, and one that is needed would be missed here. */
function unusedProxies(env: Environment, others: readonly string[]): readonly string[] {
  const names = PROXIES.filter((name) => env[name])
  if (names.length === 0 || others.some((warning) => warning.startsWith(names.join(', ')))) return []
  return [
    `${names.join(', ')} is not used: the switch connects to Kraken directly. Where a network lets nothing out but through its proxy, use another network.`,
  ]
}
