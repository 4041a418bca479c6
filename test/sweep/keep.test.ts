import { describe, expect, onTestFinished, test } from 'vitest'
import type { Roads } from '../../drill/account.ts'
import { error, json } from '../../drill/answer.ts'
import { isNamedBy, type RestingOrder } from '../../drill/book.ts'
import { KEEP_FAULTS } from '../../drill/keep-faults.ts'
import { isCancel } from '../../drill/order-desk.ts'
import type { KeepingScope } from '../../lambda/kraken/scope.ts'
import { keptOf } from '../../lambda/sweep/kept.ts'
import { type Pulled, pullOver } from '../pull.ts'
import { openVenue, type Venue } from '../venue.ts'

/* Reduce-only orders are kept: over real sockets, in real time. */

const ALL: KeepingScope = { symbols: 'all', keep: 'reduceOnly' }
const ROADS: readonly Roads[] = ['rest', 'unified', 'both']

async function venueFor(orders?: number): Promise<Venue> {
  const venue = await openVenue(orders)
  onTestFinished(() => venue.close())
  return venue
}

interface Inputs {
  readonly scope?: KeepingScope
  readonly timeMs?: number
  readonly isUncountable?: boolean
}

/** No order that is reduce-only is ever taken from the book, but by who says so. */
async function pull(venue: Venue, which: Roads, inputs: Inputs = {}): Promise<Pulled> {
  const { scope = ALL, timeMs = 4_000, isUncountable = false } = inputs
  const roads = (deadlineAt: number) => venue.roads(which, { deadlineAt })
  const pulled = await pullOver(venue, { scope, timeMs, quietPeriodMs: 250, roads, isUncountable })
  const calls = venue.exchange.calls.map(({ endpoint }) => endpoint)
  expect(calls).not.toContain('cancelallorders')
  expect(calls).not.toContain('cancel_all')
  return pulled
}

const guards = ({ exchange }: Venue) => exchange.account.book.orders.filter(({ reduceOnly }) => reduceOnly)
const others = ({ exchange }: Venue) => exchange.account.book.orders.filter(({ reduceOnly }) => !reduceOnly)

