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
  /** Of a nested stack: the resource of its parent that makes it. */
  readonly nestedIn?: { readonly path: string; readonly id: string }
}

/**
 * Every stack of an app, in one template: logical ids carry their stack's path, since two stacks may have the same, and
 * what one stack takes from another, by its outputs or by the parameters of a nested stack, refers to the resource itself.
 *
 * What travels by SSM to another region is not followed.
 */
export function joinStacks(stacks: readonly StackTemplate[]): Template {
  const resources = stacks.flatMap((stack) =>
    Object.entries(stack.template.Resources ?? {}).map(([id, { Type, Properties }]) => [
      idIn(stack, id),
      { Type, Properties: plain(Properties, stack, stacks) },
    ]),
  )
  return { Resources: Object.fromEntries(resources) }
}

/** The resources of that stack alone, out of the template of all. */
export function ofStack({ Resources }: Template, { path }: StackTemplate): Template {
  const own = Object.entries(Resources).filter(([id]) => locate(id).templatePath === path)
  return { Resources: Object.fromEntries(own) }
}

/** What a resource is called in the template of all. */
export function idIn({ path }: StackTemplate, id: string): string {
  return `${path}#${id}`
}

/** Where a resource of the template of all stands. */
export function locate(id: string): { readonly templatePath: string; readonly resourceLogicalId: string } {
  const at = id.lastIndexOf('#')
  return { templatePath: id.slice(0, at), resourceLogicalId: id.slice(at + 1) }
}

/** A value, and the stack in whose template it stands. */
interface Placed {
  readonly value: unknown
  readonly stack: StackTemplate
}

/** What a value takes from another stack; undefined when it takes nothing, or from a stack that is not of this app. */
function taken(value: object, stacks: readonly StackTemplate[]): Placed | undefined {
  const fields = value as Readonly<Record<string, unknown>>
  const exportName = fields['Fn::ImportValue']
  if (exportName !== undefined) {
    return outputOf(
      stacks,
      ({ Export }) => Export !== undefined && textOf(Export.Name) === textOf(exportName),
    )
  }
  const wanted = (fields['Fn::GetStackOutput'] ?? {}) as Readonly<Record<string, unknown>>
  const region = textOf(wanted.Region)
  const isMeant = (stack: StackTemplate) =>
    stack.stackName === wanted.StackName &&
    [region, undefined].includes(region === '*' ? undefined : stack.region)
  return outputOf(stacks.filter(isMeant), (_, name) => name === wanted.OutputName)
}

type Output = NonNullable<StackTemplate['template']['Outputs']>[string]

function outputOf(
  stacks: readonly StackTemplate[],
  isWanted: (output: Output, name: string) => boolean,
): Placed | undefined {
  return stacks.flatMap((stack) =>
    Object.entries(stack.template.Outputs ?? {})
      .filter(([name, output]) => isWanted(output, name))
      .map(([, { Value: value }]) => ({ value, stack })),
  )[0]
}

/** What a nested stack is given by its parent, or gives to it. */
function handed(
  { id, attribute }: Reference,
  stack: StackTemplate,
  stacks: readonly StackTemplate[],
): Placed | undefined {
  const { nestedIn } = stack
  const parent = stacks.find(({ path }) => path === nestedIn?.path)
  const parameters = parent?.template.Resources?.[nestedIn?.id ?? '']?.Properties?.Parameters ?? {}
  if (parent !== undefined && attribute === null && Object.hasOwn(parameters, id)) {
    return { value: parameters[id], stack: parent }
  }
  const name = /^Outputs\.(.+)$/.exec(attribute ?? '')?.[1]
  const nested = stacks.filter((one) => one.nestedIn?.path === stack.path && one.nestedIn.id === id)
  return name === undefined ? undefined : outputOf(nested, (_, output) => output === name)
}

function plain(value: unknown, stack: StackTemplate, stacks: readonly StackTemplate[]): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => plain(item, stack, stacks))
  const reference = readReference(value)
  const source = reference === null ? taken(value, stacks) : handed(reference, stack, stacks)
  if (source !== undefined) return plain(source.value, source.stack, stacks)
  if (reference !== null) return plainReference(value, reference, stack)
  const entries = Object.entries(readSub(value) ?? value)
  return Object.fromEntries(entries.map(([key, item]) => [key, plain(item, stack, stacks)]))
}

function plainReference(value: object, { id, attribute }: Reference, stack: StackTemplate): unknown {
  if (id === 'AWS::AccountId') return stack.account ?? value
  if (id === 'AWS::Region') return stack.region ?? value
  if (!Object.hasOwn(stack.template.Resources ?? {}, id)) return value
  return attribute === null ? { Ref: idIn(stack, id) } : { 'Fn::GetAtt': [idIn(stack, id), attribute] }
}
