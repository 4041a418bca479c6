/*
 * A kill switch alone in its stack, told by mail. Make the secret first; then `npx cdk deploy --app 'node alone.ts'`.
 */

import { App, Stack } from 'aws-cdk-lib'
import { KillSwitch } from 'kraken-futures-kill-switch'

const app = new App()
const stack = new Stack(app, 'KillSwitch', { terminationProtection: true })

new KillSwitch(stack, 'KillSwitch', {
  secret: 'kill-switch/kraken',
  notify: { emails: ['desk@example.com'] },
  alarms: [
    { kind: 'heartbeat', name: 'bot', namespace: 'TradingBot', metric: 'Heartbeat', reason: 'bot is dead' },
  ],
  schedules: [
    { name: 'close', cron: '0 22 ? * MON-FRI *', timeZone: 'Europe/Berlin', reason: 'end of session' },
  ],
  tags: { desk: 'one' },
})
