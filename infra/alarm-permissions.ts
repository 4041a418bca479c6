import { Stack } from 'aws-cdk-lib'
import * as lambda from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { Config } from './config.ts'
import { type AlarmPermission, alarmPermissions, ownAlarms, policyFault } from './permissions.ts'

export interface AlarmPermissionsProps {
  readonly config: Config
  readonly alias: lambda.Alias
}

/** Who of the alarms may invoke the alias; counted, since a resource policy holds 20,480 bytes, some forty statements. */
export class AlarmPermissions extends Construct {
  readonly #alias: lambda.Alias
  readonly #config: Config
  readonly #more: AlarmPermission[] = []
  readonly #made: { readonly permission: AlarmPermission; readonly statement: lambda.CfnPermission }[] = []

  constructor(scope: Construct, id: string, { config, alias }: AlarmPermissionsProps) {
    super(scope, id)
    this.#alias = alias
    this.#config = config
    for (const permission of alarmPermissions(config, Stack.of(this))) this.#statement(permission)
    this.node.addValidation({ validate: () => this.#faults() })
  }

  /** For all that the switch makes itself, those too that are added later. */
  permitOwn(): lambda.CfnPermission {
    return this.permit(ownAlarms(this.#config, Stack.of(this)))
  }

  /** Unless there is one already that takes it in. */
  permit(permission: AlarmPermission): lambda.CfnPermission {
    const made = this.#made.find((one) => takesIn(one.permission, permission))
    if (made !== undefined) return made.statement
    this.#more.push(permission)
    return this.#statement(permission)
  }

  #statement(permission: AlarmPermission): lambda.CfnPermission {
    const { id, sourceAccount, sourceArn } = permission
    const statement = new lambda.CfnPermission(this, id, {
      action: 'lambda:InvokeFunction',
      functionName: this.#alias.functionArn,
      principal: 'lambda.alarms.cloudwatch.amazonaws.com',
      sourceAccount,
      sourceArn,
    })
    this.#made.push({ permission, statement })
    return statement
  }

  /** Of the actions that were taken from the construct: the settings are counted as they are read. */
  #faults(): string[] {
    const more = this.#more.map((one) => Stack.of(this).resolve(one) as AlarmPermission)
    const fault = policyFault(this.#config, more)
    return fault === null ? [] : [`The kill switch ${this.#config.name} ${fault}`]
  }
}

function takesIn(one: AlarmPermission, other: AlarmPermission): boolean {
  if (one.sourceAccount !== other.sourceAccount) return false
  if (!one.sourceArn.endsWith('*')) return one.sourceArn === other.sourceArn
  return other.sourceArn.startsWith(one.sourceArn.slice(0, -1))
}
