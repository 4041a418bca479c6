import { alarmScopesFault } from './alarm-scopes.ts'
import type { Armed } from './arm.ts'
import { KillSwitchError } from './errors.ts'
import { exchangeFor, keyInTime } from './fire.ts'
import type { Attempt } from './kraken/call.ts'
import { checkReadiness, notReady, type ReadinessReport } from './readiness.ts'
import type { Invocation } from './report.ts'
import { showAttempts } from './shown.ts'

/**
 * Could this very function fire now? Never throws.
 *
 * @param armed what the init phase left, or why it left nothing
 * @param deadlineAt monotonic milliseconds
 */
export async function check(
  armed: Armed | KillSwitchError,
  { startedAt }: Invocation,
  deadlineAt: number,
): Promise<ReadinessReport> {
  if (armed instanceof KillSwitchError) return notReady(armed)
  const fault = alarmScopesFault(armed.settings.alarmScopes)
  if (fault !== null) return notReady(fault)
  const attempts: Attempt[] = []
  const key = keyInTime(armed.credentials.refresh(), deadlineAt)
  const report = await checkReadiness(key, exchangeFor(armed, deadlineAt, attempts))
  return { ...report, attempts: showAttempts([...armed.takeAttempts(), ...attempts], startedAt) }
}
