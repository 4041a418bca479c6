import { expect, test } from 'vitest'
import { SecretUnavailable } from '../../lambda/errors.ts'
import type { Attempt } from '../../lambda/kraken/attempt.ts'
import type { Book, CancelAck, Order } from '../../lambda/kraken/exchange.ts'
import { ExchangeError } from '../../lambda/kraken/exchange-error.ts'
import type { Scope } from '../../lambda/kraken/symbol.ts'
import { briefOf } from '../../lambda/report/brief.ts'
import { httpAnswer } from '../../lambda/report/http-answer.ts'
import { makeReport, type Report, type ReportInputs } from '../../lambda/report/report.ts'
import { countBySymbol, placedSince } from '../../lambda/report/sentence.ts'
import type { RoadFindings } from '../../lambda/sweep/progress.ts'
import { ProofOfEmpty } from '../../lambda/sweep/proof.ts'
import type { Swept } from '../../lambda/sweep/roads.ts'
import { Tally } from '../../lambda/sweep/tally.ts'
import type { Verdict } from '../../lambda/sweep/verdict.ts'

const ACK_TIME = Date.parse('2026-11-22T20:00:00.000Z')
const answered = { sentAt: 1_000, answeredAt: 1_010, serverTime: ACK_TIME, clockSkewMs: 5 }

function order(orderId: string, overrides: Partial<Order> = {}): Order {
  return {
    orderId,
    cliOrdId: null,
    symbol: 'PF_XBTUSD',
    side: 'buy',
    type: 'lmt',
    size: 1,
    limitPrice: 60_000,
    stopPrice: null,
    reduceOnly: false,
    placedAt: null,
    ...overrides,
  }
}

function ack(orderIds: string[], orders: Order[] = [], overrides: Partial<CancelAck> = {}): CancelAck {
  return { ...answered, cancelOnly: 'all', orderIds, orders, ...overrides }
}

const road: RoadFindings = {
  name: 'rest',
  scope: 'all',
  proof: null,
  book: null,
  lastAckAt: 1_010,
  cancelTrouble: null,
  readTrouble: null,
  told: [],
  toldKept: [],
  bookReads: 2,
  firstAckAt: 1_010,
}

function sweptWith(tally: Tally, overrides: Partial<Swept> = {}): Swept {
  return {
    roads: [road],
    tally,
    exchangeClock: { serverTime: ACK_TIME, skewMs: 5 },
    restedAt: null,
    isToldSince: false,
    positions: [],
    ...overrides,
  }
}

function tallyOf(scope: Scope, ...acks: CancelAck[]): Tally {
  const tally = new Tally(scope)
  for (const one of acks) tally.addAck(one)
  return tally
}

const emptyBook = (at: number): Book => ({
  ...answered,
  orders: [],
  sentAt: at,
  answeredAt: at,
  serverTime: at,
})
const proof = ProofOfEmpty.from({
  scope: 'all',
  first: emptyBook(1_020),
  second: emptyBook(2_030),
  lastAckAt: 1_010,
  quietPeriodMs: 1_000,
}) as ProofOfEmpty
const empty: Verdict = { kind: 'EMPTY', proof }

const inputs: ReportInputs = {
  verdict: empty,
  trigger: {
    kind: 'alarm',
    by: 'bot-heartbeat-missing',
    reason: 'no heartbeat',
    eventAt: ACK_TIME - 700,
    action: { do: 'fire', scope: 'all' },
  },
  invocation: { receivedAt: ACK_TIME, startedAt: 1_000, isColdStart: true },
  swept: sweptWith(tallyOf('all', ack(['a', 'b']))),
  attempts: [],
  cancelsSent: 0,
  keyAt: 990,
  account: 'kill-switch/kraken',
}

function report(overrides: Partial<ReportInputs> = {}): Report {
  return makeReport({ ...inputs, ...overrides }, 2_040)
}