describe.each(ROADS)('over %s', (which) => {
  test('everything goes but what is reduce-only, and that is listed', async () => {
    const venue = await venueFor(37)
    const before = guards(venue)
    expect(before).toHaveLength(14)
    const { verdict, swept } = await pull(venue, which)
    expect(verdict.kind).toBe('EMPTY')
    expect(guards(venue)).toEqual(before)
    expect(others(venue)).toEqual([])
    expect(swept.tally.cancelled().orderIds).toHaveLength(23)
    expect(swept.tally.wasScopeIgnored).toBe(false)
    expect(keptOf(swept, verdict)).toMatchObject({ orders: { length: 14 }, vanishedCount: 0 })
  })

  test('the first read leaves at once, and what it shows goes without a pause', async () => {
    const venue = await venueFor(37)
    await venue.client().openOrders()
    const { tookMs } = await pull(venue, which)
    expect(tookMs).toBeLessThan(250 + 300)
    const cancels = venue.attempts.filter(({ isCancel }) => isCancel)
    const [first] = venue.attempts
      .filter(({ call }) => call === 'executions' || call === 'openorders')
      .slice(1)
    expect(Number(cancels[0]?.startedAt) - Number(first?.endedAt)).toBeLessThan(20)
  })

  test('of the symbols that are named alone', async () => {
    const venue = await venueFor(50)
    const scope: KeepingScope = { symbols: ['PF_XBTUSD', 'FI_XBTUSD'], keep: 'reduceOnly' }
    const isNamed = (order: RestingOrder) => ['PF_XBTUSD', 'FI_XBTUSD'].some((name) => isNamedBy(name, order))
    const { book } = venue.exchange.account
    const left = book.orders.filter((order) => order.reduceOnly || !isNamed(order))
    const { verdict, swept } = await pull(venue, which, { scope })
    expect(verdict.kind).toBe('EMPTY')
    expect(book.orders).toEqual(left)
    const kept = keptOf(swept, verdict)
    expect(kept).toMatchObject({ orders: { length: guards(venue).filter(isNamed).length } })
  })

  test('a book of nothing but reduce-only orders is proven empty in scope, and no cancel is sent', async () => {
    const venue = await venueFor(0)
    for (let i = 0; i < 3; i++) venue.exchange.account.book.place({ orderType: 'stop', reduceOnly: true })
    const { verdict } = await pull(venue, which)
    expect(verdict.kind).toBe('EMPTY')
    expect(venue.exchange.calls.filter(isCancel)).toEqual([])
    expect(guards(venue)).toHaveLength(3)
  })

  test('a reduce-only order that is placed meanwhile stays, another goes', async () => {
    const venue = await venueFor(10)
    const { book } = venue.exchange.account
    let isPlaced = false
    const place = () => {
      if (isPlaced) return
      isPlaced = true
      book.place({ orderType: 'stop', reduceOnly: true, cliOrdId: 'late stop' })
      book.place({ cliOrdId: 'late order' })
    }
    misbehaveAtCancel(venue, place)
    const { verdict } = await pull(venue, which)
    expect(verdict.kind).toBe('EMPTY')
    expect(book.orders.map(({ cliOrdId }) => cliOrdId)).toContain('late stop')
    expect(others(venue)).toEqual([])
  })

  test('a kept order that is edited into one that opens risk goes from the read on that shows it', async () => {
    const venue = await venueFor(10)
    const { book } = venue.exchange.account
    const [stop] = guards(venue)
    let isEdited = false
    misbehaveAtCancel(venue, () => {
      if (isEdited) return
      isEdited = true
      book.remove(({ order_id }) => order_id === stop?.order_id)
      book.place({ ...stop, reduceOnly: false })
    })
    const { verdict } = await pull(venue, which, { isUncountable: true })
    expect(verdict.kind).toBe('EMPTY')
    expect(book.orders.map(({ order_id }) => order_id)).not.toContain(stop?.order_id)
  })

  test('a kept order that is gone at the end is said to be', async () => {
    const venue = await venueFor(10)
    const [stop] = guards(venue)
    misbehaveAtCancel(venue, () => {
      venue.exchange.account.book.remove(({ order_id }) => order_id === stop?.order_id)
    })
    const { verdict, swept } = await pull(venue, which, { isUncountable: true })
    expect(verdict.kind).toBe('EMPTY')
    expect(keptOf(swept, verdict)).toMatchObject({ orders: { length: 3 }, vanishedCount: 1 })
    expect(swept.tally.cancelled().orderIds).not.toContain(stop?.order_id)
  })

  test('an order of which it is not told whether it is reduce-only goes', async () => {
    const venue = await venueFor(5)
    venue.exchange.misbehave({
      answer: ({ endpoint }, orderly) => {
        if (endpoint !== 'openorders') return undefined
        const said = JSON.parse(orderly().body)
        return json({ ...said, openOrders: said.openOrders.map(untold) })
      },
      message: ({ call, asked, session }, orderly) => {
        if (call.endpoint !== 'subscribe executions') return undefined
        const [response] = orderly()
        const snapshot = session.snapshot(venue.exchange.account.book.orders) as { readonly data: object[] }
        return {
          said: [response ?? session.failure(asked, ''), { ...snapshot, data: snapshot.data.map(untold) }],
        }
      },
    })
    const { verdict, swept } = await pull(venue, which)
    expect(verdict.kind).toBe('EMPTY')
    expect(venue.exchange.account.book.orders).toEqual([])
    expect(swept.tally.cancelled().described.filter(({ reduceOnly }) => reduceOnly === null)).toHaveLength(5)
  })

  test('an order without an id is never lost: it is open at the end', async () => {
    const venue = await venueFor(5)
    const hidden = others(venue)[0]?.order_id
    venue.exchange.misbehave({
      answer: ({ endpoint }, orderly) => {
        if (endpoint !== 'openorders') return undefined
        const said = JSON.parse(orderly().body)
        const openOrders = said.openOrders.map((order: RestingOrder) =>
          order.order_id === hidden ? { ...order, order_id: null } : order,
        )
        return json({ ...said, openOrders })
      },
      message: ({ call, asked, session }, orderly) => {
        if (call.endpoint !== 'subscribe executions') return undefined
        const [response] = orderly()
        const snapshot = session.snapshot(venue.exchange.account.book.orders) as {
          readonly data: readonly { readonly order_id: string }[]
        }
        const data = snapshot.data.map((entry) =>
          entry.order_id === hidden ? { ...entry, order_id: null } : entry,
        )
        return { said: [response ?? session.failure(asked, ''), { ...snapshot, data }] }
      },
    })
    const { verdict } = await pull(venue, which, { timeMs: 1_200 })
    const open = verdict.kind === 'NOT_EMPTY' ? verdict.open : []
    expect(new Set(open.map(({ orderId }) => orderId))).toEqual(new Set(['']))
  })

  test('a book that cannot be read is not swept: it persists to the end, and nothing goes', async () => {
    const venue = await venueFor(10)
    venue.exchange.misbehave({
      answer: ({ endpoint }) => (endpoint === 'openorders' ? error('Unavailable', 503) : undefined),
      message: ({ call, asked, session }) =>
        call.endpoint === 'subscribe executions'
          ? { said: [session.failure(asked, 'EService:Unavailable')] }
          : undefined,
    })
    const { verdict, swept, tookMs } = await pull(venue, which, { timeMs: 2_000 })
    expect(verdict.kind).toBe('FAILED')
    expect(keptOf(swept, verdict)).toBe('unknown')
    expect(tookMs).toBeGreaterThan(1_400)
    expect(venue.exchange.account.book.orders).toHaveLength(10)
  })
})

