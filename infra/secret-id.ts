import { readArn } from './arn.ts'
import { isToken } from './field.ts'

/**
 * What is wrong with the name or ARN of the secret, and how to fix it; null when nothing is. It quotes parts of an ARN
 * only: what is no ARN may be the secret itself, in the wrong place.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html (six characters)
 */
export function secretFault(secret: string): string | null {
  if (isToken(secret)) return null
  if (!secret.startsWith('arn:')) {
    // `!` is in the names of secrets that services of AWS keep, such as rds!db-….
    return /^[\w/+=.@!-]{1,512}$/.test(secret)
      ? null
      : 'is no name or ARN of a secret. Use the name that you gave it in Secrets Manager'
  }
  const arn = readArn(secret)
  const copy = 'Copy the ARN of the secret from Secrets Manager, or give its name'
  if (arn !== null && arn.service !== 'secretsmanager') {
    return `is an ARN of ${arn.service}, not of Secrets Manager. ${copy}`
  }
  const [, name, further] = /^secret:([\w/+=.@!-]{1,519})(:.*)?$/.exec(arn?.resource ?? '') ?? []
  if (name === undefined || arn?.region === '' || arn?.account.length !== 12) {
    return `is no whole ARN of a secret. ${copy}`
  }
  return further === undefined ? suffixFault(name) : jsonKeyFault(name)
}

/** ECS writes `:json-key:version-stage:version-id` behind an ARN; Secrets Manager itself and IAM know no such thing. */
function jsonKeyFault(name: string): string {
  return `has a JSON key or a version behind the ARN, as ECS takes them; the switch reads the whole secret. End it with ${name}`
}

function suffixFault(name: string): string | null {
  const suffix = /-([A-Za-z0-9]{6})$/.exec(name)?.[1]
  const fix = 'Append them, or give the name alone'
  if (suffix === undefined) {
    return `lacks the six characters that Secrets Manager put behind the name, such as -AbCdEf: no policy would match it. ${fix}`
  }
  // Of 185 real suffixes one is all small letters; kill-switch without its suffix is far more frequent.
  if (/^[a-z]{6}$/.test(suffix)) {
    return `ends in -${suffix}, which reads as a part of the name and not as the six characters that Secrets Manager put behind it. ${fix}`
  }
  return null
}