test('EMPTY: the sentence, the proof and the times', () => {
  const swept = sweptWith(tallyOf('all', ack(['a', 'b'])), { roads: [{ ...road, proof }] })
  expect(report({ swept })).toMatchObject({
    verdict: 'EMPTY',
    roads: [{ road: 'rest', ackMs: 10, reads: 2, open: 'unknown', isProof: true, trouble: null }],
    sentence: 'EMPTY (verified): 2 orders cancelled, 0 open, 1030 ms after the trigger was received.',
    trigger: {
      kind: 'alarm',
      by: 'bot-heartbeat-missing',
      receivedAt: '2026-11-22T20:00:00.000Z',
      eventAgeMs: 700,
    },
    scope: 'all',
    remaining: { count: 0, orders: [] },
    proof: { reads: 2, quietPeriodMs: 1_000, at: '2026-11-22T20:00:01.030Z' },
    timing: { coldStart: true, secretMs: 0, sentMs: null, ackMs: 10, verifiedMs: 1_030, totalMs: 1_040 },
    exchange: { serverTime: '2026-11-22T20:00:00.000Z', clockSkewMs: 5 },
    account: 'kill-switch/kraken',
  })
})

test('EMPTY of one order, and of none', () => {
  const one = report({ swept: sweptWith(tallyOf('all', ack(['a']))) })
  expect(one.sentence).toContain('1 order cancelled, 0 open')
  expect(report({ swept: sweptWith(new Tally('all')) }).sentence).toContain('0 orders cancelled')
})

test('what several acks say is added up, each order once', () => {
  const tally = tallyOf('all', ack(['a', 'b', 'a']), ack([], [], { cancelOnly: null }), ack(['b', 'c']))
  expect(report({ swept: sweptWith(tally) }).cancelled).toMatchObject({ count: 3, orderIds: ['a', 'b', 'c'] })
})

test('what one ack describes and another lists is described', () => {
  const tally = tallyOf('all', ack([], [order('a')]), ack(['a']))
  expect(tally.cancelled().described.map(({ orderId }) => orderId)).toEqual(['a'])
})

test('symbols that look alike once they are printable are counted together', () => {
  const odd = ['PF_\u0000', 'PF_\u0001', null].map((symbol, i) => order(`${i}`, { symbol }))
  expect(countBySymbol(odd)).toEqual([
    ['PF_?', 2],
    ['symbol unknown', 1],
  ])
})

test('a stop that was read from the book is described, though its cancel has no event', () => {
  const tally = new Tally('all')
  tally.addRead([order('s', { type: 'stop' })])
  tally.addAck(ack(['s']))
  expect(report({ swept: sweptWith(tally) }).cancelled).toMatchObject({
    protectiveCount: 1,
    withoutDetail: 0,
  })
})

test('what is open at the end was not cancelled, whatever an ack said of it', () => {
  const stop = order('a', { type: 'stop' })
  const swept = sweptWith(tallyOf('all', ack(['a', 'b', 'c'], [stop, order('b'), order('c')])))
  const verdict: Verdict = { kind: 'NOT_EMPTY', open: [stop, order('d')], cause: null, isDisputed: false }
  const { cancelled, warnings } = report({ swept, verdict })
  expect(cancelled).toMatchObject({
    count: 2,
    orderIds: ['b', 'c'],
    bySymbol: { PF_XBTUSD: 2 },
    protective: [],
    protectiveCount: 0,
    withoutDetail: 0,
  })
  expect(warnings).toEqual([
    'NOT CANCELLED: Kraken said that it cancelled 1 order which the last read of the book shows open.',
  ])
})

test('NOT_EMPTY: how many and where, most first', () => {
  const open = [order('a'), order('b', { symbol: 'PF_ETHUSD' }), order('c'), order('d', { symbol: null })]
  const {
    sentence,
    remaining,
    proof: none,
  } = report({ verdict: { kind: 'NOT_EMPTY', open, cause: null, isDisputed: false } })
  expect(sentence).toBe(
    "NOT EMPTY: 4 orders still open (PF_XBTUSD 2, PF_ETHUSD 1, symbol unknown 1). Cancel them by hand in Kraken's own interface, and press again.",
  )
  expect(remaining).toMatchObject({ count: 4 })
  expect(none).toBeNull()
})

