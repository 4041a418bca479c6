import { expect, test } from 'vitest'
import { timeZoneFault } from '../../infra/time-zone.ts'

test.each([
  ...['UTC', 'Etc/UTC', 'GMT', 'Etc/GMT+5', 'Europe/Berlin', 'America/Argentina/Buenos_Aires'],
  ...['Asia/Calcutta', 'Asia/Kolkata', 'Europe/Kiev', 'Europe/Kyiv', 'Asia/Saigon', 'Asia/Ho_Chi_Minh'],
  ...['US/Eastern', 'GB', 'NZ-CHAT', 'W-SU', 'EST5EDT', 'America/Port-au-Prince', 'Zulu'],
])('takes %s, as IANA writes it', (zone) => {
  expect(timeZoneFault(zone)).toBeNull()
})

test.each([...['+02:00', '-05', 'UTC+2', 'GMT+2', 'Etc/GMT+15', '', 'Berlin', 'PST', 'AEST', 'Factory']])(
  'refuses "%s", and says what to use',
  (zone) => {
    expect(timeZoneFault(zone)).toBe('is no time zone. Use a name such as Europe/Berlin or UTC')
  },
)

test.each([
  ['europe/berlin', 'Europe/Berlin'],
  ['Europe/Berln', 'Europe/Berlin'],
  ['utc', 'UTC'],
  ['us/eastern', 'US/Eastern'],
  ['gb', 'GB'],
  ['America/New York', 'America/New_York'],
  ['asia/KOLKATA', 'Asia/Kolkata'],
])('refuses %s and suggests %s', (zone, meant) => {
  expect(timeZoneFault(zone)).toBe(`is no time zone. Did you mean ${meant}?`)
})
