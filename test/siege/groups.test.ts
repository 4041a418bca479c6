import { afterAll, beforeAll, expect, test } from 'vitest'
import { huntGroups } from '../../siege/groups/group-hunt.ts'
import { GROUP_ORACLES, type GroupOracle } from '../../siege/groups/group-oracles.ts'
import { type Sabotage, Workshop } from './workshop.ts'

/* Fleets of groups, whose answers are lost, late, twice, forged. */

test('no promise is broken by the first fleets of groups, and each could have been', async () => {
  const { found, exercised, verdicts } = await huntGroups(0, 400)
  expect(found?.violations ?? []).toEqual([])
  expect([...exercised.keys()].toSorted()).toEqual(Object.keys(GROUP_ORACLES).toSorted())
  expect([...verdicts.keys()].toSorted()).toEqual(['EMPTY', 'NOT_FIRED', 'NOT_PROVEN'])
})

interface Broken extends Sabotage {
  readonly oracles: readonly GroupOracle[]
}

const WHOLE = 'lambda/fleet/groups/whole-verdict.ts'
const HEARD = 'lambda/fleet/groups/heard.ts'
const VERDICT = 'lambda/fleet/fleet-verdict.ts'
const REPORT = 'lambda/fleet/groups/whole-report.ts'

const SABOTAGE: readonly (readonly [string, Broken])[] = [
  [
    'an account whose group is lost is EMPTY',
    {
      file: WHOLE,
      from: 'return { ...NO_ANSWER, why: `FAILED: its',
      to: "return { ...NO_ANSWER, verdict: 'EMPTY' as const, why: `FAILED: its",
      oracles: ['G1', 'G2'],
    },
  ],
  [
    'one account that is EMPTY is enough',
    {
      file: VERDICT,
      from: 'others.length === 0 && !isDoubtful',
      to: 'others.length < asked.length && !isDoubtful',
      oracles: ['G1', 'G2', 'G5'],
    },
  ],
  [
    'of two answers the better one counts',
    {
      file: VERDICT,
      from: '.sort((a, b) => rank(a.verdict) - rank(b.verdict))\n    return',
      to: '.sort((a, b) => rank(b.verdict) - rank(a.verdict))\n    return',
      oracles: ['G1', 'G6'],
    },
  ],
  [
    'a group that answered, and is lost, is not lost',
    { file: WHOLE, from: '[...given, ...lostToo]', to: '[...given]', oracles: ['G1', 'G2'] },
  ],
  [
    'EMPTY is believed without what a proof comes with',
    {
      file: HEARD,
      from: 'answer.open === 0 && answer.verifiedMs !== null && hasKey',
      to: 'hasKey',
      oracles: ['G1', 'G6'],
    },
  ],
  [
    'what is in doubt is EMPTY all the same',
    {
      file: WHOLE,
      from: "verdict.kind !== 'EMPTY' || doubts.length === 0",
      to: "verdict.kind !== 'EMPTY' || doubts.length >= 0",
      oracles: ['G1'],
    },
  ],
  [
    'an account that is on no roster is not minded',
    { file: WHOLE, from: '    ...heard.doubts,\n', to: '', oracles: ['G1', 'G3'] },
  ],
  [
    'a group that doubts its own accounts is not minded',
    {
      file: WHOLE,
      from: "if (ends.some((end) => end.answer.verdict !== 'EMPTY')) return []",
      to: "if (ends.some((end) => end.answer.verdict === 'EMPTY')) return []",
      oracles: ['G1', 'G5'],
    },
  ],
  [
    'two groups with one key are not minded',
    {
      file: WHOLE,
      from: 'filter(({ size }) => size > 1)',
      to: 'filter(({ size }) => size > 9)',
      oracles: ['G1'],
    },
  ],
  [
    'function and machine may know other groups',
    { file: WHOLE, from: '(isDeployed ? [] :', to: '(isDeployed !== undefined ? [] :', oracles: ['G1'] },
  ],
  [
    'a group that fires unasked is not minded',
    { file: WHOLE, from: '(isConcerned(group) ? [] :', to: '(group ? [] :', oracles: ['G1', 'G3'] },
  ],
  [
    'a lost group is not told',
    { file: REPORT, from: '...[...lost].map(', to: '...[...lost].slice(99).map(', oracles: ['G3'] },
  ],
  [
    'a group that answers twice is not told',
    { file: REPORT, from: 'times(name) > 1', to: 'times(name) > 2', oracles: ['G3'] },
  ],
  [
    'a group of which nothing came is not lost',
    {
      file: HEARD,
      from: 'if (!isHeard && !lost.has(name))',
      to: 'if (!isHeard && lost.has(name))',
      oracles: ['G3'],
    },
  ],
  [
    'a lost group did not fire',
    { file: WHOLE, from: '!concerned.some(({ name }) => lost.has(name))', to: 'true', oracles: ['G4', 'G3'] },
  ],
  [
    'a good answer is none',
    { file: HEARD, from: '  open: v.nullable(count),', to: '  open: v.null(),', oracles: ['G5', 'G3'] },
  ],
  [
    'all accounts were asked for, whatever was',
    { file: WHOLE, from: 'if (named !== undefined) return named', to: '', oracles: ['G6'] },
  ],
]

let workshop: Workshop

beforeAll(async () => {
  workshop = await Workshop.open()
})
afterAll(() => workshop.close())

test.each(SABOTAGE)(
  'finds it when %s',
  async (_, { oracles, ...sabotage }) => {
    const said = await workshop.besieged(sabotage, ['--groups', '20000'])
    expect(said).toMatch(/^exit 1\n/)
    expect(said).toMatch(new RegExp(`^(${oracles.join('|')}) IS BROKEN`, 'm'))
    expect(said).toMatch(/npm run siege -- --groups 1 --from \d+/)
  },
  60_000,
)
