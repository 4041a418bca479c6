import { Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { ConfigInput } from './config.ts'
import { KillSwitch } from './kill-switch.ts'

/** One kill switch, as cdk.json describes it. */
export class KillSwitchStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props)
    new KillSwitch(this, 'KillSwitch', { config: this.node.tryGetContext('killSwitch') as ConfigInput })
  }
}
