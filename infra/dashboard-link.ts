import { Aws, CfnCondition, Fn, Stack, Token } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { ANYWHERE } from './permissions.ts'

/** The console has hosts of its own: the partition's suffix is that of its APIs. */
const CONSOLES: Readonly<Record<string, string>> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
}
const USUAL = 'console.aws.amazon.com'

/** Where the dashboard of that name is looked at, in the partition that the stack is deployed to. */
export function dashboardLink(scope: Construct, name: string): string {
  const { region, partition } = Stack.of(scope)
  const host = Token.isUnresolved(partition) ? hostAnywhere(scope) : (CONSOLES[partition] ?? USUAL)
  return link(region, host, name)
}

/** As long as one may be, for counting. */
export function longestDashboardLink(name: string): string {
  return link(ANYWHERE.region, String(CONSOLES[ANYWHERE.partition]), name)
}

function link(region: string, host: string, name: string): string {
  return `https://${region}.${host}/cloudwatch/home?region=${region}#dashboards/dashboard/${name}`
}

function hostAnywhere(scope: Construct): string {
  const isIn = (partition: string) => conditionIn(Stack.of(scope), partition).logicalId
  return Object.entries(CONSOLES)
    .reduce<string | ReturnType<typeof Fn.conditionIf>>(
      (elsewhere, [partition, host]) => Fn.conditionIf(isIn(partition), host, elsewhere),
      USUAL,
    )
    .toString()
}

/** One for all switches of a stack. */
function conditionIn(stack: Stack, partition: string): CfnCondition {
  const id = `KillSwitch-In-${partition}`
  const made = stack.node.tryFindChild(id) as CfnCondition | undefined
  const expression = Fn.conditionEquals(Aws.PARTITION, partition)
  return made ?? new CfnCondition(stack, id, { expression })
}
