import { writeFileSync } from 'node:fs'

/*
 * The picture of the README: who pulls the switch, what it does, over which roads, and who hears of it.
 *
 *     node docs/architecture.ts     writes docs/architecture.svg
 */

interface Box {
  readonly kind: 'trigger' | 'switch' | 'kraken' | 'hears' | 'beside'
  readonly x: number
  readonly y: number
  readonly width: number
  readonly lines: readonly string[]
}

const WIDTH = 880
const HEIGHT = 452
const LINE = 17
/** Above the first line and below the last one. */
const ROOM = 9

const TRIGGERS: readonly Box[] = [
  ['CloudWatch alarm'],
  ['EventBridge schedule'],
  ['POST /cancel-all'],
  ['aws lambda invoke'],
  ['readiness check', 'looks, cancels nothing'],
].map((lines, i) => ({ kind: 'trigger', x: 16, y: 52 + i * 48, width: 184, lines }))

const HEARS: readonly Box[] = [
  ['log: “firing” at once,', 'the report after'],
  ['metrics, alarms, and', 'an SNS topic: mail, chat'],
  ['HTTP 200 / 400 / 502', 'with the report'],
  ['a thrown sentence,', 'unless proven'],
].map((lines, i) => ({ kind: 'hears', x: 680, y: 52 + i * 64, width: 184, lines }))

const SWITCH: Box = {
  kind: 'switch',
  x: 288,
  y: 104,
  width: 292,
  lines: ['the switch, AWS Lambda', 'cancel → read → quiet → read', '… until there is proof'],
}
const HOLD: Box = {
  kind: 'beside',
  x: 326,
  y: 30,
  width: 216,
  lines: ['hold: AWS Step Functions'],
}
const SECRETS: Box = { kind: 'beside', x: 288, y: 222, width: 148, lines: ['Secrets Manager', 'the keys'] }
const REST: Box = {
  kind: 'kraken',
  x: 240,
  y: 318,
  width: 192,
  lines: ['Derivatives REST API', 'until 1 March 2027'],
}
const UNIFIED: Box = {
  kind: 'kraken',
  x: 440,
  y: 318,
  width: 192,
  lines: ['Unified WebSocket', 'its successor'],
}
const BOOK: Box = { kind: 'kraken', x: 306, y: 404, width: 260, lines: ['the order book of Kraken'] }
const LAPTOP: Box = {
  kind: 'trigger',
  x: 16,
  y: 318,
  width: 184,
  lines: ['break glass:', 'any laptop, without AWS'],
}

const heightOf = ({ lines }: Box) => 2 * ROOM + lines.length * LINE
const left = (box: Box) => `${box.x},${box.y + heightOf(box) / 2}`
const right = (box: Box) => `${box.x + box.width},${box.y + heightOf(box) / 2}`
const middleOf = (box: Box) => box.x + box.width / 2
const bottomOf = (box: Box) => box.y + heightOf(box)

