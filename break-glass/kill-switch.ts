#!/usr/bin/env node
import './older-node.ts'
import { systemClock } from '../lambda/clock.ts'
import { AccountInvalid, asKnown, InputRefused, SecretInvalid, SettingInvalid } from '../lambda/errors.ts'
import { type Armed, arm, NO_DIAL, type SecretSource } from '../lambda/init/arm.ts'
import { environment } from '../lambda/init/settings.ts'
import type { ArmedAccounts } from './accounts.ts'
import { confirm, refuseUnlessAskable } from './confirm.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import type { Output } from './output.ts'
import { readSecretText } from './secret-text.ts'
import { settingsOf } from './surroundings.ts'
import { whoseKeys } from './whose.ts'

/*
 *  arguments ─► settings ─► keys ─► one question ─► dial ─► cancel ─► read ─► … proof? ─► one report, one exit code
 *      └────────────┴─────────┴───────────┴─► refused: a sentence, 64, and nothing was dialled
 */

/** Nothing was sent, whichever of these it was. */
const REFUSED = 64
const FAILED = 3

async function run(args: readonly string[]): Promise<Output> {
  const options = readOptions(args)
  if (options.mode === 'help') return { text: `${USAGE}\n`, notes: [], exitCode: 0 }
  if (options.mode === 'drill') throw new InputRefused(NO_DRILL)
  const armed = await armWith(options)
  await armed.asked
  // Evaluated while the packets travel.
  if ('accounts' in armed) return (await import('./press-fleet.ts')).actOnAll(armed, options)
  return (await import('./press.ts')).act(armed, options)
}

const NO_DRILL =
  'the exchange of the drill is not in this file. Run npm run break-glass -- --drill in the project'

/** @throws InputRefused, SettingInvalid, SecretInvalid or AccountInvalid before anything is dialled */
async function armWith({
  mode,
  secretFile,
  scope,
  roads,
  accounts,
  yes,
}: Options): Promise<Armed | ArmedAccounts> {
  const isAsked = mode === 'press' && !yes
  if (isAsked) refuseUnlessAskable()
  const source = secretFile ?? 'standard input'
  const [only, ...others] = accounts
  const named = only === undefined || others.length > 0 ? source : `${only} of ${source}`
  const settings = settingsOf(environment(), named, roads)
  const whose = await whoseKeys(await readSecretText(secretFile), accounts, settings)
  const taken = { ...settings, roads: whose.roads } // known before anything is dialled: so are the hosts
  if (isAsked) await confirm(scope, settings, 'asked' in whose ? whose : null)
  const keys: SecretSource = {
    call: 'read keys',
    dial: () => NO_DIAL,
    open: (packetsOut) => give(whose.text, packetsOut),
  }
  if (!('asked' in whose)) return arm(taken, keys)
  return (await import('./accounts.ts')).armAccounts(taken, keys, whose)
}

/** An address may take so long to be found; then it is found meanwhile. */
const MOST_LOOKUP_MS = 20

/** At hand, and given when the packets are out: what is evaluated before would hold them up. */
async function give(text: string, packetsOut: Promise<unknown>): Promise<() => Promise<string>> {
  await Promise.race([packetsOut, systemClock.sleep(MOST_LOOKUP_MS)])
  return async () => text
}

function refusedOrFailed(error: unknown): Output {
  const isInput =
    error instanceof SettingInvalid || error instanceof SecretInvalid || error instanceof AccountInvalid
  if (isInput) return refused(`${error.message}. ${error.whatToDo}`)
  return error instanceof InputRefused ? refused(error.message) : failed(error)
}

function refused(why: string): Output {
  return { text: '', notes: [`NOT FIRED: ${why}.`], exitCode: REFUSED }
}

function failed(error: unknown): Output {
  const { message, whatToDo } = asKnown(error)
  return { text: '', notes: [`FAILED: ${message}. ${whatToDo}.`], exitCode: FAILED }
}

/** Says it and ends. Nobody may be listening any more: the exit code still tells. */
async function end({ text, notes, exitCode, page = null }: Output): Promise<never> {
  for (const signal of ['SIGINT', 'SIGTERM']) process.removeAllListeners(signal)
  await say(process.stdout, text)
  await say(process.stderr, notes.map((note) => `${note}\n`).join(''))
  if (page !== null) await say(process.stderr, `${await page()}\n`)
  return process.exit(exitCode)
}

function say(stream: NodeJS.WriteStream, text: string): Promise<void> {
  if (text === '') return Promise.resolve()
  return new Promise((resolve) => {
    stream.on('error', () => resolve())
    stream.write(text, () => resolve())
  })
}

process.once('uncaughtException', (error) => void end(failed(error)))
await end(await run(process.argv.slice(2)).catch(refusedOrFailed))
