import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CancelAck, Order, Position } from '../../lambda/kraken/exchange.ts'
import { briefOf } from '../../lambda/report/brief.ts'
import { makeReport } from '../../lambda/report/report.ts'
import { Tally } from '../../lambda/sweep/tally.ts'
import type { Verdict } from '../../lambda/sweep/verdict.ts'

/* The message for a person who is woken by it: its numbers add up, whatever was cancelled. */

const answered = { sentAt: 0, answeredAt: 10, serverTime: null, clockSkewMs: null }

const orderOf = (symbol: string | null, orderId: string) =>
  ({ orderId, symbol, side: 'buy', type: 'lmt', size: 1, reduceOnly: false, placedAt: null }) as Order

interface Went {
  /** Of orders that Kraken described. */
  readonly symbols: readonly (string | null)[]
  /** Orders of which it gave the id alone, and the number alone. */
  readonly ids: number
  readonly counted: number
}

/** The lines of the message, by their label. */
function linesOf(
  { symbols, ids, counted }: Went,
  open: readonly Order[] = [],
  cancelsSent = 0,
  positions: readonly Position[] = [],
): ReadonlyMap<string, string> {
  const tally = new Tally('all')
  const orders = symbols.map((symbol, i) => orderOf(symbol, `described ${i}`))
  const orderIds = [
    ...orders.map(({ orderId }) => orderId),
    ...Array.from({ length: ids }, (_, i) => `id ${i}`),
  ]
  tally.addAck({ ...answered, cancelOnly: 'all', orderIds, orders, count: counted } satisfies CancelAck)
  const verdict: Verdict = { kind: 'NOT_EMPTY', open, cause: null, isDisputed: false }
  const report = makeReport(
    {
      verdict,
      trigger: {
        kind: 'invoke',
        by: 'cli',
        reason: null,
        eventAt: null,
        action: { do: 'fire', scope: 'all' },
      },
      invocation: { receivedAt: 0, startedAt: 0, isColdStart: false },
      swept: { roads: [], tally, exchangeClock: null, positions, restedAt: null, isToldSince: false },
      attempts: [],
      cancelsSent,
      keyAt: null,
      account: null,
    },
    100,
  )
  const lines = briefOf(report)
    .text.split('\n')
    .map((line) => /^([\w ]+): +(.*)$/.exec(line))
  return new Map(
    lines.filter((line) => line !== null).map(([, label, rest]) => [String(label), String(rest)]),
  )
}

/** `37 (PF_XBTUSD 6, 2 more symbols 17, 14 without detail)` → 37 and [6, 17, 14]. */
function numbersOf(line = ''): { readonly total: number; readonly parts: readonly number[] } {
  const [, total, inBracket] = /^(?:at least )?(\d+)(?: \((.*)\))?$/.exec(line) ?? []
  const entries = inBracket?.split(', ') ?? []
  const parts = entries.map((entry) => Number(/^\d+(?= without detail$)|\d+$/.exec(entry)?.[0]))
  return { total: Number(total), parts }
}

const sum = (parts: readonly number[]) => parts.reduce((a, b) => a + b, 0)

const symbol = fc.oneof(
  fc.constantFrom('PF_XBTUSD', 'PF_ETHUSD', 'FI_XBTUSD_261225', '2026', null, '\u0000'),
  fc.nat(400).map((n) => `PF_COIN${n}USD`),
)
const went = fc.record({
  symbols: fc.array(symbol, { maxLength: 300, size: 'max' }),
  ids: fc.nat(40),
  counted: fc.nat(40),
})

test('what was cancelled adds up, however many symbols there are and however much Kraken left out', () => {
  fc.assert(
    fc.property(went, fc.nat(1), (made, unanswered) => {
      const { total, parts } = numbersOf(
        linesOf(made, [], unanswered).get('Cancelled')?.replace('unknown', '0'),
      )
      expect(total).toBe(made.symbols.length + made.ids + made.counted)
      expect(sum(parts)).toBe(total)
      expect(parts.length).toBeLessThanOrEqual(12)
    }),
  )
})

