import { expect, onTestFinished, test } from 'vitest'
import { SecretUnavailable } from '../lambda/errors.ts'
import { checkReadiness } from '../lambda/readiness.ts'
import { openVenue, type Venue } from './venue.ts'

async function venueFor(): Promise<Venue> {
  const venue = await openVenue(3)
  onTestFinished(() => venue.close())
  return venue
}

const check = (venue: Venue, key = venue.credentials.refresh()) => checkReadiness(key, venue.client())

test('ready: the key may cancel, the book can be read, the clocks agree', async () => {
  const venue = await venueFor()
  const report = await check(venue)
  expect(report).toMatchObject({ ready: true, problems: [], warnings: [], openOrders: 3 })
  expect(report.sentence).toMatch(/^READY: .*3 orders open/)
  expect(venue.exchange.account.book.orders).toHaveLength(3)
})

test.each(['READ_ONLY', 'NO_ACCESS', 'SOMETHING_NEW'])('not ready: the key has %s', async (general) => {
  const venue = await venueFor()
  venue.exchange.account.general = general
  const { ready, sentence } = await check(venue)
  expect(ready).toBe(false)
  expect(sentence).toContain(`General permission is ${general}`)
  expect(sentence).toContain('Make a key with General Full access')
})

test('a key that may withdraw is a warning, with what to do', async () => {
  const venue = await venueFor()
  venue.exchange.account.transfer = 'FULL_ACCESS'
  const { ready, warnings } = await check(venue)
  expect(ready).toBe(true)
  expect(warnings).toEqual([expect.stringContaining('take it away')])
})

test('the addresses that may use the key are named', async () => {
  const venue = await venueFor()
  venue.exchange.account.allowedCidrBlocks = ['192.0.2.0/24', '198.51.100.7/32']
  expect((await check(venue)).warnings).toEqual([
    expect.stringContaining('192.0.2.0/24, 198.51.100.7/32 only'),
  ])
})

test('clocks that are apart are a warning', async () => {
  const venue = await venueFor()
  const { systemClock } = await import('../lambda/clock.ts')
  const clock = { ...systemClock, wallTime: () => Date.now() - 5_000 }
  const report = await checkReadiness(venue.credentials.refresh(), venue.client({ clock }))
  expect(report.warnings).toEqual([
    expect.stringMatching(/^CLOCKS APART: Kraken's clock is (49|50)\d\d ms ahead of/),
  ])
})

test('not ready: the secret cannot be read, though a key is kept', async () => {
  const venue = await venueFor()
  const report = await check(venue, Promise.reject(new SecretUnavailable('AccessDeniedException')))
  expect(report).toMatchObject({ ready: false, key: null, openOrders: 'unknown' })
  expect(report.sentence).toContain('AccessDeniedException')
})

test('not ready: Kraken does not know the key', async () => {
  const venue = await venueFor()
  const key = await venue.credentials.refresh()
  venue.exchange.account.rotate()
  const stale = { current: async () => key, replacementFor: async () => null }
  const report = await checkReadiness(Promise.resolve(key), venue.client({ keys: stale }))
  expect(report.ready).toBe(false)
  expect(report.problems).toEqual([
    expect.stringContaining('authenticationError'),
    expect.stringContaining('authenticationError'),
  ])
})

test('not ready: the exchange does not answer', async () => {
  const venue = await venueFor()
  const client = venue.client({ deadlineAt: performance.now() + 300 })
  await venue.exchange.close()
  const report = await checkReadiness(venue.credentials.refresh(), client)
  expect(report.ready).toBe(false)
  expect(report.problems).toHaveLength(2)
})
