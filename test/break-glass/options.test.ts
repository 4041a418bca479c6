import { expect, test } from 'vitest'
import { readOptions, USAGE } from '../../break-glass/options.ts'

const KEYS = ['--secret-file', 'keys.json']

test.each([
  [KEYS, { mode: 'press', secretFile: 'keys.json', scope: 'all', reason: null, json: false, yes: false }],
  [['-', '--yes'], { mode: 'press', secretFile: null, yes: true }],
  [['--secret-file', '-'], { secretFile: null }],
  [['--secret-file=./-'], { secretFile: './-' }],
  [[...KEYS, '--symbol', 'pf_xbtusd', '--symbol', 'PF_XBTUSD'], { scope: ['PF_XBTUSD'] }],
  [[...KEYS, '--reason=- 5 % today', '--json'], { reason: '- 5 % today', json: true }],
  [[...KEYS, '--roads', 'both'], { roads: 'both' }],
  [[...KEYS, '--keep', 'reduceOnly'], { scope: { symbols: 'all', keep: 'reduceOnly' } }],
  [[...KEYS, '--hold', '10m'], { holdMs: 600_000 }],
  [[...KEYS, '--check'], { mode: 'check' }],
  [['--help', ...KEYS], { mode: 'help' }],
  [['--drill'], { mode: 'drill' }],
])('%j is understood', (args, options) => {
  expect(readOptions(args)).toMatchObject(options)
})

// Each row differs from a good one in one place only.
test.each<[readonly string[], RegExp]>([
  [[], /^there are no keys\. Give --secret-file FILE, or -/],
  [['--secret-file', ''], /^there are no keys/],
  [['--secret-file'], /^--secret-file needs a value/],
  [[...KEYS, '-'], /^there are two sources of keys/],
  [[...KEYS, ...KEYS], /^there are two sources of keys/],
  [['-', '-'], /^there are two sources of keys/],
  [[...KEYS, 'PF_XBTUSD'], /^there is an argument that belongs to no option/],
  [[...KEYS, '--sumbol', 'PF_XBTUSD'], /^there is an unknown option, --sumbol\./],
  [[...KEYS, '-x'], /^there is an unknown option, -x\./],
  [[...KEYS, '--fuse'], /^there is an unknown option, --fuse\./],
  [[...KEYS, '--keep', 'stops'], /^keep /],
  [[...KEYS, '--check', '--keep', 'reduceOnly'], /^--check looks at the whole account/],
  [[...KEYS, '--check', '--hold', '10m'], /^--check looks at the whole account/],
  [[...KEYS, '--symbol'], /^--symbol needs a value/],
  [[...KEYS, '--symbol', '--yes'], /^--symbol needs a value; one that begins with a hyphen/],
  [[...KEYS, '--symbol', ''], /^symbols\.0 is not a symbol of Kraken Futures/],
  [[...KEYS, '--symbol', 'all'], /^symbols\.0 is not a symbol .* not at all for all orders/],
  [[...KEYS, '--symbol', 'PF_XBTUSD,PF_ETHUSD'], /^symbols\.0 is not a symbol/],
  [[...KEYS, ...Array(21).fill('--symbol=PF_XBTUSD')], /^symbols holds more than 20/],
  [[...KEYS, '--reason', 'two\nlines'], /^reason holds a line break/],
  [[...KEYS, '--reason', 'x'.repeat(201)], /^reason is longer than 200/],
  [[...KEYS, '--reason', 'a', '--reason', 'b'], /^--reason is given twice/],
  [[...KEYS, '--roads', 'all'], /^--roads takes rest, unified, both/],
  [[...KEYS, '--roads', 'rest', '--roads', 'unified'], /^--roads is given twice/],
  [[...KEYS, '--yes=no'], /^--yes takes no value/],
  [[...KEYS, '--check', '--symbol', 'PF_XBTUSD'], /^--check looks at the whole account/],
])('%j is refused with a sentence that says what to write', (args, sentence) => {
  expect(() => readOptions(args)).toThrow(sentence)
})

test.each([
  ['an argument', (secret: string) => [...KEYS, secret]],
  ['an unknown option', (secret: string) => [...KEYS, `--${secret}`]],
  ['the value of an unknown option', (secret: string) => [...KEYS, `--apiSecret=${secret}`]],
  ['the value of one that takes none', (secret: string) => [...KEYS, `--yes=${secret}`]],
  ['short options', (secret: string) => [...KEYS, `-${secret}`]],
  ['a symbol', (secret: string) => [...KEYS, '--symbol', secret]],
  ['the roads', (secret: string) => [...KEYS, '--roads', secret]],
])('a secret that was misplaced as %s is not repeated', (_, args) => {
  const secret = 'bm90LWEtc2VjcmV0LWJ1dC1sb25nLWVub3VnaA'
  expect(() => readOptions(args(secret))).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('bm90') }),
  )
})

test('the help names every option, and every exit code', () => {
  for (const option of ['secret-file', 'symbol', 'reason', 'roads', 'check', 'json', 'yes', 'drill', 'help'])
    expect(USAGE).toContain(`--${option}`)
  for (const code of ['0 EMPTY', '1 NOT EMPTY', '2 UNVERIFIED', '3 FAILED', '64 refused', '130', '143'])
    expect(USAGE).toContain(code)
})
