import { fragment, framesFor, type Place } from '../page/fragment.ts'
import { foreign, type Markup, markup } from '../page/markup.ts'
import { panel, said } from '../page/panel.ts'
import { signOf, wordOf } from '../page/signs.ts'
import type { Story } from '../page/story.ts'
import { plainStory } from './stories.ts'

export interface View {
  /** The newest first. */
  readonly stories: readonly Story[]
  /** What keeps them from being all, a sentence each. */
  readonly troubles: readonly string[]
  /** What the button calls; null for no button. */
  readonly aliasArn: string | null
  /** What was looked through, in words. */
  readonly period: string
}

/** Of those before the last one. */
const MOST_OTHERS = 9

const CONFIRMATION =
  'Cancel ALL open orders of this account now, stops and take-profits too? It runs under your own IAM rights, and cannot be undone.'

/** The last pull as a picture, those before it as one line each to open, and the button. */
export function widgetHtml({ stories, troubles, aliasArn, period }: View, place: Place): string {
  const [last, ...others] = stories
  const warnings = troubles.map((trouble) => markup`<li>${said(trouble)}</li>`)
  const none = markup`<p class="none">No pull of the switch in the log, ${period}.</p>`
  return fragment(
    markup`${aliasArn === null ? null : button(aliasArn)}
${warnings.length === 0 ? null : markup`<ul class="warnings">${warnings}</ul>`}
${last === undefined ? none : drawn(last, place)}${others.slice(0, MOST_OTHERS).map((story) => folded(story, place))}`,
    place,
  )
}

/** CloudWatch makes a button of what stands before its own element, and calls under the rights of whoever presses. */
function button(aliasArn: string): Markup {
  return markup`<p class="press"><a class="btn btn-primary">Cancel all orders</a><cwdb-action action="call" display="popup" endpoint="${aliasArn}" confirmation="${CONFIRMATION}">{"dashboard":{}}</cwdb-action></p>`
}

function folded(story: Story, place: Place): Markup {
  const { outcome, sentence, report } = story
  const at = report === null ? '' : `${report.trigger.receivedAt.slice(0, 19).replace('T', ' ')} UTC `
  return markup`<details class="older"><summary>${signOf(outcome)} ${at}<strong>${wordOf(outcome)}</strong> ${foreign(sentence.replace(/^[A-Z][A-Z ()a-z]*: /, ''))}</summary>${drawn(story, place)}</details>`
}

function drawn(story: Story, place: Place): Markup {
  try {
    return panel(story, framesFor(place))
  } catch {
    return panel(plainStory(story), framesFor(place))
  }
}
