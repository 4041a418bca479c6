import { duration, foreign, grouped, type Markup, markup } from './markup.ts'
import { section } from './orders.ts'
import type { HoldStory, LapMark } from './story.ts'
import { type Frame, inFrames } from './timeline.ts'

const HEIGHT = 46
const EDGE_PX = 14
/** Of the laps that are told one by one. */
const MOST_TOLD = 12

/** Lap after lap of a hold on one line, and what each said. */
export function holdSection({ laps, known }: HoldStory, frames: readonly Frame[]): Markup {
  const told = laps.slice(0, MOST_TOLD)
  const rows = told.map(
    ({ atMs, ms, sentence }) =>
      markup`<tr><td class="n">${duration(atMs)}</td><td class="n">${duration(ms)}</td><td>${foreign(sentence)}</td></tr>`,
  )
  const more = laps.length - told.length
  const table = markup`<table class="laps"><thead><tr><th class="n">began</th><th class="n">took</th><th>what the lap said</th></tr></thead><tbody>${rows}</tbody></table>${more > 0 ? markup`<p class="note">${grouped(more)} more laps</p>` : null}`
  const facts = known === null ? null : markup`<p class="note">${knownFacts(known)}</p>`
  return section(
    'Hold',
    markup`${laps.length === 0 ? null : markup`${inFrames(frames, (frame) => drawLaps(laps, frame))}${table}`}${facts}`,
  )
}

function knownFacts(known: NonNullable<HoldStory['known']>): string {
  const { refills, cancelled, laps, emptySince, shutUntil, fuseFiresAt } = known
  const at = (iso: string) => `${iso.slice(11, 19)} UTC`
  return [
    `${grouped(laps)} laps, ${grouped(refills)} refills, ${grouped(cancelled)} orders cancelled`,
    ...(emptySince === null ? [] : [`empty since ${at(emptySince)}`]),
    ...(shutUntil === null ? [] : [`shut until ${at(shutUntil)}`]),
    ...(fuseFiresAt === null ? [] : [`Kraken's own timer fires at ${at(fuseFiresAt)}`]),
  ].join('; ')
}

function drawLaps(laps: readonly LapMark[], { width: all }: Frame): Markup {
  const first = laps[0]?.atMs ?? 0
  const last = Math.max(...laps.map(({ atMs, ms }) => atMs + ms))
  const perMs = (all - 2 * EDGE_PX) / Math.max(1, last - first)
  const x = (ms: number) => Math.round((EDGE_PX + (ms - first) * perMs) * 10) / 10
  const marks = laps.map(({ atMs, ms, sentence }) => {
    const width = Math.max(4, ms * perMs - 2)
    const isProven = /^(EMPTY|HELD)/.test(sentence)
    const sign =
      width < 14
        ? null
        : markup`<text class="in" x="${x(atMs) + width / 2}" y="31" text-anchor="middle">${isProven ? '✓' : '✗'}</text>`
    return markup`<rect class="${isProven ? 'proven' : 'open'}" x="${x(atMs)}" y="16" width="${Math.round(width * 10) / 10}" height="22" rx="3"><title>${duration(atMs)}: ${sentence}</title></rect>${sign}`
  })
  return markup`<svg class="lapline" viewBox="0 0 ${all} ${HEIGHT}" role="img" aria-label="${laps.length} laps from ${duration(first)} to ${duration(last)} after the pull; each is told below"><text class="tick" x="${EDGE_PX}" y="11">${duration(first)}</text><text class="tick" x="${all - EDGE_PX}" y="11" text-anchor="end">${duration(last)}</text>${marks}</svg>`
}
