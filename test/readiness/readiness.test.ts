import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { spotError } from '../../drill/endpoints.ts'
import type { Fault } from '../../drill/fault.ts'
import { faultNamed } from '../../drill/faults.ts'
import { SecretUnavailable } from '../../lambda/errors.ts'
import type { Exchange } from '../../lambda/kraken/exchange.ts'
import { RETIRES_AT } from '../../lambda/kraken/rest/retired.ts'
import { checkReadiness, notReady, type ReadinessReport } from '../../lambda/readiness/readiness.ts'
import { openVenue, type Venue } from '../venue.ts'

async function venueFor(): Promise<Venue> {
  const venue = await openVenue(3)
  onTestFinished(() => venue.close())
  return venue
}

const NOW = Date.parse('2026-11-24T12:00:00Z')

/** Over the first road, as long before its end as it is today. */
const checkOver = (exchange: Exchange, at = NOW) =>
  checkReadiness([{ name: 'rest', exchange, endsAt: RETIRES_AT }], at)
const check = (venue: Venue) => checkOver(venue.client())

/** Its warnings, but that the first road has an end. */
const fixable = ({ warnings }: ReadinessReport) =>
  warnings.filter((warning) => !warning.startsWith('ONE ROAD'))

test('ready: the key may cancel, the book can be read, the clocks agree', async () => {
  const venue = await venueFor()
  const report = await check(venue)
  expect(report).toMatchObject({
    ready: true,
    problems: [],
    roads: [{ road: 'rest', ready: true, openOrders: 3 }],
  })
  expect(fixable(report)).toEqual([])
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
  const report = await check(venue)
  expect(report.ready).toBe(true)
  expect(fixable(report)).toEqual([expect.stringContaining('take it away')])
})

test('the addresses that may use the key are named', async () => {
  const venue = await venueFor()
  venue.exchange.account.allowedCidrBlocks = ['192.0.2.0/24', '198.51.100.7/32']
  expect(fixable(await check(venue))).toEqual([expect.stringContaining('192.0.2.0/24, 198.51.100.7/32 only')])
})

