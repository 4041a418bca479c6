import { asKnown, KillSwitchError } from './errors.ts'
import { inTime, roadsOf } from './exchanges.ts'
import type { Armed } from './init/arm.ts'
import { type Environment, environment, type Settings } from './init/settings.ts'
import type { Attempt } from './kraken/attempt.ts'
import { checkReadiness, notReady, type ReadinessReport } from './readiness/readiness.ts'
import type { Invocation } from './report/report.ts'
import { showAttempts } from './report/shown.ts'
import { alarmScopesFault } from './triggers/alarm-scopes.ts'

/**
 * Could this very function fire now, over every road that it would take? Never throws.
 *
 * @param armed what the init phase left, or why it left nothing
 * @param deadlineAt monotonic milliseconds
 * @param warningsOf what of the environment does not keep it from firing, but should be fixed
 */
export async function check(
  armed: Armed | KillSwitchError,
  { startedAt, receivedAt }: Invocation,
  deadlineAt: number,
  warningsOf: (env: Environment, settings: Settings) => readonly string[],
): Promise<ReadinessReport> {
  if (armed instanceof KillSwitchError) return notReady(armed)
  const fault = alarmScopesFault(armed.settings.alarmScopes)
  if (fault !== null) return notReady(fault)
  const attempts: Attempt[] = []
  const report = await checkRoads(armed, receivedAt, deadlineAt, attempts)
  const warnings = [...report.warnings, ...warningsOf(environment(), armed.settings)]
  return { ...report, warnings, attempts: showAttempts([...armed.takeAttempts(), ...attempts], startedAt) }
}

async function checkRoads(
  armed: Armed,
  receivedAt: number,
  deadlineAt: number,
  attempts: Attempt[],
): Promise<ReadinessReport> {
  try {
    const keys = await inTime(armed.credentials.refresh(), deadlineAt) // kept ones would hide that they are gone
    const onAttempt = (attempt: Attempt) => attempts.push(attempt)
    return await checkReadiness(roadsOf(armed, keys, { deadlineAt, onAttempt }), receivedAt)
  } catch (error) {
    return notReady(asKnown(error))
  }
}
