import { expect, test } from 'vitest'
import { readConfig } from '../../infra/config.ts'
import { longestDashboardLink } from '../../infra/dashboard-link.ts'
import { environmentOf } from '../../infra/environment.ts'
import { ANYWHERE } from '../../infra/permissions.ts'
import { readSettings } from '../../lambda/init/settings.ts'

const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'

/** The mistakes that one synth names. */
function mistakes(settings: object, timeoutSeconds = 120, enabled = true): string[] {
  try {
    // Without a hold, whose laps need more time than a proof.
    const unheld = { secret: 'kill-switch/kraken', hold: { persistMinutes: 0 } }
    readConfig({ ...unheld, api: { enabled }, function: { settings, timeoutSeconds } })
    return []
  } catch (error) {
    return (error as Error).message.split('\n').slice(1)
  }
}

// The function would answer every pull with FAILED.
test.each<[string, object, RegExp]>([
  [
    'a spare connection after the usual timeout',
    { SPARE_AFTER_MS: 3_000 },
    /settings\.SPARE_AFTER_MS is not a duration.*from 10 to 2500, or leave it unset for 250$/,
  ],
  [
    'a spare connection after a shorter timeout',
    { SPARE_AFTER_MS: 5_000, ATTEMPT_TIMEOUT_MS: 1_000 },
    /settings\.SPARE_AFTER_MS is not a duration.*from 10 to 1000/,
  ],
  [
    'a password in an address',
    { KRAKEN_API_URL: 'https://user:hunter2@x.y' },
    /settings\.KRAKEN_API_URL holds another path than \/, or more/,
  ],
  [
    'a password in an address of another scheme',
    { KRAKEN_API_URL: 'ftp://user:hunter2@x.y' },
    /settings\.KRAKEN_API_URL is not https\. Leave it unset/,
  ],
  [
    'the retired demo venue',
    { KRAKEN_FUTURES_URL: 'https://demo-futures.kraken.com/derivatives/api/v3' },
    /settings\.KRAKEN_FUTURES_URL names the demo venue, which Kraken retired/,
  ],
  [
    'the path as a query',
    { KRAKEN_FUTURES_URL: 'https://x?y=/derivatives/api/v3' },
    /settings\.KRAKEN_FUTURES_URL holds another path/,
  ],
  [
    'half an address',
    { KRAKEN_UNIFIED_URL: 'wss://[/v2/private' },
    /settings\.KRAKEN_UNIFIED_URL is no URL\. Leave it unset/,
  ],
  [
    'an address that is not encrypted, which the function takes on its own machine alone',
    { KRAKEN_UNIFIED_URL: 'ws://localhost/v2/private' },
    /settings\.KRAKEN_UNIFIED_URL is not encrypted\. Begin it with wss:/,
  ],
])('refuses %s, as the function would, and quotes no value', (_, settings, message) => {
  const found = mistakes(settings)
  expect(found).toEqual([expect.stringMatching(message)])
  expect(found.join()).toMatch(/^ {2}killSwitch\.function\./)
  expect(found.join()).not.toMatch(/hunter2|by hand/)
})

test('names every setting that is wrong, each once', () => {
  const settings = {
    QUIET_PERIOD_MS: 1,
    SPARE_AFTER_MS: 3_000,
    KRAKEN_API_URL: 'https://x/y',
    KRAKEN_UNIFIED_URL: 'wss://x',
  }
  const found = mistakes(settings).map((line) => /settings\.(\w+)/.exec(line)?.[1])
  expect(found.toSorted()).toEqual(Object.keys(settings).toSorted())
})

test('a timeout that is wrong itself is named before what depends on it', () => {
  expect(mistakes({ ATTEMPT_TIMEOUT_MS: 1, SPARE_AFTER_MS: 3_000 })).toHaveLength(1)
})

test('refuses a time in which no proof is possible', () => {
  const slow = { QUIET_PERIOD_MS: 10_000, ATTEMPT_TIMEOUT_MS: 20_000 }
  // 10 s + two of 20 s, and 1.5 s for the report.
  expect(mistakes(slow, 51, false)).toEqual([
    expect.stringMatching(/killSwitch\.function leaves 49500 ms.*take 50000.*Give it 52 timeoutSeconds/),
  ])
  expect(mistakes(slow, 52, false)).toEqual([])
  expect(mistakes({}, 10)).toEqual([])
})

test('refuses settings with which no HTTPS call has time for a proof, however long the function may take', () => {
  // API Gateway gives up after 30 s: 25 s, and 1.5 s of them for the report.
  const settings = { QUIET_PERIOD_MS: 3_500, ATTEMPT_TIMEOUT_MS: 10_001 }
  expect(mistakes(settings, 900)).toEqual([
    expect.stringMatching(
      /killSwitch\.function leaves an HTTPS call 23500 ms.*take 23502\. Lower those settings, or .*api\.enabled false/,
    ),
  ])
  expect(mistakes({ ...settings, ATTEMPT_TIMEOUT_MS: 10_000 }, 900)).toEqual([])
  expect(mistakes(settings, 900, false)).toEqual([])
  expect(mistakes(settings, 20)).toHaveLength(2) // a longer function is not enough
})

test.each([
  {},
  { SPARE_AFTER_MS: 3_000, ATTEMPT_TIMEOUT_MS: 3_000 },
  { KRAKEN_FUTURES_URL: 'https://proxy.example.com/derivatives/api/v3' },
  { KRAKEN_UNIFIED_URL: 'wss://proxy.example.com/v2/private' },
  { KRAKEN_API_URL: 'https://proxy.example.com/' },
])('takes %o, and so does the function', (settings) => {
  const config = readConfig({ secret: 'kill-switch/kraken', function: { settings } })
  const environment = {
    ...environmentOf(config, TOPIC, ANYWHERE, longestDashboardLink(config.name)),
    AWS_REGION: 'eu-central-1',
  }
  expect(() => readSettings(environment)).not.toThrow()
})
