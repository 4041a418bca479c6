import { isObject } from '../json.ts'
import { placeOf } from '../page/fragment.ts'
import { type Period, readPullLog } from './pull-log.ts'
import { readWidgetSettings } from './settings.ts'
import { storiesOf } from './stories.ts'
import { widgetHtml } from './view.ts'

/** What the console shows to whoever asks what this function is for. */
const DESCRIPTION = `## Last pulls of the kill switch

Shows the last pulls as one picture each, from the log of the switch, within the time range of the dashboard, and a button that
presses the switch after a confirmation. The widget only reads that log; the button calls the switch under the rights of
whoever presses it. There are no parameters.
`

/** A dashboard waits for no longer. */
const MOST_READ_MS = 8_000
const DAY_MS = 86_400_000
const USUAL_MS = 7 * DAY_MS

/**
 * The function that CloudWatch calls for a custom widget, under the rights of whoever looks at the dashboard.
 *
 * @returns HTML; Markdown where it is asked for its description
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
 */
export async function handler(event: unknown): Promise<string> {
  if (isObject(event) && event.describe === true) return DESCRIPTION
  const place = placeOf(event)
  const { from, to } = periodOf(event)
  const period = `${dayOf(from)} to ${dayOf(to)} UTC`
  try {
    const settings = readWidgetSettings()
    const { aliasArn } = settings
    const log = await readPullLog(settings, { from, to }, performance.now() + MOST_READ_MS)
    const troubles = log.why === null ? [] : [unread(log.why, log.isNewestKnown)]
    return widgetHtml({ stories: storiesOf(log.records), troubles, aliasArn, period }, place)
  } catch (error) {
    const { message } = error as Error
    return widgetHtml({ stories: [], troubles: [`NO WIDGET: ${message}.`], aliasArn: null, period }, place)
  }
}

function unread(why: string, isNewestKnown: boolean): string {
  const missing = isNewestKnown
    ? 'older pulls are missing here'
    : 'there may be newer pulls than those shown here'
  return `LOG NOT READ to its end (${why}): ${missing}. Choose a shorter time range, or read the log.`
}

/** The time range of the dashboard, or what of it is zoomed into; a week where it tells of none. */
function periodOf(event: unknown): Period {
  const context = isObject(event) && isObject(event.widgetContext) ? event.widgetContext : {}
  const range = isObject(context.timeRange) ? context.timeRange : {}
  const { start, end } = isObject(range.zoom) ? range.zoom : range
  const to = typeof end === 'number' && Number.isSafeInteger(end) ? end : Date.now()
  const from = typeof start === 'number' && Number.isSafeInteger(start) && start < to ? start : to - USUAL_MS
  return { from: Math.max(0, from), to: Math.max(0, to) }
}

function dayOf(at: number): string {
  return new Date(Math.min(at, 8.64e15)).toISOString().slice(0, 16).replace('T', ' ')
}
