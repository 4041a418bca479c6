import type { FleetReadiness } from '../lambda/fleet/fleet-readiness.ts'
import type { FleetReport } from '../lambda/fleet/fleet-report.ts'
import type { AccountAnswer, FleetVerdictKind } from '../lambda/fleet/fleet-verdict.ts'
import type { Roads } from './account.ts'
import { alarmEvent, httpEvent } from './events.ts'
import type { Fault } from './fault.ts'
import { faultNamed } from './faults.ts'
import type { LambdaRuntime } from './runtime.ts'
import { fleetSecret, Stage } from './stage.ts'

/*
 * Rounds of a switch for many accounts. Each has an exchange of its own, since a clean sweep of twelve spends nine tenths of
 * what an address may in ten seconds; and that counts by address, which is the harder of the two ways.
 */

export type FleetAnswer = FleetVerdictKind | 'READY' | 'NOT_READY' | 'NO ANSWER'

interface FleetRound {
  readonly title: string
  readonly event: (names: readonly string[]) => unknown
  /** What it may come to, given what came of the account that a fault is about. */
  readonly expected: readonly FleetAnswer[]
  readonly roads: Roads
  /** On the first account alone. */
  readonly fault: Fault | null
  /** Those that it is about; the others have to rest as they did. */
  readonly asked: (names: readonly string[]) => readonly string[]
  readonly timeoutMs: number
}

/** What one round came to. */
export interface PlayedFleet {
  readonly title: string
  readonly expected: readonly FleetAnswer[]
  readonly answer: FleetAnswer
  readonly sentence: string
  /** By name: its verdict, and the orders that rested on the exchange's own book at the end. */
  readonly accounts: readonly {
    readonly name: string
    readonly verdict: string
    readonly ordersLeft: number
  }[]
  readonly timing: FleetReport['timing'] | null
  readonly isAsItShouldBe: boolean
}

const all = (names: readonly string[]) => names
const ordinary = { roads: 'rest', fault: null, asked: all, timeoutMs: 20_000 } as const

/** @param fault null for the usual rounds */
export function fleetRounds(fault: Fault | null): readonly FleetRound[] {
  if (fault !== null) return [faultRound(fault, 30_000)]
  return [
    { ...ordinary, title: 'readiness of all', event: () => ({ readiness: true }), expected: ['READY'] },
    { ...ordinary, title: 'CloudWatch alarm', event: () => alarmEvent(), expected: ['EMPTY'] },
    {
      ...ordinary,
      title: 'CloudWatch alarm, over both roads',
      event: () => alarmEvent(),
      expected: ['EMPTY'],
      roads: 'both',
    },
    {
      ...ordinary,
      title: 'HTTPS call for one account',
      event: (names) => httpEvent(JSON.stringify({ accounts: names.slice(-1) })),
      expected: ['EMPTY'],
      asked: (names) => names.slice(-1),
    },
    {
      ...ordinary,
      title: 'HTTPS call for an account that is not there',
      event: (names) => httpEvent(JSON.stringify({ accounts: [names[0], 'mm-typo'] })),
      expected: ['NOT_FIRED'],
      asked: () => [],
    },
    ...['hostile', 'silence', 'read-only-key'].flatMap((name) => {
      const found = faultNamed(name)
      return found === undefined ? [] : [faultRound(found)]
    }),
  ]
}

/** @param timeoutMs twelve share a budget: what is refused at first may have to wait ten seconds for its second cancel */
function faultRound(fault: Fault, timeoutMs = 12_000): FleetRound {
  const isEmpty = fault.verdicts.includes('EMPTY')
  const isOther = fault.verdicts.some((verdict) => verdict !== 'EMPTY')
  return {
    ...ordinary,
    title: `CloudWatch alarm, while on one account ${fault.about}`,
    event: () => (fault.keeps === true ? { keep: 'reduceOnly' } : alarmEvent()),
    expected: [...(isEmpty ? (['EMPTY'] as const) : []), ...(isOther ? (['NOT_PROVEN'] as const) : [])],
    roads: fault.roads ?? 'rest',
    fault,
    timeoutMs,
  }
}

/** Plays one round with so many accounts, in a process of its own. */
export async function playFleet(round: FleetRound, count: number, orders: number): Promise<PlayedFleet> {
  const names = Array.from({ length: count }, (_, i) => `desk-${String(i + 1).padStart(2, '0')}`)
  const stage = await Stage.open({ names, countsBy: 'address' })
  try {
    stage.secrets.put(fleetSecret(stage.exchange.accounts, round.roads))
    const { roads, timeoutMs } = round
    const settings = { ACCOUNTS: JSON.stringify(names), KRAKEN_ROADS: roads }
    const running = await stage.startFunction({ timeoutMs, settings })
    stage.rest(orders)
    stage.exchange.misbehave(round.fault)
    const result = await running.invoke(round.event(names))
    const left = new Map([...stage.exchange.accounts].map(([name, { book }]) => [name, book.orders]))
    stage.exchange.misbehave(null)
    const told = await toldOf(running)
    const sentence = told?.sentence ?? ('error' in result ? result.error.errorMessage : 'It wrote no report.')
    return judged(round, names, orders, told, sentence, (name) => {
      const resting = left.get(name) ?? []
      return round.fault?.keeps === true
        ? resting.filter(({ reduceOnly }) => !reduceOnly).length
        : resting.length
    })
  } finally {
    await stage.close()
  }
}

interface Told extends Pick<FleetReport, 'verdict' | 'sentence' | 'timing'> {
  readonly accounts: Readonly<Record<string, AccountAnswer>>
}

type Read = Told | (Pick<FleetReadiness, 'ready' | 'sentence'> & { readonly accounts?: never })

/** What the function logged of the fleet. */
async function toldOf(running: LambdaRuntime): Promise<Read | null> {
  await new Promise((resolve) => setTimeout(resolve, LOG_LAG_MS))
  const line = running.lines.findLast((text) => /"(fleet|fleetReadiness)":\{/.test(text))
  if (line === undefined) return null
  const { fleet, fleetReadiness } = JSON.parse(line)
  if (fleet !== undefined) return fleet
  const { ready, sentence } = fleetReadiness
  return { ready, sentence }
}

const LOG_LAG_MS = 100

function judged(
  { title, expected, asked, fault, event }: FleetRound,
  names: readonly string[],
  orders: number,
  told: Read | null,
  sentence: string,
  ordersLeft: (name: string) => number,
): PlayedFleet {
  const verdicts = told?.accounts ?? {}
  const accounts = names.map((name) => ({
    name,
    verdict: verdicts[name]?.verdict ?? '-',
    ordersLeft: ordersLeft(name),
  }))
  const isCheck = Object.hasOwn(Object(event(names)), 'readiness')
  const wanted = isCheck ? [] : asked(names)
  const isTrue = accounts.every(({ name, verdict, ordersLeft: left }, i) => {
    if (!wanted.includes(name)) return left === orders
    if (fault !== null && i === 0) {
      return fault.verdicts.some((one) => one === verdict) && (verdict !== 'EMPTY' || left === 0)
    }
    return verdict === 'EMPTY' && left === 0
  })
  const answer = answerOf(told)
  const isAsItShouldBe = expected.includes(answer) && isTrue
  const timing = told !== null && 'timing' in told ? told.timing : null
  return { title, expected, answer, sentence, accounts, timing, isAsItShouldBe }
}

function answerOf(told: Read | null): FleetAnswer {
  if (told === null) return 'NO ANSWER'
  if ('verdict' in told) return told.verdict
  return told.ready ? 'READY' : 'NOT_READY'
}
