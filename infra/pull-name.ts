/**
 * The name that an alarm or schedule of the stack has in AWS. An alarm's event carries it, `*` for the last part permits
 * all of them, and nothing that watches the switch or checks it has such a name.
 */
export function pullName({ name }: { readonly name: string }, pull: string): string {
  return `${name}-pull-${pull}`
}
