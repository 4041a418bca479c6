import { FLEET_SETTING_NAMES, SETTING_NAMES } from '../../lambda/init/settings.ts'
import { holdArnOf } from '../hold-in-template.ts'
import { rolesOf, type Statement } from '../role-in-template.ts'
import { JOIN_VPC } from '../switch-function.ts'
import type { Switch } from '../switch-in-template.ts'
import { textOf } from '../template.ts'
import type { Rule, Stacks } from './rule.ts'

/** What the function is, may do and knows. */
export const FUNCTION_RULES: readonly Rule[] = [
  {
    name: 'secret-in-template',
    description: 'A secret value stands in the template, for everybody who may read the stack.',
    fix: 'Store it in Secrets Manager out of band, and name it only.',
    broken: ({ home }) =>
      Object.entries(home.Resources)
        .filter(([, resource]) => holdsSecret(resource.Type, resource.Properties))
        .map(([id]) => id),
  },
  {
    name: 'role-too-wide',
    description: "The function's role may do more than it needs.",
    fix: 'Leave it the secret, its log group, the topic, the start of its hold, and the network interfaces of a VPC.',
    broken: tooWide,
  },
  {
    name: 'name-taken',
    description: 'Another switch of the app has the same name in the same account and region.',
    fix: 'Give one of them another name.',
    broken: ({ switches }, kill) =>
      switches.some((other) => other.functionId !== kill.functionId && isNamesake(other, kill))
        ? [kill.functionId]
        : [],
  },
  {
    name: 'unknown-setting',
    description: 'The function does not read a setting of that name: it would have no effect.',
    fix: `Use one of ${SETTING_NAMES.join(', ')}.`,
    broken: (_, kill) =>
      Object.keys(kill.function.Environment.Variables).every((name) =>
        [...SETTING_NAMES, ...FLEET_SETTING_NAMES].some((known) => known === name),
      )
        ? []
        : [kill.functionId],
  },
]

function isNamesake(one: Switch, other: Switch): boolean {
  return (
    typeof one.function.FunctionName === 'string' &&
    one.function.FunctionName === other.function.FunctionName &&
    one.where.account === other.where.account &&
    one.where.region === other.where.region
  )
}

/** 64 bytes in base64, as Kraken's secrets are; a JSON secret; or a secret that the template makes. */
function holdsSecret(type: string, properties: unknown): boolean {
  if (
    type === 'AWS::SecretsManager::Secret' &&
    (properties as { SecretString?: unknown })?.SecretString !== undefined
  ) {
    return true
  }
  return /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==|apiSecret/.test(JSON.stringify(properties ?? null))
}

const NEEDED =
  /^(logs:(CreateLogStream|PutLogEvents)|secretsmanager:GetSecretValue|sns:Publish|kms:Decrypt|kms:GenerateDataKey\*)$/

function tooWide({ all }: Stacks, kill: Switch): string[] {
  return rolesOf(all, kill.function.Role)
    .filter(
      ({ statements, hasManaged }) =>
        hasManaged || statements.some((statement) => isWideStatement(statement, kill)),
    )
    .map(({ id }) => id)
}

function isWideStatement({ Action, Resource }: Statement, kill: Switch): boolean {
  const actions = [Action].flat().map(String)
  const resources = [Resource].flat()
  if (actions.every((action) => JOIN_VPC.includes(action))) return false
  if (actions.every((action) => action === 'states:StartExecution')) {
    return !resources.every((resource) => textOf(resource) === holdArnOf(kill))
  }
  return !actions.every((action) => NEEDED.test(action)) || resources.includes('*')
}
