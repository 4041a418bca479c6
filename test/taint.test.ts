import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { Roads } from '../drill/account.ts'
import { type Answer, html, json } from '../drill/answer.ts'
import type { EmbeddedExchange, Heard, Misbehaviour, Saying } from '../drill/exchange.ts'
import { Laptop } from '../drill/laptop.ts'
import type { Call } from '../drill/order-desk.ts'
import { Stage } from '../drill/stage.ts'
import type { Said } from '../drill/unified-session.ts'
import { systemClock } from '../lambda/clock.ts'
import { NotProvenEmpty } from '../lambda/errors.ts'
import { knownAfter } from '../lambda/hold/handover.ts'
import { holdMessageOf, lostSentence } from '../lambda/hold/sentences.ts'
import { Credentials } from '../lambda/init/credentials.ts'
import { readSecret } from '../lambda/init/secret.ts'
import { chatOf } from '../lambda/messages/chat.ts'
import { NO_LINKS } from '../lambda/messages/links.ts'
import { checkReadiness } from '../lambda/readiness/readiness.ts'
import { briefOf, messageOf } from '../lambda/report/brief.ts'
import { httpAnswer } from '../lambda/report/http-answer.ts'
import { makeReport } from '../lambda/report/report.ts'
import { sweepRoads } from '../lambda/sweep/roads.ts'
import { decide } from '../lambda/sweep/verdict.ts'
import { type Hold, NOTHING_KNOWN } from '../lambda/triggers/hold-event.ts'
import { formsOf } from '../siege/leaks.ts'
import { expectNoPieceOf } from './pieces.ts'
import { openVenue, type Venue } from './venue.ts'

/*
 * Keys and secrets as taint: whatever crosses a border between modules, or leaves by a sink, is looked into, hidden
 * properties and all, for a piece of six characters.
 */

function expectClean(things: Readonly<Record<string, unknown>>, secrets: readonly string[]): void {
  const everything = { showHidden: true, depth: Infinity, maxArrayLength: null, maxStringLength: null }
  for (const [name, thing] of Object.entries(things)) {
    expectNoPieceOf(secrets, `${inspect(thing, everything)} ${JSON.stringify(thing)}`, name)
  }
}

function taintOf({ exchange }: { readonly exchange: EmbeddedExchange }): string[] {
  const { account, calls } = exchange
  const keys = [account, account.unified].flatMap(formsOf)
  // Signatures, and the tokens that the WebSocket was opened with.
  return [...keys, ...calls.map(({ credentials }) => credentials.authent), ...account.unified.issued]
}

const HOLD: Hold = {
  name: 'pull-0815',
  pull: { kind: 'http', by: 'desk', reason: null, receivedAt: '2026-11-25T14:30:07.123Z' },
  scope: 'all',
  provenBy: '2026-11-25T14:45:07.123Z',
  keepShutMinutes: 10,
  fuse: true,
  known: NOTHING_KNOWN,
}

type Echo = (call: Call, orderly: () => Answer) => Answer | undefined

