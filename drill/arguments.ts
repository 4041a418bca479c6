/**
 * Joins each option with its value, `--orders`, `-1` as `--orders=-1`: else `parseArgs` takes a value that begins with a
 * hyphen for an option.
 *
 * @param values of each option that takes one, by its name: what it is to be, in words
 * @throws Error where a value is missing
 */
export function joinValues(args: readonly string[], values: Readonly<Record<string, string>>): string[] {
  const joined: string[] = []
  for (let i = 0; i < args.length; i++) {
    const name = String(args[i])
    const value = args[i + 1]
    if (!Object.hasOwn(values, name)) joined.push(name)
    else if (value === undefined || value.startsWith('--')) throw new Error(`${name} takes ${values[name]}`)
    else joined.push(`${name}=${args[++i]}`)
  }
  return joined
}
