import * as arming from '../lambda/init/arm.ts'
import { type ArmedFleet, armFleet, dialFor } from '../lambda/init/fleet/arm-fleet.ts'
import type { Settings } from '../lambda/init/settings.ts'
import type { SomeAccounts } from './whose.ts'

/** The accounts that are pressed for, armed; its roster are those, and its secret is the whole file. */
export interface ArmedAccounts extends ArmedFleet {
  /** All that the file names. */
  readonly inFile: readonly string[]
}

/** Dials for each of them, at once. */
export function armAccounts(
  settings: Settings,
  keys: arming.SecretSource,
  { asked, roster, secret }: SomeAccounts,
): ArmedAccounts {
  const dials = dialFor(arming, settings, asked.length, keys.dial)
  return { ...armFleet(arming, settings, keys, asked, dials), inFile: roster, secret }
}