/** The drawing, light or dark as its reader's screen is. */
export function drawArchitecture(): string {
  const boxes = [...TRIGGERS, ...HEARS, SWITCH, HOLD, SECRETS, LAPTOP, REST, UNIFIED, BOOK]
  const entry = `${SWITCH.x - 44}`
  const exit = `${SWITCH.x + SWITCH.width + 44}`
  const level = SWITCH.y + heightOf(SWITCH) / 2
  const arrows = [
    ...TRIGGERS.map((box) => `M${right(box)} H${entry} V${level} H${SWITCH.x - 3}`),
    ...HEARS.map(
      (box) => `M${SWITCH.x + SWITCH.width},${level} H${exit} V${left(box).split(',')[1]} H${box.x - 3}`,
    ),
    `M${middleOf(SECRETS)},${SECRETS.y} V${bottomOf(SWITCH) + 3}`,
    `M${middleOf(UNIFIED)},${bottomOf(SWITCH)} V${UNIFIED.y - 3}`,
    `M${middleOf(UNIFIED)},${UNIFIED.y - 26} H${middleOf(REST)} V${REST.y - 3}`,
    `M${right(LAPTOP)} H${REST.x - 16} V${REST.y - 26} H${middleOf(REST)} V${REST.y - 3}`,
    `M${middleOf(REST)},${bottomOf(REST)} V${BOOK.y - 3}`,
    `M${middleOf(UNIFIED)},${bottomOf(UNIFIED)} V${BOOK.y - 3}`,
    `M${middleOf(HOLD) - 24},${SWITCH.y} V${bottomOf(HOLD) + 3}`,
    `M${middleOf(HOLD) + 24},${bottomOf(HOLD)} V${SWITCH.y - 3}`,
  ]
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title">`,
    '<title id="title">Alarms, schedules, HTTPS calls and the AWS CLI pull the switch. It cancels and reads the book over two roads to Kraken, and tells log, metrics, a topic and the caller. A hold invokes it again. A laptop reaches Kraken without AWS.</title>',
    `<style>${STYLE}</style>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0,0 L8,4 L0,8 Z"/></marker></defs>',
    `<rect class="page" width="${WIDTH}" height="${HEIGHT}" rx="8"/>`,
    ...[
      ['pulls', middleOf(TRIGGERS[0] as Box), 36],
      ['hears', middleOf(HEARS[0] as Box), 36],
    ].map(([word, x, y]) => `<text class="over" x="${x}" y="${y}">${word}</text>`),
    `<text class="over" x="${middleOf(HOLD) + 34}" y="${SWITCH.y - 15}" style="text-anchor:start">lap after lap</text>`,
    ...arrows.map((path) => `<path class="arrow" marker-end="url(#head)" d="${path}"/>`),
    ...boxes.map(draw),
    '</svg>',
  ].join('\n')}\n`
}

function draw(box: Box): string {
  const { kind, x, y, width, lines } = box
  const texts = lines.map(
    (line, i) =>
      `<text${i === 0 ? ' class="first"' : ''} x="${middleOf(box)}" y="${y + ROOM + 13 + i * LINE}">${line}</text>`,
  )
  return `<g class="${kind}"><rect x="${x}" y="${y}" width="${width}" height="${heightOf(box)}" rx="6"/>${texts.join('')}</g>`
}

/** Colours that the colour-blind tell apart; what a box is, its place and words say too. */
const STYLE = `
text{font:13px system-ui,-apple-system,"Segoe UI",sans-serif;text-anchor:middle;fill:#1f2328}
.first{font-weight:600}.over{fill:#59636e;font-size:12px}
.page{fill:#ffffff}.arrow{fill:none;stroke:#59636e;stroke-width:1.4}.head{fill:#59636e}
rect{stroke-width:1.4}.trigger rect{fill:#ddf0ff;stroke:#0969da}.switch rect{fill:#fff3c4;stroke:#9a6700;stroke-width:2.4}
.hears rect{fill:#f1f3f5;stroke:#6e7781}.beside rect{fill:#ffffff;stroke:#9a6700;stroke-dasharray:5 3}
.kraken rect{fill:#efe7ff;stroke:#6639ba}
@media (prefers-color-scheme:dark){
text{fill:#f0f3f6}.over{fill:#b7bdc8}.page{fill:#0d1117}.arrow{stroke:#b7bdc8}.head{fill:#b7bdc8}
.trigger rect{fill:#0c2d4f;stroke:#58a6ff}.switch rect{fill:#3b2b00;stroke:#e3b341}.hears rect{fill:#21262d;stroke:#9198a1}
.beside rect{fill:#0d1117;stroke:#e3b341}.kraken rect{fill:#2b1f4d;stroke:#b392f0}}
`

if (import.meta.main) writeFileSync(new URL('architecture.svg', import.meta.url), drawArchitecture())