const echoes: [string, Echo][] = [
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

/** On the second road, whose messages carry the token. */
const echoesInMessages: [string, (heard: Heard, orderly: () => readonly Said[]) => Saying | undefined][] = [
  ['does as it is told', () => undefined],
  [
    'echoes as an error',
    ({ asked, session, call }) => ({ said: [session.failure(asked, call.credentials.authent)] }),
  ],
  [
    'echoes in a code that is known',
    ({ asked, session, call }) => ({
      said: [session.failure(asked, `EGeneral:Invalid arguments:${call.credentials.authent}`)],
    }),
  ],
  [
    'echoes in every field',
    ({ asked, call: { credentials } }, orderly) => ({
      said: orderly().map((said) => ({
        ...(said as object),
        ...(asked.method === 'subscribe' ? {} : { result: { order_id: credentials.authent, count: 1 } }),
        warnings: [credentials.authent],
        time_out: credentials.authent,
        token: credentials.authent,
      })),
    }),
  ],
  ['echoes instead of JSON', ({ call }) => ({ said: [`{"token":"${call.credentials.authent}`] })],
  [
    'echoes and hangs up',
    ({ asked, session, call }) => ({
      said: [session.failure(asked, call.credentials.authent)],
      isCut: true,
    }),
  ],
]

/** Everything that a switch says and hands on, when it fired over these roads and checked them. */
async function everythingSaid(venue: Venue, which: Roads): Promise<Readonly<Record<string, unknown>>> {
  const deadlineAt = performance.now() + 900
  const roads = venue.roads(which, { deadlineAt })
  const swept = await sweepRoads({
    roads,
    clock: systemClock,
    scope: 'all',
    deadlineAt,
    quietPeriodMs: 100,
  })
  const verdict = decide(swept.roads)
  const invocation = { receivedAt: Date.now(), startedAt: deadlineAt - 900, isColdStart: true }
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
      invocation,
      swept,
      attempts: venue.attempts,
      cancelsSent: 0,
      keyAt: null,
      account: 'kill-switch/kraken',
    },
    performance.now(),
  )
  const found = { tally: swept.tally, refills: 1, emptySince: null, shutUntil: null, blindMs: 0, fuse: null }
  const known = knownAfter(HOLD, found, report, invocation, Date.now())
  const lost = lostSentence('not proven', { ...HOLD, known })
  const [road] = venue.roads(which)
  return {
    roads,
    sessions: venue.sessions,
    session: venue.sessions.kept,
    credentials: venue.credentials,
    keys: await venue.credentials.current(),
    swept,
    verdict,
    attempts: venue.attempts,
    report,
    http: httpAnswer(verdict, report),
    notification: briefOf(report),
    chat: chatOf(messageOf(report), NO_LINKS, 'pull-1'),
    known,
    holdEnd: holdMessageOf(lost, { ...HOLD, known }),
    thrown: new NotProvenEmpty(report.sentence),
    readiness: await checkReadiness(venue.roads(which), Date.now()),
    error: await road?.exchange.openOrders().catch((thrown) => thrown),
    timer: await road?.exchange.armTimer(60).catch((thrown) => thrown),
  }
}

test.each(echoes)(
  'an exchange that %s: nothing that is said or handed on holds a piece of a secret',
  async (_, answer) => {
    const venue = await openVenue(5)
    onTestFinished(() => venue.close())
    venue.exchange.misbehave({ answer })
    expectClean(await everythingSaid(venue, 'both'), taintOf(venue))
  },
)

test.each(echoesInMessages)(
  'a WebSocket that %s: nothing that is said or handed on holds a piece of a secret',
  async (_, message) => {
    const venue = await openVenue(5)
    onTestFinished(() => venue.close())
    venue.exchange.misbehave({ message })
    expectClean(await everythingSaid(venue, 'unified'), taintOf(venue))
    expect(venue.exchange.account.unified.issued.size).toBeGreaterThan(0)
  },
)

/** Interrupted where it would go on for long: a report is said by then, too. */
const LONG_ENOUGH_MS = 900

