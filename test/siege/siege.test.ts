import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ORACLES } from '../../siege/oracles.ts'
import { type Sabotage, Workshop } from './workshop.ts'

interface Broken extends Sabotage {
  /** Which of the promises it breaks; the first plan that is found may break any of them. */
  readonly oracles: readonly (keyof typeof ORACLES)[]
  /** The first of the 20,000 plans: what is rare is looked for where it is known to be. */
  readonly fromSeed?: number
}

const SABOTAGE: readonly (readonly [string, Broken])[] = [
  [
    'two reads right after each other are a proof',
    {
      file: 'lambda/sweep/proof.ts',
      from: 'second.sentAt - first.answeredAt >= quietPeriodMs',
      to: 'true',
      oracles: ['O1'],
    },
  ],
  [
    'one empty read is a proof',
    {
      file: 'lambda/sweep/progress.ts',
      from: '      this.firstEmpty = book\n',
      to: '      this.proof = ProofOfEmpty.from({ scope, first: book, second: { ...book, sentAt: 1e9, serverTime: null }, lastAckAt, quietPeriodMs })\n',
      oracles: ['O1'],
    },
  ],
  [
    'an ack of nothing is a proof: the status is trusted',
    {
      file: 'lambda/sweep/progress.ts',
      from: '    this.#noteClock(ack)\n',
      to: '    const book = { ...ack, orders: [] }\n    if (ack.orderIds.length === 0) this.proof = ProofOfEmpty.from({ scope: "all", first: { ...book, sentAt: 1e9, serverTime: null }, second: { ...book, sentAt: 2e9, serverTime: null }, lastAckAt: null, quietPeriodMs: 0 })\n',
      oracles: ['O1'],
    },
  ],
  [
    'a read from before the last ack is evidence',
    {
      file: 'lambda/sweep/progress.ts',
      from: 'serverTime < latest',
      to: 'serverTime < 0',
      oracles: ['O1'],
    },
  ],
  [
    'a read that failed is an empty book',
    {
      file: 'lambda/sweep/sweep.ts',
      from: 'await exchange.openOrders()\n    progress',
      to: 'await exchange.openOrders().catch(() => {\n      const at = 1e6 + progress.bookReads * 1e5\n      return { orders: [], sentAt: at, answeredAt: at, serverTime: null, clockSkewMs: null }\n    })\n    progress',
      oracles: ['O1'],
    },
  ],
  [
    "an order whose symbol is not told is nobody's",
    {
      file: 'lambda/kraken/symbol.ts',
      from: 'return !isKnownSymbol(symbol) || covers',
      to: 'return symbol !== null && covers',
      oracles: ['O1', 'O11'],
    },
  ],
  [
    "an order whose symbol has a form that is not known is nobody's",
    {
      file: 'lambda/kraken/symbol.ts',
      from: 'return !isKnownSymbol(symbol) || covers',
      to: 'return symbol === null || covers',
      oracles: ['O1', 'O11'],
    },
  ],
  [
    'symbols are not looked at: everything is cancelled',
    {
      file: 'lambda/sweep/targets.ts',
      from: "scope === 'all' ? [undefined] : scope",
      to: '[undefined]',
      oracles: ['O8'],
    },
  ],
  [
    'whatever was acknowledged is done',
    {
      file: 'lambda/sweep/verdict.ts',
      from: "verdict.kind === 'EMPTY' || (",
      to: "verdict.kind !== 'FAILED' || (",
      oracles: ['O9'],
    },
  ],
  [
    'a call may last beyond the deadline',
    {
      file: 'lambda/kraken/http/call.ts',
      from: 'Math.min(inputs.attemptTimeoutMs, deadlineAt - clock.now())',
      to: 'inputs.attemptTimeoutMs',
      oracles: ['O2'],
    },
  ],
  [
    'the budget is not kept',
    {
      file: 'lambda/kraken/http/budget.ts',
      from: 'if (used + units <= this.allowance.units) return 0',
      to: 'if (used >= 0) return 0',
      oracles: ['O5'],
    },
  ],
  [
    'an unknown error code is quoted',
    {
      file: 'lambda/kraken/exchange-error.ts',
      from: "? first : 'an unknown error code'",
      to: '? first : first',
      oracles: ['O3'],
    },
  ],
  [
    'a road that says otherwise is not listened to',
    {
      file: 'lambda/sweep/verdict.ts',
      from: '(road.readTrouble === null && openOf([road]).length > 0)',
      to: '(road.readTrouble !== null && openOf([road]).length > 0)',
      oracles: ['O11'],
    },
  ],
  [
    'a road goes on after the report',
    {
      file: 'lambda/kraken/unified/session-call.ts',
      from: 'if (ms <= 0 || spot.isOver?.())',
      to: 'if (ms <= 0)',
      oracles: ['O12'],
    },
  ],
  [
    'an order in words that nobody knows is gone',
    {
      file: 'lambda/kraken/unified/orders.ts',
      from: 'return GONE.test(stateOf(entry))',
      to: "return stateOf(entry) !== 'new'",
      oracles: ['O1', 'O11'],
    },
  ],
  [
    'a snapshot counts from when it came',
    {
      file: 'lambda/kraken/unified/session.ts',
      from: 'return { ...answered, answeredAt: this.clock.now() }',
      to: 'return { ...answered, sentAt: this.clock.now(), answeredAt: this.clock.now() }',
      oracles: ['O1'],
    },
  ],
  [
    'symbols are not looked at on the second road',
    {
      file: 'lambda/kraken/unified/unified.ts',
      from: 'surelyCovers(symbol, order.symbol)',
      to: 'order.symbol !== null',
      oracles: ['O8'],
    },
  ],
  [
    'an acknowledgement of another subscription is one of ours',
    {
      file: 'lambda/kraken/unified/session.ts',
      from: '      responses.forEach(checkSubscribed)\n',
      to: '      responses.forEach(() => checkSubscribed({}))\n',
      oracles: ['O1', 'O11'],
    },
  ],
  [
    'what updates told of is forgotten with the next snapshot',
    {
      file: 'lambda/kraken/unified/told-orders.ts',
      from: 'this.#open.set(id, order)',
      to: 'void order',
      oracles: ['O13', 'O17', 'O20', 'O21'],
    },
  ],
  [
    'a snapshot that nobody waits for is thrown away',
    {
      file: 'lambda/kraken/unified/session.ts',
      from: "else if (channel === 'executions')",
      to: "else if (channel === 'executions' && kind === 'update')",
      oracles: ['O13'],
    },
  ],
  [
    'a proof from before another road said otherwise stands',
    {
      file: 'lambda/sweep/roads.ts',
      from: 'courses) progress.beginAnew()',
      to: 'courses) void progress',
      oracles: ['O13', 'O17', 'O20'],
      fromSeed: 87000,
    },
  ],
  [
    'a key that is refused is hammered',
    {
      file: 'lambda/sweep/key-patience.ts',
      from: 'else if (!this.isWaiting(now)) this.#tries += 1',
      to: '',
      oracles: ['O14'],
    },
  ],
  [
    'a cancel without an answer is not told',
    { file: 'lambda/kraken/attempt.ts', from: 'sentCount - answered.length', to: '0', oracles: ['O15'] },
  ],
  [
    'reduce-only orders are not kept',
    {
      file: 'lambda/kraken/scope.ts',
      from: 'isKeeping(scope) && order.reduceOnly === true)',
      to: 'isKeeping(scope) && order.reduceOnly === null)',
      oracles: ['O16', 'O1'],
    },
  ],
  [
    'what is not told to be reduce-only is kept too',
    {
      file: 'lambda/kraken/scope.ts',
      from: 'isKeeping(scope) && order.reduceOnly === true)',
      to: 'isKeeping(scope) && order.reduceOnly !== false)',
      oracles: ['O1', 'O11', 'O13'],
    },
  ],
  [
    'a cancel-all is sent though something is kept',
    {
      file: 'lambda/sweep/progress.ts',
      from: 'isKeeping(scope) ? new OrdersById(scope, cancels) : new Targets(scope, cancels)',
      to: "new Targets(isKeeping(scope) ? 'all' : scope)",
      oracles: ['O16'],
    },
  ],
  [
    'batches are not charged to the budget',
    {
      file: 'lambda/kraken/rest/futures-rest.ts',
      from: 'cost: batchCost(batch.length)',
      to: 'cost: 0',
      oracles: ['O5'],
    },
  ],
  [
    'what is told of without a word on reduce-only is cancelled at once',
    {
      file: 'lambda/sweep/orders-by-id.ts',
      from: 'order.reduceOnly === null || ',
      to: '',
      oracles: ['O16'],
      fromSeed: 50_000,
    },
  ],
  [
    'what a road tells of in a hold is not listened to',
    {
      file: 'lambda/sweep/watch.ts',
      from: '    void listen(exchange, watched)\n',
      to: '',
      oracles: ['O17', 'O20', 'O21'],
    },
  ],
  [
    'what a road tells of between two rounds is not listened to',
    {
      file: 'lambda/sweep/sweep.ts',
      from: 'if (!progress.hearOpen(exchange.toldOpen?.() ?? [])) continue',
      to: 'if (progress !== undefined) continue',
      oracles: ['O17', 'O21'],
    },
  ],
  [
    'a road that would tell of nothing is believed to tell',
    {
      file: 'lambda/sweep/watch.ts',
      from: 'exchange.isTelling?.() === true',
      to: 'exchange.toldOpen !== undefined',
      oracles: ['O17', 'O21', 'O23'],
    },
  ],
  [
    'a session that tells gives its place to a spare that nobody needs',
    {
      file: 'lambda/kraken/unified/sessions.ts',
      from: '!needs.some((isNeeded) => isNeeded())',
      to: 'needs.length === 0',
      oracles: ['O17', 'O21'],
    },
  ],
  [
    'a hold never looks',
    {
      file: 'lambda/sweep/watch.ts',
      from: 'LOOK_EVERY_MS = 500\n',
      to: 'LOOK_EVERY_MS = 500_000\n',
      oracles: ['O17', 'O21', 'O23'],
    },
  ],
  [
    'a look that failed is a look at an empty book',
    {
      file: 'lambda/sweep/watch.ts',
      from: 'onLook(await canLook(exchange, looking))',
      to: 'void (await canLook(exchange, looking))\n    onLook(true)',
      oracles: ['O23'],
    },
  ],
  [
    'what a look finds is not swept',
    {
      file: 'lambda/sweep/watch.ts',
      from: 'if (orders.some(isOpen)) onOpen()',
      to: '',
      oracles: ['O17', 'O20', 'O21'],
    },
  ],
  [
    'what an old book shows to have rested is no news for a hold',
    {
      file: 'lambda/sweep/hold.ts',
      from: '(swept.restedAt ?? -Infinity) > (known.emptySince ?? Infinity)',
      to: 'false',
      oracles: ['O20'],
      fromSeed: 54_000,
    },
  ],
  [
    'a key that is refused is asked with again by every sweep of a hold',
    {
      file: 'lambda/sweep/hold.ts',
      from: 'acks: new AckRelay(), keys, ',
      to: 'acks: new AckRelay(), ',
      oracles: ['O14'],
      fromSeed: 1_091_700,
    },
  ],
  [
    'a hold ends without a last sweep',
    {
      file: 'lambda/sweep/hold.ts',
      from: "(end === 'time' && until < shutUntil)",
      to: "end === 'time'",
      oracles: ['O23'],
    },
  ],
  [
    'a book is empty since before an order was found',
    {
      file: 'lambda/sweep/hold.ts',
      from: 'refills: known.refills + 1, emptySince: null }',
      to: 'refills: known.refills + 1 }',
      oracles: ['O20'],
    },
  ],
  [
    'a book is empty since before nobody looked',
    {
      file: 'lambda/hold/handover.ts',
      from: 'isKnownEmpty ? orNull(known.emptySince) : null',
      to: 'orNull(known.emptySince)',
      oracles: ['O20'],
    },
  ],
  [
    'every lap keeps it shut anew',
    {
      file: 'lambda/sweep/hold.ts',
      from: 'known.shutUntil ?? at + keepShutMs',
      to: 'at + keepShutMs',
      oracles: ['O21'],
    },
  ],
  [
    'a fuse is lit that nobody wanted',
    {
      file: 'lambda/hold/handover.ts',
      from: 'fuse ? FUSE_SECONDS : null',
      to: 'fuse !== undefined ? FUSE_SECONDS : null',
      oracles: ['O18'],
    },
  ],
  [
    'the fuse is put out',
    {
      file: 'lambda/kraken/timer.ts',
      from: 'seconds >= 1 && seconds <= MOST_SECONDS) return seconds',
      to: 'seconds <= MOST_SECONDS) return 0',
      oracles: ['O18'],
    },
  ],
  [
    'the nonce is not signed',
    { file: 'lambda/kraken/http/api-sign.ts', from: '.update(nonce)', to: '', oracles: ['O4'] },
  ],
  [
    'the body is not signed',
    { file: 'lambda/kraken/http/authent.ts', from: '.update(postData)', to: '', oracles: ['O4'] },
  ],
]

let workshop: Workshop

beforeAll(async () => {
  workshop = await Workshop.open()
})
afterAll(() => workshop.close())

test.each(SABOTAGE)(
  'finds it when %s',
  async (_, { oracles, fromSeed = 0, ...sabotage }) => {
    const said = await workshop.besieged(sabotage, ['--seeds', '20000', '--from', String(fromSeed)])
    expect(said).toMatch(/^exit 1\n/)
    expect(said).toMatch(new RegExp(`^(${oracles.join('|')}) IS BROKEN`, 'm'))
    expect(said).toMatch(/pull 1 begins/)
    expect(said).toMatch(/npm run siege -- --seed \d+/)
  },
  60_000,
)
