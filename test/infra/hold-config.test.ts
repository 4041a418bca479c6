import { expect, test } from 'vitest'
import { readConfig } from '../../infra/config.ts'
import { gapWithin } from '../../infra/firing-ahead.ts'

const schedule = { name: 'close', cron: '0 22 ? * MON-FRI *', timeZone: 'Europe/Berlin' }
const plain = { secret: 'kill-switch/kraken' }
const often = (cron: string, more: object = {}) => ({
  ...plain,
  schedules: [{ ...schedule, cron, timeZone: 'UTC', ...more }],
})

/** The mistakes that one synth names. */
function mistakes(config: unknown): string[] {
  try {
    readConfig(config)
    return []
  } catch (error) {
    return (error as Error).message.split('\n').slice(1)
  }
}

test('by default a pull persists for 15 minutes; nothing is kept shut, and no fuse is armed', () => {
  expect(readConfig(plain).hold).toEqual({ persistMinutes: 15, keepShutMinutes: 0, fuse: false })
  expect(readConfig({ ...plain, hold: { fuse: true } }).hold.persistMinutes).toBe(15)
})

// Each row would be deployed, and harm or do nothing when the day comes.
test.each<[string, object, RegExp]>([
  [
    '61 minutes',
    { ...plain, hold: { persistMinutes: 61 } },
    /hold\.persistMinutes takes a whole number from 0 to 60$/,
  ],
  ['half a minute', { ...plain, hold: { keepShutMinutes: 0.5 } }, /hold\.keepShutMinutes takes a whole/],
  ['a word for the fuse', { ...plain, hold: { fuse: 'on' } }, /hold\.fuse takes true or false$/],
  [
    'a misspelt setting',
    { ...plain, hold: { persistMinuts: 5 } },
    /hold\.persistMinuts is not a known setting\. Did you mean persistMinutes\?$/,
  ],
  [
    'a fuse that no lap would arm',
    { ...plain, hold: { persistMinutes: 0, fuse: true } },
    /killSwitch\.hold\.fuse is true, but no lap would arm it.*Give one of them minutes, or leave fuse out$/,
  ],
  [
    'a schedule that wants its book kept shut for no time',
    { ...plain, schedules: [{ ...schedule, keepShut: true }] },
    /killSwitch\.schedules holds close with keepShut, but keepShutMinutes of hold is 0.*leave keepShut out$/,
  ],
  [
    'a word for keepShut',
    { ...plain, schedules: [{ ...schedule, keepShut: 'yes' }] },
    /schedules\.0\.keepShut takes true or false$/,
  ],
  [
    'persisting after a schedule for longer than it may be late',
    { ...plain, hold: { persistMinutes: 16 }, schedules: [schedule] },
    /schedules holds close, after which a hold may persist for 16 minutes and would cancel the orders of its next session: STALE_SCHEDULE_MS says that one may begin 15 minutes after it\. Lower hold\.persistMinutes to 15, raise STALE_SCHEDULE_MS, or give that schedule "keepShut": true/,
  ],
  [
    'sessions that begin soon, and the default',
    { ...plain, schedules: [schedule], function: { settings: { STALE_SCHEDULE_MS: 300_000 } } },
    /one may begin 5 minutes after it\. Lower hold\.persistMinutes to 5/,
  ],
  [
    'a schedule that is due again before the hold is over',
    often('0/10 * ? * * *'),
    /schedules holds close, after which a hold may persist for 15 minutes .*: it is due again after 10 minutes\. Lower hold\.persistMinutes to 9, or give/,
  ],
  [
    'a schedule that is due again just then',
    often('0,15 22 ? * * *'),
    /due again after 15 minutes\. Lower hold\.persistMinutes to 14/,
  ],
  [
    'a function that ends before a lap does',
    { ...plain, function: { timeoutSeconds: 24 } },
    /killSwitch\.function ends after 24 timeoutSeconds, and a lap of a hold takes up to 25\. Give it 25, or set/,
  ],
  [
    'a concurrency in which a hold keeps out whoever presses',
    { ...plain, function: { reservedConcurrency: 2 } },
    /killSwitch\.function reserves a concurrency of 2: .*Give reservedConcurrency 3 at least, better 10, or set/,
  ],
])('refuses %s', (_, config, message) => {
  const found = mistakes(config)
  expect(found).toHaveLength(1)
  expect(found[0]).toMatch(message)
})

// Each row is next to one that is refused.
test.each<[string, object]>([
  ['persisting after a schedule for as long as it may be late', { ...plain, schedules: [schedule] }],
  [
    'persisting longer where sessions begin later',
    {
      ...plain,
      hold: { persistMinutes: 60 },
      schedules: [schedule],
      function: { settings: { STALE_SCHEDULE_MS: 3_600_000 } },
    },
  ],
  ['persisting for an hour without a schedule', { ...plain, hold: { persistMinutes: 60 } }],
  [
    'a schedule that wants its book kept shut, whatever comes next',
    {
      ...often('0/10 * ? * * *', { keepShut: true }),
      hold: { persistMinutes: 60, keepShutMinutes: 60 },
    },
  ],
  [
    'a long time to keep shut after alarms, since after a schedule it is never done',
    { ...plain, hold: { keepShutMinutes: 60 }, schedules: [schedule] },
  ],
  ['a schedule that is due again a minute later than that', often('0,16 22 ? * * *')],
  ['a schedule every minute without a hold', { ...often('* * ? * * *'), hold: { persistMinutes: 0 } }],
  ['a function that ends with a lap', { ...plain, function: { timeoutSeconds: 25 } }],
  ['a concurrency of 3', { ...plain, function: { reservedConcurrency: 3 } }],
  [
    'a small function without a hold',
    { ...plain, hold: { persistMinutes: 0 }, function: { timeoutSeconds: 10, reservedConcurrency: 2 } },
  ],
])('takes %s', (_, config) => {
  expect(mistakes(config)).toEqual([])
})

test('a mistake within the hold is named alone, one beside it as well', () => {
  const wrong = {
    ...often('0/10 * ? * * *'),
    hold: { persistMinutes: '15' },
    function: { timeoutSeconds: 24 },
  }
  expect(mistakes(wrong)).toEqual([expect.stringMatching(/hold\.persistMinutes takes/)])
  const two = { ...often('0/10 * ? * * *'), function: { timeoutSeconds: 24 } }
  expect(mistakes(two)).toHaveLength(2)
})

const wednesday = { year: 2026, month: 11, day: 25, hour: 12, minute: 0 }

test.each([
  ['0 22 ? * * *', 60, null],
  ['0,40 22 ? * * *', 60, 40],
  ['0,40 22 ? * * *', 39, null],
  ['0/20 8-9 ? * * *', 30, 20],
  ['55 23 ? * * *', 60, null],
  ['0,50 0,23 ? * * *', 15, 10], // 23:50, and 00:00 of the next day
  ['0,50 0,23 ? * MON *', 15, null], // never on two days in turn
  ['0,50 0,23 ? * MON,TUE *', 15, 10],
  ['0,50 0,23 31,1 * ? *', 15, 10], // 31 December and 1 January
  ['0,50 0,23 31,1 12 ? *', 15, null],
  ['0,50 0,23 31,1 12,1 ? 2027', 15, null],
  ['0,50 0,23 31,1 12,1 ? 2027-2028', 15, 10],
])('of %s the shortest gap within %i minutes is %j', (cron, most, gap) => {
  expect(gapWithin(cron, most, wednesday)).toBe(gap)
})
