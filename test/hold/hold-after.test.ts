import { expect, test } from 'vitest'
import { holdAfter } from '../../lambda/hold/start.ts'
import type { Verdict } from '../../lambda/sweep/verdict.ts'
import type { Trigger } from '../../lambda/triggers/trigger.ts'

/* What is to go on after a pull, and until when. */

const NOW = Date.UTC(2026, 10, 25, 12)
const MINUTE_MS = 60_000
const iso = (fromNowMs: number) => new Date(NOW + fromNowMs).toISOString()
const SETTINGS = { machineArn: 'of-no-matter', persistMinutes: 15, keepShutMinutes: 10, fuse: false }
const NOT_PROVEN = { kind: 'NOT_EMPTY' } as Verdict

function schedule(eventAt: number, isSessionEnd: boolean): Trigger {
  const action = { do: 'fire', scope: 'all', isSessionEnd } as const
  return { kind: 'schedule', by: 'session-end', reason: null, eventAt, action } as Trigger
}

function provenByOf(trigger: Trigger): string | undefined {
  const end = { verdict: NOT_PROVEN, trigger, requestId: '0815', receivedAt: NOW - 3_000, endedAt: NOW }
  return holdAfter(end, SETTINGS, 15 * MINUTE_MS)?.provenBy
}

test.each([
  ['that comes late is held for what is left of the time that it may be late', -10, true, iso(5 * MINUTE_MS)],
  ['that may not be late any more is not held', -15, true, undefined],
  ['that keeps the book shut is held for its own time', -10, false, iso(15 * MINUTE_MS)],
])('a schedule %s', (_, minutes, isSessionEnd, provenBy) => {
  expect(provenByOf(schedule(NOW + minutes * MINUTE_MS, isSessionEnd))).toBe(provenBy)
})
