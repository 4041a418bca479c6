/** Does nothing: what is left is the runtime's own start. */
export async function handler(): Promise<unknown> {
  return {}
}
