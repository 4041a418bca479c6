import { expect, test } from 'vitest'
import { type LocalTime, readCron } from '../../infra/cron.ts'
import { skippedTime } from '../../infra/daylight-saving.ts'
import { firesFrom } from '../../infra/firing-ahead.ts'

function at(text: string): LocalTime {
  const [year, month, day, hour, minute] = text.split(/[- :]/).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ]
  return { year, month, day, hour, minute }
}

// 22 November 2026 is a Sunday.
test.each([
  ['0 22 ? * MON-FRI *', '2026-11-23 22:00', true],
  ['0 22 ? * MON-FRI *', '2026-11-22 22:00', false],
  ['0 22 ? * MON-FRI *', '2026-11-23 22:01', false],
  ['0 22 ? * mon,wed *', '2026-11-25 22:00', true],
  ['0 22 ? * 2-6 *', '2026-11-23 22:00', true],
  ['*/15 9-17 ? * * *', '2026-11-22 17:45', true],
  ['*/15 9-17 ? * * *', '2026-11-22 17:50', false],
  ['5/20 * ? * * *', '2026-11-22 03:45', true],
  ['0 0 1 JAN,JUL ? *', '2026-07-01 00:00', true],
  ['0 0 1 JAN,JUL ? *', '2026-06-01 00:00', false],
  ['0 0 L * ? *', '2026-11-30 00:00', true],
  ['0 0 L * ? *', '2026-11-29 00:00', false],
  ['0 0 15W * ? *', '2026-11-16 00:00', true],
  ['0 0 15W * ? *', '2026-11-15 00:00', false],
  ['0 0 1W * ? *', '2026-08-03 00:00', true],
  ['0 0 31W 5 ? *', '2026-05-29 00:00', true],
  ['0 0 ? * FRI#2 *', '2026-11-13 00:00', true],
  ['0 0 ? * FRI#2 *', '2026-11-06 00:00', false],
  ['0 0 ? * 6L *', '2026-11-27 00:00', true],
  ['0 0 ? * 6L *', '2026-11-20 00:00', false],
  ['0 0 ? * L *', '2026-11-21 00:00', true],
  ['0 0 1 1 ? 2027-2029', '2028-01-01 00:00', true],
  ['0 0 1 1 ? 2027-2029', '2030-01-01 00:00', false],
])('%s at %s: %s', (expression, time, expected) => {
  expect(readCron(expression)(at(time))).toBe(expected)
})

test.each([
  ['', /has 1 fields/],
  ['0 22 * * *', /has 5 fields/],
  ['0 0 22 ? * MON *', /has 7 fields/],
  ['60 22 ? * * *', /60 in the field minute, which takes 0 to 59/],
  ['0 24 ? * * *', /24 in the field hour/],
  ['0 22 32 * ? *', /32 in the field day of month/],
  ['0 22 ? 13 * *', /13 in the field month, which takes 1 to 12 or JAN to DEC/],
  ['0 22 ? * 8 *', /8 in the field day of week/],
  ['0 22 ? * MOON *', /MOON in the field day of week/],
  ['0 22 ? * FRI-MON *', /FRI-MON in the field day of week/],
  ['0 22 ? * * 1969', /1969 in the field year/],
  ['0/0 22 ? * * *', /0\/0 in the field minute/],
  ['0 1-2-3 ? * * *', /1-2-3 in the field hour/],
  ['0 , ? * * *', / in the field hour/],
  ['0 22 ? * ? *', /needs a \?/],
  ['0 22 1 * MON *', /needs a \?/],
  ['0 22 ? * FRI#6 *', /FRI#6/],
])('refuses "%s"', (expression, message) => {
  expect(() => readCron(expression)).toThrow(message)
})

const NOW = Date.parse('2026-11-22T20:00:00Z')

test.each([
  ['30 2 * * ? *', 'Europe/Berlin', '2027-03-28 02:30'],
  ['0 2 * * ? *', 'America/New_York', '2027-03-14 02:00'],
  ['59 1 * * ? *', 'Europe/London', '2027-03-28 01:59'],
  ['15 2 * * ? *', 'Australia/Lord_Howe', '2027-10-03 02:15'],
  ['30 2 ? * MON-FRI *', 'Europe/Berlin', null], // the clocks change on a Sunday
  ['0 3 * * ? *', 'Europe/Berlin', null],
  ['59 1 * * ? *', 'Europe/Berlin', null],
  ['30 2 * * ? *', 'UTC', null],
  ['30 2 * * ? *', 'Asia/Tokyo', null],
  ['30 2 ? * SUN#1 *', 'America/Chicago', null], // the second Sunday of March
])('%s in %s is skipped at: %s', (cron, timeZone, expected) => {
  expect(skippedTime(readCron(cron), timeZone, NOW)).toBe(expected)
})

test.each([
  ['0 22 ? * MON-FRI *', '2026-11-22 20:00', true],
  ['0 22 30 2 ? *', '2026-11-22 20:00', false],
  ['0 22 30,31 FEB ? *', '2026-11-22 20:00', false],
  ['0 22 31 4,6,9,11 ? *', '2026-11-22 20:00', false],
  ['0 22 31 4,6,9,12 ? *', '2026-11-22 20:00', true],
  ['0 22 29 2 ? *', '2026-11-22 20:00', true],
  ['0 22 29 2 ? 2027', '2026-11-22 20:00', false],
  ['0 22 29 2 ? 2027-2028', '2026-11-22 20:00', true],
  ['0 22 29 2 ? 2100', '2026-11-22 20:00', false], // no leap year
  ['0 22 ? 2 MON#5 *', '2026-11-22 20:00', true], // in 2044
  ['0 22 ? 2 MON#5 2026-2043', '2026-11-22 20:00', false],
  ['0 22 ? * * 2025', '2026-11-22 20:00', false],
  ['0 22 ? * * 2026', '2026-12-31 22:00', true],
  ['0 22 ? * * 2026', '2026-12-31 22:01', false],
  ['0,30 9,22 22 11 ? 2026', '2026-11-22 22:30', true],
  ['0,30 9,22 22 11 ? 2026', '2026-11-22 22:31', false],
  ['0 0 31 12 ? 2199', '2026-11-22 20:00', true],
])('%s fires from %s on: %s', (expression, time, expected) => {
  expect(firesFrom(expression, at(time))).toBe(expected)
})
