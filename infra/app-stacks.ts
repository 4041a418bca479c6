import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CfnResource, NestedStack, type PolicyValidationStack, Stack } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import { idIn, type StackTemplate } from './assembly.ts'

/** The stacks of an app as they were synthesized, and whose constructs their resources are. */
export interface AppStacks {
  readonly stacks: readonly StackTemplate[]
  /** By the id that a resource has in the template of all; `''` where no construct is known. */
  readonly constructPathOf: (id: string) => string
}

/** @param synthesized as the CDK tells of them: nested stacks, which it does not tell of, are found beside their parents */
export function stacksOf(synthesized: readonly PolicyValidationStack[], app: IConstruct): AppStacks {
  const constructs = app.node.findAll()
  const made = new Map(constructs.filter(Stack.isStack).map((stack) => [stack.node.path, stack]))
  const found = new Map<Stack, StackTemplate>()
  const others: StackTemplate[] = []
  for (const { stackConstructPath, templatePath, accountId, region } of synthesized) {
    const stack = made.get(stackConstructPath)
    const template = {
      path: templatePath,
      stackName: stack?.stackName ?? '',
      template: JSON.parse(readFileSync(templatePath, 'utf8')),
      account: accountId,
      region,
    }
    if (stack === undefined) others.push(template)
    else found.set(stack, template)
  }
  for (const nested of constructs.filter((one) => one instanceof NestedStack)) addNested(found, nested)
  const paths = constructPaths(constructs, found)
  return { stacks: [...found.values(), ...others], constructPathOf: (id) => paths.get(id) ?? '' }
}

/** Parents come first among constructs. */
function addNested(found: Map<Stack, StackTemplate>, nested: NestedStack): void {
  const { nestedStackParent: parent, nestedStackResource: resource } = nested
  const above = parent === undefined ? undefined : found.get(parent)
  if (parent === undefined || above === undefined || resource === undefined) return
  const path = join(dirname(above.path), nested.templateFile)
  found.set(nested, {
    path,
    stackName: '',
    template: JSON.parse(readFileSync(path, 'utf8')),
    account: above.account,
    region: above.region,
    nestedIn: { path: above.path, id: String(parent.resolve((resource as CfnResource).logicalId)) },
  })
}

function constructPaths(
  constructs: readonly IConstruct[],
  found: ReadonlyMap<Stack, StackTemplate>,
): Map<string, string> {
  const resources = constructs.filter(CfnResource.isCfnResource)
  return new Map(
    resources.flatMap((resource) => {
      const stack = found.get(resource.stack)
      if (stack === undefined) return []
      return [[idIn(stack, String(resource.stack.resolve(resource.logicalId))), resource.node.path] as const]
    }),
  )
}
