import { expect, test } from 'vitest'
import { inScope } from '../../lambda/kraken/scope.ts'
import { mayCover, readSymbol, surelyCovers } from '../../lambda/kraken/symbol.ts'

test.each([
  ['PF_XBTUSD', 'PF_XBTUSD'],
  ['pf_xbtusd', 'PF_XBTUSD'],
  ['PI_XBTUSD', 'PI_XBTUSD'],
  ['FI_XBTUSD_260327', 'FI_XBTUSD_260327'],
  ['FF_XBTUSD_260327', 'FF_XBTUSD_260327'],
  ['FI_XBTUSD', 'FI_XBTUSD'],
  ['PF_1INCHUSD', 'PF_1INCHUSD'],
])('takes %s as %s', (text, symbol) => {
  expect(readSymbol(text)).toBe(symbol)
})

test.each([
  '',
  '*',
  'all',
  'ALL',
  'XBTUSD',
  'PF_',
  'PF_XBTUSD_260327',
  'PI_XBTUSD_260327',
  'FF_XBTUSD',
  'FI_XBTUSD_26032',
  'FI_XBTUSD_2603277',
  'PF_XBTUSD&x=1',
  'PF_XBTUSD%26',
  'PF_XBTUSD\r\nX: 1',
  ' PF_XBTUSD',
  'PF_XBTUSD ',
  'РF_XBTUSD', // Cyrillic Er
  'PF_XBTUſD', // long s, which upper-cases to S
  'ＰＦ_XBTUSD', // full width
  'PF-XBTUSD',
  'rr_xbtusd',
  `PF_${'X'.repeat(10_000)}`,
])('does not take %j for a symbol', (text) => {
  expect(readSymbol(text)).toBeNull()
})

test.each([
  ['all', 'PF_XBTUSD', true],
  [['PF_XBTUSD'], 'PF_XBTUSD', true],
  [['PF_XBTUSD'], 'pf_xbtusd', true],
  [['PF_XBTUSD'], 'PF_ETHUSD', false],
  [['PF_XBTUSD'], 'PF_XBTUSDT', false],
  [['FI_XBTUSD'], 'FI_XBTUSD_260327', true],
  [['FI_XBTUSD'], 'PI_XBTUSD', true],
  [['FI_XBTUSD'], 'PF_XBTUSD', false],
  [['FI_XBTUSD'], 'FI_XBTUSDT_260327', false],
  [['FI_XBTUSD_260327'], 'PI_XBTUSD', false],
  [['PF_ETHUSD', 'PF_XBTUSD'], 'PF_XBTUSD', true],
  [['PF_XBTUSD'], null, true],
  [['PF_XBTUSD'], 'XBT/USD:PERP', true],
  [['PF_XBTUSD'], 'PF_ETHUSD_PERP', true],
  [['FI_XBTUSD'], 'FI_XBTUSD_PERP', true],
  [['PF_XBTUSD'], '', true],
  ['all', 'XBT/USD:PERP', true],
] as const)('scope %j and an order of %s: %s', (scope, symbol, expected) => {
  expect(inScope(scope, { symbol, reduceOnly: null })).toBe(expected)
})

// Whether it is ours is not told: such an order counts as open, and is never cancelled by its id.
test.each([null, '', 'XBT/USD:PERP', 'FI_XBTUSD_PERP', 'PF_XBTUSD '])(
  'an order of %j may be one of any symbol, and is surely one of none',
  (symbol) => {
    for (const wanted of ['PF_XBTUSD', 'FI_XBTUSD']) {
      expect(mayCover(wanted, symbol)).toBe(true)
      expect(surelyCovers(wanted, symbol)).toBe(false)
    }
  },
)
