import { Token } from 'aws-cdk-lib'
import * as v from 'valibot'
import { isObject } from '../lambda/json.ts'

/*
 * What a field of the configuration may hold. Each message says what is wrong and how to fix it, and goes behind the path.
 */

/** Is it what the CDK has for a value that only the deployment knows? Nobody can judge that before. */
export const isToken = (value: unknown) => Token.isUnresolved(value)

/** Text, or a token for it. */
export const text = (what: string, pattern: RegExp, fix: string) =>
  v.pipe(
    v.string(`${what}. ${fix}`),
    v.check((value) => isToken(value) || pattern.test(value), `${what}. ${fix}`),
  )

/** Text that names of constructs, and other names, are made of: it has to be known at synth. */
export const plainText = (what: string, pattern: RegExp, fix: string) =>
  v.pipe(
    v.string(`${what}. ${fix}`),
    cross([], (value) => {
      if (isToken(value)) return `is a token, which only the deployment knows. Write it in plain text`
      return pattern.test(value) ? null : `${what}. ${fix}`
    }),
  )

export const whole = (from: number, to: number) => {
  const fix = `takes a whole number from ${from} to ${to}`
  return v.pipe(
    v.number(fix),
    cross([], (value) => {
      if (isToken(value)) return `${fix}, in figures: a token is known to the deployment alone`
      return Number.isInteger(value) && value >= from && value <= to ? null : fix
    }),
  )
}

export const oneOf = <const T extends readonly string[]>(values: T) =>
  v.picklist(values, `takes one of ${values.join(', ')}`)

export const pullNameField = plainText(
  'is no name',
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  'Use letters, digits, - and _, 64 at most',
)

/** Named fields and no others. An issue about another has the known names as its `requirement`, to suggest one of them. */
export const block = <const T extends v.ObjectEntries>(entries: T) => ({
  ...v.strictObject(entries, 'takes named fields in braces'),
  requirement: Object.keys(entries),
})

/**
 * A construct of the CDK, known by what it has: another copy of the CDK may have made it.
 *
 * @param has the property that tells it from others
 */
export const construct = <T>(has: keyof T & string, message: string) =>
  v.custom<T>((value) => isObject(value) && typeof value[has] === 'string', message)

/**
 * A check of several fields together. It is made though other fields are wrong, so that one synth names every mistake.
 *
 * @param reads the fields that it looks at, `$` for any item of a list: a mistake in one of them comes first
 * @param fault what is wrong and how to fix it; null when nothing is
 * @param at the field that the message is about; by default the whole
 */
export function cross<T>(reads: readonly string[], fault: (value: T) => string | null, at?: string) {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    if (dataset.issues?.some((issue) => isFirst(issue, reads))) return
    const value = dataset.value as T
    const message = fault(value)
    if (message === null) return
    addIssue(at === undefined ? { message } : { message, path: [pathTo(value, at)] })
  })
}

function pathTo(input: unknown, key: string): v.UnknownPathItem {
  return { type: 'unknown', origin: 'value', input, key, value: (input as Record<string, unknown>)[key] }
}

/** Has that mistake to be fixed before these fields can be looked at? */
function isFirst({ kind, path }: v.BaseIssue<unknown>, reads: readonly string[]): boolean {
  if (path === undefined) return kind === 'schema'
  return reads.some((read) => {
    const wanted = read.split('.')
    const isOnTheWay = path.every(
      ({ key }, i) => wanted[i] === undefined || wanted[i] === '$' || wanted[i] === key,
    )
    // Around the field, another such check leaves it as it is; a wrong type does not.
    return isOnTheWay && (kind === 'schema' || path.length >= wanted.length)
  })
}

/** No two of a list with one name; one that is wrong itself hides no others. */
export function unique<T extends v.GenericSchema<unknown, { readonly name: string }[]>>(schema: T) {
  return v.pipe(
    schema,
    cross([], (all) => twice(all.map((one: unknown) => (isObject(one) ? one.name : null)))),
  )
}

/** A list of texts, each once; one that is wrong itself hides no others. By default it is empty. */
export const eachOnce = <T extends v.GenericSchema<unknown, string>>(item: T) =>
  v.optional(
    v.pipe(
      v.array(item, 'takes a list'),
      cross([], (all) => twice(all)),
    ),
    [],
  )

/** What is wrong with a list that holds one text twice; null when none does. */
function twice(values: readonly unknown[]): string | null {
  const again = values.find((value, i) => typeof value === 'string' && values.indexOf(value) !== i)
  return again === undefined ? null : `holds ${again} twice. Leave one of them out`
}
