import { InputRefused, SettingInvalid } from '../errors.ts'
import { isObject } from '../json.ts'
import { type Pull, readPull } from './pull.ts'
import type { Trigger } from './trigger.ts'

const FIX = 'Let the stack write it: {"ALARM NAME":{"symbols":["PF_XBTUSD"],"reason":"why"}}'

/**
 * The same trigger, with the scope and reason that the stack set for its alarm. An alarm that is not listed is for all
 * orders: its event has no room for symbols.
 *
 * @param alarmScopes the setting `ALARM_SCOPES`: JSON, alarm name → what a direct invocation would send
 * @throws SettingInvalid when it is no such thing
 */
export function scopeAlarm(trigger: Trigger, alarmScopes: string): Trigger {
  if (trigger.kind !== 'alarm' || trigger.action.do !== 'fire') return trigger
  const pull = readAlarmScopes(alarmScopes).get(trigger.by)
  if (pull === undefined) return trigger
  const { scope, accounts, group } = pull
  return { ...trigger, reason: pull.reason ?? trigger.reason, action: { do: 'fire', scope, accounts, group } }
}

/** @throws SettingInvalid */
export function readAlarmScopes(alarmScopes: string): ReadonlyMap<string, Pull> {
  try {
    const parsed = JSON.parse(alarmScopes) as unknown
    if (!isObject(parsed)) throw new InputRefused('no object')
    return new Map(Object.entries(parsed).map(([name, pull]) => [name, readPull(pull)]))
  } catch {
    throw new SettingInvalid('ALARM_SCOPES', 'is not what the stack writes', FIX)
  }
}

/** What is wrong with the setting; null when it can be read. */
export function alarmScopesFault(alarmScopes: string): SettingInvalid | null {
  try {
    readAlarmScopes(alarmScopes)
    return null
  } catch (error) {
    return error as SettingInvalid
  }
}
