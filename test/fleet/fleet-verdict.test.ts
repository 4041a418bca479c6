import { expect, test } from 'vitest'
import { fleetSentence } from '../../lambda/fleet/fleet-sentence.ts'
import { type AccountAnswer, decideFleet, isProven, type Named } from '../../lambda/fleet/fleet-verdict.ts'
import type { Differences } from '../../lambda/init/fleet/fleet-secret.ts'
import type { Scope } from '../../lambda/kraken/scope.ts'
import type { Verdict } from '../../lambda/sweep/verdict.ts'

const ROSTER = ['mm-btc', 'mm-eth', 'arb-1']
const SAME: Differences = { missing: [], strangers: [], unnamed: 0, twins: [] }
const empty: AccountAnswer = {
  verdict: 'EMPTY',
  cancelled: 12,
  isLowerBound: false,
  open: 0,
  kept: null,
  verifiedMs: 1_030,
}

function ends(...others: readonly Named[]): Named[] {
  return ROSTER.map((account) => others.find((one) => one.account === account) ?? { account, answer: empty })
}

function end(account: string, answer: Partial<AccountAnswer>): Named {
  return { account, answer: { ...empty, ...answer } }
}

function sentenceOf(answers: readonly Named[], differences = SAME, asked = ROSTER, scope: Scope = 'all') {
  const verdict = decideFleet(asked, answers, differences, asked.length === ROSTER.length)
  return fleetSentence({ verdict, roster: ROSTER, asked, answers, differences, scope })
}

test('EMPTY, when every account of the roster is', () => {
  expect(decideFleet(ROSTER, ends(), SAME, true)).toEqual({ kind: 'EMPTY' })
  expect(sentenceOf(ends())).toBe(
    'EMPTY (verified): all 3 accounts, 36 orders cancelled, 0 open, 1030 ms after the trigger was received.',
  )
})

// Each row differs from a good fleet in one place only, so each guard is needed.
test.each([
  [
    'orders that rest',
    ends(end('mm-eth', { verdict: 'NOT_EMPTY', open: 2 })),
    SAME,
    /2 of 3 accounts EMPTY; mm-eth NOT EMPTY \(2 open\)\.$/,
  ],
  [
    'an account that failed',
    ends(end('arb-1', { verdict: 'FAILED' })),
    SAME,
    /2 of 3 accounts EMPTY; arb-1 FAILED\.$/,
  ],
  ['a proof too short', ends(end('arb-1', { verdict: 'UNVERIFIED' })), SAME, /arb-1 UNVERIFIED\.$/],
  ['one that did nothing', ends(end('arb-1', { verdict: 'NOT_FIRED' })), SAME, /arb-1 NOT FIRED\.$/],
  ['one that gave no answer', ends().slice(1), SAME, /2 of 3 accounts EMPTY; mm-btc FAILED\.$/],
  ['no answers at all', [], SAME, /0 of 3 accounts EMPTY; mm-btc FAILED, mm-eth FAILED, arb-1 FAILED\.$/],
  [
    'two answers of which one is not',
    [...ends(), end('mm-btc', { verdict: 'UNVERIFIED' })],
    SAME,
    /mm-btc UNVERIFIED\.$/,
  ],
  [
    'an account too many in the secret',
    ends(),
    { ...SAME, strangers: ['arb-9'] },
    /3 of 3 accounts EMPTY; the secret holds arb-9, which the roster does not name\.$/,
  ],
  [
    'a field too many in the secret',
    ends(),
    { ...SAME, unnamed: 1 },
    /holds 1 field that is no name of an account/,
  ],
  [
    'one key under two names',
    ends(),
    { ...SAME, twins: [['mm-btc', 'arb-1']] },
    /mm-btc and arb-1 hold the same key\.$/,
  ],
] as const)('never EMPTY with %s', (_, answers, differences, sentence) => {
  expect(decideFleet(ROSTER, answers, differences, true).kind).toBe('NOT_PROVEN')
  expect(sentenceOf(answers, differences)).toMatch(sentence)
  expect(sentenceOf(answers, differences)).toMatch(/^NOT PROVEN: /)
})

test('an empty roster proves nothing', () => {
  expect(decideFleet([], [], SAME, true).kind).toBe('NOT_PROVEN')
})

test('names all that are not empty, the worst first: what rests, then what is not known', () => {
  const answers = [
    end('mm-btc', { verdict: 'UNVERIFIED' }),
    end('mm-eth', { verdict: 'FAILED' }),
    end('arb-1', { verdict: 'NOT_EMPTY', open: 7 }),
  ]
  expect(decideFleet(ROSTER, answers, SAME, true)).toMatchObject({ worst: 'NOT_EMPTY' })
  expect(sentenceOf(answers)).toBe(
    'NOT PROVEN: 0 of 3 accounts EMPTY; arb-1 NOT EMPTY (7 open), mm-eth FAILED, mm-btc UNVERIFIED.',
  )
})

test('of some accounts, a stranger in the secret is no matter; a twin of one of them is', () => {
  const strangers = { ...SAME, strangers: ['arb-9'] }
  expect(decideFleet(['mm-btc'], [end('mm-btc', {})], strangers, false).kind).toBe('EMPTY')
  expect(sentenceOf([end('mm-btc', {})], strangers, ['mm-btc'])).toMatch(
    /^EMPTY \(verified\): 1 of 3 accounts, as asked \(mm-btc\), 12 orders cancelled, 0 open, /,
  )
  const twins = (names: string[]) => ({ ...SAME, twins: [names] })
  expect(decideFleet(['mm-btc'], [end('mm-btc', {})], twins(['mm-btc', 'arb-1']), false).kind).toBe(
    'NOT_PROVEN',
  )
  expect(decideFleet(['mm-btc'], [end('mm-btc', {})], twins(['mm-eth', 'arb-1']), false).kind).toBe('EMPTY')
})

test('what is kept, and what is not counted, is said of all together', () => {
  const answers = ends(end('mm-eth', { kept: 4, isLowerBound: true }))
  expect(sentenceOf(answers, SAME, ROSTER, { symbols: 'all', keep: 'reduceOnly' })).toBe(
    'EMPTY (verified): all 3 accounts, at least 36 orders cancelled, 0 open in scope, 4 reduce-only kept, 1030 ms after the trigger was received.',
  )
})

test('what calls itself a proof is none', () => {
  expect(isProven({ kind: 'EMPTY', proof: { quietPeriodMs: 1, at: 2 } } as unknown as Verdict)).toBe(false)
})
