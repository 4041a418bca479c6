import { type Reference, readReference, readSub, type Template, textOf } from './template.ts'

/** One stack of an app, as it was synthesized. */
export interface StackTemplate {
  readonly path: string
  readonly stackName: string
  readonly template: Partial<Template> & {
    readonly Outputs?: Readonly<
      Record<string, { readonly Value: unknown; readonly Export?: { Name: unknown } }>
    >
  }
  /** Where it will be deployed; undefined when that is left open. */
  readonly account: string | undefined
  readonly region: string | undefined
}

/**
 * Every stack of an app, in one template: logical ids carry their stack's path, since two stacks may have the same, and
 * what one stack takes from another's outputs refers to the resource itself.
 *
 * What travels by a parameter of a nested stack, or by SSM to another region, is not followed.
 */
export function joinStacks(stacks: readonly StackTemplate[]): Template {
  const outputs = stacks.flatMap(outputsOf)
  const resources = stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources ?? {}).map(([id, { Type, Properties }]) => [
      idIn(stack, id),
      { Type, Properties: plain(Properties, stack, outputs) },
    ]),
  )
  return { Resources: Object.fromEntries(resources) }
}

/** The resources of that stack alone, out of the template of all. */
export function ofStack({ Resources }: Template, { path }: StackTemplate): Template {
  const own = Object.entries(Resources).filter(([id]) => locate(id).templatePath === path)
  return { Resources: Object.fromEntries(own) }
}

function idIn({ path }: StackTemplate, id: string): string {
  return `${path}#${id}`
}

/** Where a resource of the template of all stands. */
export function locate(id: string): { readonly templatePath: string; readonly resourceLogicalId: string } {
  const at = id.lastIndexOf('#')
  return { templatePath: id.slice(0, at), resourceLogicalId: id.slice(at + 1) }
}

interface Output {
  readonly stack: StackTemplate
  readonly name: string
  /** Null when it is not exported. */
  readonly exportName: string | null
  readonly value: unknown
}

function outputsOf(stack: StackTemplate): Output[] {
  return Object.entries(stack.template.Outputs ?? {}).map(([name, { Value, Export }]) => ({
    stack,
    name,
    exportName: Export === undefined ? null : textOf(Export.Name),
    value: plain(Value, stack, []),
  }))
}

/** What a value takes from another stack; undefined when it takes nothing, or from a stack that is not of this app. */
function taken(value: object, outputs: readonly Output[]): unknown {
  const fields = value as Readonly<Record<string, unknown>>
  const exportName = fields['Fn::ImportValue']
  if (exportName !== undefined) return outputs.find((one) => one.exportName === textOf(exportName))?.value
  const wanted = (fields['Fn::GetStackOutput'] ?? {}) as Readonly<Record<string, unknown>>
  const region = textOf(wanted.Region)
  const found = outputs.filter(
    ({ name, stack }) =>
      name === wanted.OutputName &&
      stack.stackName === wanted.StackName &&
      [region, undefined].includes(region === '*' ? undefined : stack.region),
  )
  return found[0]?.value
}

function plain(value: unknown, stack: StackTemplate, outputs: readonly Output[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => plain(item, stack, outputs))
  const reference = readReference(value)
  if (reference !== null) return plainReference(value, reference, stack)
  const entries = Object.entries(readSub(value) ?? value)
  return (
    taken(value, outputs) ??
    Object.fromEntries(entries.map(([key, item]) => [key, plain(item, stack, outputs)]))
  )
}

function plainReference(value: object, { id, attribute }: Reference, stack: StackTemplate): unknown {
  if (id === 'AWS::AccountId') return stack.account ?? value
  if (id === 'AWS::Region') return stack.region ?? value
  if (!Object.hasOwn(stack.template.Resources ?? {}, id)) return value
  return attribute === null ? { Ref: idIn(stack, id) } : { 'Fn::GetAtt': [idIn(stack, id), attribute] }
}
