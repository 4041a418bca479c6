/* HTML and SVG as text, in which whatever was not written here is text and stays it. */

/** Markup of ours; everything else that goes into markup is escaped. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Piece = Markup | string | number | null | readonly Piece[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * Text made fit for an element's content or a quoted attribute: entities for what markup is made of, and a space for what
 * cannot be seen, such as marks that turn the direction of the text beside them.
 */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/[&<>"']/g, (sign) => String(ENTITIES[sign]))
}

/** A template of markup. Strings and numbers in it are escaped, lists are joined, null is nothing. */
export function markup(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(parts.map((part, at) => part + (at < pieces.length ? textOf(pieces[at]) : '')).join(''))
}

function textOf(piece: Piece | undefined): string {
  if (piece === null || piece === undefined) return ''
  if (piece instanceof Markup) return piece.text
  return typeof piece === 'object' ? piece.map(textOf).join('') : escaped(String(piece))
}

/** Foreign text, kept from changing the direction of what stands beside it. */
export function foreign(text: string): Markup {
  return markup`<bdi>${text}</bdi>`
}

/** `1,016`. */
export function grouped(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 8 })
}

/** `1,016 ms`, or `12.4 s` from ten seconds on; a dash for what did not happen. */
export function duration(ms: number | null): string {
  if (ms === null) return '–'
  return Math.abs(ms) < 10_000 ? `${grouped(ms)} ms` : `${grouped(Math.round(ms / 100) / 10)} s`
}
