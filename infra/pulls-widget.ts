import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import { CustomWidget, type IWidget } from 'aws-cdk-lib/aws-cloudwatch'
import * as iam from 'aws-cdk-lib/aws-iam'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import * as logs from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { WIDGET_SETTING_NAMES } from '../lambda/widget/settings.ts'
import { widgetPath } from './artefact.ts'
import type { Config } from './config.ts'
import type { SwitchFunction } from './switch-function.ts'

export interface PullsWidgetProps {
  readonly config: Config
  readonly switchFunction: SwitchFunction
}

/** It looks through the log for some seconds, page by page. */
const TIMEOUT = Duration.seconds(20)
/** Half of a CPU, and room for pages of 1 MB. */
const MEMORY_MB = 512

/**
 * The last pulls on the dashboard, with a button that presses. A function of its own, whose role reads one log group and can
 * invoke nothing: who may look may not thereby press.
 */
export class PullsWidget extends Construct {
  readonly widget: IWidget

  constructor(scope: Construct, id: string, { config, switchFunction }: PullsWidgetProps) {
    super(scope, id)
    const { logGroup, alias } = switchFunction
    const ownLog = new logs.LogGroup(this, 'Log', {
      retention: config.function.logRetentionDays,
      removalPolicy:
        config.function.logRemovalPolicy === 'destroy' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    })
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') })
    ownLog.grantWrite(role)
    logGroup.grant(role, 'logs:FilterLogEvents')
    const environment: Readonly<Record<(typeof WIDGET_SETTING_NAMES)[number], string>> = {
      SWITCH_LOG_GROUP: logGroup.logGroupName,
      // A button calls a function: of a fleet it would be one that takes nobody's word but its machine's.
      SWITCH_ALIAS_ARN: config.fleet === undefined ? alias.functionArn : '',
    }
    const handler = new lambda.Function(this, 'Function', {
      functionName: `${config.name}-widget`,
      description: 'Draws the last pulls of the kill switch on its dashboard',
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      code: lambda.Code.fromAsset(widgetPath()),
      handler: 'index.handler',
      memorySize: MEMORY_MB,
      timeout: TIMEOUT,
      role,
      logGroup: ownLog,
      loggingFormat: lambda.LoggingFormat.JSON,
      environment,
    })
    this.widget = new CustomWidget({
      title: 'Last pulls',
      functionArn: handler.functionArn,
      updateOnResize: true,
      width: 24,
      height: 12,
    })
  }
}