test('clocks that are apart are a warning', async () => {
  const venue = await venueFor()
  const { systemClock } = await import('../../lambda/clock.ts')
  const clock = { ...systemClock, wallTime: () => Date.now() - 5_000 }
  const report = await checkOver(venue.client({ clock }))
  expect(fixable(report)).toEqual([
    expect.stringMatching(/^CLOCKS APART: Kraken's clock is (49|50)\d\d ms ahead of/),
  ])
})

test('not ready: the secret cannot be read', () => {
  const report = notReady(new SecretUnavailable('AccessDeniedException'))
  expect(report).toMatchObject({ ready: false, roads: [] })
  expect(report.sentence).toMatch(/^NOT READY: .*AccessDeniedException/)
})

test.each([
  ['2026-11-24T12:00:00Z', /switches the Derivatives REST API off in 97 days, on 1 March 2027/],
  ['2027-02-28T12:00:00Z', /off in 1 day, on 1 March 2027/],
  ['2027-03-01T00:00:00Z', /off since 1 March 2027/],
])('on the first road alone, at %s it warns of its end, and says what to do', async (at, warning) => {
  const venue = await venueFor()
  const { ready, warnings } = await checkOver(venue.client(), Date.parse(at))
  expect(ready).toBe(true)
  expect(warnings).toEqual([expect.stringMatching(warning)])
  expect(warnings[0]).toContain('Store a key for the Unified WebSocket in the secret under "unified"')
})

test('not ready: Kraken does not know the key', async () => {
  const venue = await venueFor()
  const key = await venue.credentials.of('rest').current()
  venue.exchange.account.rotate()
  const stale = { current: async () => key, replacementFor: async () => null }
  const report = await checkOver(venue.client({ keys: stale }))
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
  const report = await checkOver(client)
  expect(report.ready).toBe(false)
  expect(report.problems).toHaveLength(2)
})

const checkBoth = (venue: Venue) => checkReadiness(venue.roads('both'), NOW)

test('ready over both roads: what each read, and no warning of an end', async () => {
  const venue = await venueFor()
  const report = await checkBoth(venue)
  expect(report).toMatchObject({
    ready: true,
    problems: [],
    warnings: [],
    roads: [
      { road: 'rest', ready: true, openOrders: 3 },
      { road: 'unified', ready: true, openOrders: 3, key: { general: 'FULL_ACCESS', transfer: 'NO_ACCESS' } },
    ],
  })
  expect(report.sentence).toMatch(
    /^READY: the keys may cancel, and the book can be read \(rest: 3 orders open.*; unified: 3 orders open/,
  )
  expect(venue.exchange.account.book.orders).toHaveLength(3)
})

test('one road that does not work is a problem, though the other does', async () => {
  const venue = await venueFor()
  venue.exchange.account.unified.rights.delete('cancel')
  const second = await checkBoth(venue)
  expect(second.ready).toBe(false)
  expect(second.roads.map(({ ready }) => ready)).toEqual([true, false])
  expect(second.problems).toEqual([
    expect.stringMatching(
      /^On the Unified WebSocket: The key's General .*to query open orders and to cancel/,
    ),
  ])
  venue.exchange.account.unified.rights.add('cancel')
  venue.exchange.account.general = 'NO_ACCESS'
  expect((await checkBoth(venue)).sentence).toMatch(
    /^NOT READY: On the Derivatives REST API: .*Make a key with General Full access/,
  )
})

test('where Kraken does not say what the second key may do, that is a warning', async () => {
  const venue = await venueFor()
  venue.exchange.misbehave({
    answer: ({ endpoint }) =>
      endpoint === 'GetApiKeyInfo' ? { status: 404, headers: {}, body: '', delivery: 'whole' } : undefined,
  })
  const report = await checkReadiness(venue.roads('unified'), NOW)
  expect(report).toMatchObject({
    ready: true,
    roads: [{ road: 'unified', key: { general: 'unknown', transfer: 'unknown' } }],
  })
  expect(report.warnings).toEqual([
    expect.stringMatching(/^Kraken does not say whether the key may cancel: see that it has the rights/),
  ])
})

test('a second key that may withdraw is a warning', async () => {
  const venue = await venueFor()
  venue.exchange.account.unified.rights.add('withdraw')
  expect((await checkBoth(venue)).warnings).toEqual([
    expect.stringMatching(/^On the Unified WebSocket: .*take it away/),
  ])
})

test('keys of two accounts are a warning, where both have orders', async () => {
  const venue = await venueFor()
  const elsewhere = await venueFor()
  const roads = (orders: Venue) => [...venue.roads('rest'), ...orders.roads('unified')]
  elsewhere.exchange.account.iban = null // then their books tell
  expect((await checkReadiness(roads(elsewhere), NOW)).warnings).toEqual([
    expect.stringMatching(/^DIFFERENT BOOKS: .*both keys are of the same account/),
  ])
  elsewhere.exchange.account.book.remove(() => true)
  expect((await checkReadiness(roads(elsewhere), NOW)).warnings).toEqual([])
})

test('the numbers of the accounts tell whether the keys are of one, and their books do not', async () => {
  const venue = await venueFor()
  const elsewhere = await venueFor()
  const check = () => checkReadiness([...venue.roads('rest'), ...elsewhere.roads('unified')], NOW)
  expect((await check()).warnings).toEqual([]) // a bot that replaces all its orders at every moment
  elsewhere.exchange.account.iban = 'AA08 N84G CPAR UN7A'
  elsewhere.exchange.account.book.remove(() => true)
  const report = await check()
  expect(report.ready).toBe(true)
  expect(report.warnings).toEqual([
    expect.stringMatching(/^TWO ACCOUNTS: .* end in NMOI and UN7A\. .*in the same account or subaccount\.$/),
  ])
  expect(JSON.stringify(report).replaceAll(' ', '')).not.toMatch(/AA08|AA88|N84G/)
})

const second = async (change: (venue: Venue) => void) => {
  const venue = await venueFor()
  change(venue)
  return checkReadiness(venue.roads('unified'), NOW)
}

test('a second key that may cancel by the right to place is ready, with a warning', async () => {
  const { ready, warnings } = await second(({ exchange: { account } }) => {
    account.unified.rights.delete('cancel')
    account.unified.rights.add('modify')
  })
  expect(ready).toBe(true)
  expect(warnings).toEqual([expect.stringMatching(/^The key may also place orders, .*make a key without/)])
})

test('rights that a kill switch does not need are named', async () => {
  const { warnings } = await second(({ exchange: { account } }) => account.unified.rights.add('funds'))
  expect(warnings).toEqual(['The key has rights that a kill switch does not need: query-funds.'])
})

test('the addresses that may use the second key are named', async () => {
  const { warnings } = await second(({ exchange: { account } }) =>
    account.unified.ipAllowlist.push('192.0.2.0/24'),
  )
  expect(warnings).toEqual([expect.stringMatching(/works from 192\.0\.2\.0\/24 only/)])
})

test.each([
  [14.5, null],
  [14, /^KEY EXPIRES: the key ends in 14 days, at 2026-12-08T12:00:00\.000Z\. Make a new one/],
  [0.5, /the key ends in 1 day, at 2026-11-25T00:00:00\.000Z/],
  [-1, /the key ends in 0 days/],
])('a key that ends in %d days', async (days, warning) => {
  const { ready, warnings, roads } = await second(({ exchange: { account } }) => {
    account.unified.validUntil = NOW / 1_000 + days * 86_400
  })
  expect(ready).toBe(true)
  expect(warnings).toEqual(warning === null ? [] : [expect.stringMatching(warning)])
  expect(roads[0]?.key?.validUntil).toBe(new Date(NOW + days * 86_400_000).toISOString())
})

test('a second key that Kraken does not know: all that may be wrong with it is named', async () => {
  const { ready, problems } = await second(({ exchange }) =>
    exchange.misbehave(faultNamed('unified:token-refused') as Fault),
  )
  expect(ready).toBe(false)
  for (const part of ['EAPI:Invalid key', 'IP address list', 'right account or subaccount', 'two-factor']) {
    expect(problems[0]).toContain(part)
  }
})

/** Private calls take their time, the one for a token most, and are judged when they have: the later one may overtake. */
function watchPrivateCalls(venue: Venue) {
  const seen = { atOnce: 0, most: 0, endpoints: [] as string[] }
  venue.exchange.misbehave({
    answer: async ({ path, endpoint }, orderly) => {
      if (!path.startsWith('/0/private')) return orderly()
      seen.endpoints.push(endpoint)
      seen.most = Math.max(seen.most, ++seen.atOnce)
      await sleep(endpoint === 'GetWebSocketsToken' ? 80 : 10)
      seen.atOnce -= 1
      return orderly()
    },
  })
  return seen
}

/** All of this process stands still, as in a freeze: connections become doubtful. */
const freeze = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_600)

const kept = async (venue: Venue) => {
  await venue.unified().openOrders()
}
const nothing = () => {}

// What happened before, and what is under way as the check begins.
test.each<[string, (venue: Venue) => void | Promise<void>, (venue: Venue) => void, string[]]>([
  ['cold', nothing, nothing, ['GetWebSocketsToken', 'GetApiKeyInfo']],
  ['with a session that is good', kept, nothing, ['GetApiKeyInfo']],
  ['after a freeze', kept, freeze, ['GetWebSocketsToken', 'GetApiKeyInfo']],
  [
    'while init still opens the session',
    nothing,
    (venue) => void venue.unified().openPositions(),
    ['GetWebSocketsToken', 'GetApiKeyInfo'],
  ],
])(
  '%s, the calls that need a nonce are made one at a time, with one token',
  async (_, before, begin, expected) => {
    const venue = await venueFor()
    await before(venue)
    const seen = watchPrivateCalls(venue)
    begin(venue)
    const { ready } = await checkReadiness(venue.roads('unified'), NOW)
    expect(ready).toBe(true)
    expect(seen.most).toBe(1)
    expect(seen.endpoints).toEqual(expected)
    expect(venue.attempts.map(({ outcome }) => outcome)).not.toContain('EAPI:Invalid nonce')
  },
)

test('a slow answer to a call with a nonce is no reason for one that Kraken refuses', async () => {
  const venue = await venueFor()
  await kept(venue)
  await venue.unified().checkApiKey() // its connection is kept: without an answer soon, a spare gets the request too
  venue.sessions.kept?.close()
  venue.sessions.renewToken()
  venue.exchange.misbehave({
    answer: async ({ path }, orderly) => {
      const said = orderly()
      if (path.startsWith('/0/private')) await sleep(300)
      return said
    },
  })
  expect(await checkReadiness(venue.roads('unified'), NOW)).toMatchObject({ ready: true })
  const asked = venue.exchange.calls.map(({ endpoint }) => endpoint)
  expect(asked.filter((endpoint) => endpoint === 'GetWebSocketsToken').length).toBeGreaterThan(1)
  expect(asked.filter((endpoint) => endpoint === 'GetApiKeyInfo')).toHaveLength(1)
  expect(venue.attempts.map(({ outcome }) => outcome)).not.toContain('EAPI:Invalid nonce')
})

test('where Kraken does not say that the key may open the WebSocket, a token has to show it', async () => {
  const venue = await venueFor()
  await venue.unified().openOrders() // the session that is kept is from before
  venue.exchange.account.unified.rights.delete('websocket')
  const { ready, problems } = await checkReadiness(venue.roads('unified'), NOW)
  expect(ready).toBe(false)
  expect(problems).toEqual([expect.stringContaining('EGeneral:Permission denied')])
})

test('a key that is refused is not asked about again by another call', async () => {
  const venue = await venueFor()
  await kept(venue)
  venue.exchange.misbehave({
    answer: ({ path }) => (path.startsWith('/0/private') ? spotError('EAPI:Invalid key') : undefined),
  })
  const { ready } = await checkReadiness(venue.roads('unified'), NOW)
  expect(ready).toBe(false)
  expect(venue.exchange.calls.map(({ endpoint }) => endpoint)).not.toContain('GetWebSocketsToken')
})

test('a retired first road pages, and says what to set', async () => {
  const venue = await venueFor()
  venue.exchange.misbehave(faultNamed('both:retired') as Fault)
  const { ready, sentence, roads } = await checkBoth(venue)
  expect(ready).toBe(false)
  expect(sentence).toMatch(
    /^NOT READY: On the Derivatives REST API: .*retires it on 1 March 2027.*KRAKEN_ROADS=unified/,
  )
  expect(roads.map((road) => road.ready)).toEqual([false, true])
})
