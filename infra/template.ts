import type { Fields } from '../lambda/json.ts'

/** A synthesized CloudFormation template, as far as the rules look into it. */
export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>
}

export interface Resource {
  readonly Type: string
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties, of any type
  readonly Properties?: any
}

export interface Named {
  readonly id: string
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties, of any type
  readonly properties: any
}

/** What a value takes from a resource, a parameter or AWS itself. */
export interface Reference {
  readonly id: string
  /** Null for `Ref`, which gives an ARN or a name. */
  readonly attribute: string | null
}

export function resourcesOf({ Resources }: Template, type: string): Named[] {
  return Object.entries(Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, properties: resource.Properties ?? {} }))
}

/** `Ref`, or `Fn::GetAtt` as a list or with a dot; null for anything else. */
export function readReference(value: unknown): Reference | null {
  const { Ref: ref, 'Fn::GetAtt': attribute } = (value ?? {}) as Fields
  if (typeof ref === 'string') return { id: ref, attribute: null }
  const [id, ...path] = typeof attribute === 'string' ? attribute.split('.') : [attribute].flat()
  return typeof id === 'string' ? { id, attribute: path.join('.') } : null
}

/** `Fn::Sub` as the `Fn::Join` that it is short for; null for anything else. */
export function readSub(
  value: unknown,
): { readonly 'Fn::Join': readonly [string, readonly unknown[]] } | null {
  const [text, variables = {}] = [((value ?? {}) as Fields)['Fn::Sub']].flat() as [unknown, Fields?]
  if (typeof text !== 'string') return null
  const parts = text.split(/(\$\{[^}]*\})/).map((part) => {
    const name = /^\$\{(?!!)(.*)\}$/.exec(part)?.[1]
    if (name === undefined) return part.replace('${!', '${')
    if (Object.hasOwn(variables, name)) return variables[name]
    return name.includes('.') ? { 'Fn::GetAtt': name } : { Ref: name }
  })
  return { 'Fn::Join': ['', parts] }
}

function referencesIn(value: unknown): readonly Reference[] {
  if (typeof value !== 'object' || value === null) return []
  const reference = readReference(value)
  return reference === null ? Object.values(readSub(value) ?? value).flatMap(referencesIn) : [reference]
}

/** Does that value name the resource, by whatever function? An attribute other than its ARN is something else. */
export function refersTo(value: unknown, id: string): boolean {
  return referencesIn(value).some(
    (reference) => reference.id === id && /^$|Arn$/.test(reference.attribute ?? ''),
  )
}

/**
 * Text with what is only known at deployment as `*`.
 *
 * @param spell what stands for a reference
 */
export function textOf(value: unknown, spell: (reference: Reference) => string = () => '*'): string {
  if (typeof value === 'string') return value
  const reference = readReference(value)
  if (reference !== null) return spell(reference)
  const join = ((readSub(value) ?? value ?? {}) as Fields)['Fn::Join'] as [string, unknown[]] | undefined
  return join === undefined ? '*' : join[1].map((part) => textOf(part, spell)).join(join[0])
}
