import { SettingInvalid } from '../errors.ts'
import {
  type Environment,
  environment,
  type FleetSettingName,
  isLoopback,
  readSettings,
  readTopicArn,
  type SettingName,
  type Settings,
} from './settings.ts'

/** The settings of a switch that runs on AWS, and what that brings. */
export interface FunctionSettings extends Settings {
  /** What goes on after a pull; null for nothing. */
  readonly hold: HoldSettings | null
  /** The SNS topic that a chat program hears of; null for none. */
  readonly chatTopicArn: string | null
  readonly links: LinkSettings
  /** Null for a switch of one account, whose secret holds its keys alone. */
  readonly fleet: FleetSettings | null
  readonly aws: AwsEnvironment
}

/** Where messages lead; null for what is not known. */
export interface LinkSettings {
  readonly dashboardUrl: string | null
  readonly runbookUrl: string | null
}

/** As they stand in the environment: they are read where there is a fleet. */
export type FleetSettings = Readonly<Record<FleetSettingName, string | null>>

/** What goes on after a pull. */
export interface HoldSettings {
  /** The state machine that asks for the laps. */
  readonly machineArn: string
  /** So long it sweeps on until there is proof; 0 for not at all. */
  readonly persistMinutes: number
  /** So long it keeps the book shut after the proof; 0 for not at all. */
  readonly keepShutMinutes: number
  /** Arms Kraken's own timer too. */
  readonly fuse: boolean
}

/** What Lambda itself sets, and the services' addresses: the region's own, or those that AWS's tools take from the environment. */
export interface AwsEnvironment {
  readonly region: string
  /** `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
  readonly secretsEndpoint: URL
  /** `AWS_ENDPOINT_URL_SNS`. */
  readonly snsEndpoint: URL
  /** `AWS_ENDPOINT_URL_SFN`. */
  readonly statesEndpoint: URL
  readonly credentials: () => Promise<AwsCredentials>
}

interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** @throws SettingInvalid as `readSettings` does */
export function readFunctionSettings(env: Environment = environment()): FunctionSettings {
  const fleet = readFleet(env)
  return {
    ...(isOfGroups(fleet) ? readSettings(env, '') : readSettings(env)),
    hold: readHold(env),
    fleet,
    chatTopicArn: readTopicArn(env, 'CHAT_TOPIC_ARN'),
    links: readLinks(env),
    aws: readAws(env),
  }
}

/** A message that shows a link has to end it somewhere, so it holds nothing that would end it elsewhere. */
const DASHBOARD_URL = /^(?=.{1,1000}$)https:\/\/[\w.:-]+(?:\/[\w.~:/?#[\]@!$&'()+,;=%-]*)?$/
/** The mark of a line is set behind it, so it brings none. */
export const RUNBOOK_URL = /^(?=.{1,1000}$)https:\/\/[\w.:-]+(?:\/[\w.~:/?[\]@!$&'()+,;=%-]*)?$/

function readLinks(env: Environment): LinkSettings {
  const read = (name: 'DASHBOARD_URL' | 'RUNBOOK_URL', form: RegExp) => {
    const link = env[name] || null
    if (link === null || form.test(link)) return link
    throw new SettingInvalid(name, 'is no https URL that it takes', 'Leave it unset, or set it to one')
  }
  return {
    dashboardUrl: read('DASHBOARD_URL', DASHBOARD_URL),
    runbookUrl: read('RUNBOOK_URL', RUNBOOK_URL),
  }
}

function readFleet({ ACCOUNTS, FLEET_GROUPS }: Environment): FleetSettings | null {
  if (!ACCOUNTS && !FLEET_GROUPS) return null
  return { ACCOUNTS: ACCOUNTS || null, FLEET_GROUPS: FLEET_GROUPS || null }
}

/** Each group has a secret of its own, which its events name. */
function isOfGroups(fleet: FleetSettings | null): boolean {
  return fleet !== null && fleet.FLEET_GROUPS !== null
}

/** Longer, and a release would be forgotten. */
export const MOST_HOLD_MINUTES = 60

function readHold(env: Environment): HoldSettings | null {
  const machineArn = env.HOLD_MACHINE_ARN ?? ''
  const others = {
    persistMinutes: readMinutes(env, 'HOLD_PERSIST_MINUTES'),
    keepShutMinutes: readMinutes(env, 'HOLD_KEEP_SHUT_MINUTES'),
    fuse: readFuse(env),
  }
  if (machineArn === '') return null
  if (!/^arn:[\w-]+:states:[\w-]+:\d{12}:stateMachine:[\w-]{1,80}$/.test(machineArn)) {
    const fix = 'Leave it unset, or set it to the ARN'
    throw new SettingInvalid('HOLD_MACHINE_ARN', 'is no ARN of a state machine', fix)
  }
  return { machineArn, ...others }
}

function readFuse({ HOLD_FUSE: fuse }: Environment): boolean {
  if (fuse === undefined || fuse === '' || fuse === 'true') return fuse === 'true'
  throw new SettingInvalid('HOLD_FUSE', 'is neither true nor unset', 'Set it to true, or leave it unset')
}

function readMinutes(env: Environment, name: SettingName): number {
  const text = env[name] || '0'
  const minutes = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN
  if (minutes <= MOST_HOLD_MINUTES) return minutes
  throw new SettingInvalid(name, 'is no time', `Set it to whole minutes from 0 to ${MOST_HOLD_MINUTES}`)
}

/** @throws SettingInvalid naming the setting and the fix */
export function readAws(env: Environment): AwsEnvironment {
  const region = env.AWS_REGION ?? ''
  if (!/^[a-z0-9-]{1,40}$/.test(region)) {
    throw new SettingInvalid('AWS_REGION', 'is missing', 'Run the function on AWS Lambda, which sets it')
  }
  return {
    region,
    secretsEndpoint: readEndpoint(env, 'AWS_ENDPOINT_URL_SECRETS_MANAGER', `secretsmanager.${region}`),
    snsEndpoint: readEndpoint(env, 'AWS_ENDPOINT_URL_SNS', `sns.${region}`),
    statesEndpoint: readEndpoint(env, 'AWS_ENDPOINT_URL_SFN', `states.${region}`),
    credentials: async () => readCredentials(env),
  }
}

/** @param host of the service, without the suffix that the region has */
export function readEndpoint(env: Environment, name: string, host: string): URL {
  const suffix = host.includes('.cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const endpoint = URL.parse(env[name] || `https://${host}.${suffix}`)
  const fix = 'Leave it unset, or set it to an https URL'
  if (endpoint === null) throw new SettingInvalid(name, 'is no URL', fix)
  const isPlain = endpoint.protocol === 'http:' && isLoopback(endpoint.hostname)
  if (endpoint.protocol !== 'https:' && !isPlain) throw new SettingInvalid(name, 'is not https', fix)
  return endpoint
}

function readCredentials(env: Environment): AwsCredentials {
  return {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    ...(env.AWS_SESSION_TOKEN ? { sessionToken: env.AWS_SESSION_TOKEN } : {}),
  }
}
