import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { json } from '../../drill/answer.ts'
import { alarmEvent, dashboardEvent, httpEvent, scheduleEvent } from '../../drill/events.ts'
import { faultNamed } from '../../drill/faults.ts'
import type { LambdaRuntime } from '../../drill/runtime.ts'
import { fleetSecret, Stage } from '../../drill/stage.ts'
import { EmbeddedTopic } from '../../drill/topic.ts'
import { formsOf } from '../../siege/leaks.ts'
import { elementsOf } from '../page/elements.ts'
import { expectNoPieceOf } from '../pieces.ts'

/* The artefact for many accounts, in a process of its own, as it is deployed. */

const NAMES = ['mm-btc', 'mm-eth', 'arb-1']
let stage: Stage

beforeEach(async () => {
  stage = await Stage.open({ names: NAMES, countsBy: 'key' })
})
afterEach(() => stage.close())

const ACCOUNTS = JSON.stringify(NAMES)

function start(settings: object = {}, timeoutMs = 10_000): Promise<LambdaRuntime> {
  return stage.startFunction({ timeoutMs, settings: { QUIET_PERIOD_MS: '200', ACCOUNTS, ...settings } })
}

async function linesOf(running: LambdaRuntime): Promise<Record<string, unknown>[]> {
  await new Promise((resolve) => setTimeout(resolve, 100))
  return running.lines.map((line) => JSON.parse(line))
}

const resting = () => [...stage.exchange.accounts.values()].map(({ book }) => book.orders.length)

test('one pull empties every account: all cancels are written before a book is read', async () => {
  stage.rest(20)
  const running = await start()
  await running.initialised
  const answer = await running.invoke(alarmEvent())
  expect(answer).toMatchObject({
    result: {
      verdict: 'EMPTY',
      sentence: /^EMPTY \(verified\): all 3 accounts, 60 orders cancelled, 0 open/,
      roster: NAMES,
      asked: NAMES,
      leftOut: null,
      accounts: { 'mm-btc': { verdict: 'EMPTY', account: 'mm-btc', cancelled: { count: 20 } } },
    },
  })
  expect(resting()).toEqual([0, 0, 0])
  const endpoints = stage.exchange.calls.map(({ endpoint }) => endpoint)
  expect(endpoints.slice(0, 3)).toEqual(['cancelallorders', 'cancelallorders', 'cancelallorders'])
  expect(stage.secrets.asked).toHaveLength(1)
})

test('a line for each account, one for the fleet; metrics of each under its name, and of all', async () => {
  const running = await start()
  await running.invoke({})
  const lines = await linesOf(running)
  expect(lines.filter(({ report }) => report !== undefined).map(({ account }) => account)).toEqual(NAMES)
  expect(lines.filter(({ fleet }) => fleet !== undefined)).toEqual([
    expect.objectContaining({ message: expect.stringMatching(/^EMPTY \(verified\): all 3 accounts/) }),
  ])
  const counted = lines.filter(({ VerdictEmpty }) => VerdictEmpty === 1)
  expect(counted.map(({ account }) => account)).toEqual([...NAMES, undefined])
})

test('each road is counted for all accounts, too, as the worst of them: an alarm on a road knows no account', async () => {
  const running = await start()
  await running.invoke({})
  await running.invoke({ readiness: true })
  const account = stage.exchange.accounts.get('mm-eth')
  if (account !== undefined) account.general = 'READ_ONLY'
  await running.invoke({ readiness: true })
  await running.invoke({ accounts: ['mm-eth'] })
  const roads = (await linesOf(running)).filter(
    ({ road, account: own }) => road === 'rest' && own === undefined,
  )
  expect(roads.flatMap(({ RoadReady }) => RoadReady ?? [])).toEqual([1, 0])
  expect(roads.flatMap(({ RoadFailed }) => RoadFailed ?? [])).toEqual([0, 1])
})

