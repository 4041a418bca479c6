import { expect, test } from 'vitest'
import type { AccountAnswer } from '../../lambda/fleet/fleet-verdict.ts'
import type { GroupAnswer } from '../../lambda/fleet/groups/group-answer.ts'
import { hear } from '../../lambda/fleet/groups/heard.ts'
import { makeWholeReport, wholeMessageOf } from '../../lambda/fleet/groups/whole-report.ts'
import { decideWhole } from '../../lambda/fleet/groups/whole-verdict.ts'
import type { Group } from '../../lambda/init/fleet/roster.ts'
import { withinRoster } from '../../lambda/triggers/accounts.ts'
import { readTrigger } from '../../lambda/triggers/trigger.ts'

/* One verdict over what all groups answered. */

const MM: Group = { name: 'mm', secret: 'kill-switch/mm', accounts: ['mm-btc', 'mm-eth'] }
const ARB: Group = { name: 'arb', secret: 'kill-switch/arb', accounts: ['arb-1'] }
const GROUPS = [MM, ARB]
const NAMES = GROUPS.flatMap(({ accounts }) => accounts)

const EMPTY: AccountAnswer = {
  verdict: 'EMPTY',
  cancelled: 4,
  isLowerBound: false,
  open: 0,
  kept: null,
  verifiedMs: 812,
}
const RESTING: AccountAnswer = {
  ...EMPTY,
  verdict: 'NOT_EMPTY',
  open: 2,
  verifiedMs: null,
  why: 'NOT EMPTY: 2',
}

function from(
  group: Group,
  answers: Readonly<Record<string, AccountAnswer>>,
  more: Partial<GroupAnswer> = {},
) {
  const areEmpty = Object.values(answers).every(({ verdict }) => verdict === 'EMPTY')
  const differences = { missing: [], strangers: [], unnamed: 0, twins: [] }
  const verdict = areEmpty ? ('EMPTY' as const) : ('NOT_PROVEN' as const)
  return {
    group: group.name,
    verdict,
    isRefused: false,
    sentence: verdict,
    accounts: answers,
    differences,
    keys: group.accounts.map((account) => [`key-of-${account}`]),
    ...more,
  }
}
const mm = from(MM, { 'mm-btc': EMPTY, 'mm-eth': EMPTY })
const arb = from(ARB, { 'arb-1': EMPTY })
const nothing = (group: Group, sentence: string, isRefused = false) =>
  from(group, {}, { verdict: 'NOT_FIRED', sentence, isRefused })

const MACHINE = 'arn:aws:states:eu-central-1:123456789012:stateMachine:kill-switch-hold'
const TIMES = { startedAt: 1_000, endedAt: 2_850, holdMachineArn: MACHINE }

function told(answers: readonly unknown[], event: unknown = {}, isDeployed = true) {
  const own = GROUPS.map(({ name }) => name)
  const rosters = { own: NAMES, fleet: NAMES, groups: { own, fleet: own } }
  const trigger = withinRoster(readTrigger(event, 'r1'), rosters)
  const heard = hear(GROUPS, answers)
  const whole = decideWhole(GROUPS, trigger, heard, isDeployed)
  const report = makeWholeReport({ whole, heard, groups: GROUPS, trigger, ...TIMES })
  return { ...report, message: wholeMessageOf(report, whole), verdictOf: whole.verdict }
}

test('is EMPTY when every account of every group is', () => {
  expect(told([mm, arb])).toMatchObject({
    verdict: 'EMPTY',
    sentence:
      'EMPTY (verified): all 3 accounts in 2 groups, 12 orders cancelled, 0 open, 1850 ms after the fleet was pulled.',
    accounts: { 'mm-btc': 'EMPTY', 'mm-eth': 'EMPTY', 'arb-1': 'EMPTY' },
    warnings: [],
  })
})