test('NOT_EMPTY: many symbols are cut short in the sentence', () => {
  const open = Array.from({ length: 9 }, (_, i) => order(`${i}`, { symbol: `PF_COIN${i}USD` }))
  expect(report({ verdict: { kind: 'NOT_EMPTY', open, cause: null, isDisputed: false } }).sentence).toContain(
    '(PF_COIN0USD 1, PF_COIN1USD 1, PF_COIN2USD 1, PF_COIN3USD 1, PF_COIN4USD 1, 4 more symbols 4)',
  )
})

test('NOT_EMPTY: why, when Kraken refused', () => {
  const cause = new ExchangeError('insufficientPrivileges')
  const { sentence } = report({
    verdict: { kind: 'NOT_EMPTY', open: [order('a')], cause, isDisputed: false },
  })
  expect(sentence).toContain(
    'The cancel was not acknowledged: Kraken answered insufficientPrivileges. Give the key',
  )
})

test('NOT_EMPTY: a bot that keeps placing is named by its pace and what most of its ids have in common', () => {
  const tally = tallyOf('all', ack(['a']), ack(['b'], [], { serverTime: ACK_TIME + 500 }))
  const placed = ['grid-17', 'grid-18', 'grid-19', 'mine'].map((cliOrdId, i) =>
    order(`${i}`, { cliOrdId, placedAt: ACK_TIME + 1 + 500 * i }),
  )
  tally.addRead([...placed, order('old', { placedAt: ACK_TIME - 1 }), order('undated')])
  const { sentence } = report({
    verdict: { kind: 'NOT_EMPTY', open: placed, cause: null, isDisputed: false },
    swept: sweptWith(tally),
  })
  expect(sentence).toContain(
    'A bot keeps placing: 4 since the first cancel, 2.0 a second (the cliOrdId of most begins with grid-1). Stop it, and press again.',
  )
})

const placedAfter = (...ids: (string | null)[]) =>
  ids.map((cliOrdId, i) => order(`${i}`, { cliOrdId, placedAt: ACK_TIME + 1 + 20 * i }))

test.each([
  ['nobody gave an id', placedAfter(null, null), '2 since the first cancel, 50 a second'],
  ['there is only one', placedAfter('a-1'), '1 since the first cancel'],
  ['no two ids are alike', placedAfter('a', 'b', 'c'), '3 since the first cancel, 50 a second'],
  [
    'one id is the beginning of the others',
    placedAfter('grid', 'grid-1', 'grid-2'),
    '3 since the first cancel, 50 a second (the cliOrdId of most begins with grid-)',
  ],
])('what was placed since, when %s', (_, placed, said) => {
  expect(placedSince(placed)).toBe(said)
})

test('EMPTY: a bot that was outlasted is named in a warning', () => {
  const tally = tallyOf('all', ack(['a']))
  tally.addRead(placedAfter('grid-1', 'grid-2'))
  expect(
    report({ verdict: { kind: 'EMPTY', proof }, swept: sweptWith(tally, { roads: [{ ...road, proof }] }) })
      .warnings,
  ).toContain(
    'SOMEBODY PLACES: 2 since the first cancel, 50 a second (the cliOrdId of most begins with grid-), none open any more. Stop that bot before it goes on.',
  )
  // The first sentence speaks of it where it was not outlasted.
  const open = [order('d')]
  const verdict = { kind: 'NOT_EMPTY', open, cause: null, isDisputed: true } as const
  const swept = sweptWith(tally, {
    roads: [
      { ...road, proof },
      { ...road, name: 'unified' },
    ],
  })
  expect(report({ verdict, swept }).warnings.join()).not.toContain('SOMEBODY PLACES')
})

