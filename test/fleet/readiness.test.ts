import { expect, test } from 'vitest'
import { hear } from '../../lambda/fleet/groups/heard.ts'
import { wholeReadiness } from '../../lambda/fleet/groups/whole-readiness.ts'
import type { Group } from '../../lambda/init/fleet/roster.ts'

/* One answer over what all groups answered to a readiness check. */

const GROUPS: readonly Group[] = ['mm', 'arb', 'opt'].map((name) => ({
  name,
  secret: `kill-switch/${name}`,
  accounts: [`${name}-1`],
}))
const ready = (group: string) => ({ group, ready: true, sentence: 'READY: it is.' })
const other = (group: string) => ({ group, ready: null, sentence: 'Not checked: other groups are now.' })
const all = [ready('mm'), ready('arb'), ready('opt')]

function told(answers: readonly unknown[], named?: readonly string[], isDeployed = true) {
  return wholeReadiness(GROUPS, hear(GROUPS, answers), named, isDeployed)
}

test('a fleet is ready when every group says so', () => {
  expect(told(all)).toEqual({ ready: true, sentence: 'READY: all 3 groups are.', groups: 3, problems: [] })
})

test('some of its groups are, when each of them says so and the others are there', () => {
  expect(told([ready('mm'), other('arb'), ready('opt')], ['mm', 'opt'])).toMatchObject({
    ready: true,
    sentence: 'READY: 2 of 3 groups, as asked, are.',
  })
})

// Each row differs from a fleet that is ready in one place only.
test.each<[string, readonly unknown[], readonly string[] | undefined, RegExp]>([
  [
    'a group says that it is not',
    [ready('mm'), ready('arb'), { ...ready('opt'), ready: false, sentence: 'NOT READY: no key.' }],
    undefined,
    /^NOT READY: 2 of 3 groups are ready. opt: NOT READY: no key.$/,
  ],
  [
    'a group is lost',
    [ready('mm'), ready('arb'), { group: 'opt', lost: 'States.Timeout' }],
    undefined,
    /^NOT READY: 2 of 3 groups are ready. opt: it is lost \(States.Timeout\).$/,
  ],
  [
    'a group is silent',
    [ready('mm'), ready('arb')],
    undefined,
    /2 of 3 .*opt: it is lost \(it gave no answer\)/,
  ],
  [
    'a group that was not asked is lost',
    [ready('mm'), { group: 'arb', lost: 'Lambda.TooManyRequestsException' }, other('opt')],
    ['mm'],
    /^NOT READY: 1 of 1 groups are ready. arb: it is lost \(Lambda.TooManyRequestsException\).$/,
  ],
  [
    'a group that was asked did not check',
    [ready('mm'), other('arb'), ready('opt')],
    ['mm', 'arb'],
    /^NOT READY: 1 of 2 groups are ready. arb: it was asked, and did not check.$/,
  ],
  [
    'a group answers as to a pull',
    [ready('mm'), ready('arb'), pulled('opt')],
    undefined,
    /2 of 3 .*opt: it was asked, and did not check/,
  ],
  [
    'a group answers twice, once that it is not',
    [...all, { ...ready('opt'), ready: false, sentence: 'NOT READY.' }],
    undefined,
    /2 of 3 .*opt: NOT READY/,
  ],
  [
    'an answer is of no group',
    [...all, ready('x')],
    undefined,
    /3 of 3 .*an answer came that is of no group\.$/,
  ],
])('it is not ready when %s', (_, answers, named, sentence) => {
  const { ready: isReady, sentence: said } = told(answers, named)
  expect(said).toMatch(sentence)
  expect(isReady).toBe(false)
})

test('it is not ready when function and machine were deployed apart', () => {
  expect(told(all, undefined, false)).toMatchObject({
    ready: false,
    sentence: /3 of 3 groups are ready. function and state machine do not know the same groups/,
  })
})

function pulled(group: string) {
  return {
    group,
    verdict: 'NOT_FIRED',
    isRefused: true,
    sentence: 'NOT FIRED.',
    accounts: {},
    differences: { missing: [], strangers: [], unnamed: 0, twins: [] },
    keys: [],
  }
}
