import fc from 'fast-check'
import { expect, test } from 'vitest'
import { guardsOf } from '../../lambda/report/guards.ts'
import type { Report } from '../../lambda/report/report.ts'

/* Which positions are left without protection: said only where it is known. */

const position = (symbol: string | null) => ({ symbol, side: 'long', size: 1, price: 1 })
const order = (symbol: string, reduceOnly: boolean | null) => ({
  orderId: 'a',
  symbol,
  side: 'sell',
  type: 'stp',
  size: 1,
  price: 1,
  reduceOnly,
  cliOrdId: null,
})
const listOf = (...orders: ReturnType<typeof order>[]) => ({ count: orders.length, orders })

type Known = Pick<Report, 'positions' | 'remaining' | 'kept' | 'scope'>
const emptied: Known = { positions: [position('PF_XBTUSD')], remaining: listOf(), kept: null, scope: 'all' }
const standing = (changed: Partial<Known>) => {
  const guards = guardsOf({ ...emptied, ...changed } as Report)
  return guards && [guards.without.length, guards.with.length, guards.unknown.length]
}

const keeping = { symbols: 'all', keep: 'reduceOnly' } as const

test.each<[string, Partial<Known>, readonly number[] | null]>([
  ['everything is gone', {}, [1, 0, 0]],
  ['its stop is kept', { scope: keeping, kept: listOf(order('pf_xbtusd', true)) }, [0, 1, 0]],
  ['the stop of another is kept', { scope: keeping, kept: listOf(order('PF_ETHUSD', true)) }, [1, 0, 0]],
  ['its stop is still open', { remaining: listOf(order('PF_XBTUSD', true)) }, [0, 1, 0]],
  ['an order that opens risk is open', { remaining: listOf(order('PF_XBTUSD', false)) }, [1, 0, 0]],
  ['an order is open of which it is not told', { remaining: listOf(order('PF_XBTUSD', null)) }, [0, 0, 1]],
  ['the report does not list all orders', { remaining: { count: 101, orders: [] } }, [0, 0, 1]],
  ['its symbol was not asked for', { scope: ['PF_ETHUSD'] }, [0, 0, 1]],
  ['its symbol was asked for', { scope: ['PF_XBTUSD'] }, [1, 0, 0]],
  ['its symbol is not known', { positions: [position(null)] }, [0, 0, 1]],
  ['no position is open', { positions: [] }, [0, 0, 0]],
  ['positions are not known', { positions: 'unknown' }, null],
  ['open orders are not known', { remaining: 'unknown' }, null],
  ['what was to be kept is not known', { scope: keeping, kept: 'unknown' }, null],
  ['nothing was fired', { scope: null }, null],
])('where %s', (_, changed, expected) => {
  expect(standing(changed)).toEqual(expected)
})

test('every position stands in one of the three', () => {
  const symbol = fc.constantFrom('PF_XBTUSD', 'PF_ETHUSD', 'FI_XBTUSD_261225', 'x', null)
  const orders = fc.array(
    fc.tuple(symbol, fc.constantFrom(true, false, null)).map(([of, only]) => order(of ?? '?', only)),
  )
  fc.assert(
    fc.property(fc.array(symbol), orders, orders, (symbols, open, kept) => {
      const known = { positions: symbols.map(position), remaining: listOf(...open), kept: listOf(...kept) }
      expect(standing({ ...known, scope: keeping })?.reduce((a, b) => a + b)).toBe(symbols.length)
    }),
  )
})
