import { SettingInvalid } from '../errors.ts'
import type { RoadName } from '../kraken/exchange.ts'

/** The function's own settings, by environment name: the stack sets these and no others. */
export const SETTING_NAMES = [
  'KRAKEN_SECRET_ID',
  'KRAKEN_ROADS',
  'KRAKEN_FUTURES_URL',
  'KRAKEN_UNIFIED_URL',
  'KRAKEN_API_URL',
  'QUIET_PERIOD_MS',
  'ATTEMPT_TIMEOUT_MS',
  'SPARE_AFTER_MS',
  'STALE_SCHEDULE_MS',
  'ALARM_SCOPES',
  'NOTIFY_TOPIC_ARN',
  'CHAT_TOPIC_ARN',
  'DASHBOARD_URL',
  'RUNBOOK_URL',
  'HOLD_MACHINE_ARN',
  'HOLD_PERSIST_MINUTES',
  'HOLD_KEEP_SHUT_MINUTES',
  'HOLD_FUSE',
] as const

export type SettingName = (typeof SETTING_NAMES)[number]

/** Of a switch for many accounts: their names, or the groups that it serves. One of the two, or neither. */
export const FLEET_SETTING_NAMES = ['ACCOUNTS', 'FLEET_GROUPS'] as const

export type FleetSettingName = (typeof FLEET_SETTING_NAMES)[number]

export interface Settings {
  /** Where the keys are, by which reports name the account: the secret's name or ARN. */
  readonly secretId: string
  /** The roads to take; null for every road that the secret has a key for. */
  readonly roads: readonly RoadName[] | null
  /** Ends in `/derivatives/api/v3`. */
  readonly futuresUrl: URL
  /** Of the Unified WebSocket. */
  readonly unifiedUrl: URL
  /** Where its token is asked for. */
  readonly apiUrl: URL
  readonly quietPeriodMs: number
  readonly attemptTimeoutMs: number
  readonly spareAfterMs: number
  readonly staleScheduleMs: number
  /** JSON, alarm name → scope and reason; read when an alarm fires. */
  readonly alarmScopes: string
  /** The SNS topic that hears of every pull; null for none. */
  readonly notifyTopicArn: string | null
}

/** Variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

const ROADS: Readonly<Record<string, readonly RoadName[]>> = {
  rest: ['rest'],
  unified: ['unified'],
  both: ['rest', 'unified'],
}

/** By setting, in milliseconds: what it may be, and what it is where it is not set. */
export const DURATIONS = {
  QUIET_PERIOD_MS: { from: 50, to: 10_000, usual: 1_000 },
  ATTEMPT_TIMEOUT_MS: { from: 100, to: 20_000, usual: 2_500 },
  SPARE_AFTER_MS: { from: 10, to: 20_000, usual: 250 },
  STALE_SCHEDULE_MS: { from: 60_000, to: 86_400_000, usual: 900_000 },
} as const

/** By setting: Kraken's own address, all of whose path a loopback address has to keep. */
const URLS = {
  KRAKEN_FUTURES_URL: 'https://futures.kraken.com/derivatives/api/v3',
  KRAKEN_UNIFIED_URL: 'wss://uws.kraken.com/v2/private',
  KRAKEN_API_URL: 'https://api.kraken.com',
} as const

/**
 * Reads the environment; a default applies only where a name is absent or empty.
 *
 * @param secretId where the keys are, if that is not a setting
 * @throws SettingInvalid naming the setting and the fix; never the value, which may be a misplaced secret
 */
export function readSettings(env: Environment, secretId = readSecretId(env)): Settings {
  const attemptTimeoutMs = readMs(env, 'ATTEMPT_TIMEOUT_MS')
  return {
    secretId,
    roads: readRoads(env),
    futuresUrl: readUrl(env, 'KRAKEN_FUTURES_URL'),
    unifiedUrl: readUrl(env, 'KRAKEN_UNIFIED_URL'),
    apiUrl: readUrl(env, 'KRAKEN_API_URL'),
    quietPeriodMs: readMs(env, 'QUIET_PERIOD_MS'),
    attemptTimeoutMs,
    spareAfterMs: readMs(env, 'SPARE_AFTER_MS', attemptTimeoutMs),
    staleScheduleMs: readMs(env, 'STALE_SCHEDULE_MS'),
    alarmScopes: env.ALARM_SCOPES || '{}',
    notifyTopicArn: readTopicArn(env, 'NOTIFY_TOPIC_ARN'),
  }
}

export function readTopicArn(env: Environment, name: SettingName): string | null {
  const arn = env[name]
  if (arn === undefined || arn === '') return null
  if (/^arn:[\w-]+:sns:[\w-]+:\d{12}:[\w.-]{1,256}$/.test(arn)) return arn
  throw new SettingInvalid(name, 'is no ARN of an SNS topic', 'Leave it unset, or set it to the ARN')
}

function readSecretId(env: Environment): string {
  const id = env.KRAKEN_SECRET_ID ?? ''
  const fix = 'Set it to the name or ARN of the secret'
  if (id === '') throw new SettingInvalid('KRAKEN_SECRET_ID', 'is missing', fix)
  if (!/^[\w/+=.@!:-]{1,2048}$/.test(id)) {
    throw new SettingInvalid('KRAKEN_SECRET_ID', 'is no Secrets Manager name or ARN', fix)
  }
  return id
}

function readRoads({ KRAKEN_ROADS: roads }: Environment): readonly RoadName[] | null {
  if (roads === undefined || roads === '') return null
  if (Object.hasOwn(ROADS, roads)) return ROADS[roads] as readonly RoadName[]
  const fix = `Set it to ${Object.keys(ROADS).join(', ')}, or leave it unset for every road that the secret has a key for`
  throw new SettingInvalid('KRAKEN_ROADS', 'is no choice of roads', fix)
}

/** Kraken's own address, or another with the same path; without encryption for a loopback host alone. */
function readUrl(env: Environment, name: keyof typeof URLS): URL {
  const own = new URL(URLS[name])
  const fix = `Leave it unset, or set it to ${URLS[name]} or a loopback address with the same path`
  const url = URL.parse(env[name] || URLS[name])
  if (url === null) throw new SettingInvalid(name, 'is no URL', fix)
  if (own.pathname !== '/') url.pathname = url.pathname.replace(/\/$/, '')
  const isPlain = url.protocol === own.protocol.replace('s:', ':') && isLoopback(url.hostname)
  if (url.protocol !== own.protocol && !isPlain) {
    throw new SettingInvalid(name, `is not ${own.protocol.slice(0, -1)}`, fix)
  }
  if (url.hostname === 'demo-futures.kraken.com') {
    throw new SettingInvalid(name, 'names the demo venue, which Kraken retired on 14 July 2026', fix)
  }
  if (url.pathname !== own.pathname || url.username || url.password || url.search || url.hash) {
    throw new SettingInvalid(name, `holds another path than ${own.pathname}, or more than a path`, fix)
  }
  return url
}

/** Is that this machine? What is sent there crosses no network. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function readMs(env: Environment, name: keyof typeof DURATIONS, most: number = DURATIONS[name].to): number {
  const { from, usual } = DURATIONS[name]
  const text = env[name]
  if (text === undefined || text === '') return usual
  const ms = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN
  if (ms >= from && ms <= most) return ms
  const fix = `Set it to whole milliseconds from ${from} to ${most}, or leave it unset for ${usual}`
  throw new SettingInvalid(name, 'is not a duration that the switch takes', fix)
}

/** The environment, for what has to look at more of it than the settings. */
export function environment(): NodeJS.ProcessEnv {
  return process.env
}
