import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import { type Group, groupsSetting } from '../lambda/init/fleet/roster.ts'
import type { FleetSettingName, SettingName } from '../lambda/init/settings.ts'
import { longestDashboardLink } from './dashboard-link.ts'
import { type HoldConfig, holdMachineArn, isHolding } from './hold-config.ts'
import { ANYWHERE, type Place } from './permissions.ts'
import { pullName } from './pull-name.ts'
import { secretIdOf } from './secret-access.ts'

/** What of the configuration goes into the function's environment. */
export interface EnvironmentSource {
  readonly name: string
  readonly secret?: ISecret | string | undefined
  readonly accounts?: readonly string[] | undefined
  readonly fleet?: { readonly groups: readonly Group[] } | undefined
  readonly roads?: string | undefined
  readonly notify: {
    readonly topicArn?: string | undefined
    readonly chat: boolean
    readonly runbookUrl?: string | undefined
  }
  readonly hold: HoldConfig
  readonly alarms: readonly {
    readonly name: string
    readonly symbols?: readonly string[] | undefined
    readonly keep?: 'reduceOnly' | undefined
    readonly accounts?: readonly string[] | undefined
    readonly group?: string | undefined
    readonly reason?: string | undefined
  }[]
  readonly function: { readonly settings: Readonly<Record<string, string | number | undefined>> }
}

export type Environment = Partial<Record<SettingName | FleetSettingName, string>>

/**
 * The environment of the function. An alarm without scope and reason of its own takes no room, and what is off none
 * either.
 *
 * @param place of the stack, for the names of the state machine and of the topic for chat
 * @param dashboardUrl where its messages lead
 */
export function environmentOf(
  config: EnvironmentSource,
  topicArn: string,
  place: Place,
  dashboardUrl: string,
): Environment {
  const scopes = config.alarms
    .map(({ name, symbols, keep, accounts, group, reason }) => {
      return [pullName(config, name), { symbols, keep, accounts, group, reason }] as const
    })
    .filter(([, own]) => Object.values(own).some((value) => value !== undefined))
  const settings = Object.entries(config.function.settings).filter(([, value]) => value !== undefined)
  return {
    ...accountSettings(config),
    NOTIFY_TOPIC_ARN: topicArn,
    ...(config.notify.chat ? { CHAT_TOPIC_ARN: topicArnOf(chatTopicName(config), place) } : {}),
    DASHBOARD_URL: dashboardUrl,
    ...(config.notify.runbookUrl === undefined ? {} : { RUNBOOK_URL: config.notify.runbookUrl }),
    ...(config.roads === undefined ? {} : { KRAKEN_ROADS: config.roads }),
    ...(scopes.length === 0 ? {} : { ALARM_SCOPES: JSON.stringify(Object.fromEntries(scopes)) }),
    ...holdSettings(config, place),
    ...Object.fromEntries(settings.map(([name, value]) => [name, String(value)])),
  }
}

function accountSettings({ secret, accounts, fleet }: EnvironmentSource): Environment {
  if (fleet !== undefined) return { FLEET_GROUPS: groupsSetting(fleet.groups) }
  return {
    ...(secret === undefined ? {} : { KRAKEN_SECRET_ID: secretIdOf(secret) }),
    ...(accounts === undefined ? {} : { ACCOUNTS: JSON.stringify(accounts) }),
  }
}

export function chatTopicName({ name }: { readonly name: string }): string {
  return `${name}-chat`
}

function topicArnOf(name: string, { partition, region, account }: Place): string {
  return `arn:${partition}:sns:${region}:${account}:${name}`
}

function holdSettings(config: EnvironmentSource, place: Place): Environment {
  if (!isHolding(config)) return {}
  const { persistMinutes, keepShutMinutes, fuse } = config.hold
  return {
    HOLD_MACHINE_ARN: holdMachineArn(config, place),
    ...(persistMinutes === 0 ? {} : { HOLD_PERSIST_MINUTES: String(persistMinutes) }),
    ...(keepShutMinutes === 0 ? {} : { HOLD_KEEP_SHUT_MINUTES: String(keepShutMinutes) }),
    ...(fuse ? { HOLD_FUSE: 'true' } : {}),
  }
}

/** Of Lambda, for all names and values together; it cannot be raised. */
const MOST_BYTES = 4_096

/**
 * The bytes that Lambda counts: those of the variables as one JSON object, in which each `"` of a value takes two.
 *
 * @see https://github.com/github-aws-runners/terraform-aws-github-runner/issues/3594 (what its refusal measured)
 */
export function environmentBytes(environment: Environment): number {
  return Buffer.byteLength(JSON.stringify(environment))
}

/** What is wrong with the size of the environment, and what to shorten; null when it fits. */
export function environmentFault(config: EnvironmentSource): string | null {
  const topicArn = config.notify.topicArn ?? topicArnOf(config.name, ANYWHERE)
  const environment = environmentOf(config, topicArn, ANYWHERE, longestDashboardLink(config.name))
  const bytes = environmentBytes(environment)
  if (bytes <= MOST_BYTES) return null
  const size = (name: string) => environmentBytes({ [name]: environment[name as SettingName] })
  const [longest = ''] = Object.keys(environment).toSorted((a, b) => size(b) - size(a))
  const fix =
    longest === 'FLEET_GROUPS'
      ? `Make several switches of its groups, which take ${size(longest)} of them`
      : longest === 'ALARM_SCOPES'
        ? `Shorten the reasons, symbols, accounts or names of alarms, which take ${size(longest)} of them`
        : `Shorten ${longest}, which takes ${size(longest)} of them`
  return `needs ${bytes} bytes of environment for the function, and Lambda gives ${MOST_BYTES}. ${fix}`
}
