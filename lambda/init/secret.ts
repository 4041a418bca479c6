import { SecretInvalid } from '../errors.ts'
import { type Fields, isObject } from '../json.ts'
import type { RoadName } from '../kraken/exchange.ts'
import { ApiKey } from '../kraken/http/authent.ts'
import { faultOf, fieldsIn, hasLikeUnified, trimmed, whereInstead } from './secret-shape.ts'

/** What a secret holds for each road: its key, or why that is none; null when there is nothing. One of them is a key. */
export type Keys = Readonly<Record<RoadName, ApiKey | SecretInvalid | null>>

/**
 * The keys that a secret holds: `{"apiKey": "...", "apiSecret": "..."}` for the Derivatives REST API, and for the Unified
 * WebSocket the same two under `"unified"`, as an object or as the JSON of one; or, as the console's editor makes them,
 * `"unifiedApiKey"` and `"unifiedApiSecret"`. Either may be there alone; what is wrong with one does not spoil the other.
 *
 * `JSON.parse` quotes its input in its message, and `Buffer.from(x, 'base64')` never throws: neither is trusted here.
 *
 * @throws SecretInvalid when there is no good key, naming the field and what is wrong, never a character of a value
 */
export function readSecret(text: string): Keys {
  const fields = fieldsIn(text)
  if (fields === null) throw new SecretInvalid(`it is ${faultOf(text)}`)
  return readKeys(fields)
}

/** The same, of its JSON. @throws SecretInvalid */
export function readKeys(fields: Fields): Keys {
  const unified = isUnifiedMeant(fields) ? keyOrFault(() => readUnified(fields)) : null
  const rest = unified === null || isRestMeant(fields) ? keyOrFault(() => readKey(fields, REST)) : null
  if (!(rest instanceof ApiKey) && !(unified instanceof ApiKey)) throw rest ?? unified
  return { rest, unified }
}

/** By what the fields of a key are called: where they stand, and in a sentence. */
interface Names {
  readonly apiKey: string
  readonly apiSecret: string
  readonly within: string
}

const REST: Names = { apiKey: 'apiKey', apiSecret: 'apiSecret', within: '' }
const NESTED: Names = { ...REST, within: 'unified.' }
const FLAT: Names = { apiKey: 'unifiedApiKey', apiSecret: 'unifiedApiSecret', within: '' }

function hasEither(fields: Fields, { apiKey, apiSecret }: Names): boolean {
  return Object.hasOwn(fields, apiKey) || Object.hasOwn(fields, apiSecret)
}

function isUnifiedMeant(fields: Fields): boolean {
  return Object.hasOwn(fields, 'unified') || hasLikeUnified(fields)
}

function isRestMeant(fields: Fields): boolean {
  return (
    hasEither(fields, REST) ||
    whereInstead(fields, 'apiKey', 'apiKey') + whereInstead(fields, 'apiSecret', 'apiSecret') !== ''
  )
}

function keyOrFault(read: () => ApiKey): ApiKey | SecretInvalid {
  try {
    return read()
  } catch (error) {
    if (error instanceof SecretInvalid) return error
    throw error
  }
}

function readUnified(fields: Fields): ApiKey {
  const isNested = Object.hasOwn(fields, 'unified')
  const isFlat = hasEither(fields, FLAT)
  if (isNested && isFlat) {
    throw new SecretInvalid('unified is there, and unifiedApiKey or unifiedApiSecret too: keep one form')
  }
  if (isFlat) return readKey(fields, FLAT)
  if (isNested) return readKey(unifiedFields(fields.unified), NESTED)
  throw new SecretInvalid(
    'unified is missing, and a field of a similar name is there: call it unified, or unifiedApiKey and unifiedApiSecret',
  )
}

function unifiedFields(value: unknown): Fields {
  const fields = typeof value === 'string' ? fieldsIn(value) : value
  if (isObject(fields)) return fields
  const why = typeof value === 'string' ? `, and as a text it is ${faultOf(value)}` : ''
  throw new SecretInvalid(`unified is not an object${why}`)
}

function readKey(fields: Fields, names: Names): ApiKey {
  const apiKey = readField(fields, 'apiKey', names)
  const apiSecret = readField(fields, 'apiSecret', names)
  const [keyName, secretName] = [names.within + names.apiKey, names.within + names.apiSecret]
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new SecretInvalid(`${keyName} holds characters that cannot be sent in a header`)
  }
  const key = decodeBase64(apiSecret)
  if (key === null) throw new SecretInvalid(`${secretName} is not strict base64`)
  // Kraken's secrets are 64 bytes, its public keys are not: the one mistake that would sign and never work.
  if (key.length !== 64 && decodeBase64(apiKey)?.length === 64) {
    throw new SecretInvalid(`${keyName} and ${secretName} look swapped`)
  }
  return new ApiKey(apiKey, key)
}

function readField(fields: Fields, field: 'apiKey' | 'apiSecret', names: Names): string {
  const name = names.within + names[field]
  const value = Object.hasOwn(fields, names[field]) ? fields[names[field]] : undefined
  if (value === undefined)
    throw new SecretInvalid(`${name} is missing${whereInstead(fields, field, names[field])}`)
  if (typeof value !== 'string') throw new SecretInvalid(`${name} is not a string`)
  const text = trimmed(value)
  if (text === '') throw new SecretInvalid(`${name} is empty`)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\x00-\x1f\x7f]/.test(text)) throw new SecretInvalid(`${name} holds a line break or control character`)
  return text
}

function decodeBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