test.each([
  [
    { kind: 'UNVERIFIED', wasReadEmpty: false } as const,
    'UNVERIFIED: Kraken acknowledged the cancel, but the open orders could not be read.',
  ],
  [
    { kind: 'UNVERIFIED', wasReadEmpty: true } as const,
    'UNVERIFIED: Kraken acknowledged the cancel and the open orders read empty, but not for long enough to prove it.',
  ],
  [
    { kind: 'NOT_FIRED', why: 'the alarm x is in state OK', isRefusal: false } as const,
    'NOT FIRED: the alarm x is in state OK.',
  ],
  [
    { kind: 'FAILED', cause: new SecretUnavailable('AccessDeniedException') } as const,
    "FAILED: nothing was acknowledged. Secrets Manager gave no secret (AccessDeniedException). Check KRAKEN_SECRET_ID, the function's role and its network, and cancel by hand until then.",
  ],
])('%j', (verdict, sentence) => {
  const made = report({ verdict })
  expect(made.sentence).toBe(sentence)
  expect(made.remaining).toBe('unknown')
  expect(made.timing.verifiedMs).toBeNull()
})

const warningsOf = (swept: Swept, attempts: readonly Attempt[] = []) =>
  report({ swept, attempts, cancelsSent: sentOf(attempts) }).warnings

test('says loudly that protective orders went, and what they guarded', () => {
  const tally = tallyOf('all', ack(['a', 'b', 'c'], [order('a', { reduceOnly: true }), order('b')]))
  const position = { symbol: 'PF_XBTUSD', side: 'long', size: 1, price: 2 }
  expect(warningsOf(sweptWith(tally, { positions: [position] }))).toEqual([
    'PROTECTION REMOVED: 1 of the cancelled orders were reduce-only, stops or take-profits; nothing limits the loss of the open position now.',
    'Kraken gave no detail of 1 order it cancelled: stops and take-profits may be among them.',
  ])
  expect(warningsOf(sweptWith(tally, { positions: null }))[0]).toContain('is not known')
  expect(warningsOf(sweptWith(tally, { positions: [] }))[0]).toContain('no position is open')
  expect(warningsOf(sweptWith(tally, { positions: [position, position] }))[0]).toContain('2 open positions')
  expect(report({ swept: sweptWith(tally) }).cancelled).toMatchObject({
    protectiveCount: 1,
    withoutDetail: 1,
    bySymbol: { PF_XBTUSD: 2 },
  })
})

test('says so when Kraken cancelled out of scope', () => {
  const violation = [expect.stringContaining('SCOPE VIOLATED')]
  const scope = ['PF_ETHUSD']
  expect(
    warningsOf(sweptWith(tallyOf(scope, ack(['a'], [order('a')], { cancelOnly: 'PF_ETHUSD' })))),
  ).toEqual(violation)
  const silent = sweptWith(tallyOf(scope, ack([], [], { cancelOnly: 'all' })))
  expect(warningsOf(silent)).toEqual(violation)
  expect(warningsOf(sweptWith(tallyOf(scope, ack([], [], { cancelOnly: 'PF_ETHUSD' }))))).toEqual([])
})

test.each([
  [new SecretUnavailable('TimeoutError'), ['Nothing was sent to Kraken: every order rests as it did.']],
  [new ExchangeError('timeout'), []],
])('says whether a failure left everything as it was: %s', (cause, warnings) => {
  expect(report({ verdict: { kind: 'FAILED', cause }, swept: null }).warnings).toEqual(warnings)
})

test('says so when the clocks are apart', () => {
  const apart = (skewMs: number) => sweptWith(new Tally('all'), { exchangeClock: { serverTime: 0, skewMs } })
  expect(warningsOf(apart(-2_001))).toEqual([
    expect.stringMatching(/^CLOCKS APART: Kraken's clock is 2001 ms behind this host's: AWS keeps/),
  ])
  expect(warningsOf(apart(2_000))).toEqual([])
})

const attempt = (call: string, outcome: string): Attempt => ({
  call,
  isCancel: call.startsWith('cancel'),
  outcome,
  connection: 'kept',
  startedAt: 1_001,
  sentAt: 1_002,
  endedAt: 1_009,
})

/** How many of them are cancels that were sent. */
const sentOf = (attempts: readonly Attempt[]) =>
  attempts.filter(({ isCancel, sentAt }) => isCancel && sentAt !== null).length

