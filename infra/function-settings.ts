import * as v from 'valibot'
import { SettingInvalid } from '../lambda/errors.ts'
import { RUNBOOK_URL } from '../lambda/init/function-settings.ts'
import { DURATIONS, type Environment, readSettings } from '../lambda/init/settings.ts'
import { isObject } from '../lambda/json.ts'
import { deadlineOf } from '../lambda/triggers/deadline.ts'
import { block, isToken, text, whole } from './field.ts'

const duration = (name: keyof typeof DURATIONS) => v.optional(whole(DURATIONS[name].from, DURATIONS[name].to))

/** The function takes an address without encryption on its own machine alone, where nothing of Kraken's answers. */
const address = (scheme: 'https' | 'wss') =>
  v.optional(
    v.pipe(
      v.string('takes an address'),
      v.regex(
        new RegExp(`^(?!${scheme.replace(/s$/, '')}:)`, 'i'),
        `is not encrypted. Begin it with ${scheme}://`,
      ),
    ),
  )

/** A link that the function's messages can carry, as the function itself reads it. */
export const link = text(
  'is no https address without #, of 1,000 characters at most',
  RUNBOOK_URL,
  'Give the address of the page itself: the mark of a line is set behind it',
)

const written = block({
  QUIET_PERIOD_MS: duration('QUIET_PERIOD_MS'),
  ATTEMPT_TIMEOUT_MS: duration('ATTEMPT_TIMEOUT_MS'),
  SPARE_AFTER_MS: duration('SPARE_AFTER_MS'),
  STALE_SCHEDULE_MS: duration('STALE_SCHEDULE_MS'),
  KRAKEN_FUTURES_URL: address('https'),
  KRAKEN_UNIFIED_URL: address('wss'),
  KRAKEN_API_URL: address('https'),
})

/** Of the function's own settings those that a desk may choose; `lambda/init/settings.ts` reads them, here too. */
export const functionSettings = v.pipe(
  written,
  v.rawCheck(({ dataset, addIssue }) => {
    const input: unknown = dataset.value
    if (!isObject(input)) return
    const wrong = (dataset.issues ?? []).map(({ path }) => String(path?.[0]?.key))
    for (const { setting, message } of settingFaults(input, wrong)) {
      addIssue({
        message,
        path: [{ type: 'unknown', origin: 'value', input, key: setting, value: input[setting] }],
      })
    }
  }),
)

interface SettingFault {
  readonly setting: string
  readonly message: string
}

/**
 * What the function itself would refuse. Its reader stops at the first: what is wrong is left out, and it reads again.
 *
 * @param wrong the settings that are known to be
 */
function settingFaults(
  settings: Readonly<Record<string, unknown>>,
  wrong: readonly string[],
): SettingFault[] {
  // How late a spare connection may be depends on the timeout.
  const left = wrong.includes('ATTEMPT_TIMEOUT_MS') ? [...wrong, 'SPARE_AFTER_MS'] : wrong
  const fault = settingFault(settings, left)
  return fault === null ? [] : [fault, ...settingFaults(settings, [...left, fault.setting])]
}

function settingFault(
  settings: Readonly<Record<string, unknown>>,
  without: readonly string[],
): SettingFault | null {
  const kept = Object.entries(settings).filter(
    ([name, value]) => !without.includes(name) && value !== undefined && !isToken(value),
  )
  try {
    readSettings(environmentWith(Object.fromEntries(kept.map(([name, value]) => [name, String(value)]))))
    return null
  } catch (error) {
    if (!(error instanceof SettingInvalid)) throw error
    return { setting: error.setting, message: `${error.problem}. ${error.fix}` }
  }
}

/** As it is on Lambda, in any region and with any secret. */
function environmentWith(settings: Environment): Environment {
  return { ...settings, AWS_REGION: 'eu-west-1', KRAKEN_SECRET_ID: 'kill-switch/kraken' }
}

/** What of the configuration decides how long a proof takes. */
interface Proving {
  readonly function: {
    readonly timeoutSeconds: number
    readonly settings: {
      readonly QUIET_PERIOD_MS?: number | undefined
      readonly ATTEMPT_TIMEOUT_MS?: number | undefined
    }
  }
  readonly api: { readonly enabled: boolean }
}

/** Two slow reads and the quiet period between them. */
function proofMs({ function: { settings } }: Proving): number {
  const quietMs = settings.QUIET_PERIOD_MS ?? DURATIONS.QUIET_PERIOD_MS.usual
  return quietMs + 2 * (settings.ATTEMPT_TIMEOUT_MS ?? DURATIONS.ATTEMPT_TIMEOUT_MS.usual)
}

/** What is wrong with a time in which a slow proof has no room; null when nothing is. */
export function proofFault(config: Proving): string | null {
  const { timeoutSeconds } = config.function
  const usableMs = (seconds: number) => deadlineOf('alarm', 0, seconds * 1_000)
  const needsMs = proofMs(config)
  if (needsMs <= usableMs(timeoutSeconds)) return null
  let enough = timeoutSeconds
  while (usableMs(enough) < needsMs) enough += 1
  return `leaves ${usableMs(timeoutSeconds)} ms for a proof, and QUIET_PERIOD_MS and two of ATTEMPT_TIMEOUT_MS take ${needsMs}. Give it ${enough} timeoutSeconds, or lower those settings`
}

/** The same of an HTTPS call, whose time is not the configuration's to choose. */
export function httpProofFault(config: Proving): string | null {
  const usableMs = deadlineOf('http', 0, Infinity)
  const needsMs = proofMs(config)
  if (!config.api.enabled || needsMs <= usableMs) return null
  return `leaves an HTTPS call ${usableMs} ms for a proof, whatever its timeoutSeconds, and QUIET_PERIOD_MS and two of ATTEMPT_TIMEOUT_MS take ${needsMs}. Lower those settings, or do without HTTPS: api.enabled false`
}
