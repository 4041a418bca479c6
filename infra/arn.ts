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

interface Placed extends Arn {
  readonly path: string
}

/**
 * What names another region than the stack's. The function asks for its secret, publishes to its topic and is invoked by
 * alarms in its own region alone.
 *
 * @param config as it was written, right or not
 * @param region of the stack; unknown, all have to name the same one
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html (an action of another
 * region is refused with "Invalid region … specified. Only … is supported")
 */
export function foreignRegions(config: unknown, region?: string): string[] {
  const placed = placedArns(config)
  const [first] = placed
  const home = region ?? first?.region
  const where = region === undefined ? `killSwitch.${first?.path} is in ${home}` : `the stack is in ${home}`
  return placed
    .filter((arn) => arn.region !== home)
    .map(
      (arn) => `killSwitch.${arn.path} is in ${arn.region}, but ${where}. Use one of the stack's own region`,
    )
}

function placedArns(config: unknown): Placed[] {
  // biome-ignore lint/suspicious/noExplicitAny: it may be anything at all that a person writes
  const { secret, secretKeyArn, notify, alarmsElsewhere } = config as any
  const alarms = Array.isArray(alarmsElsewhere?.arns) ? (alarmsElsewhere.arns as unknown[]) : []
  const named: [string, unknown][] = [
    ['secret', secret],
    ['secretKeyArn', secretKeyArn],
    ['notify.topicArn', notify?.topicArn],
    ...alarms.map((arn, i): [string, unknown] => [`alarmsElsewhere.arns.${i}`, arn]),
  ]
  return named.flatMap(([path, value]) => {
    const arn = typeof value === 'string' ? readArn(value) : null
    return arn === null || arn.region === '' ? [] : [{ path, ...arn }]
  })
}
