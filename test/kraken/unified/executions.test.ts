import { beforeEach, expect, test } from 'vitest'
import { Executions } from '../../../lambda/kraken/unified/executions.ts'
import { ToldOrders } from '../../../lambda/kraken/unified/told-orders.ts'

const entry = (order_id: string, fields: object = {}) => ({
  exec_type: 'new',
  order_status: 'new',
  order_id,
  symbol: 'PF_XBTUSD',
  side: 'buy',
  order_type: 'limit',
  order_qty: 2,
  cum_qty: 0.5,
  limit_price: 60_000,
  timestamp: '2026-11-24T12:00:00.123456Z',
  ...fields,
})
const snapshot = (...data: object[]) => ({ channel: 'executions', type: 'snapshot', data, sequence: 1 })
const update = (sequence: number | undefined, ...data: object[]) => ({
  channel: 'executions',
  type: 'update',
  data,
  ...(sequence === undefined ? {} : { sequence }),
})
const gone = (order_id: string, exec_type = 'canceled') => ({ order_id, exec_type, order_status: exec_type })

let told: ToldOrders
let executions: Executions
beforeEach(() => {
  told = new ToldOrders()
  executions = new Executions(told)
  executions.takeSnapshot(snapshot(entry('a'), entry('b', { symbol: 'pf_ethusd' })))
})
const open = () => executions.open.map(({ orderId }) => orderId)

test('reads orders in the words of the other road', () => {
  expect({ ...executions.open[0] }).toEqual({})
  const [first, second] = executions.open
  expect(first?.orderId).toBe('a')
  expect(first?.size).toBe(1.5)
  expect(first?.limitPrice).toBe(60_000)
  expect(first?.placedAt).toBe(Date.parse('2026-11-24T12:00:00.123Z'))
  expect(first?.reduceOnly).toBeNull()
  expect(second?.symbol).toBe('PF_ETHUSD')
})

test('a stop has its trigger for a price', () => {
  executions.takeSnapshot(
    snapshot(
      entry('s', {
        order_type: 'stop-loss',
        limit_price: null,
        triggers: { price: 58_000 },
        reduce_only: true,
      }),
    ),
  )
  expect(executions.open[0]).toMatchObject({
    stopPrice: 58_000,
    limitPrice: null,
    reduceOnly: true,
    type: 'stop-loss',
  })
})

// Updates say only what their event is about, and a stop that is not known to be one would be cancelled.
test('that an order is reduce-only stays told until something else is', () => {
  const reduceOnly = () => executions.open.find(({ orderId }) => orderId === 's')?.reduceOnly
  executions.takeSnapshot(snapshot(entry('s', { reduce_only: true })))
  executions.applyUpdate(update(2, { order_id: 's', exec_type: 'restated', reduce_only: null }))
  expect(reduceOnly()).toBe(true)
  executions.takeSnapshot(snapshot(entry('s')))
  expect(reduceOnly()).toBe(true)
  executions.applyUpdate(update(2, { order_id: 's', exec_type: 'amended', reduce_only: false }))
  expect(reduceOnly()).toBe(false)
})

test('what one session was told of an order, the next one knows too', () => {
  executions.applyUpdate(update(2, entry('s', { reduce_only: true })))
  const next = new Executions(told)
  next.applyUpdate(update(undefined, { order_id: 's', exec_type: 'restated', limit_price: 59_000 }))
  expect([...told.open].map(([id, order]) => [id, order.reduceOnly])).toEqual([['s', true]])
  next.takeSnapshot(snapshot(entry('s')))
  expect(next.open.map((order) => order.reduceOnly)).toEqual([true])
})

test('updates keep it current', () => {
  executions.applyUpdate(update(2, entry('c')))
  executions.applyUpdate(update(3, gone('a'), gone('b', 'filled')))
  expect(open()).toEqual(['c'])
  expect([...told.cancelled].map(({ orderId, symbol }) => [orderId, symbol])).toEqual([['a', 'PF_XBTUSD']])
})

test('an update twice is an update once', () => {
  for (const _ of [1, 2]) executions.applyUpdate(update(2, gone('a')))
  expect(open()).toEqual(['b'])
  expect([...told.cancelled]).toHaveLength(1)
})

const grownBy = () => executions.takeStirred().grownBy.map(({ orderId }) => orderId)

test('of two words about an order the later one counts: what is called open after it was gone is open', () => {
  executions.applyUpdate(update(undefined, gone('c')))
  executions.applyUpdate(update(undefined, entry('c')))
  executions.applyUpdate(update(undefined, gone('a'), entry('a', { exec_type: 'amended' })))
  executions.applyUpdate(update(undefined, entry('d'), gone('d')))
  expect(open()).toEqual(['b', 'c', 'a'])
  expect(grownBy()).toEqual(['c', 'a', 'd'])
})

test('an order that nobody has heard of is open, also in a sparse entry', () => {
  executions.applyUpdate(update(2, { exec_type: 'restated', order_id: 'x' }))
  expect(executions.open.map(({ orderId, symbol }) => [orderId, symbol])).toContainEqual(['x', null])
  expect(grownBy()).toEqual(['x'])
})

