import { expect, test } from 'vitest'
import { alarmEvent, alarmRuleEvent, scheduleEvent } from '../../drill/events.ts'
import { readAlarmScopes, scopeAlarm } from '../../lambda/triggers/alarm-scopes.ts'
import { readTrigger } from '../../lambda/triggers/trigger.ts'

const scopes = JSON.stringify({
  'bot-heartbeat-missing': { symbols: ['PF_XBTUSD'], reason: 'the XBT bot is gone' },
  other: { symbols: ['PF_ETHUSD'] },
  drawdown: { keep: 'reduceOnly' },
})

test('an alarm gets the scope and reason that the stack set for it', () => {
  expect(scopeAlarm(readTrigger(alarmEvent(), 'r'), scopes)).toMatchObject({
    reason: 'the XBT bot is gone',
    action: { do: 'fire', scope: ['PF_XBTUSD'] },
  })
})

test('an alarm keeps reduce-only orders where the stack says so', () => {
  const trigger = { ...readTrigger(alarmEvent(), 'r'), by: 'drawdown' }
  expect(scopeAlarm(trigger, scopes).action).toEqual({
    do: 'fire',
    scope: { symbols: 'all', keep: 'reduceOnly' },
  })
})

test.each([{ accounts: ['mm-btc', 'mm-eth'] }, { group: 'mm', symbols: ['PF_XBTUSD'] }])(
  'an alarm pulls whom the stack says: %j',
  (whom) => {
    const { symbols: scope = 'all', accounts, group } = { accounts: undefined, group: undefined, ...whom }
    const set = JSON.stringify({ 'bot-heartbeat-missing': whom })
    for (const event of [alarmEvent(), alarmRuleEvent()]) {
      expect(scopeAlarm(readTrigger(event, 'r'), set).action).toEqual({ do: 'fire', scope, accounts, group })
    }
  },
)

test('an alarm that is not listed is for all orders', () => {
  expect(scopeAlarm(readTrigger(alarmEvent(), 'r'), '{}').action).toEqual({ do: 'fire', scope: 'all' })
})

test('what is no alarm, or does not fire, stays as it is', () => {
  const schedule = readTrigger(scheduleEvent(), 'r')
  expect(scopeAlarm({ ...schedule, by: 'other' }, scopes)).toEqual({ ...schedule, by: 'other' })
  const recovered = readTrigger(alarmEvent('OK'), 'r')
  expect(scopeAlarm(recovered, scopes)).toBe(recovered)
})

test.each([
  '',
  'x',
  '[]',
  'null',
  '{"a":{"symbols":[]}}',
  '{"a":{"symbol":"*"}}',
  '{"a":[]}',
  '{"a":{"keep":"all"}}',
  '{"a":{"accounts":[]}}',
  '{"a":{"accounts":["mm-btc"],"group":"mm"}}',
])('ALARM_SCOPES=%s is a named error', (text) => {
  expect(() => readAlarmScopes(text)).toThrow(/ALARM_SCOPES is not what the stack writes/)
})
