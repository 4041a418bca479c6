import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import type { Roads } from '../drill/account.ts'
import { type Answer, html, json } from '../drill/answer.ts'
import { httpEvent } from '../drill/events.ts'
import type { EmbeddedExchange, Heard, Misbehaviour, Saying } from '../drill/exchange.ts'
import { Laptop } from '../drill/laptop.ts'
import type { Call } from '../drill/order-desk.ts'
import type { LambdaRuntime } from '../drill/runtime.ts'
import { fleetSecret, Stage } from '../drill/stage.ts'
import { EmbeddedTopic } from '../drill/topic.ts'
import type { Said } from '../drill/unified-session.ts'
import { systemClock } from '../lambda/clock.ts'
import { NotProvenEmpty } from '../lambda/errors.ts'
import { differenceSentences } from '../lambda/fleet/fleet-sentence.ts'
import { knownAfter } from '../lambda/hold/handover.ts'
import { holdMessageOf, lostSentence } from '../lambda/hold/sentences.ts'
import { Credentials } from '../lambda/init/credentials.ts'
import { FleetSecret, readAccountKeys } from '../lambda/init/fleet/fleet-secret.ts'
import { groupsSetting } from '../lambda/init/fleet/roster.ts'
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

/* A switch for many accounts: the artefact in a process of its own, with one roster, or with groups and their last word. */

const FLEET = [
  { name: 'mm', secret: 'kill-switch/mm', accounts: ['mm-btc', 'mm-eth'] },
  { name: 'arb', secret: 'kill-switch/arb', accounts: ['arb-1'] },
]
const NAMES = FLEET.flatMap(({ accounts }) => accounts)
const TOPIC = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'
const FLEET_TIMEOUT_MS = 2_500

interface FleetStage {
  readonly stage: Stage
  readonly topic: EmbeddedTopic
  readonly running: LambdaRuntime
}

async function openFleet(settings: object): Promise<FleetStage> {
  const stage = await Stage.open({ names: NAMES, countsBy: 'key' })
  onTestFinished(() => stage.close())
  const topic = await EmbeddedTopic.start()
  onTestFinished(() => topic.close())
  stage.rest(5)
  stage.secrets.put(fleetSecret(stage.exchange.accounts, 'both'))
  const notify = { NOTIFY_TOPIC_ARN: TOPIC, AWS_ENDPOINT_URL_SNS: topic.url }
  const running = await stage.startFunction({
    timeoutMs: FLEET_TIMEOUT_MS,
    settings: { QUIET_PERIOD_MS: '100', ...notify, ...settings },
  })
  await running.initialised
  return { stage, topic, running }
}

/** What one roster answers to a direct invocation, an HTTPS call and a check. */
async function askRoster(running: LambdaRuntime): Promise<unknown> {
  return [
    await running.invoke({}),
    await running.invoke(httpEvent('{"accounts":["mm-btc"]}')),
    await running.invoke({ readiness: true }),
  ]
}

/** What each group answers, and what the last task makes of it, as the state machine asks them. */
async function askGroups(running: LambdaRuntime): Promise<unknown> {
  const all: unknown[] = []
  for (const event of [{}, { readiness: true }]) {
    const answers: unknown[] = []
    for (const group of FLEET) {
      const given = await running.invoke({ group, fleet: NAMES, event })
      answers.push('result' in given ? given.result : { group: group.name, lost: given.error.errorType })
      all.push(given)
    }
    const startedAt = new Date().toISOString()
    all.push(await running.invoke({ groups: FLEET, answers, event, startedAt }))
  }
  return all
}

function fleetTaintOf({ exchange }: Stage): string[] {
  const accounts = [...exchange.accounts.values()]
  return [
    ...accounts.flatMap((account) => [account, account.unified]).flatMap(formsOf),
    ...accounts.flatMap(({ unified }) => [...unified.issued]),
    ...exchange.calls.map(({ credentials }) => credentials.authent),
  ]
}

/** Everything that leaves the process: what it answers, logs and mails. */
async function expectFleetClean({ stage, topic, running }: FleetStage, answers: unknown): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 100)) // for its last lines
  expect(running.lines.length).toBeGreaterThan(0)
  expect(topic.published.length).toBeGreaterThan(0)
  expectClean({ answers, lines: running.lines, mails: topic.published }, fleetTaintOf(stage))
}

