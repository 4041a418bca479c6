import { systemClock, within } from '../../clock.ts'
import { InputRefused, SettingInvalid } from '../../errors.ts'
import type { SecretSource } from '../arm.ts'
import type { FunctionSettings } from '../function-settings.ts'
import { type ArmedFleet, type Arming, armFleet, type Dials, dialFor } from './arm-fleet.ts'
import { fingerprintOf, type Group, type Groups, readGroups, readRoster } from './roster.ts'

/** As for one account. */
const MOST_WAIT_MS = 2_000

/** Gives the secret of that name. All of one process share a connection to where it is. */
export type SourceOf = (secretId: string) => SecretSource

/** A switch for many accounts, as its process has armed it at load. */
export interface FleetSwitch {
  readonly settings: FunctionSettings
  /** Of the groups that it serves; none where it has one roster. */
  readonly fingerprints: ReadonlySet<string>
  /** As of one account. */
  readonly asked: Promise<void>
  readonly ready: Promise<void>
  /**
   * The accounts, armed.
   *
   * @param group of which they are; null where the switch has one roster
   * @throws InputRefused when it serves no such group
   */
  readonly take: (group: Group | null) => ArmedFleet<FunctionSettings>
}

/**
 * Dials for as many accounts as there may be, and where they are known, arms them.
 *
 * @throws SettingInvalid
 */
export function openFleet(arming: Arming, settings: FunctionSettings, sourceOf: SourceOf): FleetSwitch {
  const { ACCOUNTS: accounts, FLEET_GROUPS: groups } = settings.fleet ?? {}
  if (accounts && groups) {
    throw new SettingInvalid('ACCOUNTS', 'is set, and FLEET_GROUPS too', 'Leave one of the two unset')
  }
  if (groups) return ofGroups(arming, settings, sourceOf, readGroups(groups))
  return ofRoster(arming, settings, sourceOf(settings.secretId), readRoster(accounts ?? ''))
}

function ofRoster(
  arming: Arming,
  settings: FunctionSettings,
  source: SecretSource,
  roster: readonly string[],
): FleetSwitch {
  const fleet = armFleet(
    arming,
    settings,
    source,
    roster,
    dialFor(arming, settings, roster.length, source.dial),
  )
  const take = (group: Group | null) => {
    if (group === null) return fleet
    throw new InputRefused('this switch has one roster, and no groups. Send the event without a group')
  }
  return { settings, fingerprints: new Set(), asked: fleet.asked, ready: fleet.ready, take }
}

/** What is kept is one group's at a time: its keys, connections and spendings go when another one comes. */
function ofGroups(
  arming: Arming,
  settings: FunctionSettings,
  sourceOf: SourceOf,
  { most, fingerprints }: Groups,
): FleetSwitch {
  const unknown = sourceOf('')
  const early = dialFor(arming, settings, most, unknown.dial)
  const asked = unknown.open(early.underway).then(ignore, ignore) // evaluated, and asked for nothing
  let kept: { readonly fingerprint: string; readonly fleet: ArmedFleet<FunctionSettings> } | null = null
  const take = (group: Group | null) => {
    const fingerprint = group === null ? '' : fingerprintOf(group)
    if (group === null || !fingerprints.has(fingerprint)) throw new InputRefused(noGroup(group))
    if (kept?.fingerprint === fingerprint) return kept.fleet
    kept?.fleet.close()
    const dials: Dials =
      kept === null ? early : dialFor(arming, settings, group.accounts.length, () => arming.NO_DIAL)
    const own = { ...settings, secretId: group.secret }
    kept = { fingerprint, fleet: armFleet(arming, own, sourceOf(group.secret), group.accounts, dials) }
    return kept.fleet
  }
  const connected = Promise.all([asked, early.connected]).then(ignore)
  return { settings, fingerprints, asked, ready: within(systemClock, MOST_WAIT_MS, connected, ignore), take }
}

function noGroup(group: Group | null): string {
  return group === null
    ? 'this switch serves groups of accounts, and the event names none. Start the state machine of the fleet instead'
    : `no group ${group.name} with that secret and these accounts was deployed with this function. Deploy the stack again, which makes function and state machine agree`
}

function ignore(): void {}
