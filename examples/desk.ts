/*
 * A kill switch in a desk's stack: with its pager, its key, an alarm of its own that pulls, an alarm on a verdict, and a
 * role that may press.
 */

import { App, Duration, Stack, type StackProps } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, Metric } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Secret } from 'aws-cdk-lib/aws-secretsmanager'
import { Topic } from 'aws-cdk-lib/aws-sns'
import type { Construct } from 'constructs'
import { KillSwitch } from 'kraken-futures-kill-switch'

class DeskStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props)
    const pager = new Topic(this, 'Pager', {
      enforceSSL: true,
      masterKey: new Key(this, 'PagerKey', { enableKeyRotation: true }),
    })
    const killSwitch = new KillSwitch(this, 'KillSwitch', {
      name: 'desk-kill-switch',
      secret: Secret.fromSecretNameV2(this, 'Kraken', 'kill-switch/kraken'),
      topic: pager,
      hold: { keepShutMinutes: 10 },
    })

    // The desk's own alarm pulls it.
    const drawdown = new Alarm(this, 'Drawdown', {
      metric: new Metric({
        namespace: 'TradingBot',
        metricName: 'DrawdownPercent',
        statistic: 'Maximum',
        period: Duration.minutes(1),
      }),
      threshold: 5,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
    })
    drawdown.addAlarmAction(killSwitch.alarmAction)

    // What came of a pull can be watched as any metric.
    new Alarm(this, 'NotEmpty', {
      metric: killSwitch.metricVerdict('NOT_EMPTY'),
      threshold: 1,
      evaluationPeriods: 1,
    }).addAlarmAction(new SnsAction(pager))

    const riskManager = new Role(this, 'RiskManager', {
      assumedBy: new ServicePrincipal('ec2.amazonaws.com'),
    })
    killSwitch.grantPress(riskManager)
  }
}

new DeskStack(new App(), 'Desk')
