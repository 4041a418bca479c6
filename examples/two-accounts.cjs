/*
 * A kill switch in an account of its own, and bots in another one, whose alarm pulls it. Deploy the switch first: an alarm
 * whose action finds no function loses it in silence. In plain JavaScript, as a CommonJS module.
 */

const { App, Stack } = require('aws-cdk-lib')
const { Alarm, Metric } = require('aws-cdk-lib/aws-cloudwatch')
const { KillSwitch } = require('kraken-futures-kill-switch')

const region = 'eu-central-1'
const app = new App()

const safety = new Stack(app, 'Safety', { env: { account: '111111111111', region } })
const killSwitch = new KillSwitch(safety, 'KillSwitch', { secret: 'kill-switch/kraken' })

const bots = new Stack(app, 'Bots', { env: { account: '222222222222', region } })
const errors = new Alarm(bots, 'Errors', {
  alarmName: 'bots-errors',
  metric: new Metric({ namespace: 'TradingBot', metricName: 'Errors', statistic: 'Sum' }),
  threshold: 10,
  evaluationPeriods: 1,
})
errors.addAlarmAction(killSwitch.alarmAction)
