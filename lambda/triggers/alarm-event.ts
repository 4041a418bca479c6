import * as v from 'valibot'
import { InputRefused } from '../errors.ts'
import { type Fields, isObject } from '../json.ts'
import { readStrictly } from './pull.ts'

/** What an alarm's event says, in whichever of its shapes it came. */
export interface AlarmFacts {
  readonly name: string
  readonly state: 'ALARM' | 'OK' | 'INSUFFICIENT_DATA'
  readonly reason: string | null
  /** As AWS writes it: `2023-08-04T12:36:15.490+0000`. */
  readonly timestamp: string | null
}

const alarmState = v.looseObject({
  value: v.picklist(['ALARM', 'OK', 'INSUFFICIENT_DATA'], 'is not an alarm state'),
  reason: v.nullish(v.string()),
  timestamp: v.nullish(v.string()),
})
const alarm = v.looseObject({ alarmName: v.pipe(v.string(), v.minLength(1)), state: alarmState })
const alarmAction = v.looseObject({ alarmData: alarm })
/** Of the alarm itself; or of one time series of an alarm over many, named beside it as `alarmContributor`. */
const STATE_CHANGES = ['CloudWatch Alarm State Change', 'CloudWatch Alarm Contributor State Change'] as const
const alarmStateChange = v.looseObject({
  'detail-type': v.picklist(STATE_CHANGES),
  detail: alarm,
})
const alarmMessage = v.looseObject({
  AlarmName: v.pipe(v.string(), v.minLength(1)),
  NewStateValue: alarmState.entries.value,
  NewStateReason: v.nullish(v.string()),
  StateChangeTime: v.nullish(v.string()),
})
const snsEvent = v.looseObject({
  Records: v.pipe(
    v.array(
      v.looseObject({ EventSource: v.literal('aws:sns'), Sns: v.looseObject({ Message: v.string() }) }),
    ),
    v.length(1),
  ),
})
/**
 * Reads the alarm from an alarm action, an EventBridge rule, or SNS around either of the two's facts.
 *
 * @param how what to send instead, for the refusal
 * @throws InputRefused when it is none of these
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
 */
export function readAlarm(event: Fields, how: string): AlarmFacts {
  return Object.hasOwn(event, 'Records') ? readSnsAlarm(event, how) : readDirectAlarm(event, how)
}

function readDirectAlarm(event: Fields, how: string): AlarmFacts {
  const { alarmName, state } = Object.hasOwn(event, 'detail')
    ? readStrictly(alarmStateChange, event, how).detail
    : readStrictly(alarmAction, event, how).alarmData
  const { value, reason = null, timestamp = null } = state
  return { name: alarmName, state: value, reason, timestamp }
}

/** SNS carries the alarm in a shape of its own, as JSON in a string; or the event of a rule that targets the topic. */
function readSnsAlarm(event: Fields, how: string): AlarmFacts {
  const [record] = readStrictly(snsEvent, event, how).Records
  let message: unknown
  try {
    message = JSON.parse(record?.Sns.Message ?? '')
  } catch {
    throw new InputRefused(`the SNS message is not an alarm. ${how}`)
  }
  // A rule that targets the topic: its event has the alarm as its detail.
  if (isObject(message) && Object.hasOwn(message, 'detail')) return readDirectAlarm(message, how)
  const read = readStrictly(alarmMessage, message, how)
  return {
    name: read.AlarmName,
    state: read.NewStateValue,
    reason: read.NewStateReason ?? null,
    timestamp: read.StateChangeTime ?? null,
  }
}
