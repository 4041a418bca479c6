#!/usr/bin/env node
import './older-node.ts'
import { systemClock } from '../lambda/clock.ts'
import { AccountInvalid, asKnown, InputRefused, SecretInvalid, SettingInvalid } from '../lambda/errors.ts'
import { type Armed, arm, NO_DIAL } from '../lambda/init/arm.ts'
import { Credentials, roadsWithKeys } from '../lambda/init/credentials.ts'
import { accountPart } from '../lambda/init/fleet/fleet-secret.ts'
import { fieldsIn } from '../lambda/init/secret-shape.ts'
import { environment, type Settings } from '../lambda/init/settings.ts'
import type { RoadName } from '../lambda/kraken/exchange.ts'
import { confirm, refuseUnlessAskable } from './confirm.ts'
import { type Options, readOptions, USAGE } from './options.ts'
import type { Output } from './output.ts'
import { readSecretText } from './secret-text.ts'
import { settingsOf } from './surroundings.ts'

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
  const { act } = await import('./press.ts') // evaluated while the packets travel
  return act(armed, options)
}

const NO_DRILL =
  'the exchange of the drill is not in this file. Run npm run break-glass -- --drill in the project'

/** @throws InputRefused, SettingInvalid or SecretInvalid before anything is dialled */
async function armWith({ mode, secretFile, scope, roads, account, yes }: Options): Promise<Armed> {
  const isAsked = mode === 'press' && !yes
  if (isAsked) refuseUnlessAskable()
  const source = secretFile ?? 'standard input'
  const named = account === null ? source : `${account} of ${source}`
  const settings = settingsOf(environment(), named, roads)
  const text = partOf(await readSecretText(secretFile), account)
  const taken = { ...settings, roads: await roadsOf(text, settings) } // known before anything is dialled: so are the hosts
  if (isAsked) await confirm(scope, settings)
  return arm(taken, {
    call: 'read keys',
    dial: () => NO_DIAL,
    open: (packetsOut) => give(text, packetsOut),
  })
}

/** The text of one account's keys, which may stand among those of others. @throws SecretInvalid, AccountInvalid */
function partOf(text: string, account: string | null): string {
  const isFleet = Object.hasOwn(fieldsIn(text) ?? {}, 'accounts')
  if (account !== null) return accountPart(text, account)
  if (isFleet) throw new InputRefused('the keys are of several accounts. Name one of them by --account')
  return text
}

/** An address may take so long to be found; then it is found meanwhile. */
const MOST_LOOKUP_MS = 20

/** At hand, and given when the packets are out: what is evaluated before would hold them up. */
async function give(text: string, packetsOut: Promise<unknown>): Promise<() => Promise<string>> {
  await Promise.race([packetsOut, systemClock.sleep(MOST_LOOKUP_MS)])
  return async () => text
}

/** The roads to take. @throws SecretInvalid when there is no key for any of them */
async function roadsOf(text: string, { roads }: Settings): Promise<readonly RoadName[]> {
  const credentials = new Credentials(async () => text)
  const wanted = roads ?? roadsWithKeys(await credentials.current())
  const keys = wanted.map((road) => credentials.of(road).current())
  await Promise.any(keys).catch(({ errors: [first] }: AggregateError) => {
    throw first
  })
  return wanted
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
