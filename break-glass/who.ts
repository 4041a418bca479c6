import { hostname, userInfo } from 'node:os'
import { printable } from '../lambda/printable.ts'

/** The user and the host, as the operating system has them: a user need not have a name. */
export function whoPresses(): string {
  try {
    return printable(`${userInfo().username} on ${hostname()}`)
  } catch {
    return printable(hostname())
  }
}
