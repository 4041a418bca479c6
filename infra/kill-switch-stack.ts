import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { type ConfigInput, readConfig } from './config.ts'
import { KillSwitch } from './kill-switch.ts'

/**
 * One kill switch, as cdk.json describes it.
 *
 * The stack has the switch's own name: deployed under another, it is another switch, and the first stays as it is. Its
 * outputs are called as the documents call them.
 *
 * @throws ConfigInvalid naming every mistake in the configuration
 */
export class KillSwitchStack extends Stack {
  constructor(scope: Construct, props?: StackProps) {
    const config = scope.node.tryGetContext('killSwitch') as ConfigInput
    super(scope, readConfig(config).name, props)
    const made = new KillSwitch(this, 'KillSwitch', { config })
    // Alone in its stack, their names need no path; in a desk's own they keep it, so that two never meet.
    for (const output of made.node.children.filter((child) => child instanceof CfnOutput)) {
      output.overrideLogicalId(output.node.id)
    }
  }
}