// Each row differs from a fleet that is EMPTY in one place only.
test.each([
  [
    'an account is not',
    [from(MM, { 'mm-btc': EMPTY, 'mm-eth': RESTING }), arb],
    /2 of 3 accounts EMPTY; mm-eth NOT EMPTY \(2 open\)\.$/,
  ],
  [
    'a group is lost',
    [mm, { group: 'arb', lost: 'States.Timeout' }],
    /2 of 3 .*; the group arb FAILED \(1 account; States.Timeout\)\.$/,
  ],
  ['a group is not heard of', [mm], /the group arb FAILED \(1 account; it gave no answer\)/],
  ['a group answers something else', [mm, { ...arb, verdict: 'ALL' }], /it answered with something else/],
  [
    'a number is none',
    [mm, from(ARB, { 'arb-1': { ...EMPTY, cancelled: -1 } })],
    /it answered with something else/,
  ],
  ['an answer has a field too many', [mm, { ...arb, proof: true }], /it answered with something else/],
  ['a group answers twice, once worse', [mm, arb, from(ARB, { 'arb-1': RESTING })], /arb-1 NOT EMPTY/],
  ['a group is heard and lost', [mm, arb, { group: 'arb', lost: 'x' }], /the group arb FAILED/],
  ['an account is left out', [from(MM, { 'mm-btc': EMPTY }), arb], /2 of 3 .*mm-eth FAILED/],
  [
    'an account too many is swept',
    [mm, from(ARB, { 'arb-1': EMPTY, 'arb-2': EMPTY })],
    /answered for arb-2, not on its roster/,
  ],
  ['a group answers for another', [mm, from(ARB, { 'mm-btc': EMPTY })], /arb-1 FAILED/],
  ['a group is none of the fleet', [mm, arb, { ...arb, group: 'x' }], /an answer came that is of no group/],
  [
    'EMPTY comes without a proof',
    [mm, from(ARB, { 'arb-1': { ...EMPTY, verifiedMs: null } })],
    /arb-1 UNVERIFIED/,
  ],
  [
    'EMPTY comes without the key that it was swept with',
    [mm, from(ARB, { 'arb-1': EMPTY }, { keys: [[]] })],
    /arb-1 UNVERIFIED/,
  ],
  ['EMPTY comes with an open order', [mm, from(ARB, { 'arb-1': { ...EMPTY, open: 1 } })], /arb-1 UNVERIFIED/],
  [
    'a group doubts itself',
    [mm, { ...arb, verdict: 'NOT_PROVEN' }],
    /3 of 3 accounts EMPTY; the group arb doubts/,
  ],
  [
    'accounts of two groups hold one key',
    [mm, from(ARB, { 'arb-1': EMPTY }, { keys: [['key-of-mm-eth']] })],
    /3 of 3 accounts EMPTY; mm-eth and arb-1 hold the same key\.$/,
  ],
  [
    'a group says EMPTY of a secret that holds another account',
    [mm, { ...arb, differences: { ...arb.differences, strangers: ['arb-2'] } }],
    /3 of 3 accounts EMPTY; the group arb contradicts itself\.$/,
  ],
  [
    'a group says EMPTY of accounts with the same key',
    [{ ...mm, differences: { ...mm.differences, twins: [['mm-btc', 'mm-eth']] } }, arb],
    /3 of 3 accounts EMPTY; the group mm contradicts itself\.$/,
  ],
  [
    'a group says that it did not fire, of accounts that are EMPTY',
    [mm, { ...arb, verdict: 'NOT_FIRED' }],
    /3 of 3 accounts EMPTY; the group arb contradicts itself\.$/,
  ],
  ['a group did not fire', [mm, nothing(ARB, 'NOT FIRED: stale.')], /arb-1 FAILED/],
])('is not EMPTY when %s', (_, answers, sentence) => {
  const { verdict, sentence: said } = told(answers)
  expect(verdict).toBe('NOT_PROVEN')
  expect(said).toMatch(sentence)
})

test.each([
  ['a number is none', { ...EMPTY, cancelled: '9' }],
  ['a proof is missing', { verdict: 'EMPTY', open: 0 }],
  ['it is none', 1],
])('an account of any name is read strictly: %s', (_, answer) => {
  const group: Group = { name: 'odd', secret: 'kill-switch/odd', accounts: ['constructor', 'prototype'] }
  for (const account of group.accounts) {
    const given = { ...from(group, { constructor: EMPTY, prototype: EMPTY }), verdict: 'EMPTY' }
    const { lost, answers } = hear(
      [group],
      [{ ...given, accounts: { ...given.accounts, [account]: answer } }],
    )
    expect(answers).toEqual([])
    expect(lost).toEqual(new Map([['odd', 'it answered with something else']]))
  }
})

test('a group that says it did not fire, of accounts that are not EMPTY, has not stood down', () => {
  const resting = from(ARB, { 'arb-1': RESTING }, { verdict: 'NOT_FIRED' })
  expect(told([nothing(MM, 'NOT FIRED: x.'), resting], { group: 'arb' })).toMatchObject({
    verdict: 'NOT_PROVEN',
    sentence: /arb-1 NOT EMPTY \(2 open\)/,
  })
})

test('is not EMPTY when function and machine know other groups', () => {
  expect(told([mm, arb], {}, false).sentence).toMatch(
    /^NOT PROVEN: 3 of 3 accounts EMPTY; function and state machine/,
  )
})

test('of a group alone, or of named accounts, only they are asked for', () => {
  const other = nothing(ARB, 'NOT FIRED: another group was asked for.')
  expect(told([mm, other], { group: 'mm' }).sentence).toMatch(/: 2 of 3 accounts, as asked, 8 orders/)
  expect(told([from(MM, { 'mm-eth': EMPTY }), other], { accounts: ['mm-eth'] })).toMatchObject({
    verdict: 'EMPTY',
    accounts: { 'mm-eth': 'EMPTY' },
  })
  expect(told([mm, arb], { group: 'mm' }).sentence).toMatch(/the group arb fired unasked/)
  expect(told([other, other], { group: 'mm' }).verdict).toBe('NOT_PROVEN')
})

test('a group that fires unasked is told where the one that was asked for did not fire', () => {
  const { verdict, sentence } = told([nothing(MM, 'NOT FIRED: stale.'), arb], { group: 'mm' })
  expect(verdict).toBe('NOT_PROVEN')
  expect(sentence).toMatch(
    /0 of 2 accounts EMPTY; mm-btc FAILED, mm-eth FAILED; the group arb fired unasked\.$/,
  )
})

