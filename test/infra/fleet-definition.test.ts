import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { MOST_BYTES, type Outcome, startExecution } from '../../drill/hold-engine.ts'
import { fleetDefinition } from '../../infra/fleet-definition.ts'
import { answersFault, mostBytesOf, timeFault } from '../../infra/fleet-limits.ts'
import { bytesOf, type GroupAnswer, shortAnswer } from '../../lambda/fleet/groups/group-answer.ts'
import { hear } from '../../lambda/fleet/groups/heard.ts'
import { decideWhole } from '../../lambda/fleet/groups/whole-verdict.ts'
import type { Group } from '../../lambda/init/fleet/roster.ts'
import { readFleetEvent } from '../../lambda/triggers/fleet-event.ts'
import { readGroupEvent } from '../../lambda/triggers/group-event.ts'
import { readTrigger } from '../../lambda/triggers/trigger.ts'

/* The machine of a fleet, checked and run without AWS, with groups whose answers are made up; what they make is real. */

interface Checked {
  readonly isValid: boolean
  readonly errorsText: () => string
}

/** Without types of its own. It writes into what it checks. */
const check: (definition: unknown) => Checked = createRequire(import.meta.url)('asl-validator')

const aliasArn = 'arn:aws:lambda:eu-central-1:123456789012:function:kill-switch:live'

function fleetOf(groups: number, accounts: number, length = 10): readonly Group[] {
  const named = (text: string) => text.padEnd(length, 'x')
  return Array.from({ length: groups }, (_, g) => ({
    name: `group-${g}`,
    secret: `kill-switch/group-${g}`,
    accounts: Array.from({ length: accounts }, (_, a) => named(`a${g}-${a}-`)).map((name) =>
      name.replace(/-x?$/, 'x'),
    ),
  }))
}

const definitionOf = (groups: readonly Group[], timeoutSeconds = 120) =>
  fleetDefinition({ partition: 'aws', aliasArn, groups, timeoutSeconds })

test.each([
  [1, 1],
  [20, 10],
  [40, 12],
])('%i groups of %i make a valid state machine', (...size) => {
  const { isValid, errorsText } = check(structuredClone(definitionOf(fleetOf(...size))))
  expect(errorsText()).toBe('')
  expect(isValid).toBe(true)
})

test('the checker sees a state of a group that is not there', () => {
  const wrong = JSON.parse(
    JSON.stringify(definitionOf(fleetOf(2, 2))).replace('"Next":"Lost"', '"Next":"Last"'),
  )
  expect(check(wrong).isValid).toBe(false)
})

const THREE = fleetOf(3, 2)
const [FIRST, SECOND, THIRD] = THREE as [Group, Group, Group]

function answerOf({ name, accounts }: Group, verdict: 'EMPTY' | 'NOT_EMPTY' = 'EMPTY'): GroupAnswer {
  const isEmpty = verdict === 'EMPTY'
  const answer = {
    verdict,
    cancelled: 3,
    isLowerBound: false,
    open: isEmpty ? 0 : 2,
    kept: null,
    verifiedMs: isEmpty ? 900 : null,
    ...(isEmpty ? {} : { why: 'NOT EMPTY: 2 orders still open (PF_XBTUSD 2).' }),
  }
  return {
    group: name,
    verdict: isEmpty ? 'EMPTY' : 'NOT_PROVEN',
    isRefused: false,
    sentence: isEmpty ? 'EMPTY (verified)' : 'NOT PROVEN',
    accounts: Object.fromEntries(accounts.map((account) => [account, answer])),
    differences: { missing: [], strangers: [], unnamed: 0, twins: [] },
    keys: accounts.map((account) => [account]),
  }
}

type Answers = (group: Group, time: number) => unknown

interface Ran {
  readonly outcome: Outcome
  /** How often each group was invoked. */
  readonly times: ReadonlyMap<string, number>
  readonly mostAtOnce: number
}

/** Runs the machine; its last task is the decision that the function makes. */
async function run(answers: Answers, groups = THREE, input: unknown = {}, secondMs = 2): Promise<Ran> {
  const times = new Map<string, number>()
  let running = 0
  let mostAtOnce = 0
  const group = async (payload: unknown) => {
    const of = readGroupEvent(payload)
    if (of === null) return last(payload)
    const time = (times.get(of.group.name) ?? 0) + 1
    times.set(of.group.name, time)
    running += 1
    mostAtOnce = Math.max(mostAtOnce, running)
    try {
      await new Promise((resolve) => setTimeout(resolve, 2))
      return await answers(of.group, time)
    } finally {
      running -= 1
    }
  }
  const { outcome } = startExecution({ definition: definitionOf(groups), input, secondMs, invoke: group })
  return { outcome: await outcome, times, mostAtOnce }
}

