import { ArnFormat, Fn, Stack } from 'aws-cdk-lib'
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager'
import type { Construct } from 'constructs'
import { isToken } from './field.ts'

/**
 * What the function asks Secrets Manager for. An ARN without its last six characters is the last resort, for a secret of
 * another account: of one whose name ends like `-kraken` it would be taken for a whole one.
 *
 * @see https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html (SecretId)
 */
export function secretIdOf(secret: ISecret | string): string {
  if (typeof secret === 'string') return secret
  const isOwn = secret.env.account === secret.stack.account
  return secret.secretFullArn ?? (isOwn ? secret.secretName : secret.secretArn)
}

/**
 * What a policy has to name so that the secret may be read, and nothing else: its own ARN; without it, the name with the
 * six characters that Secrets Manager appends.
 *
 * @param scope of the stack that a name is looked for in
 */
export function secretResources(scope: Construct, secret: ISecret | string): string[] {
  if (typeof secret !== 'string') return [secret.secretFullArn ?? `${secret.secretArn}-??????`]
  if (isToken(secret)) return eitherWay(scope, secret)
  return [secret.startsWith('arn:') ? secret : arnOf(scope, `${secret}-??????`)]
}

/** Nobody knows yet whether it will be a name or an ARN. Behind the first `:secret:` of both stands the name. */
function eitherWay(scope: Construct, secret: string): string[] {
  const name = Fn.select(1, Fn.split(':secret:', `${secret}:secret:${secret}`))
  return [arnOf(scope, name), arnOf(scope, `${name}-??????`)]
}

function arnOf(scope: Construct, resourceName: string): string {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME
  return Stack.of(scope).formatArn({ service: 'secretsmanager', resource: 'secret', resourceName, arnFormat })
}
