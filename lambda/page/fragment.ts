import { isObject } from '../json.ts'
import type { Report } from '../report/report.ts'
import { Markup, markup } from './markup.ts'
import { panel } from './panel.ts'
import { type ReportOfAll, type Story, storyOfAll, storyOfPull } from './story.ts'
import { STYLE } from './style.ts'
import { type Frame, NARROW, WIDE } from './timeline.ts'

/** What CloudWatch says of the place that a piece of HTML is shown in. */
export interface Place {
  readonly theme: 'light' | 'dark'
  /** In pixels; null where that is not told. */
  readonly width: number | null
}

/**
 * The place that an event of CloudWatch tells of; light, and of unknown width, where it tells of none.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
 */
export function placeOf(event: unknown): Place {
  const context = isObject(event) && isObject(event.widgetContext) ? event.widgetContext : {}
  const { theme, width } = context
  return { theme: theme === 'dark' ? 'dark' : 'light', width: typeof width === 'number' ? width : null }
}

/** A piece of HTML that brings its own dress, for a dashboard: no script, no frame, nothing that is fetched. */
export function fragment(content: Markup, { theme }: Place): string {
  return markup`<div class="ks ${theme}"><style>${new Markup(STYLE)}</style>${content}</div>`.text
}

/** Of a panel, on both sides. */
const PADDING_PX = 70

/** The one timeline that fits there, in its size: a dashboard may take away what chooses between two. */
export function framesFor({ width }: Place): readonly Frame[] {
  if (width === null) return [WIDE]
  const room = Math.round(Math.min(WIDE.width, Math.max(NARROW.width, width - PADDING_PX)))
  return [{ width: room, labelWidth: room < LEAST_BESIDE_PX ? 0 : WIDE.labelWidth }]
}

/** Labels stand beside the lanes from here on. */
const LEAST_BESIDE_PX = 480

/** What whoever has pressed on a dashboard sees in its popup. */
export function pressedFragment(report: Report, place: Place): string {
  return drawn(storyOfPull(report), place)
}

/** The same, of a switch for many accounts. */
export function pressedFleetFragment(report: ReportOfAll, place: Place): string {
  return drawn(storyOfAll(report), place)
}

function drawn(story: Story, place: Place): string {
  return fragment(panel(story, framesFor(place)), place)
}