function last(payload: unknown) {
  const event = readFleetEvent(payload)
  if (event === null) throw new Error('neither a group nor the last task')
  expect(Math.abs(Date.now() - event.startedAt)).toBeLessThan(60_000)
  const heard = hear(event.groups, event.answers)
  const whole = decideWhole(event.groups, readTrigger(event.event, 'r1'), heard, true)
  const { kind } = whole.verdict
  return {
    isSettled: kind === 'EMPTY',
    error: kind === 'NOT_FIRED' ? 'InputRefused' : 'NotProvenEmpty',
    sentence: kind,
    whole,
    lost: Object.fromEntries(heard.lost),
  }
}

const failedWith = (kind: string) => ({ status: 'FAILED', error: 'NotProvenEmpty', cause: kind })
const throwing = (name: string, message = 'x') => {
  throw Object.assign(new Error(message), { name })
}

test('every group is asked once, and all EMPTY is a fleet that is', async () => {
  const { outcome, times } = await run((group) => answerOf(group))
  expect(outcome).toMatchObject({ status: 'SUCCEEDED', output: { whole: { verdict: { kind: 'EMPTY' } } } })
  expect([...times.values()]).toEqual([1, 1, 1])
})

test('a group is told its own roster, the names of all, and what pulled the fleet', async () => {
  const seen: unknown[] = []
  const input = { accounts: [FIRST.accounts[0]], reason: 'drawdown' }
  const { outcome } = startExecution({
    definition: definitionOf(THREE),
    input,
    invoke: async (payload) => {
      seen.push(payload)
      return { ...answerOf(FIRST), isSettled: true }
    },
  })
  await outcome
  expect(seen[1]).toEqual({
    group: SECOND,
    fleet: THREE.flatMap(({ accounts }) => accounts),
    groups: THREE.map(({ name }) => name),
    mostBytes: mostBytesOf(THREE),
    event: input,
  })
  expect(readGroupEvent(seen[1])?.group).toEqual(SECOND)
})

test('one account that is not EMPTY fails the execution', async () => {
  const { outcome } = await run((group) =>
    answerOf(group, group === SECOND || group.name === SECOND.name ? 'NOT_EMPTY' : 'EMPTY'),
  )
  expect(outcome).toEqual(failedWith('NOT_PROVEN'))
})

test('a group that Lambda has no room for is tried again, and taken', async () => {
  const { outcome, times } = await run((group, time) =>
    group.name === SECOND.name && time < 4 ? throwing('Lambda.TooManyRequestsException') : answerOf(group),
  )
  expect(outcome.status).toBe('SUCCEEDED')
  expect([...times.values()].toSorted()).toEqual([1, 1, 4])
})

test.each([
  ['throttled for too long', 'Lambda.TooManyRequestsException', 7],
  ['killed', 'Runtime.ExitError', 1],
  ['late for Lambda', 'Sandbox.Timedout', 1],
  ['met by a fault of Lambda', 'Lambda.ServiceException', 1],
  ['none of this function', 'InputRefused', 1],
])('a group that is %s is lost, and the fleet is not EMPTY', async (_, name, attempts) => {
  const { outcome, times } = await run((group) =>
    group.name === THIRD.name ? throwing(name) : answerOf(group),
  )
  expect(outcome).toEqual(failedWith('NOT_PROVEN'))
  expect(times.get(THIRD.name)).toBe(attempts)
})

test('a group that never comes back is given up after its time', async () => {
  const never = () => new Promise<never>(() => {})
  const { outcome, times } = await run(
    (group) => (group.name === THIRD.name ? never() : answerOf(group)),
    THREE,
    {},
    1,
  )
  expect(outcome).toEqual(failedWith('NOT_PROVEN'))
  expect(times.get(THIRD.name)).toBe(1)
})

test.each([
  ['nothing', () => null],
  ['a text', () => 'EMPTY'],
  ['what a group does not answer', () => ({ group: THIRD.name, verdict: 'EMPTY' })],
  ["another group's answer", () => answerOf(SECOND)],
  ['an account too many', () => answerOf({ ...THIRD, accounts: [...THIRD.accounts, 'mm-doge'] })],
  ['an account too few', () => answerOf({ ...THIRD, accounts: THIRD.accounts.slice(1) })],
  ['no account', () => answerOf({ ...THIRD, accounts: [] })],
])('a group that answers %s does not make the fleet EMPTY', async (_, answer) => {
  const { outcome } = await run((group) => (group.name === THIRD.name ? answer() : answerOf(group)))
  expect(outcome).toEqual(failedWith('NOT_PROVEN'))
})

test('a report that is too big fails the execution, which its alarm tells', async () => {
  const { outcome } = await run((group) => ({ ...answerOf(group), sentence: 'x'.repeat(MOST_BYTES) }))
  expect(outcome).toMatchObject({ status: 'FAILED', error: 'States.DataLimitExceeded' })
})

test('an event that every group refuses fires none, and fails as refused', async () => {
  const refused = ({ name }: Group) => ({
    ...answerOf({ ...FIRST, name, accounts: [] }),
    verdict: 'NOT_FIRED',
    isRefused: true,
    sentence: 'NOT FIRED: "acounts" is not a field that is known.',
  })
  const { outcome } = await run(refused, THREE, { acounts: ['a'] })
  expect(outcome).toEqual({ status: 'FAILED', error: 'InputRefused', cause: 'NOT_FIRED' })
})

