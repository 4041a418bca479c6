import type { VerdictKind } from '../lambda/sweep/verdict.ts'
import type { Roads } from './account.ts'
import { isNamedBy, type RestingOrder } from './book.ts'
import { alarmEvent, httpEvent, scheduleEvent } from './events.ts'
import type { Fault } from './fault.ts'
import { faultNamed } from './faults.ts'

/** READY and NOT_READY are what a readiness check answers instead of a verdict, HELD and HOLD_LOST how a hold ends. */
export type Answer = VerdictKind | 'READY' | 'NOT_READY' | 'HELD' | 'HOLD_LOST'

/** One pull of the switch, and what must come of it. */
export interface Round {
  /** What pulled it. */
  readonly title: string
  /** Null where it is pressed from a laptop, without AWS. */
  readonly event: (() => unknown) | null
  readonly expected: readonly Answer[]
  /** In a new process, as most pulls are. */
  readonly isCold: boolean
  readonly fault: Fault | null
  /** The function does not reach Secrets Manager. */
  readonly isAwsDown: boolean
  /** The roads that the switch takes, and has keys for. */
  readonly roads: Roads
  /** The function's own timeout. */
  readonly timeoutMs: number
  /** Which orders have to be gone after an EMPTY. */
  readonly isInScope: (order: RestingOrder) => boolean
  /** Reduce-only orders have to rest as before, whatever comes of it. */
  readonly keeps: boolean
}

const ordinary = {
  isCold: false,
  fault: null,
  isAwsDown: false,
  roads: 'rest',
  timeoutMs: 20_000,
  isInScope: () => true,
  keeps: false,
} as const

/** What guards a position stays. */
const keeping = {
  ...ordinary,
  keeps: true,
  isInScope: ({ reduceOnly }: RestingOrder) => !reduceOnly,
} as const

/**
 * Every trigger in turn, an alarm that recovers, and a hostile market; then both roads, the day on which one of them ends, and
 * the day on which AWS is down.
 */
export function allRounds(): Round[] {
  return [
    {
      ...ordinary,
      title: 'readiness, every five minutes',
      event: () => ({ readiness: true }),
      expected: ['READY'],
      isCold: true,
    },
    { ...ordinary, title: 'CloudWatch alarm', event: () => alarmEvent(), expected: ['EMPTY'], isCold: true },
    {
      ...ordinary,
      title: 'EventBridge schedule, PF_XBTUSD only',
      event: () => scheduleEvent({ symbols: ['PF_XBTUSD'], reason: 'end of session' }),
      expected: ['EMPTY'],
      isInScope: (order) => isNamedBy('PF_XBTUSD', order),
    },
    {
      ...ordinary,
      title: 'HTTPS call by the desk',
      event: () => httpEvent('{"reason":"drawdown"}'),
      expected: ['EMPTY'],
    },
    {
      ...ordinary,
      title: 'aws lambda invoke',
      event: () => ({ reason: 'pressed by hand' }),
      expected: ['EMPTY'],
    },
    { ...ordinary, title: 'the alarm recovers', event: () => alarmEvent('OK'), expected: ['NOT_FIRED'] },
    faultRound(faultNamed('hostile') as Fault, 6_000),
    {
      ...ordinary,
      title: 'readiness, over both roads',
      event: () => ({ readiness: true }),
      expected: ['READY'],
      isCold: true,
      roads: 'both',
    },
    {
      ...ordinary,
      title: 'CloudWatch alarm, over both roads',
      event: () => alarmEvent(),
      expected: ['EMPTY'],
      isCold: true,
      roads: 'both',
    },
    {
      ...keeping,
      title: 'CloudWatch alarm on a drawdown, which keeps the stops, over both roads',
      event: () => alarmEvent(),
      expected: ['EMPTY'],
      isCold: true,
      roads: 'both',
    },
    ...retiredRounds(),
    ...awsDownRounds(),
  ]
}

/** The day on which Kraken has switched the first road off. */
function retiredRounds(): Round[] {
  const retired = { ...ordinary, fault: faultNamed('both:retired') as Fault, isCold: true }
  return [
    {
      ...retired,
      title: 'after 1 March 2027, readiness over both roads',
      event: () => ({ readiness: true }),
      expected: ['NOT_READY'],
      roads: 'both',
    },
    {
      ...retired,
      title: 'after 1 March 2027, CloudWatch alarm over both roads',
      event: () => alarmEvent(),
      expected: ['EMPTY'],
      roads: 'both',
    },
    {
      ...retired,
      title: 'after 1 March 2027, HTTPS call over the Unified WebSocket, PF_XBTUSD only',
      event: () => httpEvent('{"symbol":"PF_XBTUSD"}'),
      expected: ['EMPTY'],
      roads: 'unified',
      isInScope: (order) => isNamedBy('PF_XBTUSD', order),
    },
    {
      ...retired,
      ...keeping,
      title: 'after 1 March 2027, HTTPS call that keeps the stops',
      event: () => httpEvent('{"keep":"reduceOnly"}'),
      expected: ['EMPTY'],
      roads: 'unified',
      fault: retired.fault,
    },
    {
      ...retired,
      title: 'after 1 March 2027, CloudWatch alarm without a second key',
      event: () => alarmEvent(),
      expected: ['FAILED'],
      timeoutMs: 4_000,
    },
  ]
}

/** The region is down: what is left is the file on a laptop. */
function awsDownRounds(): Round[] {
  const down = { ...ordinary, isAwsDown: true, roads: 'both' } as const
  return [
    {
      ...down,
      title: 'AWS is down, CloudWatch alarm on a cold function',
      event: () => alarmEvent(),
      expected: ['FAILED'],
      isCold: true,
      timeoutMs: 4_000,
    },
    { ...down, title: 'AWS is down, break glass from a laptop', event: null, expected: ['EMPTY'] },
  ]
}

/** An alarm while the exchange, or somebody on the account, misbehaves. */
export function faultRound(fault: Fault, timeoutMs = 12_000): Round {
  return {
    ...(fault.keeps === true ? keeping : ordinary),
    title: `CloudWatch alarm, while ${fault.about}`,
    event: () => alarmEvent(),
    expected: fault.verdicts,
    isCold: true,
    fault,
    roads: fault.roads ?? 'rest',
    timeoutMs,
  }
}