test.each([
  ['an unknown event', { exec_type: 'something_new' }],
  ['an unknown status', { order_status: 'held' }],
  ['a fill in part', { exec_type: 'trade', order_status: 'partially_filled' }],
  ['a cancel that is only asked for', { exec_type: 'pending_cancel', order_status: 'new' }],
  ['neither event nor status', { exec_type: undefined, order_status: undefined }],
])('%s does not make an order gone', (_, fields) => {
  executions.takeSnapshot(snapshot(entry('z', fields)))
  expect(open()).toEqual(['z'])
})

test.each(['filled', 'canceled', 'cancelled', 'expired'])(
  'in a snapshot, an order that is %s is not open',
  (status) => {
    executions.takeSnapshot(snapshot(entry('z', { order_status: status }), entry('y')))
    expect(open()).toEqual(['y'])
  },
)

test('an order without an id counts, each for itself', () => {
  executions.takeSnapshot(snapshot({}, { symbol: 'PF_XBTUSD' }, 'no order' as unknown as object))
  expect(executions.open).toHaveLength(3)
})

test.each<[string, object]>([
  ['no list', { data: undefined }],
  ['a map for a list', { data: {} }],
  ['an error beside an empty list', { data: [], error: 'snapshot_too_large' }],
])('%s is no empty book', (_, fields) => {
  expect(() => executions.takeSnapshot({ ...snapshot(), ...fields })).toThrow()
  expect(open()).toEqual(['a', 'b'])
})

test.each<[string, boolean, readonly string[], () => void]>([
  ['nothing happened', false, [], () => {}],
  ['orders went', false, [], () => executions.applyUpdate(update(2, gone('a')))],
  [
    'an order changed',
    false,
    [],
    () => executions.applyUpdate(update(2, entry('a', { exec_type: 'amended' }))),
  ],
  ['an order came', false, ['c'], () => executions.applyUpdate(update(2, entry('c')))],
  ['an order came and went', false, ['c'], () => executions.applyUpdate(update(2, entry('c'), gone('c')))],
  ['an update is missing', true, [], () => executions.applyUpdate(update(3, gone('a')))],
  [
    'an update came twice',
    false,
    [],
    () => [2, 2].forEach((n) => void executions.applyUpdate(update(n, gone('a')))),
  ],
  ['something could not be read', true, [], () => executions.stir()],
  ['an update had no list', true, [], () => executions.applyUpdate({ type: 'update', sequence: 2 })],
  ['an update named no order', true, [], () => executions.applyUpdate(update(2, { exec_type: 'new' }))],
])('%s: the book was stirred, %s, and grew by %j', (_, wasStirred, ids, happen) => {
  happen()
  const stirred = executions.takeStirred()
  expect([stirred.wasStirred, stirred.grownBy.map(({ orderId }) => orderId)]).toEqual([wasStirred, ids])
  expect(executions.takeStirred()).toEqual({ wasStirred: false, grownBy: [] })
})

test.each<[string, readonly (number | undefined)[], readonly (number | undefined)[]]>([
  ['updates without numbers miss nothing', [1], [undefined, undefined]],
  ['nor do the first numbered ones after them', [1], [undefined, 9, 10]],
  ['nor after a snapshot without one', [undefined], [5, 6]],
  ['an update that comes late is not missed twice', [1], [2, 4, 3, 5]],
  ['one without a number ends the count', [1], [2, undefined, 9]],
])('%s', (_, [first], numbers) => {
  executions.takeSnapshot({ ...snapshot(entry('a')), sequence: first })
  const stirred = numbers.map((number) => {
    executions.applyUpdate(update(number))
    return executions.takeStirred().wasStirred
  })
  expect(stirred).toEqual(numbers.map((number) => number === 4))
})

test('orders without an id are described by what is said of each, and by nothing else', () => {
  executions.takeSnapshot(snapshot(entry('a', { order_id: undefined, side: 'sell' })))
  expect(executions.open[0]).toMatchObject({ orderId: '', side: 'sell' })
  executions.takeSnapshot(snapshot({ symbol: 'PF_SOLUSD' }))
  expect(executions.open[0]).toMatchObject({ orderId: '', side: null, symbol: 'PF_SOLUSD' })
})

test('what a new snapshot leaves out of a known order is kept', () => {
  executions.takeSnapshot(snapshot({ order_id: 'a', order_status: 'new' }))
  expect(executions.open[0]).toMatchObject({ orderId: 'a', symbol: 'PF_XBTUSD', limitPrice: 60_000 })
})

test('an update without an id opens no order', () => {
  executions.applyUpdate(update(2, { order_status: 'new', symbol: 'PF_XBTUSD' }))
  expect(open()).toEqual(['a', 'b'])
})

