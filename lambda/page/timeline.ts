import type { ShownAttempt } from '../report/shown.ts'
import { type Lane, type LaneKind, lanesOf } from './lanes.ts'
import { duration, foreign, grouped, type Markup, markup } from './markup.ts'
import { type TimeScale, timeScale } from './time-scale.ts'

/** Room for a timeline: labels stand beside the lanes where it is wide, and above them where it is not. */
export interface Frame {
  readonly width: number
  readonly labelWidth: number
}

export const WIDE: Frame = { width: 960, labelWidth: 128 }
export const NARROW: Frame = { width: 340, labelWidth: 0 }

/** The same drawn for each frame, of which the style sheet shows the one that fits; a single one is always shown. */
export function inFrames(frames: readonly Frame[], draw: (frame: Frame) => Markup): readonly Markup[] {
  if (frames.length === 1) return frames.map(draw)
  return frames.map(
    (frame) => markup`<div class="${frame.labelWidth === 0 ? 'narrow' : 'wide'}">${draw(frame)}</div>`,
  )
}

export interface TimelineInputs {
  /** Not empty. */
  readonly attempts: readonly ShownAttempt[]
  /** When there was proof, or when it ended without: milliseconds after the trigger was received; null where nobody knows. */
  readonly end: { readonly atMs: number; readonly isProof: boolean } | null
}

const AXIS_PX = 44
const ROW_PX = 20
/** Many at a time, such as cancels by id, stand closer. */
const MOST_LANE_PX = 60
const GAP_PX = 8
const ABOVE_PX = 16
const EDGE_PX = 14
/** Of a character, some. */
const CHAR_PX = 6.4
const LEAST_MARK_PX = 5
const HEIGHTS: Readonly<Record<LaneKind, number>> = {
  ready: 8,
  cancel: 16,
  read: 12,
  position: 8,
  fuse: 16,
  other: 8,
}

interface Drawing {
  readonly frame: Frame
  readonly left: number
  readonly right: number
  readonly height: number
  readonly x: (ms: number) => number
}

/** What ran when, as SVG: a lane for each kind of call on each road, pauses cut short, the init phase before zero. */
export function drawTimeline({ attempts, end }: TimelineInputs, frame: Frame): Markup {
  const spans = attempts.map(({ atMs, ms }) => ({ fromMs: atMs, toMs: atMs + ms }))
  const marks = [0, ...(end === null ? [] : [end.atMs])].map((at) => ({ fromMs: at, toMs: at }))
  const left = frame.labelWidth + EDGE_PX
  const right = frame.width - EDGE_PX
  const scale = timeScale([...spans, ...marks], right - left)
  const lanes = lanesOf(attempts)
  const above = frame.labelWidth === 0 ? ABOVE_PX : 0
  const tops: number[] = []
  let height = AXIS_PX
  for (const { rows } of lanes) {
    tops.push(height + above)
    height += above + rows.length * rowPx(rows) + GAP_PX
  }
  const drawing = { frame, left, right, height, x: (ms: number) => left + scale.x(ms) }
  return markup`<svg viewBox="0 0 ${frame.width} ${height + 4}" role="img" aria-label="${described(attempts, end)}">
${initPhase(attempts, drawing)}${scale.pauses.map((pause) => drawPause(left + pause.fromX, left + pause.toX, drawing))}${ticks(scale, drawing)}
${lanes.map((lane, at) => drawLane(lane, tops[at] ?? 0, drawing))}${flags(end, drawing)}</svg>`
}

function described(attempts: readonly ShownAttempt[], end: TimelineInputs['end']): string {
  const failed = attempts.filter(({ outcome }) => outcome !== 'ok').length
  const last =
    end === null ? '' : `, ${end.isProof ? 'proven' : 'ended'} ${duration(end.atMs)} after the trigger`
  return `Timeline of ${grouped(attempts.length)} calls, ${grouped(failed)} of them failed${last}. Every call is listed below.`
}

function initPhase(attempts: readonly ShownAttempt[], { left, height, x }: Drawing): Markup | null {
  if (attempts.every(({ atMs }) => atMs >= 0)) return null
  const width = x(0) - left
  return markup`<rect class="init" x="${left - 6}" y="26" width="${round(width + 6)}" height="${height - 26}"/>`
}

/** A strip of dots: time passed, and nothing happened. */
function drawPause(fromX: number, toX: number, { height }: Drawing): Markup {
  const middle = round((fromX + toX) / 2)
  return markup`<line class="pause" x1="${middle}" x2="${middle}" y1="${AXIS_PX}" y2="${height}"/>`
}

/** When each stretch began, unless there is no room to say so. Zero is the trigger's own. */
function ticks({ busy }: TimeScale, { right, x }: Drawing): readonly Markup[] {
  const zeroX = x(0)
  let freeFrom = -Infinity
  return busy.flatMap(({ fromMs: ms, toMs }) => {
    const from = x(ms)
    const width = grouped(ms).length * CHAR_PX + 6
    const isOnZero = ms <= 0 && toMs >= 0
    const meetsZero = from < zeroX && from + width > zeroX
    if (isOnZero || meetsZero || from < freeFrom || from + width > right + EDGE_PX) return []
    freeFrom = from + width
    return [markup`<text class="tick" x="${round(from)}" y="38">${grouped(ms)}</text>`]
  })
}

