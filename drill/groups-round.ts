import { setTimeout as sleep } from 'node:timers/promises'
import type { Group } from '../lambda/init/fleet/roster.ts'
import { alarmRuleEvent } from './events.ts'
import { FleetMachine, type FleetRun } from './fleet-machine.ts'

/*
 * Rounds of a fleet of groups: one execution of its state machine each.
 */

/** What one of them came to. */
export interface PlayedGroups {
  readonly title: string
  /** The first sentence: of the last task, or the cause with which the execution failed. */
  readonly sentence: string
  readonly status: FleetRun['outcome']['status']
  readonly lastCancelMs: number | null
  /** From the start of the execution to its end. */
  readonly ms: number
  /** Orders on the exchange's own books at the end. */
  readonly ordersLeft: number
  readonly isAsItShouldBe: boolean
}

interface GroupsRound {
  readonly title: string
  readonly event: (groups: readonly Group[]) => unknown
  readonly sentence: RegExp
  /** Of the orders that rest on each account, on how many accounts are they to stay? */
  readonly resting: (groups: readonly Group[]) => number
  readonly before?: (machine: FleetMachine, last: Group) => void
}

const OF_A_GROUP = 10
/** What ten accounts spend of the budget that they share is there again. */
const BUDGET_WINDOW_MS = 10_000
const accountsIn = (groups: readonly Group[]) =>
  groups.reduce((sum, { accounts }) => sum + accounts.length, 0)
const lastOf = (groups: readonly Group[]) => groups.at(-1) as Group

const ROUNDS: readonly GroupsRound[] = [
  {
    title: 'readiness of all groups',
    event: () => ({ readiness: true }),
    sentence: /^READY: /,
    resting: accountsIn,
  },
  {
    title: 'readiness of one group',
    event: (groups) => ({ readiness: true, groups: [lastOf(groups).name] }),
    sentence: /^READY: /,
    resting: accountsIn,
  },
  {
    title: 'an alarm, by its EventBridge rule',
    event: () => alarmRuleEvent(),
    sentence: /^EMPTY \(verified\): all /,
    resting: () => 0,
  },
  {
    title: 'one group alone',
    event: (groups) => ({ group: lastOf(groups).name }),
    sentence: /^EMPTY \(verified\): /,
    resting: (groups) => accountsIn(groups.slice(0, -1)),
  },
  {
    title: 'an account that is not there',
    event: () => ({ accounts: ['typo'] }),
    sentence: /^NOT FIRED: there is no account typo/,
    resting: accountsIn,
  },
  {
    title: 'an alarm, while the sandbox of one group dies',
    event: () => alarmRuleEvent(),
    sentence: /^NOT PROVEN: /,
    resting: (groups) => lastOf(groups).accounts.length,
    before: (machine, { name }) => machine.processOf(name).kill(),
  },
]

/** So many accounts in groups of ten. */
export function groupsOf(accounts: number): readonly Group[] {
  return Array.from({ length: Math.ceil(accounts / OF_A_GROUP) }, (_, g) => {
    const name = `desk-${String(g + 1).padStart(2, '0')}`
    const count = Math.min(OF_A_GROUP, accounts - g * OF_A_GROUP)
    const own = Array.from({ length: count }, (_, a) => `${name}-${String(a + 1).padStart(2, '0')}`)
    return { name, secret: `kill-switch/${name}`, accounts: own }
  })
}

/** Plays each round in turn. @param onPlayed hears of each */
export async function playGroups(
  accounts: number,
  orders: number,
  onPlayed: (played: PlayedGroups) => void = () => {},
): Promise<readonly PlayedGroups[]> {
  const groups = groupsOf(accounts)
  const machine = await FleetMachine.open({ groups })
  const played: PlayedGroups[] = []
  try {
    for (const round of ROUNDS) {
      if (played.at(-1)?.lastCancelMs) await sleep(BUDGET_WINDOW_MS)
      const done = await play(round, machine, groups, orders)
      played.push(done)
      onPlayed(done)
    }
    return played
  } finally {
    await machine.close()
  }
}

async function play(
  { title, event, sentence: wanted, resting, before }: GroupsRound,
  machine: FleetMachine,
  groups: readonly Group[],
  orders: number,
): Promise<PlayedGroups> {
  machine.stage.rest(orders)
  machine.stage.exchange.misbehave(null) // and a budget that is whole again
  before?.(machine, lastOf(groups))
  const { outcome, told, lastCancelMs, ms } = await machine.pull(event(groups))
  const sentence = told?.sentence ?? ('cause' in outcome ? outcome.cause : 'The last task told nothing.')
  const books = [...machine.stage.exchange.accounts.values()]
  const ordersLeft = books.reduce((sum, { book }) => sum + book.orders.length, 0)
  const isAsItShouldBe = wanted.test(sentence) && ordersLeft === resting(groups) * orders
  return { title, sentence, status: outcome.status, lastCancelMs, ms, ordersLeft, isAsItShouldBe }
}
