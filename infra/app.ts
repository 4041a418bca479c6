import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { ConfigInvalid } from './config.ts'
import { KillSwitchStack } from './kill-switch-stack.ts'

const app = new App()
Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
try {
  new KillSwitchStack(app, { description: 'Cancels every order on Kraken Futures and proves it' })
} catch (error) {
  if (!(error instanceof ConfigInvalid)) throw error
  console.error(error.message) // for the person who edits cdk.json, a stack trace would only hide it
  process.exit(1)
}
