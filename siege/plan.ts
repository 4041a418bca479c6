import fc from 'fast-check'
import type { Delivery } from '../drill/answer.ts'
import { KRAKEN_ERROR_CODES } from '../lambda/kraken/exchange-error.ts'
import type { Scope } from '../lambda/kraken/symbol.ts'

/** A count that never ends. */
const ALWAYS = 1_000_000

/** Which calls a fault is about. */
export type On = 'cancelallorders' | 'cancelorder' | 'openorders' | 'openpositions' | 'any'

/** From the call of that number on (from 0), for so many calls. */
interface Calls {
  readonly on: On
  readonly from: number
  readonly times: number
}

/** An answer that is not what was asked for. */
export type OddAnswer =
  | {
      readonly kind: 'error'
      readonly code: string
      readonly status: 200 | 400 | 500
      readonly retryAfter: string | null
    }
  | { readonly kind: 'page'; readonly status: number }
  | { readonly kind: 'redirect' }
  | { readonly kind: 'text'; readonly text: string; readonly status: number }
  | { readonly kind: 'without list' }
  | { readonly kind: 'without result' }
  | { readonly kind: 'compressed' }
  /** The credentials that were sent, in an error code, its message and a header. */
  | { readonly kind: 'echo' }

/** How the exchange describes its orders in the book. */
export type OddOrders =
  | 'lower case'
  | 'numbers as strings'
  | 'no symbol'
  | 'no id'
  | 'twice'
  | 'nulls'
  | 'unknown words'

/** One thing that goes wrong. Times are milliseconds since the first pull. */
export type Fault =
  | {
      readonly do: 'late order'
      readonly afterCancel: number
      readonly lateMs: number
      readonly symbol: string
    }
  | {
      readonly do: 'live bot'
      readonly perSecond: number
      readonly fromMs: number
      readonly forMs: number
      readonly symbol: string
    }
  | { readonly do: 'partial cancel'; readonly keepEvery: number; readonly times: number }
  | { readonly do: 'stubborn stops' }
  | { readonly do: 'cancel nothing' }
  | { readonly do: 'lying status' }
  | { readonly do: 'ignore scope'; readonly times: number }
  | ({ readonly do: 'answer oddly'; readonly isDone: boolean; readonly answer: OddAnswer } & Calls)
  | ({ readonly do: 'lose the answer'; readonly isDone: boolean; readonly delivery: Delivery } & Calls)
  | ({ readonly do: 'be slow'; readonly ms: number } & Calls)
  | { readonly do: 'read a copy'; readonly behindMs: number; readonly isDated: boolean }
  | { readonly do: 'describe oddly'; readonly how: OddOrders }
  | { readonly do: 'spend the budget'; readonly atMs: number; readonly agoMs: number }
  | { readonly do: 'rotate the key'; readonly atMs: number; readonly isStored: boolean }
  | { readonly do: 'forbid cancels' }
  | { readonly do: 'insist on a nonce'; readonly code: 'nonceBelowThreshold' | 'nonceDuplicate' }
  | { readonly do: 'kill connections'; readonly how: 'reset' | 'silence' }

/** One pull of the switch. */
export interface PlannedPull {
  readonly atMs: number
  readonly scope: Scope
  /** Until its deadline. */
  readonly timeMs: number
  readonly quietPeriodMs: number
  readonly attemptTimeoutMs: number
  readonly spareAfterMs: number
}

export interface PlannedOrder {
  readonly symbol: string
  readonly orderType: 'lmt' | 'post' | 'stop' | 'take_profit'
  readonly reduceOnly: boolean
}

/** Everything that a run depends on. */
export interface Plan {
  readonly orders: readonly PlannedOrder[]
  readonly pulls: readonly PlannedPull[]
  /** One way, at least; each message takes up to twice that. */
  readonly latencyMs: number
  /** Decides how much more each message takes. */
  readonly jitterSeed: number
  /** The exchange's clock less ours. */
  readonly clockSkewMs: number
  readonly faults: readonly Fault[]
}

const SYMBOLS = ['PF_XBTUSD', 'PF_ETHUSD', 'PI_XBTUSD', 'FI_XBTUSD_261225', 'PI_ETHUSD'] as const

const symbol = fc.constantFrom(...SYMBOLS)
const times = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constant(ALWAYS) },
)
const calls = {
  on: fc.constantFrom<On[]>(
    'cancelallorders',
    'cancelallorders',
    'openorders',
    'openorders',
    'cancelorder',
    'openpositions',
    'any',
  ),
  from: fc.nat({ max: 3 }),
  times,
}

const scope: fc.Arbitrary<Scope> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('all' as const) },
  {
    weight: 2,
    arbitrary: fc.uniqueArray(fc.constantFrom(...SYMBOLS, 'FI_XBTUSD', 'PF_SOLUSD'), {
      minLength: 1,
      maxLength: 4,
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 10, max: 19 })
      .map((n) => [
        ...SYMBOLS,
        ...Array.from({ length: n - SYMBOLS.length + 1 }, (_, i) => `PF_COIN${i}USD`),
      ]),
  },
)

