import { expect, test } from 'vitest'
import { huntFleets } from '../../siege/fleet-hunt.ts'
import { FLEET_ORACLES } from '../../siege/fleet-oracles.ts'

test('no promise is broken by the first fleets, and each could have been', async () => {
  const { found, exercised, verdicts } = await huntFleets(0, 400)
  expect(found?.violations ?? []).toEqual([])
  expect([...exercised.keys()].toSorted()).toEqual(Object.keys(FLEET_ORACLES).toSorted())
  expect([...verdicts.keys()].toSorted()).toEqual(['EMPTY', 'NOT_PROVEN'])
})
