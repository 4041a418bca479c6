import { coldArrival } from './arrivals.ts'
import { CONTESTANTS } from './contestants.ts'
import type { Measured } from './measured.ts'
import { spread } from './statistics.ts'

const WIDTH = 720
const LABEL = 90
const BAR = 16
const STEP = 24
const COLOURS: Readonly<Record<string, string>> = {
  empty: '#b8bec6',
  floor: '#8a94a0',
  ours: '#1f8a5b',
  naive: '#c98a2b',
  ccxt: '#b5533c',
}

/** Bars from the start of the process to the arrival of the cancel, one group for each set of conditions. */
export function drawArrivals({ arrivals }: Measured): string {
  const groups = arrivals.map(({ title, lives }) => ({
    title,
    bars: CONTESTANTS.map((name) => ({
      name,
      ms: spread(lives[name].map(coldArrival)).median,
    })),
  }))
  const longest = Math.max(...groups.flatMap(({ bars }) => bars.map(({ ms }) => ms)))
  const scale = (WIDTH - LABEL - 80) / longest
  const groupHeight = STEP * CONTESTANTS.length + 46
  const drawn = groups.map(({ title, bars }, g) => {
    const top = 48 + g * groupHeight
    const rows = bars.map(({ name, ms }, i) => {
      const y = top + 12 + i * STEP
      const width = (ms * scale).toFixed(1)
      return `<text x="${LABEL - 8}" y="${y + 12}" text-anchor="end">${name}</text><rect x="${LABEL}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${COLOURS[name]}"/><text x="${(LABEL + ms * scale + 6).toFixed(1)}" y="${y + 12}">${ms.toFixed(0)} ms</text>`
    })
    return `<text x="8" y="${top}" font-weight="bold">round trips ${title}</text>\n${rows.join('\n')}`
  })
  const height = 48 + groups.length * groupHeight
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="system-ui, sans-serif" font-size="13" fill="#24292f">
<title>Cold start to the arrival of the cancel, against floor, naive and ccxt</title>
<rect width="100%" height="100%" fill="#ffffff"/>
<text x="8" y="22" font-size="15" font-weight="bold">Cold: from process start to the cancel at the exchange (median)</text>
${drawn.join('\n')}
</svg>
`
}
