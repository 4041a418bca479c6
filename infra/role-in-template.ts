import { type Named, refersTo, resourcesOf, type Template } from './template.ts'

/** A role as it was synthesized, with all that says what it may do. */
export interface Role {
  readonly id: string
  /** Of the policies that the template attaches to it, and of its own. */
  readonly statements: readonly Statement[]
  /** Does it have policies of which the template does not say what they allow? */
  readonly hasManaged: boolean
}

export interface Statement {
  /** One or a list. */
  readonly Action: unknown
  readonly Resource: unknown
}

/** The roles that a value names: one, or none when the template does not make it. */
export function rolesOf(template: Template, value: unknown): Role[] {
  return resourcesOf(template, 'AWS::IAM::Role')
    .filter(({ id }) => refersTo(value, id))
    .map((role) => ({
      id: role.id,
      statements: statementsOf(template, role),
      hasManaged: role.properties.ManagedPolicyArns !== undefined,
    }))
}

function statementsOf(template: Template, { id, properties }: Named): Statement[] {
  const attached = ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']
    .flatMap((type) => resourcesOf(template, type))
    .filter((policy) => refersTo(policy.properties.Roles, id))
    .map((policy) => policy.properties)
  const inline = (properties.Policies ?? []) as Named['properties'][]
  return [...attached, ...inline].flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
}
