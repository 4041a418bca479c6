/** AWS events of every trigger, as the services send them; shapes as documented, names and numbers ours. */

export const ALARM_NAME = 'bot-heartbeat-missing'
const ALARM_ARN = `arn:aws:cloudwatch:eu-central-1:123456789012:alarm:${ALARM_NAME}`

type AlarmState = 'ALARM' | 'OK' | 'INSUFFICIENT_DATA'

/** As CloudWatch writes times: `2026-11-22T20:15:04.123+0000`. */
function alarmTime(): string {
  return new Date().toISOString().replace('Z', '+0000')
}

function alarmState(value: AlarmState) {
  return {
    value,
    reason: 'Threshold Crossed: 1 datapoint [0.0] was less than the threshold (1.0).',
    timestamp: alarmTime(),
  }
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html */
export function alarmEvent(value: AlarmState = 'ALARM') {
  return {
    source: 'aws.cloudwatch',
    alarmArn: ALARM_ARN,
    accountId: '123456789012',
    time: alarmTime(),
    region: 'eu-central-1',
    alarmData: {
      alarmName: ALARM_NAME,
      state: alarmState(value),
      previousState: alarmState(value === 'ALARM' ? 'OK' : 'ALARM'),
      configuration: { metrics: [{ id: 'm1', metricStat: { period: '10', stat: 'Sum' } }] },
    },
  }
}

/** A composite alarm; out of a suppressor it comes with two equal states. */
export function compositeAlarmEvent() {
  const event = alarmEvent('ALARM')
  return {
    ...event,
    alarmData: {
      ...event.alarmData,
      previousState: { ...alarmState('ALARM'), actionsSuppressedBy: 'WaitPeriod' },
      configuration: { alarmRule: `ALARM(${ALARM_NAME}) OR ALARM(drawdown)`, actionsSuppressor: 'deploying' },
    },
  }
}

/** The same alarm through an EventBridge rule. */
export function alarmRuleEvent(value: AlarmState = 'ALARM') {
  const { alarmData } = alarmEvent(value)
  return {
    version: '0',
    id: 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
    'detail-type': 'CloudWatch Alarm State Change',
    source: 'aws.cloudwatch',
    account: '123456789012',
    time: new Date().toISOString(),
    region: 'eu-central-1',
    resources: [ALARM_ARN],
    detail: alarmData,
  }
}

/**
 * One time series of an alarm over many, by the alarm's action: no state before, no data of the reason.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html (Multi Time Series Alarm)
 */
export function contributorAlarmEvent(value: AlarmState = 'ALARM') {
  const { alarmData, ...event } = alarmEvent(value)
  const { previousState: _, ...alarm } = alarmData
  const alarmContributor = { id: '6d442278dba546f6', attributes: { Bot: 'mm-btc' } }
  const expression = 'SELECT SUM(Heartbeat) FROM "Bot" GROUP BY Bot'
  const metrics = [{ id: 'm1', expression, returnData: true, period: 60 }]
  return { ...event, alarmData: { ...alarm, alarmContributor, configuration: { metrics } } }
}

/** The same through an EventBridge rule. */
export function contributorRuleEvent(value: AlarmState = 'ALARM') {
  const { alarmData } = contributorAlarmEvent(value)
  return {
    ...alarmRuleEvent(value),
    'detail-type': 'CloudWatch Alarm Contributor State Change',
    detail: alarmData,
  }
}

/** The same alarm through an SNS topic, in the shape that SNS gives it. */
export function alarmSnsEvent(value: AlarmState = 'ALARM') {
  const { reason, timestamp } = alarmState(value)
  return snsEvent({
    AlarmName: ALARM_NAME,
    AlarmDescription: null,
    AWSAccountId: '123456789012',
    NewStateValue: value,
    NewStateReason: reason,
    StateChangeTime: timestamp,
    Region: 'EU (Frankfurt)',
    AlarmArn: ALARM_ARN,
    OldStateValue: 'OK',
    Trigger: { MetricName: 'Heartbeat', Namespace: 'Bot', StatisticType: 'Statistic', Statistic: 'SUM' },
  })
}

export function snsEvent(message: unknown) {
  return {
    Records: [
      {
        EventSource: 'aws:sns',
        EventVersion: '1.0',
        EventSubscriptionArn:
          'arn:aws:sns:eu-central-1:123456789012:alarms:21be56ed-a058-49f5-8c98-aedd2564c486',
        Sns: {
          Type: 'Notification',
          MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
          TopicArn: 'arn:aws:sns:eu-central-1:123456789012:alarms',
          Subject: `ALARM: "${ALARM_NAME}"`,
          Message: JSON.stringify(message),
          Timestamp: new Date().toISOString(),
          MessageAttributes: {},
        },
      },
    ],
  }
}

/** Our own input of an EventBridge schedule. */
export function scheduleEvent(pull: object = {}, scheduledTime = new Date()) {
  return {
    schedule: { name: 'end-of-session', scheduledTime: scheduledTime.toISOString().replace(/\.\d+Z$/, 'Z') },
    ...pull,
  }
}

/**
 * A press of the button on a CloudWatch dashboard: what the button sends, and what CloudWatch adds.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/add_custom_widget_dashboard_about.html
 */
export function dashboardEvent(pull: object = {}, context: object = {}) {
  return { dashboard: pull, widgetContext: { ...widgetContext(), ...context } }
}

export function widgetContext() {
  const end = Date.now()
  return {
    dashboardName: 'kill-switch',
    widgetId: 'widget-16',
    accountId: '123456789012',
    locale: 'en',
    timezone: { label: 'UTC', offsetISO: '+00:00', offsetInMinutes: 0 },
    period: 300,
    isAutoPeriod: true,
    timeRange: { mode: 'relative', start: end - 10_800_000, end, relativeStart: 10_800_000 },
    theme: 'light',
    linkCharts: true,
    title: 'Last pulls',
    forms: { all: {} },
    params: {},
    width: 588,
    height: 369,
  }
}

/** @see https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html (2.0) */
export function httpEvent(body: string | undefined, overrides: object = {}) {
  return {
    version: '2.0',
    routeKey: 'POST /cancel-all',
    rawPath: '/cancel-all',
    rawQueryString: '',
    headers: { authorization: 'AWS4-HMAC-SHA256 Credential=…', 'content-type': 'application/json' },
    requestContext: {
      accountId: '123456789012',
      apiId: 'a1b2c3d4e5',
      domainName: 'a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com',
      authorizer: {
        iam: {
          accessKey: 'ASIAEXAMPLEEXAMPLE00',
          accountId: '123456789012',
          callerId: 'AROAEXAMPLE:desk',
          userArn: 'arn:aws:sts::123456789012:assumed-role/trading-desk/desk',
          userId: 'AROAEXAMPLE:desk',
        },
      },
      http: {
        method: 'POST',
        path: '/cancel-all',
        protocol: 'HTTP/1.1',
        sourceIp: '192.0.2.10',
        userAgent: 'curl',
      },
      requestId: 'JKJaXmPLvHcESHA=',
      routeKey: 'POST /cancel-all',
      stage: '$default',
      time: '22/Nov/2026:20:15:04 +0000',
      timeEpoch: 1_795_378_504_000,
    },
    ...(body === undefined ? {} : { body }),
    isBase64Encoded: false,
    ...overrides,
  }
}