test.each([
  ['its key is bad', 'error:authenticationError@200'],
  ['its orders stay', 'nothing-cancelled'],
  ['it never answers', 'silence'],
  ['a bot refills it', 'live-bot:20'],
])('one account does not touch the others while %s', async (_, fault) => {
  stage.rest(10)
  const running = await start({}, 6_000)
  stage.exchange.misbehave(faultNamed(fault) ?? null)
  const answer = await running.invoke({})
  expect(answer).toMatchObject({
    error: { errorType: 'NotProvenEmpty', errorMessage: /^NOT PROVEN: 2 of 3 accounts EMPTY; mm-btc / },
  })
  expect(resting().slice(1)).toEqual([0, 0])
  const lines = await linesOf(running)
  const proven = lines.filter(
    ({ report, message }) => report !== undefined && /: EMPTY/.test(String(message)),
  )
  expect(proven.map(({ account }) => account)).toEqual(['mm-eth', 'arb-1'])
  const proofs = proven.map(({ report }) => (report as { timing: { verifiedMs: number } }).timing.verifiedMs)
  expect(Math.max(...proofs)).toBeLessThan(4_500)
})

test('some accounts are asked for: those alone are swept', async () => {
  stage.rest(10)
  const running = await start()
  const answer = await running.invoke(
    httpEvent('{"accounts":["mm-eth"],"symbols":["PF_XBTUSD"],"reason":"drawdown"}'),
  )
  expect(answer).toMatchObject({ result: { statusCode: 200 } })
  expect(resting()).toEqual([10, 5, 10])
})

test('a check of groups is refused where there are none', async () => {
  const running = await start()
  stage.exchange.misbehave(null)
  expect(await running.invoke({ readiness: true, groups: ['mm'] })).toMatchObject({
    error: { errorMessage: 'NOT FIRED: this switch has no groups. Leave groups out.' },
  })
  expect(stage.exchange.calls).toEqual([])
})

test('an alarm pulls the accounts that the stack names for it, and nobody where it names one that is not there', async () => {
  stage.rest(10)
  const scopes = (accounts: readonly string[]) => JSON.stringify({ 'bot-heartbeat-missing': { accounts } })
  const wrong = await start({ ALARM_SCOPES: scopes(['mm-eth', 'mm-sol']) })
  stage.exchange.misbehave(null)
  expect(await wrong.invoke(alarmEvent())).toMatchObject({
    error: { errorMessage: /^NOT FIRED: there is no account mm-sol, so that nothing was done for any/ },
  })
  expect(stage.exchange.calls).toEqual([])
  const running = await start({ ALARM_SCOPES: scopes(['mm-eth']) })
  expect(await running.invoke(alarmEvent())).toMatchObject({ result: { asked: ['mm-eth'] } })
  expect(resting()).toEqual([10, 0, 10])
})

test.each([
  [
    'an unknown account',
    { accounts: ['mm-btc', 'mm-sol'] },
    /there is no account mm-sol, so that nothing was done/,
  ],
  ['no list', { accounts: 'mm-btc' }, /accounts is not a list/],
  ['none', { accounts: [] }, /accounts is an empty list/],
  ['"all"', { accounts: ['all'] }, /there is no account all/],
  ['a star', { accounts: ['*'] }, /no name of an account/],
  ['another field', { account: 'mm-btc' }, /"account" is not a field that is known/],
])('refuses %s, and sends nothing for any', async (_, event, message) => {
  stage.rest(10)
  const running = await start()
  stage.exchange.misbehave(null)
  expect(await running.invoke(event)).toMatchObject({ error: { errorMessage: message } })
  expect(await running.invoke(httpEvent(JSON.stringify(event)))).toMatchObject({
    result: { statusCode: 400 },
  })
  expect(stage.exchange.calls).toEqual([])
})

