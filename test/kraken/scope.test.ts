import { expect, test } from 'vitest'
import { inScope, isKeeping, isKept, type Scope, symbolsOf } from '../../lambda/kraken/scope.ts'

const keep = 'reduceOnly' as const

test.each<[Scope, string | null, boolean | null, 'goes' | 'kept' | 'is none of ours']>([
  ['all', 'PF_XBTUSD', true, 'goes'],
  [['PF_XBTUSD'], 'PF_XBTUSD', true, 'goes'],
  [['PF_XBTUSD'], 'PF_ETHUSD', true, 'is none of ours'],
  [{ symbols: 'all', keep }, 'PF_XBTUSD', true, 'kept'],
  [{ symbols: 'all', keep }, 'PF_XBTUSD', false, 'goes'],
  [{ symbols: 'all', keep }, 'PF_XBTUSD', null, 'goes'],
  [{ symbols: 'all', keep }, null, true, 'kept'],
  [{ symbols: ['PF_XBTUSD'], keep }, 'PF_XBTUSD', true, 'kept'],
  [{ symbols: ['PF_XBTUSD'], keep }, 'PF_XBTUSD', false, 'goes'],
  [{ symbols: ['PF_XBTUSD'], keep }, 'PF_ETHUSD', false, 'is none of ours'],
  [{ symbols: ['PF_XBTUSD'], keep }, 'PF_ETHUSD', true, 'is none of ours'],
  [{ symbols: ['PF_XBTUSD'], keep }, null, false, 'goes'],
  [{ symbols: ['FI_XBTUSD'], keep }, 'PI_XBTUSD', null, 'goes'],
])('in the scope %j an order of %s, reduce-only %s, %s', (scope, symbol, reduceOnly, expected) => {
  const order = { symbol, reduceOnly }
  expect(inScope(scope, order)).toBe(expected === 'goes')
  expect(isKept(scope, order)).toBe(expected === 'kept')
})

test('what is kept is a part of the scope, beside its symbols', () => {
  expect(['all' as const, ['PF_XBTUSD']].map(isKeeping)).toEqual([false, false])
  expect(isKeeping({ symbols: 'all', keep })).toBe(true)
  expect([symbolsOf('all'), symbolsOf(['PF_XBTUSD'])]).toEqual(['all', ['PF_XBTUSD']])
  expect(symbolsOf({ symbols: ['PF_XBTUSD'], keep })).toEqual(['PF_XBTUSD'])
})
