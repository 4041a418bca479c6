import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec'
import { isObject } from '../../lambda/json.ts'

/*
 * CloudFormation's own schemas of resources, against which templates are held: properties that it does not know, required
 * ones that are missing, and values of another type.
 */

const spec = loadAwsServiceSpecSync()

type Schema = ReturnType<typeof spec.all<'resource'>>[number]
type Properties = Schema['properties']
type Type = Properties[string]['type']

/** What is wrong with a template, a line for each mistake: `LogicalId.Property.Field is …`. */
export function schemaFaults(template: {
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties?: unknown }>>
}): string[] {
  return Object.entries(template.Resources).flatMap(([id, { Type, Properties = {} }]) => {
    const [schema] = spec.lookup('resource', 'cloudFormationType', 'equals', Type)
    return schema === undefined
      ? [`${id} is of the type ${Type}, which CloudFormation does not have`]
      : fieldFaults(id, Properties, schema.properties)
  })
}

function fieldFaults(path: string, value: unknown, known: Properties): string[] {
  if (isIntrinsic(value)) return []
  if (!isObject(value) || Array.isArray(value)) return [`${path} is no object`]
  const unknown = Object.keys(value).filter((name) => known[name] === undefined)
  const missing = Object.entries(known)
    .filter(([name, { required }]) => required === true && value[name] === undefined)
    .map(([name]) => name)
  return [
    ...unknown.map((name) => `${path}.${name} is unknown`),
    ...missing.map((name) => `${path}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, one]) => {
      const property = known[name]
      return property === undefined ? [] : typeFaults(`${path}.${name}`, one, property.type)
    }),
  ]
}

function typeFaults(path: string, value: unknown, type: Type): string[] {
  if (isIntrinsic(value)) return []
  switch (type.type) {
    case 'ref':
      return fieldFaults(path, value, spec.get('typeDefinition', type.reference.$ref).properties)
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((item, i) => typeFaults(`${path}.${i}`, item, type.element))
        : [`${path} is no list`]
    case 'map':
      return isObject(value)
        ? Object.entries(value).flatMap(([name, one]) => typeFaults(`${path}.${name}`, one, type.element))
        : [`${path} is no map`]
    case 'union': {
      const each = type.types.map((one) => typeFaults(path, value, one))
      return each.some((faults) => faults.length === 0) ? [] : (each[0] ?? [])
    }
    default:
      return isPrimitive(value, type.type) ? [] : [`${path} is no ${type.type}`]
  }
}

function isPrimitive(value: unknown, type: string): boolean {
  if (type === 'string' || type === 'date-time') return typeof value === 'string'
  if (type === 'boolean') return typeof value === 'boolean'
  if (type === 'number') return typeof value === 'number'
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'tag') return isObject(value) && typeof value.Key === 'string' && value.Value !== undefined
  if (type === 'null') return value === null
  return true // JSON of any shape
}

/** A value that the deployment computes. */
function isIntrinsic(value: unknown): boolean {
  if (!isObject(value)) return false
  const [name, ...others] = Object.keys(value)
  return others.length === 0 && /^(Ref|Fn::\w+)$/.test(name ?? '')
}
