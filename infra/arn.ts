import { text } from './field.ts'

/** The parts of an Amazon Resource Name. */
export interface Arn {
  readonly partition: string
  readonly service: string
  /** Empty where the service has none, such as IAM. */
  readonly region: string
  readonly account: string
  readonly resource: string
}

const REGION = '[a-z]+(?:-[a-z]+)+-\\d{1,2}'
const ARN = new RegExp(`^arn:(aws[a-z-]*):([a-z0-9-]+):(${REGION}|):(\\d{12}|aws|):(.+)$`)

/** @returns null when it is no ARN, or not a whole one */
export function readArn(value: string): Arn | null {
  const [, partition = '', service = '', region = '', account = '', resource = ''] = ARN.exec(value) ?? []
  return partition === '' ? null : { partition, service, region, account, resource }
}

const regional = (service: string, resource: string) =>
  new RegExp(`^arn:aws[a-z-]*:${service}:${REGION}:\\d{12}:${resource}$`, 'u')

/** A policy has to name the key itself: by its alias it permits nothing. */
export const keyArn = text(
  'is no ARN of a KMS key',
  regional('kms', 'key/(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'),
  'Copy the ARN of the key itself, not of an alias: arn:aws:kms:REGION:ACCOUNT:key/ID',
)

/** A FIFO topic takes no message without a group, and neither CloudWatch nor the function names one. */
export const topicArn = text(
  'is no ARN of a standard SNS topic',
  regional('sns', '[\\w-]{1,256}'),
  'Copy it from the console: arn:aws:sns:REGION:ACCOUNT:NAME',
)

export const policyArn = text(
  'is no ARN of an IAM policy',
  /^arn:aws[a-z-]*:iam::(?:\d{12}|aws):policy\/[\w+=,.@/-]{1,640}$/,
  'Copy it from the console: arn:aws:iam::ACCOUNT:policy/NAME',
)

/** With `*` as its end it stands for all alarms whose names begin so, also of another account. */
export const alarmArn = text(
  'is no ARN of an alarm',
  regional('cloudwatch', 'alarm:(?:[^\\p{Cc}\\p{Cs}*?]{1,255}|[^\\p{Cc}\\p{Cs}*?]{3,254}\\*)'),
  'Copy it from the console: arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME, with three characters at least before a * at its end',
)
