import { expect, test } from 'vitest'
import { dashboardEvent, widgetContext } from '../../drill/events.ts'
import { readTrigger } from '../../lambda/triggers/trigger.ts'

const read = (event: unknown) => readTrigger(event, 'req-1')

test('a press of the button fires on all orders; who pressed is what CloudTrail knows of the request', () => {
  expect(read(dashboardEvent())).toEqual({
    kind: 'dashboard',
    by: 'request req-1',
    reason: null,
    eventAt: null,
    action: { do: 'fire', scope: 'all' },
  })
})

test('a press may name symbols, what is kept and a reason, as a direct invocation does', () => {
  const pull = { symbols: ['PF_XBTUSD'], keep: 'reduceOnly', reason: 'drawdown' }
  expect(read(dashboardEvent(pull))).toMatchObject({
    reason: 'drawdown',
    action: { do: 'fire', scope: { symbols: ['PF_XBTUSD'], keep: 'reduceOnly' } },
  })
})

test('a press may name accounts, or a group', () => {
  expect(read(dashboardEvent({ accounts: ['mm-btc'] })).action).toMatchObject({ accounts: ['mm-btc'] })
  expect(read(dashboardEvent({ group: 'mm' })).action).toMatchObject({ group: 'mm' })
})

test('it fires without what CloudWatch adds, too', () => {
  expect(read({ dashboard: {} }).action.do).toBe('fire')
})

// Each row differs from a good press in one place only, so each guard is needed.
test.each([
  ['another field', { ...dashboardEvent(), symbol: 'PF_XBTUSD' }, /"symbol" is not a field that is known/],
  ['a misspelt field', dashboardEvent({ symbls: ['PF_XBTUSD'] }), /"symbls" is not a field/],
  ['an empty list', dashboardEvent({ symbols: [] }), /empty list/],
  ['no object', { ...dashboardEvent(), dashboard: null }, /dashboard is not an object/],
  ['a list', { ...dashboardEvent(), dashboard: [] }, /dashboard is not an object/],
  ['a word', { ...dashboardEvent(), dashboard: true }, /dashboard is not an object/],
  ['a request for its description', { ...dashboardEvent(), describe: true }, /"describe" is not a field/],
  ['a context that is none', { ...dashboardEvent(), widgetContext: 'x' }, /widgetContext/],
  [
    'a widget that is drawn again and again',
    dashboardEvent({}, { params: { dashboard: {} } }),
    /a widget that is drawn, and no button/,
  ],
])('refuses %s', (_, event, why) => {
  const { kind, action } = read(event)
  expect([kind, action.do]).toEqual(['dashboard', 'refuse'])
  expect('why' in action ? action.why : '').toMatch(why)
})

test.each([
  ['a widget whose endpoint is the switch', { widgetContext: widgetContext() }],
  ['the console that asks for its description', { describe: true }],
])('refuses %s', (_, event) => {
  expect(read(event)).toMatchObject({ kind: 'invoke', action: { do: 'refuse' } })
})
