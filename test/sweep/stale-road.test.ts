import { expect, onTestFinished, test } from 'vitest'
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

const pull = (venue: Venue, timeMs: number, scope: Scope = 'all', which: 'both' | 'unified' = 'both') =>
  pullOver(venue, {
    scope,
    timeMs,
    quietPeriodMs: QUIET_MS,
    roads: (deadlineAt) => venue.roads(which, { deadlineAt }),
    isUncountable: true,
  })

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
