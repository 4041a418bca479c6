import * as v from 'valibot'
import { parseJson } from '../json.ts'
import { fetchAws } from '../report/aws-post.ts'
import type { WidgetSettings } from './settings.ts'

/** Milliseconds since 1970. */
export interface Period {
  readonly from: number
  readonly to: number
}

export interface PullLog {
  /** What the log holds of pulls and of laps, the oldest first. */
  readonly records: readonly unknown[]
  /** Why it was not read to its end, in a word or some; null where it was. */
  readonly why: string | null
  /** Within the period there is nothing newer than what is here. */
  readonly isNewestKnown: boolean
}

const HOUR_MS = 3_600_000
/** From the end of the period: the newest pulls are looked for first. */
const LOOK_BACK_MS = [HOUR_MS, 24 * HOUR_MS, 7 * 24 * HOUR_MS, 32 * 24 * HOUR_MS]
/** So many are enough: no older ones are looked for. */
const ENOUGH = 5
/** A page of events is 1 MB, and twice that as JSON in JSON. */
const MOST_CHARACTERS = 4_000_000
/** Lines that hold a report: those of pulls and of laps. */
const PATTERN = '{ $.report.verdict = "*" }'

const answer = v.looseObject({
  events: v.optional(v.array(v.looseObject({ message: v.string() })), []),
  nextToken: v.optional(v.string()),
})

/**
 * The last pulls in the log of the switch. Never rejects: what is known is given, with what kept it from being all.
 *
 * @param deadlineAt monotonic milliseconds
 * @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html
 */
export async function readPullLog(
  settings: WidgetSettings,
  period: Period,
  deadlineAt: number,
): Promise<PullLog> {
  let records: readonly unknown[] = []
  let to = period.to
  for (const backMs of LOOK_BACK_MS) {
    const from = Math.max(period.from, period.to - backMs)
    const found = await readWithin(settings, { from, to }, deadlineAt)
    // Of a stretch that was read in part, what is missing is the newest of it.
    const isNewestKnown = records.length > 0 || found.why === null
    records = [...found.records, ...records]
    if (found.why !== null) return { records, why: found.why, isNewestKnown }
    if (records.length >= ENOUGH || from === period.from) break
    to = from - 1
  }
  return { records, why: null, isNewestKnown: true }
}

/** Page by page, since a page may be empty while there are more. */
async function readWithin(
  settings: WidgetSettings,
  period: Period,
  deadlineAt: number,
): Promise<Pick<PullLog, 'records' | 'why'>> {
  const records: unknown[] = []
  let nextToken: string | undefined
  try {
    do {
      const leftMs = Math.floor(deadlineAt - performance.now())
      if (leftMs <= 0) return { records, why: 'it is too long' }
      const page = await fetchPage(settings, period, nextToken, leftMs)
      if (page === null) return { records, why: 'its answer cannot be read' }
      records.push(...page.events.map(({ message }) => parseJson(message)))
      nextToken = page.nextToken
    } while (nextToken !== undefined)
    return { records, why: null }
  } catch (error) {
    return { records, why: (error as Error).name }
  }
}

/** Null where the answer cannot be read. */
async function fetchPage(
  { logGroup, aws, logsEndpoint }: WidgetSettings,
  { from, to }: Period,
  nextToken: string | undefined,
  timeoutMs: number,
): Promise<v.InferOutput<typeof answer> | null> {
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'Logs_20140328.FilterLogEvents',
  }
  const body = JSON.stringify({
    logGroupName: logGroup,
    filterPattern: PATTERN,
    startTime: from,
    endTime: to,
    nextToken,
  })
  const request = { service: 'logs', url: logsEndpoint, headers, body }
  const read = v.safeParse(answer, parseJson(await fetchAws(request, aws, timeoutMs, MOST_CHARACTERS)))
  return read.success ? read.output : null
}
