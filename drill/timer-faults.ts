import { error, json } from './answer.ts'
import type { EmbeddedExchange, Heard, Misbehaviour } from './exchange.ts'
import type { Fault } from './fault.ts'

/** A fault of Kraken's own timer, on both roads where it names no other. A pull does not use it. */
export interface TimerFault extends Fault {
  /** What arming it comes to: an answer with the time of firing, one without, one with a later time, or an error. */
  readonly arming: 'told' | 'untold' | 'later' | 'error'
}

/** What both roads say of the timer, as it is said instead. */
type Told = (status: object, exchange: EmbeddedExchange) => object

const onRest = ({ endpoint }: { readonly endpoint: string }) => endpoint === 'cancelallordersafter'
const onUnified = ({ asked }: Heard) => asked.method === 'cancel_all_orders_after'

/** The timer is set, and the answer says something else of it. */
function telling(told: Told): Misbehaviour {
  const twist = (said: object, field: 'status' | 'result', exchange: EmbeddedExchange) => {
    const { [field]: status } = said as Record<string, unknown>
    return typeof status === 'object' ? { ...said, [field]: told(status ?? {}, exchange) } : said
  }
  return {
    answer: (call, orderly, exchange) =>
      onRest(call) ? json(twist(JSON.parse(orderly().body), 'status', exchange)) : undefined,
    message: (heard, orderly, exchange) =>
      onUnified(heard)
        ? { said: orderly().map((said) => twist(said as object, 'result', exchange)) }
        : undefined,
  }
}

/** The timer is not set. */
function refusing(restCode: string, unifiedCode: string): Misbehaviour {
  return {
    answer: (call) => (onRest(call) ? error(restCode) : undefined),
    message: (heard) =>
      onUnified(heard) ? { said: [heard.session.failure(heard.asked, unifiedCode)] } : undefined,
  }
}

const BOT_SECONDS = 300
const LATE_MS = 1_500

const EMPTY = ['EMPTY'] as const

export const TIMER_FAULTS: readonly TimerFault[] = [
  {
    name: 'timer:refused',
    about: "Kraken's own timer is refused",
    roads: 'both',
    verdicts: EMPTY,
    arming: 'error',
    ...refusing('Unavailable', 'EService:Unavailable'),
  },
  {
    name: 'timer:asset-class',
    about: "Kraken's own timer is not known for derivatives on the second road",
    roads: 'unified',
    verdicts: EMPTY,
    arming: 'error',
    message: refusing('', 'EGeneral:Invalid arguments:asset_class').message,
  },
  {
    name: 'timer:silent',
    about: "Kraken's own timer is armed, and that is never answered",
    roads: 'both',
    verdicts: EMPTY,
    arming: 'error',
    answer: (call, orderly) => (onRest(call) ? { ...orderly(), delivery: 'never' } : undefined),
    message: (heard, orderly) => (onUnified(heard) ? { said: orderly().slice(1) } : undefined),
  },
  {
    name: 'timer:zero',
    about: "Kraken's own timer is said to be disarmed when it is armed",
    roads: 'both',
    verdicts: EMPTY,
    arming: 'error',
    ...telling((status) => ({ ...status, triggerTime: '0' })),
  },
  {
    name: 'timer:untold',
    about: "Kraken's own timer is armed, and it is not said when it fires",
    roads: 'both',
    verdicts: EMPTY,
    arming: 'untold',
    ...telling(({ triggerTime: _, ...status }: { readonly triggerTime?: string }) => status),
  },
  {
    name: 'timer:shared',
    about: `a bot has Kraken's own timer for its heartbeat, and arms it with ${BOT_SECONDS} s each time after us`,
    roads: 'both',
    verdicts: EMPTY,
    arming: 'later',
    ...telling((_, { account: { timer } }) => {
      timer.set(BOT_SECONDS)
      return timer.status
    }),
  },
  {
    name: 'timer:late',
    about: `Kraken's own timer fires ${LATE_MS / 1_000} s later than it says`,
    roads: 'both',
    verdicts: EMPTY,
    arming: 'told',
    start: ({ account: { timer } }) => {
      timer.lateMs = LATE_MS
      return () => {
        timer.lateMs = 0
      }
    },
  },
]
