/*
 * Reads one reply to cancel-all, once, and prints what that took. Run as `node reply-process.ts report|parse FILE`.
 */
import { readFileSync } from 'node:fs'
import { readCancelAck, readSuccess } from '../lambda/kraken/rest/answers.ts'
import { makeReport } from '../lambda/report/report.ts'
import { Progress } from '../lambda/sweep/progress.ts'
import { decide } from '../lambda/sweep/verdict.ts'

const [, , what = '', file = ''] = process.argv
const body = readFileSync(file)
const startedAt = performance.now()
const count = what === 'parse' ? parse(body) : report(body)
const ms = performance.now() - startedAt
const peakMemoryMb = process.resourceUsage().maxRSS / 1024
console.log(JSON.stringify({ ms, peakMemoryMb, count }))

function parse(bytes: Buffer): number {
  return JSON.parse(bytes.toString()).cancelStatus.cancelledOrders.length
}

function report(bytes: Buffer): number {
  const answer = readSuccess({ status: 200, headers: {}, body: bytes })
  const times = { sentAt: startedAt, answeredAt: performance.now(), serverTime: null, clockSkewMs: null }
  const progress = new Progress('rest', 'all')
  progress.addAck({ ...readCancelAck(answer), ...times })
  const { tally, exchangeClock } = progress
  const swept = {
    roads: [progress.findings()],
    tally,
    exchangeClock,
    positions: null,
    restedAt: null,
    isToldSince: false,
  }
  const made = makeReport(
    {
      verdict: decide(swept.roads),
      trigger: {
        kind: 'invoke',
        by: 'bench',
        reason: null,
        eventAt: null,
        action: { do: 'fire', scope: 'all' },
      },
      invocation: { receivedAt: 0, startedAt, isColdStart: true },
      swept,
      attempts: [],
      cancelsSent: 0,
      keyAt: null,
      account: null,
    },
    performance.now(),
  )
  return JSON.parse(JSON.stringify(made)).cancelled.count
}
