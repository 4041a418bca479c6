import { InputRefused } from '../errors.ts'

/** 20 symbols and a reason take less than 1 KB. */
const MOST_BYTES = 4_096
const HOW = 'Send a JSON object of at most 4 KB, or no body for all orders'
// Made at load: the first one of a process loads web streams, 2 ms that the SDK would spend while it reads the secret.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The JSON of an HTTP API body; an empty object when there is no body.
 *
 * @throws InputRefused when it is too long, no JSON, or holds a field twice (which one would count?)
 */
export function readHttpBody(body: string | null | undefined, isBase64Encoded: boolean): unknown {
  if (body === undefined || body === null || body === '') return {}
  // Base64 is a third longer; checked before it is decoded.
  if (body.length > MOST_BYTES * 1.4) throw new InputRefused(`the body is too long. ${HOW}`)
  const text = isBase64Encoded ? decode(body) : body
  if (Buffer.byteLength(text) > MOST_BYTES) throw new InputRefused(`the body is too long. ${HOW}`)
  const parsed = parse(text)
  if (hasRepeatedField(text)) throw new InputRefused(`the body holds a field twice. ${HOW}`)
  return parsed
}

function decode(body: string): string {
  try {
    return utf8.decode(Buffer.from(body, 'base64'))
  } catch {
    throw new InputRefused(`the body is not text. ${HOW}`)
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new InputRefused(`the body is not JSON. ${HOW}`)
  }
}

/** In valid JSON a string before a colon is a field's name. Bodies that are accepted have one level of them. */
function hasRepeatedField(json: string): boolean {
  const names = [...json.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)]
    .filter(([, colon]) => colon !== undefined)
    .map(([match]) => JSON.parse(match.replace(/\s*:$/, '')) as string)
  return new Set(names).size < names.length
}
