import type { Position } from '../kraken/exchange.ts'
import type { Report } from '../report/report.ts'
import { ROAD_NAMES } from '../report/sentence.ts'
import type { ShownOrder } from '../report/shown.ts'
import { duration, foreign, grouped, type Markup, markup } from './markup.ts'

/** Of each list; the report has more of them. */
const MOST_ROWS = 10

/** What went, by symbol, as bars: they add up to the number of all that were cancelled. */
export function cancelledBySymbol({ cancelled }: Report): Markup | null {
  const { count, isLowerBound, bySymbol, withoutDetail } = cancelled
  if (count === 0 && !isLowerBound) return null
  const all = Object.entries(bySymbol).sort(([, a], [, b]) => b - a)
  const listed = all.slice(0, MOST_ROWS)
  const others = count - withoutDetail - listed.reduce((sum, [, n]) => sum + n, 0)
  const rest = all.length - listed.length
  const entries = [
    ...listed.map(([symbol, n]) => ({ name: foreign(symbol), n })),
    ...(others > 0
      ? [{ name: markup`${rest > 0 ? `${rest} more symbols` : 'more symbols'}`, n: others }]
      : []),
    ...(withoutDetail > 0 ? [{ name: markup`without detail`, n: withoutDetail }] : []),
  ]
  const most = Math.max(1, ...entries.map(({ n }) => n))
  const rows = entries.map(
    ({ name, n }) =>
      markup`<tr><th scope="row">${name}</th><td class="bar"><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="${Math.max(1.5, (100 * n) / most)}" height="8"/></svg></td><td class="n">${grouped(n)}</td></tr>`,
  )
  const unknown = isLowerBound
    ? markup`<p class="note">At least: an answer is missing or does not say how many.</p>`
    : null
  return section('Cancelled by symbol', markup`<table class="bars"><tbody>${rows}</tbody></table>${unknown}`)
}

export function section(title: string, content: Markup): Markup {
  return markup`<section><h3>${title}</h3>${content}</section>`
}

/** What each road did and saw, side by side. */
export function roadsTable({ roads }: Report): Markup | null {
  if (roads.length === 0) return null
  const row = (name: string, cell: (road: Report['roads'][number]) => Markup | string) =>
    markup`<tr><th scope="row">${name}</th>${roads.map((road) => markup`<td>${cell(road)}</td>`)}</tr>`
  const trouble = roads.some((road) => road.trouble !== null)
    ? row('Trouble', (road) => (road.trouble === null ? '–' : foreign(road.trouble)))
    : null
  return section(
    roads.length === 1 ? 'Road' : 'Roads',
    markup`<table class="roads"><thead><tr><td></td>${roads.map(({ road }) => markup`<th scope="col">${ROAD_NAMES[road].replace(/^the /, '')}</th>`)}</tr></thead><tbody>${row('Acknowledged', ({ ackMs }) => duration(ackMs))}${row('Reads of the book', ({ reads }) => grouped(reads))}${row('Last read', ({ readMs }) => duration(readMs))}${row('Open then', ({ open }) => (open === 0 || open === 'unknown' ? `${open}` : markup`<strong class="open-orders">${open}</strong>`))}${row('Proof', ({ isProof }) => (isProof ? '✓ yes' : '–'))}${trouble}</tbody></table>`,
  )
}

/** @param listed the first of `count` */
export function orderTable(title: string, listed: readonly ShownOrder[], count: number): Markup | null {
  if (count === 0) return null
  const rows = listed
    .slice(0, MOST_ROWS)
    .map(
      ({ symbol, side, type, size, price, reduceOnly, cliOrdId }) =>
        markup`<tr><th scope="row">${foreign(symbol)}</th><td>${sided(side, size)}</td><td>${foreign([type ?? '?', reduceOnly === true ? 'reduce-only' : ''].filter(Boolean).join(', '))}</td><td class="n">${price === null ? '–' : grouped(price)}</td><td class="id">${cliOrdId === null ? '–' : foreign(cliOrdId)}</td></tr>`,
    )
  const more = count - rows.length
  return section(
    `${title} (${grouped(count)})`,
    markup`<div class="scroll" tabindex="0" role="group" aria-label="${title}"><table><thead><tr><th>symbol</th><th>side, size</th><th>type</th><th class="n">price</th><th>cliOrdId</th></tr></thead><tbody>${rows}</tbody></table></div>${more > 0 ? markup`<p class="note">${grouped(more)} more</p>` : null}`,
  )
}

export function positionTable(positions: readonly Position[]): Markup | null {
  if (positions.length === 0) return null
  const rows = positions
    .slice(0, MOST_ROWS)
    .map(
      ({ symbol, side, size, price }) =>
        markup`<tr><th scope="row">${foreign(symbol ?? '?')}</th><td>${sided(side, size)}</td><td class="n">${price === null ? '–' : grouped(price)}</td></tr>`,
    )
  const more = positions.length - rows.length
  return section(
    `Open positions (${grouped(positions.length)})`,
    markup`<table><thead><tr><th>symbol</th><th>side, size</th><th class="n">price</th></tr></thead><tbody>${rows}</tbody></table>${more > 0 ? markup`<p class="note">${grouped(more)} more</p>` : null}`,
  )
}

function sided(side: string | null, size: number | null): Markup {
  return markup`${foreign(side ?? '?')} ${size === null ? '?' : grouped(size)}`
}
