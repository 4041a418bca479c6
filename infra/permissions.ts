import { alarmArn, readArn } from './arn.ts'
import { block, eachOnce, text } from './field.ts'
import { pullName } from './pull-name.ts'

const prefix = text(
  'is no prefix of alarm names',
  /^[\w.-]{3,100}$/,
  'Use 3 to 100 letters, digits, . - and _',
)

/** Alarms that other stacks, or other accounts, keep. */
export const alarmsElsewhere = block({ prefixes: eachOnce(prefix), arns: eachOnce(alarmArn) })

/** What of the configuration decides which alarms may pull. */
export interface PermittedAlarms {
  readonly name: string
  readonly alarms: readonly unknown[]
  readonly alarmsElsewhere: { readonly prefixes: readonly string[]; readonly arns: readonly string[] }
}

/** Where the stack is. */
export interface Place {
  readonly partition: string
  readonly region: string
  readonly account: string
}

/** One statement of the function's resource policy. */
export interface AlarmPermission {
  /** Unlike any other's. */
  readonly id: string
  /** The alarm's own, which may be another than the stack's. */
  readonly sourceAccount: string
  /** Of one alarm, or of many with `*` at its end. */
  readonly sourceArn: string
}

/**
 * Which alarms may invoke the alias: one statement for all of this stack, and one for each prefix and ARN elsewhere.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html (other accounts)
 */
export function alarmPermissions(config: PermittedAlarms, place: Place): AlarmPermission[] {
  const { prefixes, arns } = config.alarmsElsewhere
  const own = (id: string, name: string) => ({
    id: encodeURIComponent(id),
    sourceAccount: place.account,
    sourceArn: `arn:${place.partition}:cloudwatch:${place.region}:${place.account}:alarm:${name}`,
  })
  return [
    ...(config.alarms.length === 0 ? [] : [own('Own', pullName(config, '*'))]),
    ...prefixes.map((prefix) => own(`Prefix-${prefix}`, `${prefix}*`)),
    ...arns.map((arn) => ({
      id: encodeURIComponent(`Arn-${arn}`),
      sourceAccount: readArn(arn)?.account ?? '',
      sourceArn: arn,
    })),
  ]
}

/** Of Lambda, for the whole resource policy of an alias; it cannot be raised. */
const MOST_BYTES = 20_480

/** The longest partition and region from which Kraken can be reached; the real ones may be known to AWS alone. */
export const ANYWHERE: Place = { partition: 'aws-us-gov', region: 'us-gov-west-1', account: '123456789012' }

/**
 * The most bytes that the resource policy of the alias may take: of its alarms, and of the API.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html (StatementId: 100 characters, which
 * CloudFormation makes of the names of stack and resource)
 */
export function policyBytes(
  config: PermittedAlarms & { readonly api: { readonly enabled: boolean } },
): number {
  const { partition, region, account } = ANYWHERE
  const statement = (service: string, condition: object) => ({
    Sid: 'x'.repeat(100),
    Effect: 'Allow',
    Principal: { Service: service },
    Action: 'lambda:InvokeFunction',
    Resource: `arn:${partition}:lambda:${region}:${account}:function:${config.name}:live`,
    Condition: condition,
  })
  const alarms = alarmPermissions(config, ANYWHERE).map(({ sourceAccount, sourceArn }) =>
    statement('lambda.alarms.cloudwatch.amazonaws.com', {
      StringEquals: { 'AWS:SourceAccount': sourceAccount },
      ArnLike: { 'AWS:SourceArn': sourceArn },
    }),
  )
  const route = `arn:${partition}:execute-api:${region}:${account}:0123456789/*/*/cancel-all`
  const api = statement('apigateway.amazonaws.com', { ArnLike: { 'AWS:SourceArn': route } })
  const policy = {
    Version: '2012-10-17',
    Id: 'default',
    Statement: [...alarms, ...(config.api.enabled ? [api] : [])],
  }
  return Buffer.byteLength(JSON.stringify(policy))
}

/** What is wrong with the size of the resource policy, and how to fix it; null when it fits. */
export function policyFault(config: Parameters<typeof policyBytes>[0]): string | null {
  const bytes = policyBytes(config)
  if (bytes <= MOST_BYTES) return null
  return `may need ${bytes} bytes of the function's resource policy, and Lambda gives ${MOST_BYTES}. Replace ARNs and prefixes by fewer and shorter prefixes, or by ARNs that end in *`
}
