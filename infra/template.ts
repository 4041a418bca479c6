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

export function resourcesOf({ Resources }: Template, type: string): Named[] {
  return Object.entries(Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ id, properties: resource.Properties ?? {} }))
}

/** Does that value refer to the resource, by whatever function? */
export function refersTo(value: unknown, id: string): boolean {
  return new RegExp(`"(?:Ref|Fn::GetAtt)":\\s*\\[?"${id}"`).test(JSON.stringify(value ?? null))
}

/** The switch: the function that reads a Kraken secret, and its alias. */
export interface Switch {
  readonly functionId: string
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties, of any type
  readonly function: any
  readonly aliasId: string
}

export function switchesOf(template: Template): Switch[] {
  return resourcesOf(template, 'AWS::Lambda::Function')
    .filter(({ properties }) => properties.Environment?.Variables?.KRAKEN_SECRET_ID !== undefined)
    .map(({ id, properties }) => ({
      functionId: id,
      function: properties,
      aliasId:
        resourcesOf(template, 'AWS::Lambda::Alias').find((alias) =>
          refersTo(alias.properties.FunctionName, id),
        )?.id ?? id,
    }))
}

/** Text with what is only known at deployment as `*`. */
export function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  const join = (value as { readonly 'Fn::Join'?: readonly [string, readonly unknown[]] } | undefined)?.[
    'Fn::Join'
  ]
  return join === undefined ? '*' : join[1].map(textOf).join(join[0])
}