test('a stale schedule and an alarm that recovered are NOT FIRED', async () => {
  const running = await start()
  const late = scheduleEvent({}, new Date(Date.now() - 7_200_000))
  expect(await running.invoke(late)).toMatchObject({ result: { verdict: 'NOT_FIRED' } })
  expect(await running.invoke(alarmEvent('OK'))).toMatchObject({
    result: { verdict: 'NOT_FIRED', asked: [] },
  })
})

test('a switch of one account has no accounts to name', async () => {
  stage.secrets.put(stage.exchange.account.secret)
  const running = await start({ ACCOUNTS: '' })
  expect(await running.invoke({ accounts: ['mm-btc'] })).toMatchObject({
    error: { errorMessage: /^NOT FIRED: this switch has one account, and no roster/ },
  })
})

test('an account that the secret lacks is FAILED, one too many is told; what they share is swept', async () => {
  stage.rest(5)
  const { accounts } = JSON.parse(fleetSecret(stage.exchange.accounts))
  const { 'arb-1': stranger, ...others } = accounts
  stage.secrets.put(JSON.stringify({ accounts: { ...others, 'arb-9': stranger } }))
  const running = await start()
  expect(await running.invoke({})).toMatchObject({
    error: {
      errorMessage:
        'NOT PROVEN: 2 of 3 accounts EMPTY; arb-1 FAILED; the secret holds arb-9, which the roster does not name.',
    },
  })
  expect(resting()).toEqual([0, 0, 5])
  expect(await running.invoke({ readiness: true })).toMatchObject({
    error: {
      errorMessage: /^NOT READY: 2 of 3 accounts are ready\. ROSTER: the secret has no keys of arb-1/,
    },
  })
})

test('one key under two names is never EMPTY', async () => {
  stage.rest(5)
  const { accounts } = JSON.parse(fleetSecret(stage.exchange.accounts))
  stage.secrets.put(JSON.stringify({ accounts: { ...accounts, 'mm-eth': accounts['mm-btc'] } }))
  const running = await start()
  expect(await running.invoke({})).toMatchObject({
    error: { errorMessage: /3 of 3 accounts EMPTY; mm-btc and mm-eth hold the same key\.$/ },
  })
  expect(resting()).toEqual([0, 5, 0])
})

test('readiness looks at each account, and cancels nothing', async () => {
  stage.rest(4)
  const running = await start()
  expect(await running.invoke({ readiness: true })).toMatchObject({
    result: { ready: true, sentence: /^READY: on all 3 accounts .* \(12 orders open\)\.$/ },
  })
  for (const [name, account] of stage.exchange.accounts) if (name === 'mm-eth') account.general = 'READ_ONLY'
  expect(await running.invoke({ readiness: true, ...scheduleEvent() })).toMatchObject({
    result: {
      ready: false,
      sentence: /^NOT READY: 2 of 3 accounts are ready\. mm-eth: The key's General permission is READ_ONLY/,
      accounts: { 'mm-btc': { ready: true }, 'mm-eth': { ready: false } },
    },
  })
  expect(resting()).toEqual([4, 4, 4])
})

test('one mail for the fleet, with the sentence of each account', async () => {
  const topic = await EmbeddedTopic.start()
  try {
    const running = await start({
      NOTIFY_TOPIC_ARN: 'arn:aws:sns:eu-central-1:123456789012:kill-switch',
      AWS_ENDPOINT_URL_SNS: topic.url,
    })
    await running.invoke({})
    const [{ subject, message } = { subject: '', message: '' }, ...others] = topic.published
    expect(others).toEqual([])
    expect(subject).toMatch(/^EMPTY \(verified\): all 3 accounts/)
    for (const name of NAMES) expect(message).toMatch(new RegExp(`^${name}: +EMPTY`, 'm'))
  } finally {
    await topic.close()
  }
})

