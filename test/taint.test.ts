import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { type Answer, html, json } from '../drill/answer.ts'
import type { Call } from '../drill/order-desk.ts'
import { briefOf } from '../lambda/brief.ts'
import { systemClock } from '../lambda/clock.ts'
import { Credentials, readSecret } from '../lambda/credentials.ts'
import { NotProvenEmpty } from '../lambda/errors.ts'
import { httpAnswer } from '../lambda/http-answer.ts'
import { checkReadiness } from '../lambda/readiness.ts'
import { makeReport } from '../lambda/report.ts'
import { sweepRoads } from '../lambda/roads.ts'
import { decide } from '../lambda/verdict.ts'
import { openVenue, type Venue } from './venue.ts'

/*
 * Keys and secrets as taint: whatever crosses a border between modules, or leaves by a sink, is looked into, hidden
 * properties and all, for a piece of six characters.
 */

function piecesOf(texts: readonly string[]): ReadonlySet<string> {
  const pieces = new Set<string>()
  for (const text of texts) {
    for (let at = 0; at + 6 <= text.length; at++) pieces.add(text.slice(at, at + 6))
  }
  return pieces
}

/** Looked at anew with other keys when there is a piece: by chance one is there in one of thousands of texts. */
function expectClean(things: Readonly<Record<string, unknown>>, secrets: readonly string[]): void {
  const pieces = piecesOf(secrets)
  for (const [name, thing] of Object.entries(things)) {
    const seen = `${inspect(thing, { showHidden: true, depth: Infinity, maxArrayLength: null, maxStringLength: null })} ${JSON.stringify(thing)}`
    for (let at = 0; at + 6 <= seen.length; at++) {
      if (pieces.has(seen.slice(at, at + 6))) expect.fail(`${name} holds a piece of a secret at ${at}`)
    }
  }
}

function taintOf(venue: Venue): string[] {
  const { apiKey, apiSecret } = venue.exchange.account
  const decoded = Buffer.from(apiSecret, 'base64')
  const authents = venue.exchange.calls.map(({ credentials }) => credentials.authent)
  return [apiKey, apiSecret, decoded.toString('hex'), decoded.toString('latin1'), ...authents]
}

const echoes: [string, (call: Call, orderly: () => Answer) => Answer | undefined][] = [
  ['does as it is told', () => undefined],
  ['echoes as an error code', ({ credentials }) => json({ result: 'error', error: credentials.apikey })],
  [
    'echoes in a list of errors',
    ({ credentials }) => json({ errors: [{ code: credentials.authent, message: credentials.apikey }] }, 500),
  ],
  [
    'echoes in a web page',
    ({ credentials }) => ({
      ...html(502),
      body: `<html>${credentials.apikey} ${credentials.authent}</html>`,
    }),
  ],
  [
    'echoes in headers',
    ({ credentials }, orderly) => ({
      ...orderly(),
      headers: { 'x-key': credentials.apikey, 'retry-after': credentials.authent },
    }),
  ],
  [
    'redirects to an address with the key',
    ({ credentials }) => ({
      ...html(302),
      headers: { location: `https://example.com/${credentials.apikey}` },
    }),
  ],
  [
    'echoes instead of JSON',
    ({ credentials }) => ({ ...json({}), body: `{"apiKey":"${credentials.apikey}` }),
  ],
  ['resets the connection', () => ({ ...json({}), delivery: 'reset' })],
  [
    'refuses the key',
    ({ credentials }) =>
      json({ error: credentials.apikey, message: credentials.authent, suberror: credentials.apikey }, 401),
  ],
]

test.each(echoes)(
  'an exchange that %s: nothing that is said or handed on holds a piece of a secret',
  async (_, answer) => {
    const venue = await openVenue(5)
    onTestFinished(() => venue.close())
    venue.exchange.misbehave({ answer })
    const deadlineAt = performance.now() + 900
    const exchange = venue.client({ deadlineAt })
    const swept = await sweepRoads({
      roads: [{ name: 'rest', exchange }],
      clock: systemClock,
      scope: 'all',
      deadlineAt,
      quietPeriodMs: 100,
    })
    const verdict = decide(swept.roads)
    const report = makeReport(
      {
        verdict,
        trigger: {
          kind: 'http',
          by: 'desk',
          reason: null,
          eventAt: null,
          action: { do: 'fire', scope: 'all' },
        },
        invocation: { receivedAt: Date.now(), startedAt: deadlineAt - 900, isColdStart: true },
        swept,
        attempts: venue.attempts,
        keyAt: null,
        account: 'kill-switch/kraken',
      },
      performance.now(),
    )
    const readiness = await checkReadiness([{ name: 'rest', exchange: venue.client() }], Date.now())
    const error = await venue
      .client()
      .openOrders()
      .catch((thrown) => thrown)
    const things = {
      exchange,
      credentials: venue.credentials,
      key: await venue.credentials.current(),
      swept,
      verdict,
      attempts: venue.attempts,
      report,
      http: httpAnswer(verdict, report),
      notification: briefOf(report),
      thrown: new NotProvenEmpty(report.sentence),
      readiness,
      error,
    }
    expectClean(things, taintOf(venue))
  },
)

test('this test can see: a key that is handed on would be found', async () => {
  const venue = await openVenue(0)
  onTestFinished(() => venue.close())
  const { apiKey } = venue.exchange.account
  for (const thing of [
    { apiKey },
    new Error(`no ${apiKey}`),
    [[[[[[{ deep: apiKey }]]]]]],
    Object.defineProperty({}, 'hidden', { value: apiKey }),
  ]) {
    expect(() => expectClean({ thing }, taintOf(venue))).toThrow('holds a piece')
  }
})

test('a rotation, failed and done, leaves no piece of either key', async () => {
  const secretOf = () => ({
    apiKey: randomBytes(42).toString('base64'),
    apiSecret: randomBytes(64).toString('base64'),
  })
  const [old, young] = [secretOf(), secretOf()]
  let stored: string = JSON.stringify(old)
  const credentials = new Credentials(async () => stored)
  const first = await credentials.of('rest').current()
  stored = `${JSON.stringify(young)} and more`
  const failed = await credentials.refresh().catch((thrown) => thrown)
  stored = JSON.stringify(young)
  const second = await credentials.of('rest').replacementFor(first)
  expect(second).not.toBeNull()
  expectClean({ credentials, first, second, failed, read: readSecret(stored) }, [
    ...Object.values(old),
    ...Object.values(young),
  ])
})
