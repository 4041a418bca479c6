import { type Reference, refersTo, resourcesOf, type Template, textOf } from './template.ts'

/** The switch: the function that reads a Kraken secret, and the alias that everything pulls. */
export interface Switch {
  readonly functionId: string
  // biome-ignore lint/suspicious/noExplicitAny: CloudFormation's properties, of any type
  readonly function: any
  readonly aliasId: string
  /** The state machine that pulls the groups of a fleet; null where there is none. */
  readonly fleetId: string | null
  /** What its references stand for, by their logical ids: name or ARN, with `*` for what is not known. */
  readonly spelt: ReadonlyMap<string, string>
  readonly where: Where
}

/** Where the switch is deployed, as far as that is known. */
export interface Where {
  readonly account?: string | undefined
  readonly region?: string | undefined
}

export function switchesOf(template: Template, where: Where = {}): Switch[] {
  return resourcesOf(template, 'AWS::Lambda::Function')
    .filter(({ properties }) => isSwitch(properties.Environment?.Variables ?? {}))
    .map(({ id, properties }) => {
      const of = (type: string) =>
        resourcesOf(template, type).filter((one) => refersTo(one.properties.FunctionName, id))
      const aliases = of('AWS::Lambda::Alias')
      const name = nameOf(id, properties)
      const qualified = [
        ...aliases.map((alias) => [alias.id, textOf(alias.properties.Name)]),
        ...of('AWS::Lambda::Version').map((version) => [version.id, wordOf(version.id)]),
      ] as const
      return {
        functionId: id,
        function: properties,
        aliasId: aliases[0]?.id ?? id,
        fleetId: fleetIdIn(template, properties),
        where,
        spelt: new Map([
          [id, name],
          ...qualified.map(([one = '', qualifier]) => [one, `${arnOf(name)}:${qualifier}`] as const),
        ]),
      }
    })
}

function isSwitch({ KRAKEN_SECRET_ID, FLEET_GROUPS }: Readonly<Record<string, unknown>>): boolean {
  return KRAKEN_SECRET_ID !== undefined || FLEET_GROUPS !== undefined
}

function fleetIdIn(template: Template, properties: Switch['function']): string | null {
  if (properties.Environment?.Variables?.FLEET_GROUPS === undefined) return null
  const name = `${properties.FunctionName}-fleet`
  const machines = resourcesOf(template, 'AWS::StepFunctions::StateMachine')
  return machines.find((machine) => machine.properties.StateMachineName === name)?.id ?? null
}

function nameOf(id: string, { FunctionName }: Switch['function']): string {
  return typeof FunctionName === 'string' ? FunctionName : wordOf(id)
}

const wordOf = (id: string) => id.replace(/\W/g, '-')
const arnOf = (name: string) => `arn:*:lambda:*:*:function:${name}`

/** A function's name or ARN, alone or in the path by which API Gateway calls it. */
const FUNCTION =
  /(?:^|\/)(?:arn:[^:/]*:lambda:(?<region>[^:]*):(?<account>[^:]*):function:)?(?<name>[\w-]+)(?::(?<qualifier>[\w$-]+))?(?:\/invocations)?$/

/**
 * Which alias or version of the switch that value means, `''` for the function without one; null when it means something
 * else. Literal names and ARNs count as well as references.
 */
export function qualifierOf(value: unknown, { functionId, spelt, where }: Switch): string | null {
  const spell = ({ id, attribute }: Reference) => {
    const text = spelt.get(id)
    if (text === undefined || (attribute !== null && !attribute.endsWith('Arn'))) return '*'
    return id === functionId && attribute !== null ? arnOf(text) : text
  }
  const meant = FUNCTION.exec(textOf(value, spell))?.groups
  if (meant?.name !== spelt.get(functionId)) return null
  const isElsewhere = isOther(meant?.account, where.account) || isOther(meant?.region, where.region)
  return isElsewhere ? null : (meant?.qualifier ?? '')
}

function isOther(one: string | undefined, other: string | undefined): boolean {
  return one !== undefined && one !== '*' && other !== undefined && one !== other
}
