import { Fn } from 'aws-cdk-lib'
import { alarmArn, readArn } from './arn.ts'
import { block, eachOnce, isToken, text } from './field.ts'
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
  const own = (id: string, name: string) => alarmPermission(id, name, place)
  return [
    ...(config.alarms.length === 0 ? [] : [ownAlarms(config, place)]),
    ...prefixes.map((prefix, i) => own(`Prefix-${isToken(prefix) ? `token-${i}` : prefix}`, `${prefix}*`)),
    ...arns.map((arn, i) => ({
      id: encodeURIComponent(`Arn-${isToken(arn) ? `token-${i}` : arn}`),
      sourceAccount: isToken(arn) ? Fn.select(4, Fn.split(':', arn)) : (readArn(arn)?.account ?? ''),
      sourceArn: arn,
    })),
  ]
}

/** Of the alarms that the switch makes itself: one statement for all. */
export function ownAlarms(config: { readonly name: string }, place: Place): AlarmPermission {
  return alarmPermission('Own', pullName(config, '*'), place)
}

/**
 * @param id unlike any other's
 * @param alarmName of one alarm, or of many with `*` in it
 * @param place of the alarm: its account may be another than the stack's
 */
export function alarmPermission(id: string, alarmName: string, place: Place): AlarmPermission {
  return {
    id: encodeURIComponent(id),
    sourceAccount: place.account,
    sourceArn: `arn:${place.partition}:cloudwatch:${place.region}:${place.account}:alarm:${alarmName}`,
  }
}

/** Of Lambda, for the whole resource policy of an alias; it cannot be raised. */
const MOST_BYTES = 20_480

/** The longest partition and region from which Kraken can be reached; the real ones may be known to AWS alone. */
export const ANYWHERE: Place = { partition: 'aws-us-gov', region: 'us-gov-west-1', account: '123456789012' }

/** What of the configuration decides how large the resource policy is. */
type PolicySource = { readonly name: string; readonly api: { readonly enabled: boolean } }

/**
 * The most bytes that the resource policy of the alias may take: of its alarms, and of the API.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html (StatementId: 100 characters, which
 * CloudFormation makes of the names of stack and resource)
 */
export function policyBytes(
  { name, api }: PolicySource,
  permissions: readonly Pick<AlarmPermission, 'sourceAccount' | 'sourceArn'>[],
): number {
  const { partition, region, account } = ANYWHERE
  const statement = (service: string, condition: object) => ({
    Sid: 'x'.repeat(100),
    Effect: 'Allow',
    Principal: { Service: service },
    Action: 'lambda:InvokeFunction',
    Resource: `arn:${partition}:lambda:${region}:${account}:function:${name}:live`,
    Condition: condition,
  })
  const alarms = permissions.map(({ sourceAccount, sourceArn }) =>
    statement('lambda.alarms.cloudwatch.amazonaws.com', {
      StringEquals: { 'AWS:SourceAccount': sourceAccount },
      ArnLike: { 'AWS:SourceArn': sourceArn },
    }),
  )
  const route = `arn:${partition}:execute-api:${region}:${account}:0123456789/*/*/cancel-all`
  const press = statement('apigateway.amazonaws.com', { ArnLike: { 'AWS:SourceArn': route } })
  const policy = {
    Version: '2012-10-17',
    Id: 'default',
    Statement: [...alarms, ...(api.enabled ? [press] : [])],
  }
  return Buffer.byteLength(JSON.stringify(policy))
}

/**
 * What is wrong with the size of the resource policy, and how to fix it; null when it fits.
 *
 * @param permissions that come to those of the configuration
 */
export function policyFault(
  config: PermittedAlarms & PolicySource,
  permissions: readonly AlarmPermission[] = [],
): string | null {
  const bytes = policyBytes(config, [...alarmPermissions(config, ANYWHERE), ...permissions])
  if (bytes <= MOST_BYTES) return null
  return `may need ${bytes} bytes of the function's resource policy, and Lambda gives ${MOST_BYTES}. Replace ARNs and prefixes by fewer and shorter prefixes, or by ARNs that end in *`
}