test('one message while an account stalls: which are proven, which are not, and until when it goes on', async () => {
  const topic = await EmbeddedTopic.start()
  try {
    stage.rest(5)
    stage.exchange.misbehave(faultNamed('nothing-cancelled') ?? null)
    const NOTIFY_TOPIC_ARN = 'arn:aws:sns:eu-central-1:123456789012:kill-switch'
    const running = await start({ NOTIFY_TOPIC_ARN, AWS_ENDPOINT_URL_SNS: topic.url }, 14_000)
    await running.invoke({})
    const [interim, verdict, ...others] = topic.published
    expect(others).toEqual([])
    expect(interim?.message).toMatch(
      /^STILL SWEEPING after 10 s: 2 of 3 accounts EMPTY; mm-btc \(5 open\)\. The switch goes on until [\d:]+ UTC at the latest\./,
    )
    expect(interim?.message).toMatch(/^mm-eth: +EMPTY \(verified\): 5 orders/m)
    expect(interim?.message).toMatch(/^mm-btc: +5 orders open at the last read \(/m)
    expect(interim?.message).toContain('This is no verdict. The verdict follows.')
    expect(verdict?.subject).toMatch(/^NOT PROVEN: 2 of 3/)
    const lines = await linesOf(running)
    const told = lines.filter(({ message }) => String(message).startsWith('STILL SWEEPING'))
    expect(told).toEqual([expect.objectContaining({ level: 'WARN' })])
  } finally {
    await topic.close()
  }
}, 30_000)

test.each([
  ['a roster that is none', { ACCOUNTS: 'mm-btc' }, /ACCOUNTS is no roster/],
  ['a roster and groups', { FLEET_GROUPS: '{"most":1,"groups":["AAAAAAAAAAA"]}' }, /FLEET_GROUPS too/],
])('%s loads, and fails with its name at the first event', async (_, settings, message) => {
  const running = await start(settings)
  expect(await running.invoke({})).toMatchObject({ error: { errorMessage: message } })
})

test('no key of any account stands in anything that is said', async () => {
  stage.rest(10)
  const accounts = [...stage.exchange.accounts.values()]
  const broken = JSON.parse(fleetSecret(stage.exchange.accounts, 'both'))
  broken.accounts['arb-1'].apiSecret += '\n!'
  const misplaced = randomBytes(42).toString('base64')
  broken.accounts[misplaced] = accounts[0]?.apiSecret
  stage.secrets.put(JSON.stringify(broken))
  const running = await start({ KRAKEN_ROADS: '' }, 4_000)
  stage.exchange.misbehave({
    answer: ({ credentials: { apikey, authent } }) =>
      json({ result: 'error', error: `${apikey} ${authent}` }),
  })
  const answers = [await running.invoke({}), await running.invoke({ readiness: true })]
  const taint = [
    ...accounts.flatMap((account) => [account, account.unified]).flatMap(formsOf),
    ...accounts.flatMap(({ unified }) => [...unified.issued]),
    ...stage.exchange.calls.map(({ credentials }) => credentials.authent),
    misplaced,
  ]
  await linesOf(running)
  expectNoPieceOf(taint, `${JSON.stringify(answers)} ${running.lines.join('\n')}`)
}, 30_000)

const verdictOf = (html: string) =>
  elementsOf(html)
    .find(({ attributes }) => attributes.class === 'verdict')
    ?.text.trim()

test('a press of the dashboard shows the accounts side by side, whatever the verdict', async () => {
  const running = await start({}, 3_000)
  const { result: empty } = (await running.invoke(dashboardEvent({}, { theme: 'dark' }))) as {
    result: string
  }
  expect(empty).toMatch(/^<div class="ks dark">/)
  expect(verdictOf(empty)).toMatch(/^EMPTY \(verified\): all 3 accounts/)
  for (const name of NAMES) expect(empty).toContain(name)
  stage.rest(2)
  const account = stage.exchange.accounts.get('mm-eth')
  if (account !== undefined) account.general = 'READ_ONLY'
  const { result } = (await running.invoke(dashboardEvent({ accounts: ['mm-eth'] }))) as { result: string }
  expect(verdictOf(result)).toMatch(/^NOT PROVEN: 0 of 1 account/)
  expect(result).not.toContain('mm-btc')
})
