import fc from 'fast-check'
import type { Roads } from '../drill/account.ts'
import type { Delivery } from '../drill/answer.ts'
import type { RoadName } from '../lambda/kraken/exchange.ts'
import { KRAKEN_ERROR_CODES, UNIFIED_ERROR_CODES } from '../lambda/kraken/exchange-error.ts'
import type { Scope, Symbols } from '../lambda/kraken/scope.ts'
import {
  ALWAYS,
  type Fault,
  type OddAnswer,
  type OddOrders,
  type On,
  type Plan,
  type PlannedOrder,
  type PlannedPull,
  type TwistedUpdates,
} from './plan.ts'

const SYMBOLS = ['PF_XBTUSD', 'PF_ETHUSD', 'PI_XBTUSD', 'FI_XBTUSD_261225', 'PI_ETHUSD'] as const

export const symbol = fc.constantFrom(...SYMBOLS)
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
    'batchorder',
    'openpositions',
    'GetWebSocketsToken',
    'cancel_all',
    'cancel_order',
    'subscribe executions',
    'any',
  ),
  from: fc.nat({ max: 3 }),
  times,
}

const symbols: fc.Arbitrary<Symbols> = fc.oneof(
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

export const scope: fc.Arbitrary<Scope> = fc.oneof(
  { weight: 2, arbitrary: symbols },
  { weight: 1, arbitrary: symbols.map((of) => ({ symbols: of, keep: 'reduceOnly' as const })) },
)

const oddAnswer: fc.Arbitrary<OddAnswer> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('error' as const),
      code: fc.constantFrom(...KRAKEN_ERROR_CODES, ...UNIFIED_ERROR_CODES, 'somethingNew'),
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

export const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    do: fc.constant('late order' as const),
    afterCancel: fc.nat({ max: 2 }),
    // Not in the very instant of the cancel: whether a read of then shows it could not be told.
    lateMs: fc.nat({ max: 5_000 }).map((ms) => ms + 1),
    symbol,
    reduceOnly: fc.boolean(),
  }),
  fc.record({
    do: fc.constant('live bot' as const),
    perSecond: fc.constantFrom(1, 10, 50),
    fromMs: fc.nat({ max: 3_000 }),
    forMs: fc.constantFrom(200, 1_000, 4_000, ALWAYS),
    symbol,
    reduceOnly: fc.boolean(),
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
    { do: 'snapshot first' },
  ),
  fc.record({
    do: fc.constant('lose a road' as const),
    road: fc.constantFrom<RoadName[]>('rest', 'unified'),
    how: fc.constantFrom<('reset' | 'silence' | 'retired')[]>('reset', 'silence', 'retired'),
  }),
  fc.record({ do: fc.constant('leave orders out' as const), every: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    do: fc.constant('twist updates' as const),
    how: fc.constantFrom<TwistedUpdates[]>('twice', 'swapped', 'lost', 'bare', 'bare'),
  }),
  fc.record({
    do: fc.constant('snapshot in pieces' as const),
    pieces: fc.integer({ min: 2, max: 4 }),
    isFirstEmpty: fc.boolean(),
    apartMs: fc.constantFrom(1, 1, 20, 150, 600),
  }),
  fc.record({
    do: fc.constant('subscribe to another' as const),
    to: fc.constantFrom<('no orders' | 'trades alone' | 'spot')[]>('no orders', 'trades alone', 'spot'),
    times,
  }),
  fc.record({
    do: fc.constant('doubt the keys' as const),
    forMs: fc.constantFrom(100, 1_000, 3_000, 8_000, ALWAYS),
  }),
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
      'foreign symbols',
      'no id',
      'twice',
      'nulls',
      'unknown words',
      'no word of reduce-only',
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
    roads: fc.constantFrom<Roads[]>('rest', 'unified', 'both', 'both'),
    isArmed: fc.boolean(),
    hold: fc.constant(null),
  })

/** What rests, and how far away the exchange is, whatever is planned. */
export const account = {
  orders: fc.array(
    fc.record({
      symbol,
      orderType: fc.constantFrom<PlannedOrder['orderType'][]>('lmt', 'post', 'stop', 'take_profit'),
      reduceOnly: fc.boolean(),
    }),
    { minLength: 0, maxLength: 8, size: 'max' },
  ),
  jitterSeed: fc.nat({ max: 1_000_000 }),
  clockSkewMs: fc.constantFrom(0, 0, 0, -5_000, 5_000),
  hasHeartbeat: fc.boolean(),
}

/** Every plan of pulls that there is; simple ones come first when one is made smaller. */
export const pullPlans: fc.Arbitrary<Plan> = fc.record({
  ...account,
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
  faults: fc.array(fault, { maxLength: 4, size: 'max' }),
  faulty: fc.constant(null),
})