test.each<[string, Misbehaviour, 'rest' | 'unified']>([
  ...echoes.map(([name, answer]) => [name, { answer }, 'rest'] as [string, Misbehaviour, 'rest']),
  ...echoesInMessages.map(
    ([name, message]) => [`${name} in messages`, { message }, 'unified'] as [string, Misbehaviour, 'unified'],
  ),
])(
  'an exchange that %s: no output of a process without AWS holds a piece of a secret',
  async (_, fault, roads) => {
    const stage = await Stage.open()
    onTestFinished(() => stage.close())
    stage.rest(5)
    stage.exchange.misbehave(fault)
    const env = { QUIET_PERIOD_MS: '100' }
    for (const args of [['--yes', '--roads', roads], ['--yes', '--json'], ['--check']]) {
      const laptop = await Laptop.press(stage, { args, env })
      const timer = setTimeout(() => laptop.child.kill('SIGINT'), LONG_ENOUGH_MS)
      await laptop.ended
      clearTimeout(timer)
      const { stdout, stderr } = laptop
      if (args.includes('--yes')) expect(stdout).toMatch(/^(EMPTY|[A-Z ]+: |{"verdict":)/)
      expectClean({ stdout, stderr }, taintOf(stage))
    }
  },
)

test('this test can see: a key that is handed on would be found', async () => {
  const venue = await openVenue(0)
  onTestFinished(() => venue.close())
  const { apiKey, unified } = venue.exchange.account
  await venue.unified().openOrders()
  const [token] = unified.issued
  for (const thing of [
    { apiKey },
    { token },
    { unified: [unified.apiSecret] },
    new Error(`no ${apiKey}`),
    [[[[[[{ deep: apiKey }]]]]]],
    Object.defineProperty({}, 'hidden', { value: apiKey }),
  ]) {
    expect(() => expectClean({ thing }, taintOf(venue))).toThrow('holds a piece')
  }
})

test('a rotation, failed and done, leaves no piece of either key', async () => {
  const keyOf = () => ({
    apiKey: randomBytes(42).toString('base64'),
    apiSecret: randomBytes(64).toString('base64'),
  })
  const [old, young] = [keyOf(), keyOf()].map((rest) => ({ ...rest, unified: keyOf() })) as [Secret, Secret]
  let stored: string = JSON.stringify(old)
  const credentials = new Credentials(async () => stored)
  const first = await credentials.of('rest').current()
  stored = `${JSON.stringify(young)} and more`
  const failed = await credentials.refresh().catch((thrown) => thrown)
  stored = JSON.stringify(young)
  const second = await credentials.of('rest').replacementFor(first)
  expect(second).not.toBeNull()
  expectClean({ credentials, first, second, failed, read: readSecret(stored) }, [
    ...valuesOf(old),
    ...valuesOf(young),
  ])
})

test.each<[string, (rest: Fields, unified: Fields) => unknown]>([
  ['in fields of the console', ({ apiKey, apiSecret }, unified) => ({ apiKey, apiSecret, ...flat(unified) })],
  ['as JSON in a field', (rest, unified) => ({ ...rest, unified: JSON.stringify(unified) })],
  ['in both forms', (rest, unified) => ({ ...rest, unified, ...flat(unified) })],
  ['encoded twice', (rest, unified) => JSON.stringify({ ...rest, unified })],
  ['with its values for names', ({ apiKey, apiSecret }) => ({ [apiKey]: apiSecret })],
  ['under a name that is a value', (rest) => ({ [rest.apiSecret]: rest })],
  ['under other names', ({ apiKey, apiSecret }) => ({ api_key: apiKey, private_key: apiSecret })],
  ['as a list', (rest, unified) => [...Object.values(rest), ...Object.values(unified)]],
])('a secret %s leaves no piece of it in what is read or said', (_, shape) => {
  const keyOf = () => ({
    apiKey: randomBytes(42).toString('base64'),
    apiSecret: randomBytes(64).toString('base64'),
  })
  const [rest, unified] = [keyOf(), keyOf()]
  const text = JSON.stringify(shape(rest, unified))
  const read = [text, `${text},`, text.replaceAll('"', "'")].map((stored) => {
    try {
      return readSecret(stored)
    } catch (error) {
      return error
    }
  })
  expectClean({ read }, [...formsOf(rest), ...formsOf(unified)])
})

function flat({ apiKey, apiSecret }: Fields): object {
  return { unifiedApiKey: apiKey, unifiedApiSecret: apiSecret }
}

interface Fields {
  readonly apiKey: string
  readonly apiSecret: string
}

type Secret = Fields & { readonly unified: Fields }

function valuesOf({ unified, ...rest }: Secret): readonly string[] {
  return [...Object.values(rest), ...Object.values(unified)]
}
