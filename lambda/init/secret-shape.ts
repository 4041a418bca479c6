import { type Fields, isObject } from '../json.ts'

/*
 * What a secret's text is when it is not what was asked for. All of it is looked at only then; nothing of it is quoted,
 * not even a field's name, which may be a misplaced value.
 */

/** Without white space around; editors and consoles also leave a byte-order mark there. */
export function trimmed(text: string): string {
  return text.replace(/^[ \t\r\n\v\f\uFEFF]+|[ \t\r\n\v\f\uFEFF]+$/g, '')
}

/** The JSON object that a text is; null when it is none. */
export function fieldsIn(text: string): Fields | null {
  const parsed = parse(trimmed(text))
  return isObject(parsed) ? parsed : null
}

/** What a text is that holds no JSON object: `not JSON`, `not a JSON object`, and why, if that can be seen. */
export function faultOf(text: string): string {
  const stored = trimmed(text)
  const parsed = parse(stored)
  if (parsed !== undefined) return `not a JSON object${kindOf(parsed)}`
  const cause = NOT_JSON.find(([, is]) => (is instanceof RegExp ? is.test(stored) : is(stored)))
  return `not JSON${cause === undefined ? '' : `: ${cause[0]}`}`
}

/** `JSON.parse` quotes its input in its message. Undefined for what is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function kindOf(parsed: unknown): string {
  if (Array.isArray(parsed)) return ', but a list: store the object alone'
  if (typeof parsed !== 'string') return ''
  return fieldsIn(parsed) === null
    ? ', but one text in quotes'
    : ', but the JSON of one as a text, encoded twice: store the object itself'
}

/** Causes, the surest first. */
const NOT_JSON: readonly (readonly [string, RegExp | ((text: string) => boolean)])[] = [
  ['it is empty', /^$/],
  ['its quotes have backslashes before them, as within another text: take those away', /^"?\{\s*\\+"/],
  ['its quotes are typographic: make them straight', /^\{\s*[\u2018\u2019\u201c\u201d\u201e\u00ab]/],
  ['its quotes are single: make them double', /^\{\s*'/],
  ["its fields' names have no quotes: put them into double ones", /^\{\s*[A-Za-z_$]/],
  ['its end is missing', /^\{[^}]*$/],
  ['a comma stands before the closing brace: take it away', /,\s*\}$/],
  ['a value is broken into lines: make it one', (text) => parse(text.replace(/[\r\n\t]/g, '')) !== undefined],
  ['it is JSON in base64: store the JSON itself', (text) => fieldsIn(fromBase64(text)) !== null],
  ['there is text around the object: store the object alone', (text) => holdsObject(text)],
  [
    'it is lines of names and values: make them a JSON object',
    /^(?:export[ \t]+)?["']?\w*(?:key|secret|unified)\w*["']?[ \t]*[=:]/im,
  ],
  ['it is a table: make it a JSON object', /^["']?[\w ]*(?:key|secret)[\w ]*["']?[ \t]*[,;\t|]/i],
  ['it is values without names: make it a JSON object', /^[\w+/=-]{20,}(?:\s*[\s,;:|]\s*[\w+/=-]{20,})*$/],
]

function fromBase64(text: string): string {
  return Buffer.from(text, 'base64').toString()
}

function holdsObject(text: string): boolean {
  const object = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)
  return object !== text && fieldsIn(object) !== null
}

const OTHER_NAMES = {
  apiKey: /^(?:kraken|futures|derivatives|rest|api|public)*key(?:id)?$/,
  apiSecret: /^(?:kraken|futures|derivatives|rest|api)*(?:secret|private)(?:key)?$/,
}

/**
 * Where a field that is missing may be; empty when there is no sign of it.
 *
 * @param name that it has to have: the field's own, or that with `unified` before it
 */
export function whereInstead(fields: Fields, field: keyof typeof OTHER_NAMES, name: string): string {
  const before = name === field ? '' : 'unified'
  const others = Object.entries(fields).filter(([other]) => !isLike(other, 'unified', /^$/))
  if (others.some(([other]) => /^[\w+/=-]{40,}$/.test(other)))
    return `, and a value stands where a field's name belongs: the name is ${name}`
  if (others.some(([, value]) => holdsKeys(value)))
    return ', and the fields are one level too deep: store the inner object alone'
  if (others.some(([other]) => isLike(other, before, OTHER_NAMES[field])))
    return `, and a field of another name seems to hold it: call it ${name}`
  return ''
}

/** Is there a field that seems to be meant for the second key, under a name of its own? */
export function hasLikeUnified(fields: Fields): boolean {
  return Object.keys(fields).some((name) => isLike(name, 'unified', /^(?:api|public|private|secret|key)*$/))
}

/** Is that what is left of a name when spelling is forgiven? */
function isLike(name: string, before: string, rest: RegExp): boolean {
  const letters = name.toLowerCase().replace(/[^a-z]/g, '')
  return letters.startsWith(before) && rest.test(letters.slice(before.length))
}

function holdsKeys(value: unknown): boolean {
  const fields = typeof value === 'string' ? fieldsIn(value) : value
  return isObject(fields) && ['apiKey', 'apiSecret', 'unified'].some((name) => Object.hasOwn(fields, name))
}
