import type { Context } from 'aws-lambda'
import { armed } from './arm.ts' // first: it dials while the rest is evaluated
import { check } from './check.ts'
import { deadlineOf } from './deadline.ts'
import { KillSwitchError, NotProvenEmpty, NotReady } from './errors.ts'
import { applySettings, fire } from './fire.ts'
import { httpAnswer } from './http-answer.ts'
import type { ReadinessReport } from './readiness.ts'
import { readTrigger } from './trigger.ts'
import { isSettled } from './verdict.ts'

if (!(armed instanceof KillSwitchError)) await armed.asked
const { announce, publish, publishReadiness, tellTopic } = await import('./notify.ts') // evaluated while the secret is on its way
if (!(armed instanceof KillSwitchError)) await armed.ready

let isColdStart = true

/**
 * The function that AWS Lambda calls.
 *
 * @returns the report; for an HTTPS call, as an answer with its status
 * @throws NotProvenEmpty with the first sentence, unless the book is proven empty or nothing was to be done
 * @throws NotReady from a readiness check that found a problem
 */
export async function handler(event: unknown, context: Context): Promise<unknown> {
  const invocation = { receivedAt: Date.now(), startedAt: performance.now(), isColdStart }
  isColdStart = false
  const pulled = applySettings(armed, readTrigger(event, context.awsRequestId), invocation.receivedAt)
  const { trigger } = pulled
  const deadlineAt = deadlineOf(trigger.kind, invocation.startedAt, context.getRemainingTimeInMillis())
  if (trigger.action.do === 'check')
    return answerReadiness(await check(armed, invocation, deadlineAt), context)
  if (trigger.action.do === 'fire') announce(trigger, context)
  const { verdict, report } = await fire(armed, pulled, invocation, deadlineAt)
  publish(report, context)
  if (!(armed instanceof KillSwitchError)) await tellTopic(report, armed.settings, context)
  if (trigger.kind === 'http') return httpAnswer(verdict, report)
  if (isSettled(verdict)) return report
  throw new NotProvenEmpty(report.sentence)
}

function answerReadiness(report: ReadinessReport, context: Context): ReadinessReport {
  publishReadiness(report, context)
  if (!report.ready) throw new NotReady(report.sentence)
  return report
}
