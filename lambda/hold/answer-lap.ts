import type { Context } from 'aws-lambda'
import { KillSwitchError } from '../errors.ts'
import type { Armed } from '../init/arm.ts'
import type { FunctionSettings } from '../init/function-settings.ts'
import { publishLap, tellHold } from '../report/log.ts'
import type { Invocation } from '../report/report.ts'
import type { Lap } from '../triggers/hold-event.ts'
import type { Trigger } from '../triggers/trigger.ts'
import { type LapEnd, runLap } from './lap.ts'
import { holdMessageOf } from './sentences.ts'

/** What the state machine is answered. */
export type LapAnswer = Pick<LapEnd, 'hold' | 'next' | 'sentence'>

/** Runs one lap, and tells of it: each in the log, the last one in a message. */
export async function answerLap(
  armed: Armed<FunctionSettings> | KillSwitchError,
  trigger: Trigger,
  lap: Lap,
  invocation: Invocation,
  deadlineAt: number,
  context: Context,
): Promise<LapAnswer> {
  const end = await runLap(armed, trigger, lap, invocation, deadlineAt)
  const { hold, next, sentence } = end
  publishLap(end, context)
  if (next !== 'lap' && !(armed instanceof KillSwitchError)) {
    await tellHold(holdMessageOf(sentence, hold), hold.name, armed.settings, context)
  }
  return { hold, next, sentence }
}