const oddAnswer: fc.Arbitrary<OddAnswer> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('error' as const),
      code: fc.constantFrom(...KRAKEN_ERROR_CODES, 'somethingNew'),
      status: fc.constantFrom<(200 | 400 | 500)[]>(200, 400, 500),
      retryAfter: fc.constantFrom(null, null, '1', '86400', '-1', 'soon'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('page' as const),
      status: fc.constantFrom(200, 404, 410, 429, 502, 503, 520),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('text' as const),
      text: fc.constantFrom(
        '',
        'null',
        '[]',
        '7',
        '{}',
        '{"result":"success"',
        '{"result":"error"}',
        '"success"',
      ),
      status: fc.constantFrom(200, 200, 500),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<OddAnswer[]>(
      { kind: 'redirect' },
      { kind: 'without list' },
      { kind: 'without result' },
      { kind: 'compressed' },
      { kind: 'echo' },
    ),
  },
)

const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    do: fc.constant('late order' as const),
    afterCancel: fc.nat({ max: 2 }),
    lateMs: fc.nat({ max: 5_000 }),
    symbol,
  }),
  fc.record({
    do: fc.constant('live bot' as const),
    perSecond: fc.constantFrom(1, 10, 50),
    fromMs: fc.nat({ max: 3_000 }),
    forMs: fc.constantFrom(200, 1_000, 4_000, ALWAYS),
    symbol,
  }),
  fc.record({
    do: fc.constant('partial cancel' as const),
    keepEvery: fc.integer({ min: 1, max: 10 }),
    times,
  }),
  fc.constantFrom<Fault[]>(
    { do: 'stubborn stops' },
    { do: 'cancel nothing' },
    { do: 'lying status' },
    { do: 'forbid cancels' },
    { do: 'insist on a nonce', code: 'nonceBelowThreshold' },
    { do: 'insist on a nonce', code: 'nonceDuplicate' },
    { do: 'kill connections', how: 'reset' },
    { do: 'kill connections', how: 'silence' },
  ),
  fc.record({ do: fc.constant('ignore scope' as const), times }),
  fc.record({ do: fc.constant('answer oddly' as const), isDone: fc.boolean(), answer: oddAnswer, ...calls }),
  fc.record({
    do: fc.constant('lose the answer' as const),
    isDone: fc.boolean(),
    delivery: fc.constantFrom<Delivery[]>(
      'never',
      'reset',
      'half, then reset',
      'half, then silence',
      'half, then end',
      'endless',
    ),
    ...calls,
  }),
  fc.record({ do: fc.constant('be slow' as const), ms: fc.integer({ min: 50, max: 5_000 }), ...calls }),
  fc.record({
    do: fc.constant('read a copy' as const),
    behindMs: fc.integer({ min: 50, max: 4_000 }),
    isDated: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('describe oddly' as const),
    how: fc.constantFrom<OddOrders[]>(
      'lower case',
      'numbers as strings',
      'no symbol',
      'no id',
      'twice',
      'nulls',
      'unknown words',
    ),
  }),
  fc.record({
    do: fc.constant('spend the budget' as const),
    atMs: fc.nat({ max: 2_000 }),
    agoMs: fc.nat({ max: 9_900 }),
  }),
  fc.record({
    do: fc.constant('rotate the key' as const),
    atMs: fc.nat({ max: 3_000 }),
    isStored: fc.boolean(),
  }),
)

const pull = (atMs: fc.Arbitrary<number>): fc.Arbitrary<PlannedPull> =>
  fc.record({
    atMs,
    scope,
    timeMs: fc.oneof(
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 2_000 }) },
      { weight: 4, arbitrary: fc.integer({ min: 2_000, max: 28_000 }) },
    ),
    quietPeriodMs: fc.constantFrom(50, 250, 1_000, 3_000),
    attemptTimeoutMs: fc.constantFrom(300, 2_500, 2_500, 2_500),
    spareAfterMs: fc.constantFrom(20, 250),
  })

/** Every plan there is; simple ones come first when one is made smaller. */
export const plans: fc.Arbitrary<Plan> = fc.record({
  orders: fc.array(
    fc.record({
      symbol,
      orderType: fc.constantFrom<PlannedOrder['orderType'][]>('lmt', 'post', 'stop', 'take_profit'),
      reduceOnly: fc.boolean(),
    }),
    { minLength: 0, maxLength: 8, size: 'max' },
  ),
  pulls: fc
    .tuple(
      pull(fc.constant(0)),
      fc.oneof(
        { weight: 3, arbitrary: fc.constant([]) },
        { weight: 1, arbitrary: fc.array(pull(fc.nat({ max: 6_000 })), { minLength: 1, maxLength: 2 }) },
      ),
    )
    .map(([first, others]) => [first, ...others]),
  latencyMs: fc.constantFrom(1, 10, 10, 100, 400),
  jitterSeed: fc.nat({ max: 1_000_000 }),
  clockSkewMs: fc.constantFrom(0, 0, 0, -5_000, 5_000),
  faults: fc.array(fault, { maxLength: 4, size: 'max' }),
})
