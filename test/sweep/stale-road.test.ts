import { setTimeout as sleep } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { error } from '../../drill/answer.ts'
import type { Misbehaviour } from '../../drill/exchange.ts'
import type { Said } from '../../drill/unified-session.ts'
import type { Scope } from '../../lambda/kraken/symbol.ts'
import { pullOver } from '../pull.ts'
import { openVenue, type Venue } from '../venue.ts'

/* What one road read or was told of a while ago does not stand in the way of the other. */

const QUIET_MS = 200

async function venueFor(orders: number): Promise<Venue> {
  const venue = await openVenue(orders)
  onTestFinished(() => venue.close())
  return venue
}

async function warm(venue: Venue): Promise<void> {
  await Promise.all([venue.unified().openOrders(), venue.client().openPositions()])
}

const pull = (venue: Venue, timeMs: number, scope: Scope = 'all', which: 'both' | 'unified' = 'both') =>
  pullOver(venue, {
    scope,
    timeMs,
    quietPeriodMs: QUIET_MS,
    roads: (deadlineAt) => venue.roads(which, { deadlineAt }),
    isUncountable: true,
  })

const BUSY_MS = 1_500
type FaultOf = (startedAt: number) => Misbehaviour

test.each<[string, FaultOf]>([
  [
    'first',
    (startedAt) => ({
      answer: ({ endpoint }) => (endpoint.startsWith('cancel') ? error('insufficientPrivileges') : undefined),
      message: ({ asked, session }) =>
        asked.method.startsWith('cancel') && performance.now() - startedAt < BUSY_MS
          ? { said: [session.failure(asked, 'EService:Unavailable')] }
          : undefined,
    }),
  ],
  [
    'second',
    (startedAt) => ({
      answer: ({ endpoint }) =>
        endpoint.startsWith('cancel') && performance.now() - startedAt < BUSY_MS
          ? error('Unavailable')
          : undefined,
      message: ({ asked, session }) =>
        asked.method.startsWith('cancel')
          ? { said: [session.failure(asked, 'EGeneral:Permission denied')] }
          : undefined,
    }),
  ],
])(
  'a %s key that may read and not cancel does not outvote the road that empties the book',
  async (_, faultOf) => {
    const venue = await venueFor(7)
    await warm(venue)
    venue.exchange.misbehave(faultOf(performance.now()))
    expect((await pull(venue, 5_000)).verdict.kind).toBe('EMPTY')
  },
)

/** So that the first road reads the orders before they are gone. */
const slowCancels: Misbehaviour['message'] = async ({ asked }, orderly) => {
  if (asked.method.startsWith('cancel')) await sleep(60)
  return { said: orderly() }
}

test('a road that is told to wait looks at the book meanwhile', async () => {
  const venue = await venueFor(7)
  await warm(venue)
  const limited = error('apiLimitExceeded')
  const answer = { ...limited, headers: { ...limited.headers, 'retry-after': '8' } }
  venue.exchange.misbehave({
    answer: ({ endpoint }) => (endpoint.startsWith('cancel') ? answer : undefined),
    message: slowCancels,
  })
  const { verdict, tookMs } = await pull(venue, 12_000)
  expect(verdict.kind).toBe('EMPTY')
  expect(tookMs).toBeLessThan(2_500)
  const cancels = venue.exchange.calls.filter(({ endpoint }) => endpoint === 'cancelallorders')
  expect(cancels).toHaveLength(1) // it was told to wait
}, 15_000)

test('twenty symbols over both roads are done in less time than the twentieth has to wait on the first', async () => {
  const venue = await venueFor(0)
  const scope = Array.from({ length: 20 }, (_, i) => `PF_COIN${i}USD`)
  for (const symbol of scope) venue.exchange.account.book.place({ symbol })
  await warm(venue)
  venue.exchange.misbehave({ message: slowCancels })
  expect((await pull(venue, 9_000, scope)).verdict.kind).toBe('EMPTY')
}, 15_000)

test.each(['unified', 'both'] as const)(
  'an order of another symbol, told of without its symbol, is told apart once a snapshot names it: %s',
  async (which) => {
    const venue = await venueFor(0)
    const { book } = venue.exchange.account
    book.place({ symbol: 'PF_XBTUSD' })
    const other = book.place({ symbol: 'PF_ETHUSD' })
    let isTold = false
    venue.exchange.misbehave({
      message: ({ asked }, orderly) => {
        if (asked.method !== 'subscribe' || asked.params.channel !== 'executions' || isTold) return undefined
        isTold = true
        const [response, snapshot] = orderly() as [Said, Said]
        const entry = { order_id: other.order_id, exec_type: 'new', order_status: 'new' }
        return { said: [response, { channel: 'executions', type: 'update', data: [entry] }, snapshot] }
      },
    })
    expect((await pull(venue, 3_000, ['PF_XBTUSD'], which)).verdict.kind).toBe('EMPTY')
    expect(book.orders).toEqual([other])
  },
)