test('what remains adds up', () => {
  fc.assert(
    fc.property(fc.nat(250), (count) => {
      const open = Array.from({ length: count }, (_, i) => orderOf('PF_XBTUSD', `${i}`))
      const [, total, inBracket] =
        /^(\d+)(?: \((.*)\))?$/.exec(linesOf(NONE, open).get('Open now') ?? '') ?? []
      const entries = inBracket?.split(', ') ?? []
      expect(Number(total)).toBe(count)
      expect(sum(entries.map((entry) => Number(/^(\d+) more$/.exec(entry)?.[1] ?? 1)))).toBe(count)
    }),
  )
})

const NONE: Went = { symbols: [], ids: 0, counted: 0 }
const five = ['PF_XBTUSD', 'PF_XBTUSD', 'PF_ETHUSD']
const many = Array.from({ length: 13 }, (_, i) => `PF_COIN${i}USD`)

test.each<[string, Went, string]>([
  ['nothing', NONE, '0'],
  ['orders that are described', { ...NONE, symbols: five }, '3 (PF_XBTUSD 2, PF_ETHUSD 1)'],
  [
    'some that are not',
    { symbols: five, ids: 14, counted: 0 },
    '17 (PF_XBTUSD 2, PF_ETHUSD 1, 14 without detail)',
  ],
  ['a number alone', { ...NONE, counted: 37 }, '37 (37 without detail)'],
  [
    'orders of more symbols than are listed',
    { ...NONE, symbols: many },
    `13 (${many
      .slice(0, 10)
      .map((one) => `${one} 1`)
      .join(', ')}, 3 more symbols 3)`,
  ],
  [
    'orders of one symbol more',
    { ...NONE, symbols: many.slice(0, 11) },
    `11 (${many
      .slice(0, 10)
      .map((one) => `${one} 1`)
      .join(', ')}, 1 more symbol 1)`,
  ],
])('of %s that were cancelled it says so', (_, made, line) => {
  expect(linesOf(made).get('Cancelled')).toBe(line)
})

test('where more may have been cancelled it says so too', () => {
  expect(linesOf({ ...NONE, symbols: five }, [], 1).get('Cancelled')).toBe(
    'at least 3 (PF_XBTUSD 2, PF_ETHUSD 1)',
  )
  expect(linesOf(NONE, [], 1).get('Cancelled')).toBe('unknown')
})

test('positions that are more than the report holds are not called all', () => {
  const position = { symbol: 'PF_XBTUSD', side: 'long', size: 1, price: 1 }
  const line = (count: number) => linesOf(NONE, [], 0, Array(count).fill(position)).get('Positions')
  expect(line(2)).toBe('2 open (PF_XBTUSD long 1, PF_XBTUSD long 1)')
  expect(line(12)).toMatch(/^12 open \(.*, 2 more\)$/)
  expect(line(500)).toMatch(/^at least 100 open \(.*, 90 more\)$/)
})

test('what a person asks for first stands first, under the sentence', () => {
  const position = { symbol: 'PF_XBTUSD', side: 'long', size: 1, price: 1 }
  expect([...linesOf({ ...NONE, symbols: five }, [], 0, [position]).keys()].slice(0, 6)).toEqual([
    'NOT EMPTY', // the sentence itself
    'Open now',
    'Cancelled',
    'Positions',
    'Unguarded',
    'Took',
  ])
})

test('positions without protection, with it, and those of which it is not known, are all the positions', () => {
  const symbols = fc.array(fc.constantFrom('PF_XBTUSD', 'PF_ETHUSD', '?', null), { maxLength: 90 })
  const guards = fc.array(fc.constantFrom('PF_XBTUSD', 'PF_ETHUSD', 'PF_SOLUSD'), { maxLength: 3 })
  fc.assert(
    fc.property(symbols, guards, (held, guarded) => {
      const positions = held.map((symbol) => ({ symbol, side: 'long', size: 1, price: 1 }))
      const open = guarded.map((symbol, i) => ({ ...orderOf(symbol, `${i}`), reduceOnly: true }))
      const lines = linesOf(NONE, open, 0, positions)
      const groups = (lines.get('Unguarded') ?? '').split('; ').map((group) => Number.parseInt(group, 10))
      expect(sum(groups)).toBe(Number.parseInt(lines.get('Positions') ?? '', 10))
    }),
  )
})
