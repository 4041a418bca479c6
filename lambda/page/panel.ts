import { shownScope } from '../report/brief.ts'
import type { Report } from '../report/report.ts'
import { holdSection } from './laps.ts'
import { duration, foreign, grouped, type Markup, markup } from './markup.ts'
import { cancelledBySymbol, orderTable, positionTable, roadsTable, section } from './orders.ts'
import { lookOf, signOf } from './signs.ts'
import type { Story } from './story.ts'
import { drawTimeline, type Frame, inFrames, listCalls, NARROW, WIDE } from './timeline.ts'

/** One picture: the sentence first, then the numbers that a person asks for, then what happened when, then the detail. */
export function panel(story: Story, frames: readonly Frame[] = [WIDE, NARROW]): Markup {
  const { title, outcome, warnings, attempts, report, hold, within, remarks } = story
  return markup`<article class="panel ${lookOf(outcome)}">${title === null ? null : markup`<h2>${foreign(title)}</h2>`}
<div class="verdict">${signOf(outcome)}<p>${said(story.sentence)}</p></div>
${listed('warnings', warnings)}${listed('remarks', remarks)}
${report === null ? null : tiles(report)}
${attempts.length === 0 ? null : timelines(story, frames)}
${hold === null ? null : holdSection(hold, frames)}
${report === null ? null : details(report)}
${within.length === 0 ? null : markup`<div class="within">${within.map((part) => panel(part, frames))}</div>`}
${report === null ? null : facts(report)}</article>
`
}

/** What stands before the first colon is the word that counts. */
export function said(sentence: string): Markup {
  const [, word, rest] = /^([A-Z][A-Z ]+(?: \(verified\))?)([:. ].*)$/s.exec(sentence) ?? []
  if (word === undefined || rest === undefined) return foreign(sentence)
  return markup`<bdi><strong>${word}</strong>${rest}</bdi>`
}

function listed(name: 'warnings' | 'remarks', sentences: readonly string[]): Markup | null {
  if (sentences.length === 0) return null
  return markup`<ul class="${name}">${sentences.map((sentence) => markup`<li>${said(sentence)}</li>`)}</ul>`
}

function tiles(report: Report): Markup | null {
  const { verdict, cancelled, remaining, kept, positions, timing } = report
  if (verdict === 'NOT_FIRED') return null
  const tile = (value: string, label: string, isNews = false) =>
    markup`<div class="tile${isNews ? NEWS : null}"><dd>${value}</dd><dt>${label}</dt></div>`
  const number = (count: number | 'unknown') => (count === 'unknown' ? '?' : grouped(count))
  const open = remaining === 'unknown' ? 'unknown' : remaining.count
  return markup`<dl class="tiles">${[
    tile(cancelledCount(cancelled), 'cancelled'),
    tile(number(open), 'still open', open !== 0),
    ...(kept === null ? [] : [tile(number(kept === 'unknown' ? kept : kept.count), 'reduce-only kept')]),
    tile(positions === 'unknown' ? '?' : grouped(positions.length), 'open positions'),
    tile(duration(timing.sentMs), 'cancel sent'),
    tile(duration(timing.ackMs), 'acknowledged'),
    tile(duration(timing.verifiedMs), 'proven'),
  ]}</dl>`
}

const NEWS = markup` news`

function cancelledCount({ count, isLowerBound }: Report['cancelled']): string {
  if (!isLowerBound) return grouped(count)
  return count === 0 ? '?' : `≥ ${grouped(count)}`
}

function timelines({ attempts, report }: Story, frames: readonly Frame[]): Markup {
  const atMs = report?.timing.verifiedMs ?? report?.timing.totalMs ?? null
  const end = atMs === null ? null : { atMs, isProof: report?.timing.verifiedMs !== null }
  const drawn = inFrames(frames, (frame) => drawTimeline({ attempts, end }, frame))
  return section(
    'What happened when',
    markup`<div class="timeline">${drawn}</div><p class="note">Milliseconds after the trigger was received. Shaded: the init phase. Dotted: pauses, cut short. Hollow and crossed: failed.</p>${listCalls(attempts)}`,
  )
}

function details(report: Report): Markup {
  const { remaining, kept, positions, cancelled } = report
  const open = remaining === 'unknown' ? null : orderTable('Still open', remaining.orders, remaining.count)
  const stayed = kept === null || kept === 'unknown' ? null : orderTable('Kept', kept.orders, kept.count)
  const guards = orderTable('Cancelled protection', cancelled.protective, cancelled.protectiveCount)
  return markup`<div class="details">${open}${cancelledBySymbol(report)}${roadsTable(report)}${positions === 'unknown' ? null : positionTable(positions)}${stayed}${guards}</div>`
}

function facts({ trigger, scope, account, timing, exchange }: Report): Markup {
  const { kind, by, reason, receivedAt } = trigger
  const fact = (name: string, value: Markup | string) => markup`<div><dt>${name}</dt><dd>${value}</dd></div>`
  const clock = exchange === null ? null : fact("Kraken's clock", aheadOf(exchange.clockSkewMs))
  return markup`<dl class="facts">${fact('Pulled by', markup`${kind}, ${foreign(by)}`)}${fact('Received', `${receivedAt.slice(0, 19).replace('T', ' ')} UTC`)}${reason === null ? null : fact('Reason', foreign(reason))}${scope === null ? null : fact('Scope', foreign(shownScope(scope)))}${account === null ? null : fact('Account', foreign(account))}${fact('Start', timing.coldStart ? 'cold' : 'warm')}${clock}</dl>`
}

function aheadOf(skewMs: number): string {
  return `${grouped(Math.abs(skewMs))} ms ${skewMs < 0 ? 'behind' : 'ahead of'} ours`
}
