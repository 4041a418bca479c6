import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { ConfigInput } from './config.ts'
import { KillSwitch } from './kill-switch.ts'

/**
 * One kill switch, as a block of cdk.json describes it.
 *
 * The stack has the switch's own name: deployed under another, it is another switch, and the first stays as it is. Its
 * outputs are called as the documents call them.
 *
 * @throws ConfigInvalid naming every mistake in the settings
 */
export class KillSwitchStack extends Stack {
  constructor(scope: Construct, settings: ConfigInput, props?: StackProps) {
    super(scope, settings.name ?? 'kill-switch', { ...props, tags: { ...props?.tags, ...settings.tags } })
    const made = new KillSwitch(this, 'KillSwitch', settings)
    // Alone in its stack, their names need no path; in a desk's own they keep it, so that two never meet.
    for (const output of made.node.children.filter((child) => child instanceof CfnOutput)) {
      output.overrideLogicalId(output.node.id)
    }
  }
}
