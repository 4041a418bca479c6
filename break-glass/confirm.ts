import { createInterface } from 'node:readline'
import { isatty } from 'node:tty'
import { InputRefused } from '../lambda/errors.ts'
import type { Settings } from '../lambda/init/settings.ts'
import { isKeeping, type Scope, symbolsOf } from '../lambda/kraken/scope.ts'
import { printable } from '../lambda/printable.ts'
import { addressWarnings } from './surroundings.ts'
import type { SomeAccounts } from './whose.ts'

/** @throws InputRefused where nobody can be asked */
export function refuseUnlessAskable(): void {
  if (isatty(0) && isatty(2)) return
  throw new InputRefused('nobody can be asked here: standard input or error is no terminal. Add --yes')
}

/** Asks once. @param some of several accounts; null for the one of the settings. @throws InputRefused unless the answer is yes */
export async function confirm(scope: Scope, settings: Settings, some: SomeAccounts | null): Promise<void> {
  const symbols = symbolsOf(scope)
  const orders = symbols === 'all' ? 'ALL orders' : `all orders of ${symbols.join(', ')}`
  const stops = isKeeping(scope) ? 'Reduce-only orders stay' : 'Stops and take-profits go with them'
  const warnings = [...addressWarnings(settings), ...(some === null ? [] : await warningsOf(some))]
  const said = warnings.map((warning) => `${warning}\n`).join('')
  const answer = await ask(`${said}Cancel ${orders} of ${whose(settings, some)}? ${stops}. Type yes: `)
  if (!/^y(es)?$/i.test(answer.trim())) throw new InputRefused('it was not confirmed')
}

function whose({ secretId }: Settings, some: SomeAccounts | null): string {
  const source = printable(secretId)
  if (some === null) return `the account whose keys are in ${source}`
  const { roster, asked } = some
  const which = asked.length === roster.length ? `all ${asked.length}` : `${asked.length} of ${roster.length}`
  return `${which} accounts whose keys are in ${source} (${asked.join(', ')})`
}

async function warningsOf({ unreadable, secret }: SomeAccounts): Promise<readonly string[]> {
  const { differenceSentences } = await import('../lambda/fleet/fleet-sentence.ts')
  return [...unreadable, ...differenceSentences(secret.differences)]
}

/** An empty answer when there is none. Not as a terminal of its own: Ctrl-C is for the process. */
function ask(question: string): Promise<string> {
  const asking = createInterface({ input: process.stdin, output: process.stderr, terminal: false })
  return new Promise<string>((resolve) => {
    asking.once('close', () => resolve(''))
    asking.question(question, resolve)
  }).finally(() => asking.close())
}