const fewEchoes = ['echoes as an error code', 'echoes in a web page', 'echoes in headers', 'refuses the key']
const fewInMessages = ['echoes as an error', 'echoes in every field', 'echoes instead of JSON']
const fleetFaults: [string, Misbehaviour, 'rest' | 'unified'][] = [
  ...echoes
    .filter(([name]) => fewEchoes.includes(name))
    .map(([name, answer]): [string, Misbehaviour, 'rest'] => [name, { answer }, 'rest']),
  ...echoesInMessages
    .filter(([name]) => fewInMessages.includes(name))
    .map(([name, message]): [string, Misbehaviour, 'unified'] => [
      `${name} in messages`,
      { message },
      'unified',
    ]),
]

test.each(fleetFaults)(
  'an exchange that %s: nothing that a roster answers, logs or mails holds a piece of a key of any account',
  async (_, fault, KRAKEN_ROADS) => {
    const fleet = await openFleet({ ACCOUNTS: JSON.stringify(NAMES), KRAKEN_ROADS })
    fleet.stage.exchange.misbehave(fault)
    await expectFleetClean(fleet, await askRoster(fleet.running))
  },
  30_000,
)

test.each(fleetFaults)(
  'an exchange that %s: nothing that groups answer, log or mail holds a piece of a key of any account',
  async (_, fault, KRAKEN_ROADS) => {
    const settings = { KRAKEN_SECRET_ID: '', FLEET_GROUPS: groupsSetting(FLEET), KRAKEN_ROADS }
    const fleet = await openFleet(settings)
    putGroups(fleet.stage)
    fleet.stage.exchange.misbehave(fault)
    await expectFleetClean(fleet, await askGroups(fleet.running))
  },
  30_000,
)

function putGroups({ exchange, secrets }: Stage): void {
  for (const { secret, accounts } of FLEET) {
    const own = new Map([...exchange.accounts].filter(([name]) => accounts.includes(name)))
    secrets.putAs(secret, fleetSecret(own, 'both'))
  }
}

type Parts = Readonly<Record<string, Secret>>

// What a person may make of the secret of a fleet, by hand.
test.each<[string, (parts: Parts) => string]>([
  ['as it should be', (accounts) => JSON.stringify({ accounts })],
  [
    'with one key under two names',
    ({ 'mm-btc': one }) => JSON.stringify({ accounts: { 'mm-btc': one, 'mm-eth': one } }),
  ],
  [
    'with its values for names',
    ({ 'mm-btc': one }) => JSON.stringify({ accounts: { [one?.apiKey ?? '']: one } }),
  ],
  [
    'with parts as JSON',
    ({ 'mm-btc': one }) => JSON.stringify({ accounts: { 'mm-btc': JSON.stringify(one) } }),
  ],
  [
    'with a part cut off',
    ({ 'mm-btc': one }) => JSON.stringify({ accounts: { 'mm-btc': JSON.stringify(one).slice(0, -9) } }),
  ],
  [
    'with a part that is a value',
    ({ 'mm-btc': one }) => JSON.stringify({ accounts: { 'mm-btc': one?.apiSecret } }),
  ],
  [
    'with a secret that is not base64',
    ({ 'mm-btc': one }) =>
      JSON.stringify({ accounts: { 'mm-btc': { ...one, apiSecret: `${one?.apiSecret}!` } } }),
  ],
  ['without accounts around it', (accounts) => JSON.stringify(accounts)],
  ['encoded twice', (accounts) => JSON.stringify(JSON.stringify({ accounts }))],
  ['cut off', (accounts) => JSON.stringify({ accounts }).slice(0, -5)],
])('a secret of a fleet %s leaves no piece of it in what is read or said', async (_, textOf) => {
  const parts: Parts = { 'mm-btc': newSecret(), 'mm-eth': newSecret() }
  const secret = new FleetSecret(async () => textOf(parts), ['mm-btc', 'mm-eth', 'arb-1'])
  const text = await secret.text()
  const read = ['mm-btc', 'mm-eth', 'arb-1'].map((name) => {
    try {
      return readAccountKeys(text, name)
    } catch (error) {
      return error
    }
  })
  const { differences } = secret
  const things = {
    secret,
    read,
    differences,
    said: differenceSentences(differences),
    prints: secret.keyFingerprints(),
  }
  expectClean(
    things,
    Object.values(parts).flatMap(({ unified, ...rest }) => [rest, unified].flatMap(formsOf)),
  )
})

function newSecret(): Secret {
  const keyOf = () => ({
    apiKey: randomBytes(42).toString('base64'),
    apiSecret: randomBytes(64).toString('base64'),
  })
  return { ...keyOf(), unified: keyOf() }
}

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
