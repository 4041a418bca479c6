import { parseArgs } from 'node:util'
import { MOST_ACCOUNTS } from '../lambda/init/fleet/roster.ts'
import { joinValues } from './arguments.ts'
import type { Fault } from './fault.ts'
import { faultNamed } from './faults.ts'

export const USAGE = `npm run drill                      every trigger in turn against an embedded exchange
npm run drill -- --fault NAME      one fault
npm run drill -- --list            the names of the faults
npm run drill -- --hold N          a bot that goes on for N seconds, against a hold
npm run drill -- --page FILE       a picture of every round, as one HTML page; any of the above with it
npm run drill -- --accounts N      a switch for N accounts; with --fault NAME that fault on one of them
npm run drill -- --fleet N         N accounts in groups of 10, through the state machine of a fleet
npm run drill -- --orders N        how many orders rest on the book (default 37)
npm run -s drill -- --json         for machines`

export interface Options {
  readonly list: boolean
  readonly json: boolean
  readonly help: boolean
  readonly orders: number
  readonly fault: Fault | undefined
  /** So long the bot of the hold's round goes on; seconds. Undefined where not that round alone is asked for. */
  readonly hold: number | undefined
  /** Where the page goes; undefined for none. */
  readonly page: string | undefined
  /** So many accounts in one switch; undefined for the rounds of a switch of one. */
  readonly accounts: number | undefined
  /** So many accounts in groups; undefined where no fleet of groups is asked for. */
  readonly fleet: number | undefined
}

/** Of 40 groups, each with a process of its own. */
const MOST_FLEET = 400
const MOST_ORDERS = 999_999
/** The hold of the drill persists for some minutes. */
const MOST_HOLD_SECONDS = 240

/**
 * What was asked for on the command line.
 *
 * @throws Error that says what to write instead
 */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: joinValues(args, VALUES),
    options: {
      fault: { type: 'string' },
      orders: { type: 'string', default: '37' },
      hold: { type: 'string' },
      page: { type: 'string' },
      accounts: { type: 'string' },
      fleet: { type: 'string' },
      list: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
  const { list, json, help } = values
  const { fault, hold, orders, page, accounts, fleet } = values
  if (fault !== undefined && hold !== undefined)
    throw new Error('--fault and --hold are a round each; give one')
  if (accounts !== undefined && (hold ?? page) !== undefined)
    throw new Error('--accounts has rounds of its own, without --hold and --page')
  if (fleet !== undefined && (fault ?? hold ?? page ?? accounts) !== undefined)
    throw new Error('--fleet has rounds of its own; give it with --orders alone')
  if (page === '') throw new Error(`--page takes ${VALUES['--page']}`)
  const numbers = { orders: readOrders(orders), hold: readHold(hold) }
  const many = { accounts: readAccounts(accounts), fleet: readFleet(fleet) }
  return { list, json, help, ...numbers, fault: readFault(fault), page, ...many }
}

/** Of the options that take a value. */
const VALUES: Readonly<Record<string, string>> = {
  '--fault': 'the name of a fault; npm run drill -- --list names them',
  '--hold': `whole seconds from 1 to ${MOST_HOLD_SECONDS}`,
  '--page': 'the file that the page goes to, such as drill.html',
  '--accounts': `a whole number from 1 to ${MOST_ACCOUNTS}`,
  '--fleet': `a whole number from 1 to ${MOST_FLEET}`,
  '--orders': `a whole number from 1 to ${MOST_ORDERS}`,
}

function readOrders(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new Error(`--orders takes ${VALUES['--orders']}, not ${text === '' ? 'nothing' : text}`)
}

function readAccounts(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d?$/.test(text) && Number(text) <= MOST_ACCOUNTS) return Number(text)
  throw new Error(`--accounts takes ${VALUES['--accounts']}, not ${text === '' ? 'nothing' : text}`)
}

function readFleet(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,2}$/.test(text) && Number(text) <= MOST_FLEET) return Number(text)
  throw new Error(`--fleet takes ${VALUES['--fleet']}, not ${text === '' ? 'nothing' : text}`)
}

function readHold(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= MOST_HOLD_SECONDS) return Number(text)
  throw new Error(`--hold takes ${VALUES['--hold']}, not ${text === '' ? 'nothing' : text}`)
}

function readFault(name: string | undefined): Fault | undefined {
  if (name === undefined) return undefined
  const fault = faultNamed(name)
  if (fault === undefined) throw new Error(`There is no fault ${name}; npm run drill -- --list names them`)
  return fault
}
