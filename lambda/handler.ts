import type { Context } from 'aws-lambda'
import { armed } from './arm.ts' // first: it dials while the rest is evaluated
import { deadlineOf } from './deadline.ts'
import { KillSwitchError, NotProvenEmpty, NotReady } from './errors.ts'
import { exchangeFor, fire, keyInTime } from './fire.ts'
import { httpAnswer } from './http-answer.ts'
import type { Attempt } from './kraken/call.ts'
import { checkReadiness, notReady, type ReadinessReport } from './readiness.ts'
import type { Invocation } from './report.ts'
import { showAttempts } from './shown.ts'
import { readTrigger } from './trigger.ts'
import { isSettled } from './verdict.ts'

if (!(armed instanceof KillSwitchError)) await armed.asked
const { announce, publish, publishReadiness } = await import('./notify.ts') // evaluated while the secret is on its way
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
  const trigger = readTrigger(event, context.awsRequestId)
  const deadlineAt = deadlineOf(trigger.kind, invocation.startedAt, context.getRemainingTimeInMillis())
  if (trigger.action.do === 'check') return answerReadiness(await check(invocation, deadlineAt), context)
  if (trigger.action.do === 'fire') announce(trigger, context)
  const { verdict, report } = await fire(armed, trigger, invocation, deadlineAt)
  publish(report, context)
  if (trigger.kind === 'http') return httpAnswer(verdict, report)
  if (isSettled(verdict)) return report
  throw new NotProvenEmpty(report.sentence)
}

async function check(invocation: Invocation, deadlineAt: number): Promise<ReadinessReport> {
  if (armed instanceof KillSwitchError) return notReady(armed)
  const attempts: Attempt[] = []
  const key = keyInTime(armed.credentials.refresh(), deadlineAt)
  const report = await checkReadiness(key, exchangeFor(armed, deadlineAt, attempts))
  return { ...report, attempts: showAttempts([...armed.takeAttempts(), ...attempts], invocation.startedAt) }
}

function answerReadiness(report: ReadinessReport, context: Context): ReadinessReport {
  publishReadiness(report, context)
  if (!report.ready) throw new NotReady(report.sentence)
  return report
}
