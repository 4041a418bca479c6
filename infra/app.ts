import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { ConfigInvalid, readConfigs } from './config.ts'
import { KillSwitchStack } from './kill-switch-stack.ts'

const app = new App()
Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
try {
  const region = process.env.CDK_DEFAULT_REGION || undefined
  for (const settings of readConfigs(app.node.tryGetContext('killSwitch'), { region })) {
    new KillSwitchStack(app, settings, { description: 'Cancels every order on Kraken Futures and proves it' })
  }
} catch (error) {
  if (!(error instanceof ConfigInvalid)) throw error
  console.error(error.message) // for the person who edits cdk.json, a stack trace would only hide it
  process.exit(1)
}