function untold(order: object): object {
  return { ...order, reduceOnly: undefined, reduce_only: undefined }
}

/** Something happens each time that a cancel arrives, before it is carried out. */
function misbehaveAtCancel(venue: Venue, happen: () => void): void {
  const atCancel = (call: Parameters<typeof isCancel>[0]) => {
    if (isCancel(call)) happen()
    return undefined
  }
  venue.exchange.misbehave({ answer: atCancel, message: ({ call }) => atCancel(call) })
}

describe('a fault leads to the verdict it must, and reduce-only orders stay', () => {
  const counted: Readonly<Record<string, number>> = { 'keep:batch-502': 0, 'keep:batch-mute': 0 }

  test.each(KEEP_FAULTS.map((fault) => [fault.name, fault] as const))('%s', async (name, fault) => {
    const venue = await venueFor(37)
    const before = guards(venue).length
    venue.exchange.misbehave(fault)
    const isUncountable = fault.guardsLost !== undefined || name === 'keep:batch-liar'
    const timeMs = fault.verdicts[0] === 'EMPTY' ? 4_000 : 1_500
    const { verdict, swept } = await pull(venue, fault.roads ?? 'rest', { isUncountable, timeMs })
    expect(fault.verdicts).toContain(verdict.kind)
    const stay = guards(venue).filter(({ cliOrdId }) => cliOrdId !== 'new stop')
    expect(stay).toHaveLength(before - (fault.guardsLost ?? 0))
    if (verdict.kind !== 'EMPTY') return
    expect(others(venue)).toEqual([])
    if (fault.roads === undefined) expect(swept.tally.cancelled().count).toBe(counted[name] ?? 23)
  })
})

describe('over the first road, where a batch', () => {
  test('is refused for good, and a cancel alone too, it ends with what is open', async () => {
    const venue = await venueFor(37)
    venue.exchange.misbehave({
      answer: (call) => (isCancel(call) ? error('insufficientPrivileges') : undefined),
    })
    const { verdict, tookMs } = await pull(venue, 'rest')
    expect(verdict).toMatchObject({ kind: 'NOT_EMPTY', cause: { code: 'insufficientPrivileges' } })
    expect(tookMs).toBeLessThan(1_500)
    const cancels = venue.exchange.calls.filter(isCancel)
    expect(cancels.map(({ endpoint }) => endpoint)).toEqual(['batchorder', 'batchorder', 'cancelorder'])
  })
})

test('500 orders go over the first road as the budget frees, without a storm of calls', async () => {
  const venue = await venueFor(0)
  const { book } = venue.exchange.account
  for (let i = 0; i < 500; i++) book.place({})
  book.place({ orderType: 'stop', reduceOnly: true })
  const { verdict, swept } = await pull(venue, 'rest', { timeMs: 16_000 })
  expect(verdict.kind).toBe('EMPTY')
  expect(swept.tally.cancelled().count).toBe(500)
  const batches = venue.exchange.calls.filter(({ endpoint }) => endpoint === 'batchorder')
  expect(batches).toHaveLength(10)
  expect(venue.exchange.calls.length).toBeLessThan(20)
}, 20_000)

test('500 orders go over both roads at once', async () => {
  const venue = await venueFor(0)
  const { book } = venue.exchange.account
  for (let i = 0; i < 500; i++) book.place({})
  book.place({ orderType: 'stop', reduceOnly: true })
  const { verdict, swept } = await pull(venue, 'both')
  expect(verdict.kind).toBe('EMPTY')
  expect(swept.tally.cancelled().count).toBe(500)
  expect(guards(venue)).toHaveLength(1)
})