test('says so when a cancel may have been carried out unheard', () => {
  const attempts = [
    attempt('cancelallorders', 'HTTP 502'),
    attempt('cancelallorders', 'apiLimitExceeded'),
    { ...attempt('WebSocket', 'EAPI:Rate limit exceeded'), sentAt: null }, // the call for its token is counted by itself
    attempt('openorders', 'timeout'),
    attempt('cancelallorders', 'ok'),
  ]
  expect(warningsOf(sweptWith(new Tally('all')), attempts)).toEqual([
    'BUDGET SPENT: Kraken refused 1 call because others have spent the API budget. Stop them, and give the switch a key of its own.',
    '1 of the cancels sent got no usable answer: orders that went so are not counted here, and stops and take-profits may be among them.',
  ])
})

const sent = attempt('cancelallorders', 'ok')

// What a cancel came to, how many there are beside it that have not ended, and whether more may be cancelled than is counted.
test.each<[string, Attempt[], number, boolean]>([
  ['answered', [sent], 0, false],
  ['refused', [{ ...sent, outcome: 'accountInactive' }], 0, false],
  ['refused on the second road', [{ ...sent, outcome: 'EGeneral:Permission denied' }], 0, false],
  ['answered by a proxy', [{ ...sent, outcome: 'HTTP 502' }], 0, true],
  ['never answered', [{ ...sent, outcome: 'timeout' }], 0, true],
  ['answered without a success', [{ ...sent, outcome: 'no success' }], 0, true],
  ['answered with a fault of Kraken’s own', [{ ...sent, outcome: 'unknownError' }], 0, true],
  ['never sent', [{ ...sent, sentAt: null, outcome: 'ECONNREFUSED' }], 0, false],
  ['still under way', [], 1, true],
  ['under way beside its duplicate', [sent], 1, true],
  ['under way beside one that was not needed', [{ ...sent, sentAt: null }], 1, true],
  ['a read that was lost', [{ ...attempt('openorders', 'timeout') }], 0, false],
])('a cancel that was %s', (_, attempts, underWay, isLowerBound) => {
  const cancelsSent = sentOf(attempts) + underWay
  for (const [ids, count] of [
    [[], isLowerBound ? 'an unknown number of orders' : '0 orders'],
    [['a', 'b'], isLowerBound ? 'at least 2 orders' : '2 orders'],
  ] as const) {
    const swept = sweptWith(tallyOf('all', ack([...ids])))
    const made = report({ swept, attempts, cancelsSent })
    expect(made.cancelled).toMatchObject({ count: ids.length, isLowerBound })
    expect(made.sentence).toContain(`EMPTY (verified): ${count} cancelled, 0 open, `)
    expect(made.sentence.endsWith(' ms after the trigger was received.')).toBe(!isLowerBound)
    expect(briefOf(made).subject.slice(0, 80)).toContain(`${count} cancelled`)
  }
})

test.each([
  [[], ack([]), 1, /received; an unanswered cancel may have cancelled orders\.$/],
  [['a'], ack([]), 1, /received; an unanswered cancel may have cancelled more\.$/],
  [
    ['a'],
    ack([], [], { isIncomplete: true }),
    0,
    /received; Kraken acknowledged a cancel without saying how many\.$/,
  ],
])(
  'EMPTY, and why the number of cancelled orders %j is not the whole truth',
  (ids, second, underWay, why) => {
    const swept = sweptWith(tallyOf('all', ack(ids), second))
    const made = report({ swept, cancelsSent: underWay })
    expect(made.sentence).toMatch(why)
    expect(made.warnings).toContainEqual(expect.stringContaining('stops and take-profits may be among them'))
  },
)