test('groups run 40 at once', async () => {
  const { outcome, mostAtOnce } = await run((group) => answerOf(group), fleetOf(45, 1))
  expect(outcome.status).toBe('SUCCEEDED')
  expect(mostAtOnce).toBe(40)
})

test('the last word is tried again, whatever kept it from being said', async () => {
  let words = 0
  const { outcome } = startExecution({
    definition: definitionOf(THREE),
    input: {},
    secondMs: 1,
    invoke: async (payload) => {
      const of = readGroupEvent(payload)
      if (of !== null) return answerOf(of.group)
      words += 1
      return words < 3 ? throwing('Runtime.ExitError') : last(payload)
    },
  })
  expect((await outcome).status).toBe('SUCCEEDED')
  expect(words).toBe(3)
})

test.each([
  [40, 12, 10],
  [20, 10, 10],
  [20, 10, 32],
  [80, 12, 10],
  [45, 12, 32],
])('the longest answers of %i groups of %i accounts, with names of %i, fit into one state', (...size) => {
  const groups = fleetOf(...size)
  expect(answersFault(groups)).toBeNull()
  const most = mostBytesOf(groups)
  const longest = groups.map((group) => shortAnswer(longestOf(group), most))
  for (const answer of longest) expect(bytesOf(answer)).toBeLessThanOrEqual(most)
  const state = { groups, answers: longest, event: 'x'.repeat(16_000), startedAt: new Date().toISOString() }
  expect(bytesOf(state)).toBeLessThan(MOST_BYTES)
  const heard = hear(groups, longest)
  expect(heard.lost.size).toBe(0)
  expect(heard.answers.flatMap(({ accounts }) => Object.keys(accounts))).toHaveLength(size[0] * size[1])
})

test('answers that take all that they may fit into one state', () => {
  const groups = fleetOf(40, 12)
  const most = mostBytesOf(groups)
  const full = groups.map((group) => {
    const answer = answerOf(group)
    const padded = { ...answer, sentence: 'x'.repeat(most - bytesOf(answer) + answer.sentence.length) }
    expect(bytesOf(padded)).toBe(most)
    expect(shortAnswer(padded, most)).toEqual(padded)
    return padded
  })
  const state = { groups, answers: full, event: 'x'.repeat(15_000), startedAt: new Date().toISOString() }
  expect(bytesOf(state)).toBeLessThan(MOST_BYTES)
})

test.each([3_000, 4_000, 6_000])('what may take %i bytes takes no more, and keeps every verdict', (most) => {
  const { sentence, ...answer } = longestOf(fleetOf(1, 12)[0] as Group)
  const short = shortAnswer({ ...answer, sentence: sentence.slice(0, 300) }, most)
  expect(bytesOf(short)).toBeLessThanOrEqual(most)
  expect(Object.keys(short.accounts)).toHaveLength(12)
})

test('no sentence is cut off in 20 groups of 10 accounts', () => {
  const groups = fleetOf(20, 10)
  const answer = answerOf(groups[0] as Group, 'NOT_EMPTY')
  expect(shortAnswer(answer, mostBytesOf(groups))).toEqual(answer)
})

function longestOf(group: Group): GroupAnswer {
  const account = {
    verdict: 'UNVERIFIED' as const,
    cancelled: 999_999,
    isLowerBound: false,
    open: 999_999,
    kept: 999_999,
    verifiedMs: 119_999,
    why: 'x'.repeat(300),
  }
  const strangers = Array.from({ length: 1_000 }, (_, i) => `stranger-${i}`.padEnd(32, 'x'))
  return {
    group: group.name,
    verdict: 'NOT_PROVEN',
    isRefused: false,
    sentence: 'x'.repeat(40_000),
    accounts: Object.fromEntries(group.accounts.map((name) => [name, account])),
    differences: { missing: group.accounts, strangers, unnamed: 9, twins: [group.accounts] },
    keys: group.accounts.map(() => ['x'.repeat(8), 'y'.repeat(8)]),
  }
}

test.each([
  [1, 120, null],
  [40, 120, null],
  [40, 214, null],
  [40, 215, /Lower function.timeoutSeconds to 214/],
  [41, 120, /2 waves of 40 and may take 352 s.*Lower function.timeoutSeconds to 94/],
  [41, 94, null],
  [240, 14, null],
  [241, 10, /240 groups at most/],
])('%i groups of a function with %i s', (groups, seconds, fault) => {
  if (fault === null) {
    expect(timeFault(groups, seconds)).toBeNull()
    expect(definitionOf(fleetOf(groups, 1), seconds).TimeoutSeconds).toBeLessThanOrEqual(300)
  } else expect(timeFault(groups, seconds)).toMatch(fault)
})

test('synth refuses what would not fit into one state', () => {
  expect(answersFault(fleetOf(120, 12))).toMatch(/^has 1440 accounts in 120 groups, .*several switches$/)
})
