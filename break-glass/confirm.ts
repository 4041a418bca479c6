import { createInterface } from 'node:readline'
import { isatty } from 'node:tty'
import { InputRefused } from '../lambda/errors.ts'
import type { Settings } from '../lambda/init/settings.ts'
import { isKeeping, type Scope, symbolsOf } from '../lambda/kraken/scope.ts'
import { printable } from '../lambda/printable.ts'
import { addressWarnings } from './surroundings.ts'

/** @throws InputRefused where nobody can be asked */
export function refuseUnlessAskable(): void {
  if (isatty(0) && isatty(2)) return
  throw new InputRefused('nobody can be asked here: standard input or error is no terminal. Add --yes')
}

/** Asks once. @throws InputRefused unless the answer is yes */
export async function confirm(scope: Scope, settings: Settings): Promise<void> {
  const symbols = symbolsOf(scope)
  const orders = symbols === 'all' ? 'ALL orders' : `all orders of ${symbols.join(', ')}`
  const stops = isKeeping(scope) ? 'Reduce-only orders stay' : 'Stops and take-profits go with them'
  const account = `the account whose keys are in ${printable(settings.secretId)}`
  const warnings = addressWarnings(settings).map((warning) => `${warning}\n`)
  const question = `${warnings.join('')}Cancel ${orders} of ${account}? ${stops}. Type yes: `
  const answer = await ask(question)
  if (!/^y(es)?$/i.test(answer.trim())) throw new InputRefused('it was not confirmed')
}

/** An empty answer when there is none. Not as a terminal of its own: Ctrl-C is for the process. */
function ask(question: string): Promise<string> {
  const asking = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  return new Promise<string>((resolve) => {
    asking.once('close', () => resolve(''))
    asking.question(question, resolve)
  }).finally(() => asking.close())
}
