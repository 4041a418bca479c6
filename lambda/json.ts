/** A JSON object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined where the text is no JSON: the parser's own message quotes its input, which may be a secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A string, also from a number. */
export function text(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' ? String(value) : null
}

export function upper(value: string | null): string | null {
  return value === null ? null : value.toUpperCase()
}

/** A boolean, also from its text; null for anything else. */
export function flag(value: unknown): boolean | null {
  if (value === true || value === 'true') return true
  return value === false || value === 'false' ? false : null
}

/** A finite number, also from a numeric string. */
export function number(value: unknown): number | null {
  const parsed = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof parsed === 'number' && Number.isFinite(parsed) ? parsed : null
}

/** The name that a roster gives an account: `mm-btc`, up to 32 lower-case letters, digits and hyphens. */
export function accountName(value: unknown): string | null {
  return typeof value === 'string' && /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/.test(value) ? value : null
}

/** Kraken's number of an account, as both APIs write it; without its spaces. */
export function iban(value: unknown): string | null {
  const digits = typeof value === 'string' ? value.replaceAll(' ', '').toUpperCase() : ''
  return /^AA[A-Z0-9]{14}$/.test(digits) ? digits : null
}

/** Milliseconds since 1970, from an ISO 8601 string. */
export function time(value: unknown): number | null {
  const parsed = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(parsed) ? null : parsed
}
