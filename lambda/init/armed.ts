import { systemClock } from '../clock.ts'
import { asKnown, type KillSwitchError } from '../errors.ts'
import { SocketPool, SUSPECT_AFTER_MS } from '../kraken/http/socket-pool.ts'
import * as arming from './arm.ts'
import type { FleetSwitch, SourceOf } from './fleet/fleet-switch.ts'
import { type FunctionSettings, readFunctionSettings } from './function-settings.ts'

/*
 *    dial Secrets Manager ──── TCP ── TLS ──► GetSecretValue ─► keys
 *                        └─ packets out: evaluate the SDK ─┘
 *
 *  Measured: evaluating the SDK first, or after init, makes the first cancel 1.3 to 1.8 times as late as it can be.
 */

/** Half of what its client waits for a connection. */
const ADDRESS_MS = 500
/** Addresses are looked up within this; a slower name server does not hold up the SDK. */
const MOST_LOOKUP_MS = 100

type InLambda = arming.Armed<FunctionSettings> | FleetSwitch | KillSwitchError

const made = armOrExplain()

/** This process of Lambda, armed at load; or why it cannot be, which the first invocation reports. */
export const armed: InLambda = made instanceof Promise ? await made : made

function armOrExplain(): InLambda | Promise<InLambda> {
  try {
    const settings = readFunctionSettings()
    const sourceOf = secretsManager(settings)
    return settings.fleet === null
      ? arming.arm(settings, sourceOf(settings.secretId))
      : fleet(settings, sourceOf)
  } catch (error) {
    return asKnown(error)
  }
}

/** Loaded where there are many accounts alone: it dials, too. */
async function fleet(settings: FunctionSettings, sourceOf: SourceOf): Promise<InLambda> {
  try {
    const { openFleet } = await import('./fleet/fleet-switch.ts')
    return openFleet(arming, settings, sourceOf)
  } catch (error) {
    return asKnown(error)
  }
}

function secretsManager(settings: FunctionSettings): SourceOf {
  const pool = new SocketPool(settings.aws.secretsEndpoint, SUSPECT_AFTER_MS, ADDRESS_MS)
  return (secretId) => ({
    call: 'GetSecretValue',
    dial: () => pool.dialEarly(),
    open: async (packetsOut) => {
      await Promise.race([packetsOut, systemClock.sleep(MOST_LOOKUP_MS)])
      const { secretStore } = await import('./secret-store.ts')
      return secretStore({ ...settings, secretId }, pool)
    },
  })
}
