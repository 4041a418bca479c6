import { expect, test } from 'vitest'
import { hunt, tryPlanOf } from '../../siege/hunt.ts'
import { ORACLES } from '../../siege/oracles.ts'
import { tell } from '../../siege/story.ts'

test('no promise is broken by the first plans, and each could have been', async () => {
  const { found, exercised, verdicts } = await hunt(0, 500)
  expect(found === null ? null : tell(found.run)).toBeNull()
  expect([...exercised.keys()].toSorted()).toEqual(Object.keys(ORACLES).toSorted())
  expect([...verdicts.keys()].toSorted()).toEqual(['EMPTY', 'FAILED', 'NOT_EMPTY', 'UNVERIFIED'])
})

test('a seed always tells the same story', async () => {
  const stories = await Promise.all([7, 7].map(async (seed) => tell((await tryPlanOf(seed)).run)))
  expect(stories[0]).toBe(stories[1])
})