test('a new snapshot takes the place of the old one, and forgets no cancelled order until it is told to', () => {
  executions.applyUpdate(update(2, gone('a')))
  executions.takeSnapshot(snapshot(entry('d')))
  expect(open()).toEqual(['d'])
  expect([...told.cancelled]).toHaveLength(1)
  told.forgetCancelled(0)
  expect([...told.cancelled]).toEqual([])
})

test.each([
  ['minutes before', '2026-11-24T12:05:00Z', 0],
  ['as long before as clocks may be apart', '2026-11-24T12:09:01Z', 1],
  ['after', '2026-11-24T12:10:01Z', 1],
  ['at no time that is told', undefined, 1],
  ['when it was placed, which is no time of its end', '2026-11-24T12:00:00.123456Z', 1],
])(
  'what was frozen on its way is no cancel of now: of an order that was cancelled %s',
  (_, timestamp, count) => {
    told.forgetCancelled(Date.parse('2026-11-24T12:10:00Z'))
    executions.applyUpdate(update(2, { ...gone('a'), timestamp }))
    expect(open()).toEqual(['b'])
    expect([...told.cancelled]).toHaveLength(count)
  },
)

test.each<[string, (told: Executions) => void]>([
  ['an update', (of) => of.applyUpdate(update(2, entry('c')))],
  ['a change', (of) => of.applyUpdate(update(2, entry('c', { exec_type: 'amended' })))],
  ['a snapshot that nobody waits for', (of) => of.applyUpdate(snapshot(entry('c')))],
])('what %s told of stays open, whatever snapshots leave out, until an update calls it gone', (_, tell) => {
  tell(executions)
  for (const _ of [1, 2, 3]) {
    executions.beginSnapshot()
    executions.takeSnapshot(snapshot())
    expect(open()).toEqual(['c'])
  }
  executions.applyUpdate(update(2, gone('c')))
  expect(open()).toEqual([])
  executions.takeSnapshot(snapshot())
  expect(open()).toEqual([])
})

test('what was told of stays open until its own cancel was acknowledged, and a later read leaves it out too', () => {
  const read = (...orders: object[]) => {
    executions.beginSnapshot()
    executions.takeSnapshot(snapshot(...orders))
    return open()
  }
  executions.applyUpdate(update(2, entry('c'), entry('d')))
  executions.beginSnapshot()
  told.noteAcked(['c'])
  executions.takeSnapshot(snapshot()) // asked for before that
  expect(open()).toEqual(['c', 'd'])
  expect(read(entry('c'))).toEqual(['c', 'd']) // acknowledged, and still there
  expect(read()).toEqual(['d'])
  told.noteAcked(['d'])
  executions.applyUpdate(update(3, entry('d'))) // told of again
  expect(read()).toEqual(['d'])
})

test('an order told of without its symbol has that of the next snapshot, and of the one before', () => {
  const symbols = () => Array.from(told.open, ([id, { symbol }]) => [id, symbol])
  executions.applyUpdate(update(2, { order_id: 'c', order_status: 'new' }))
  executions.takeSnapshot(snapshot(entry('a'), entry('c', { symbol: 'PF_ETHUSD' })))
  expect(symbols()).toEqual([['c', 'PF_ETHUSD']])
  new Executions(told).takeSnapshot(snapshot({ order_id: 'c', order_status: 'new' })) // of another session
  expect(symbols()).toEqual([['c', 'PF_ETHUSD']])
})

test('an order that Kraken refused to cancel is open, whatever the next snapshot leaves out', () => {
  for (const id of ['a', 'nobody']) executions.holdOpen(id)
  executions.beginSnapshot()
  executions.takeSnapshot(snapshot(entry('b')))
  expect(open()).toEqual(['b', 'a'])
})

test('an update of one order that is not in a list is read all the same', () => {
  executions.applyUpdate({ ...update(2), data: entry('c') })
  expect(open()).toEqual(['a', 'b', 'c'])
})

test('what only the snapshot before has listed is gone when the next one leaves it out', () => {
  executions.beginSnapshot()
  executions.takeSnapshot(snapshot(entry('b')))
  expect(open()).toEqual(['b'])
})

test('of an order that a snapshot leaves out it is known when it was told of', () => {
  executions.applyUpdate(update(2, entry('told')))
  expect([...executions.unlisted]).toEqual([['told', 'since']])
  executions.takeSnapshot(snapshot(entry('a')))
  expect([...executions.unlisted]).toEqual([['told', 'before']])
  executions.applyUpdate(update(3, entry('told', { cum_qty: 1 })))
  expect([...executions.unlisted]).toEqual([['told', 'since']])
  executions.applyUpdate(snapshot(entry('told')))
  expect([...executions.unlisted]).toEqual([])
})

test('an order that a later piece of the last snapshot listed was told of by the last read', () => {
  const { unlisted } = executions
  executions.applyUpdate(snapshot(entry('piece')))
  expect([...unlisted]).toEqual([])
  executions.takeSnapshot(snapshot(entry('a')))
  expect([...executions.unlisted]).toEqual([['piece', 'by the last read']])
  executions.takeSnapshot(snapshot(entry('a')))
  expect([...executions.unlisted]).toEqual([['piece', 'before']])
})