/** The trigger, and the proof or the end, from top to bottom. */
function flags(end: TimelineInputs['end'], { right, height, x }: Drawing): Markup {
  const zero = round(x(0))
  const start = markup`<line class="zero" x1="${zero}" x2="${zero}" y1="16" y2="${height}"/><text class="flag" x="${Math.max(zero, 24)}" y="12" text-anchor="middle">trigger</text>`
  if (end === null) return start
  const at = round(Math.min(x(end.atMs), right))
  const label = `${end.isProof ? '✓ proven' : '✗ ended'} ${duration(end.atMs)}`
  return markup`${start}<line class="${end.isProof ? 'proof' : 'end'}" x1="${at}" x2="${at}" y1="16" y2="${height}"/><text class="flag ${end.isProof ? 'proof' : 'end'}" x="${round(right + EDGE_PX - 2)}" y="12" text-anchor="end">${label}</text>`
}

function drawLane({ kind, label, rows }: Lane, top: number, drawing: Drawing): Markup {
  const { frame, left, right } = drawing
  const name =
    frame.labelWidth === 0
      ? markup`<text class="lane" x="${left - 6}" y="${top - 3}">${label}</text>`
      : markup`<text class="lane" x="${frame.labelWidth}" y="${top + ROW_PX / 2 + 4}" text-anchor="end">${label}</text>`
  const drawn = rows.map((row, at) => {
    const middle = round(top + (at + 0.5) * rowPx(rows))
    return markup`<line class="rail" x1="${left - 6}" x2="${right + 6}" y1="${middle}" y2="${middle}"/>${drawRow(row, { kind, middle, height: Math.min(HEIGHTS[kind], rowPx(rows) - 1) }, drawing)}`
  })
  return markup`<g class="${kind}">${name}${drawn}</g>
`
}

function rowPx(rows: Lane['rows']): number {
  return Math.min(ROW_PX, MOST_LANE_PX / rows.length)
}

function drawRow(
  row: readonly ShownAttempt[],
  { kind, middle, height }: Pick<Place, 'kind' | 'middle' | 'height'>,
  { right, x }: Drawing,
): readonly Markup[] {
  return row.map((attempt, at) => {
    const next = row[at + 1]
    const nextX = next === undefined ? right + EDGE_PX : x(next.atMs)
    const from = x(attempt.atMs)
    const wanted = Math.max(LEAST_MARK_PX, x(attempt.atMs + attempt.ms) - from)
    const width = Math.max(3, Math.min(wanted, nextX - from - 1))
    return drawMark(attempt, { kind, from, width, middle, height, roomPx: nextX - from - width })
  })
}

interface Place {
  readonly kind: LaneKind
  readonly from: number
  readonly width: number
  readonly middle: number
  readonly height: number
  /** To the right of it. */
  readonly roomPx: number
}

/** Full where it went well; hollow and crossed, with what went wrong where there is room, where it did not. */
function drawMark(attempt: ShownAttempt, { kind, from, width, middle, height, roomPx }: Place): Markup {
  const { call, atMs, ms, outcome, connection } = attempt
  const isBad = outcome !== 'ok'
  const hint = [`${call}: ${outcome}`, `at ${grouped(atMs)} ms, took ${grouped(ms)} ms`, connection ?? '']
  const shape = markup`<rect x="${round(from)}" y="${round(middle - height / 2)}" width="${round(width)}" height="${height}" rx="${kind === 'cancel' || kind === 'fuse' ? 1 : height / 2}"${isBad ? BAD : null}><title>${hint.filter(Boolean).join(', ')}</title></rect>`
  if (!isBad) return shape
  const crossX = from + width + 2
  const cross = markup`<path class="cross" d="M${round(crossX)} ${middle - 3}l6 6m0 -6l-6 6"/>`
  const hasRoom = roomPx > outcome.length * CHAR_PX + 14
  return markup`${shape}${roomPx > 9 ? cross : null}${hasRoom ? markup`<text class="why" x="${round(crossX + 9)}" y="${middle + 4}">${outcome}</text>` : null}`
}

const BAD = markup` class="bad"`

function round(px: number): number {
  return Math.round(px * 10) / 10
}

/** Every call, for whoever wants to know. */
export function listCalls(attempts: readonly ShownAttempt[]): Markup {
  const rows = attempts
    .toSorted((a, b) => a.atMs - b.atMs)
    .map(
      ({ call, atMs, ms, connection, outcome }) =>
        markup`<tr><td class="n">${grouped(atMs)}</td><td class="n">${grouped(ms)}</td><td>${foreign(call)}</td><td>${connection ?? '–'}</td><td>${foreign(outcome)}</td></tr>`,
    )
  return markup`<details><summary>Every call (${attempts.length})</summary><table><thead><tr><th class="n">began, ms</th><th class="n">took, ms</th><th>call</th><th>connection</th><th>outcome</th></tr></thead><tbody>${rows}</tbody></table></details>`
}