test('orders that may be among those that were only counted are counted once, and that is said', () => {
  const tally = tallyOf('all', ack([], [], { count: 3 }), ack(['a', 'b'], [], { unnamedIds: ['a', 'b'] }))
  const made = report({ swept: sweptWith(tally) })
  expect(made.cancelled).toMatchObject({ count: 3, isLowerBound: true })
  expect(made.sentence).toContain('EMPTY (verified): at least 3 orders cancelled, 0 open, ')
  expect(made.warnings).toContainEqual(
    expect.stringMatching(
      /acknowledged the cancel of 2 orders by id without naming them: .* counted once\.$/,
    ),
  )
})

test('what was read as open and is gone without an answer is told beside the cancel that has none', () => {
  const tally = new Tally('all')
  tally.addRead([order('a'), order('b'), order('c')])
  tally.addAck(ack(['c']))
  const gone = (verdict: Verdict, cancelsSent: number) =>
    report({ swept: sweptWith(tally), verdict, cancelsSent }).warnings.join(' ')
  const told = / Read as open before, and gone without an answer that names them: 2 orders\.$/
  expect(gone(empty, 1)).toMatch(told)
  expect(gone({ kind: 'NOT_EMPTY', open: [order('b')], cause: null, isDisputed: false }, 1)).toContain(
    ' 1 order',
  )
  expect(gone({ kind: 'UNVERIFIED', wasReadEmpty: false }, 1)).not.toMatch(/names them/)
  expect(gone(empty, 0)).not.toMatch(/names them/)
})

test('lists attempts, and takes the time of sending from the first cancel', () => {
  const attempts = [
    { ...attempt('connect', 'ok'), sentAt: null, startedAt: 950, connection: null },
    attempt('cancelallorders', 'ok'),
  ]
  const made = report({ attempts })
  expect(made.timing.sentMs).toBe(2)
  expect(made.attempts).toEqual([
    { call: 'connect', outcome: 'ok', connection: null, atMs: -50, ms: 59 },
    { call: 'cancelallorders', outcome: 'ok', connection: 'kept', atMs: 1, ms: 8 },
  ])
})

test('50,000 orders, each of its own symbol and with hostile text, make a report that fits one log event', () => {
  const hostile = (prefix: string) =>
    Array.from({ length: 50_000 }, (_, i) =>
      order(`${prefix}${i}${'\u0000'.repeat(300)}`, {
        symbol: `S${i}\r\n${'x'.repeat(100)}`,
        cliOrdId: '\u2028'.repeat(100),
        type: 'stop'.repeat(50),
        side: 'buy'.repeat(50),
      }),
    )
  const gone = hostile('gone')
  const position = { symbol: 'x'.repeat(1_000), side: 'long', size: 1, price: 1 }
  const ids = gone.map(({ orderId }) => orderId)
  const swept = sweptWith(tallyOf('all', ack(ids, gone)), { positions: Array(1_000).fill(position) })
  const made = report({
    swept,
    verdict: { kind: 'NOT_EMPTY', open: hostile('open'), cause: null, isDisputed: false },
    attempts: Array(1_000).fill(attempt('cancelallorders', 'ok')),
  })
  expect(made.cancelled.count).toBe(50_000)
  const json = JSON.stringify(made)
  expect(Buffer.byteLength(json)).toBeLessThan(200_000)
  expect(json).not.toMatch(/\\u|\\r|\\n/)
})

test.each([
  [empty, 200],
  [{ kind: 'NOT_FIRED', why: 'w', isRefusal: false } as const, 200],
  [{ kind: 'NOT_FIRED', why: 'w', isRefusal: true } as const, 400],
  [{ kind: 'NOT_EMPTY', open: [order('a')], cause: null, isDisputed: false } as const, 502],
  [{ kind: 'UNVERIFIED', wasReadEmpty: true } as const, 502],
  [{ kind: 'FAILED', cause: new SecretUnavailable('x') } as const, 502],
])('an HTTPS caller gets the report with the status of its verdict: %j', (verdict, statusCode) => {
  const made = report({ verdict })
  const answer = httpAnswer(verdict, made)
  expect(answer.statusCode).toBe(statusCode)
  expect(answer.headers['content-type']).toBe('application/json')
  expect(JSON.parse(answer.body)).toEqual(JSON.parse(JSON.stringify(made)))
})