test('a lost group that nobody asked for changes nothing, and is told', () => {
  const { verdict, warnings } = told([mm, { group: 'arb', lost: 'x' }], { group: 'mm' })
  expect(verdict).toBe('EMPTY')
  expect(warnings).toEqual([expect.stringMatching(/^LOST: the group arb/)])
})

test('an event that all refuse, or for which all stand down, is not fired', () => {
  const refused = (group: Group) => nothing(group, 'NOT FIRED: there is no account typo.', true)
  expect(told([refused(MM), refused(ARB)], { accounts: ['typo'] })).toMatchObject({
    verdict: 'NOT_FIRED',
    verdictOf: { isRefusal: true },
    sentence: /^NOT FIRED: there is no account typo, so that nothing was done for any/,
  })
  const stale = (group: Group) => nothing(group, 'NOT FIRED: the schedule eod was due 20 minutes ago.')
  expect(told([stale(MM), stale(ARB)])).toMatchObject({
    sentence: 'NOT FIRED: the schedule eod was due 20 minutes ago.',
    verdictOf: { isRefusal: false },
  })
})

test('a group that fired on what the others refuse is told, and not EMPTY', () => {
  const refused = nothing(MM, 'NOT FIRED: x.', true)
  expect(told([refused, arb], { accounts: ['typo'] })).toMatchObject({
    verdict: 'NOT_PROVEN',
    sentence: /1 of 3 accounts EMPTY; .*some groups fired on an event that others refuse/,
  })
})

test('twice the same is told, and counts once', () => {
  expect(told([mm, arb, arb])).toMatchObject({
    verdict: 'EMPTY',
    warnings: [/^TWICE: the group arb answered 2 times/],
    cancelled: 12,
  })
})

test("the message names what is not EMPTY, and each group's roster that differs", () => {
  const differences = { missing: ['mm-eth'], strangers: ['mm-doge'], unnamed: 0, twins: [] }
  const failed = { ...RESTING, verdict: 'FAILED' as const, open: null, why: 'FAILED: no keys.' }
  const { message } = told([from(MM, { 'mm-btc': EMPTY, 'mm-eth': failed }, { differences }), arb], {
    reason: 'drawdown',
  })
  expect(message.warnings).toEqual([
    expect.stringMatching(/^mm: ROSTER: the secret has no keys of mm-eth/),
    expect.stringMatching(/^mm: ROSTER: the secret holds mm-doge/),
  ])
  expect(message.details).toContainEqual(['Reason', 'drawdown'])
  expect(message.details).toContainEqual(['mm-eth', 'FAILED: no keys.'])
  expect(message.numbers).toContainEqual(['Empty', '2 of 3 accounts'])
})

test('hundreds that are not EMPTY make one short sentence', () => {
  const many = Array.from(
    { length: 30 },
    (_, i): Group => ({ name: `g${i}`, secret: 's', accounts: [`a${i}`] }),
  )
  const heard = hear(
    many,
    many.map((group) => from(group, { [String(group.accounts[0])]: RESTING })),
  )
  const trigger = readTrigger({}, 'r1')
  const whole = decideWhole(many, trigger, heard, true)
  const { sentence } = makeWholeReport({ whole, heard, groups: many, trigger, ...TIMES })
  expect(sentence).toMatch(/^NOT PROVEN: 0 of 30 accounts EMPTY; a0 NOT EMPTY .* and 18 more\.$/)
})

test('one line says which groups are held, until when the last of them, and how to release them all', () => {
  const until = (group: Group, heldUntil: string | null) => ({ ...(group === MM ? mm : arb), heldUntil })
  const { hold, warnings } = told([
    until(MM, '2026-12-01T12:15:00.000Z'),
    until(ARB, '2026-12-01T12:10:00.000Z'),
  ])
  expect(hold).toEqual({ groups: ['mm', 'arb'], endsBy: '2026-12-01T12:15:00.000Z', notStarted: [] })
  expect(warnings).toEqual([
    `HOLDING until 12:15:00 UTC at the latest: 2 groups (mm, arb). Release all of them: for e in $(aws stepfunctions list-executions --state-machine-arn ${MACHINE} --status-filter RUNNING --query 'executions[].executionArn' --output text); do aws stepfunctions stop-execution --execution-arn $e; done`,
  ])
  expect(told([until(MM, '2026-12-01T12:15:00.000Z'), until(ARB, null)]).warnings).toEqual([
    expect.stringMatching(/^HOLD NOT STARTED for 1 group \(arb\): .*Nobody keeps the books shut/),
    expect.stringMatching(/^HOLDING until 12:15:00 UTC at the latest: 1 group \(mm\)\. /),
  ])
  expect(told([mm, arb]).hold).toBeNull()
})

test('a time until which a group is held that is none makes no answer of it', () => {
  expect(told([{ ...mm, heldUntil: 'soon' }, arb]).verdict).toBe('NOT_PROVEN')
})
