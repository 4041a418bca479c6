import { expect, test } from 'vitest'
import { SecretUnavailable } from '../../lambda/errors.ts'
import type { Order } from '../../lambda/kraken/exchange.ts'
import { ExchangeError, NotTried } from '../../lambda/kraken/exchange-error.ts'
import { type Target, Targets } from '../../lambda/sweep/targets.ts'

const order = (orderId: string, symbol: string | null = 'PF_XBTUSD') => ({ orderId, symbol }) as Order
const refused = new ExchangeError('insufficientPrivileges')
const busy = new ExchangeError('apiLimitExceeded')

const only = (targets: Targets) => targets.due(1e9)[0] as Target

test('all orders are one target, symbols one each, 19 at once', () => {
  expect(new Targets('all').due(0).map(({ symbol }) => symbol)).toEqual([undefined])
  const symbols = Array.from({ length: 20 }, (_, i) => `PF_COIN${i}USD`)
  expect(new Targets(symbols).due(0)).toHaveLength(19)
})

test('what was acknowledged is due again when the book shows its orders, and only then', () => {
  const targets = new Targets(['PF_XBTUSD', 'PF_ETHUSD'])
  for (const target of targets.due(0)) targets.acked(target)
  expect(targets.hasDue).toBe(false)
  targets.foundOpen([order('a')])
  expect(targets.due(0).map(({ symbol }) => symbol)).toEqual(['PF_XBTUSD'])
})

test('an order goes by id after two acknowledged cancels that left it; unacknowledged ones do not count', () => {
  const targets = new Targets('all')
  for (const _ of [1, 2, 3]) targets.foundOpen([order('a')])
  expect(targets.stubborn(0)).toEqual([])
  targets.acked(only(targets))
  targets.foundOpen([order('a')])
  expect(targets.stubborn(0)).toEqual([])
  targets.acked(only(targets))
  targets.foundOpen([order('a'), order('new')])
  expect(targets.stubborn(0).map(({ orderId }) => orderId)).toEqual(['a'])
})

test.each([null, 'XBT/USD:PERP'])(
  'an order whose symbol does not tell (%s) goes by id only where all orders are to go',
  (symbol) => {
    for (const [scope, gone] of [
      ['all', ['a']],
      [['PF_XBTUSD'], []],
    ] as const) {
      const targets = new Targets(scope)
      for (const _ of [1, 2]) {
        targets.acked(only(targets))
        targets.foundOpen([order('a', symbol)])
      }
      expect(targets.stubborn(0).map(({ orderId }) => orderId)).toEqual(gone)
    }
  },
)

test('each symbol is judged by its own cancel', () => {
  const targets = new Targets(['PF_XBTUSD', 'PF_ETHUSD'])
  const [bitcoin, ether] = targets.due(0) as [Target, Target]
  targets.failed(bitcoin, refused, 0)
  targets.acked(ether)
  expect(targets.hasDue).toBe(false)
  targets.foundOpen([order('a'), order('b'), order(''), order('c', 'PF_ETHUSD')])
  expect(targets.due(0).map(({ symbol }) => symbol)).toEqual(['PF_ETHUSD'])
  expect(targets.hasDue).toBe(true)
  // The refused cancel leaves only the ids, and no probe is needed while another symbol can still be cancelled.
  expect(targets.stubborn(0).map(({ orderId }) => orderId)).toEqual(['a', 'b'])
})

test('20 orders a round go by id', () => {
  const targets = new Targets('all')
  const open = Array.from({ length: 30 }, (_, i) => order(`${i}`))
  for (const _ of [1, 2]) {
    targets.acked(only(targets))
    targets.foundOpen(open)
  }
  expect(targets.stubborn(0)).toHaveLength(20)
})

test('where cancel-all is refused for good, one order by id shows whether that works', () => {
  const targets = new Targets('all')
  targets.failed(only(targets), refused, 0)
  expect(targets.hasDue).toBe(false)
  const open = [order('a'), order('b'), order('')]
  targets.foundOpen(open)
  expect(targets.stubborn(0)).toHaveLength(1)
  expect(targets.isHopeless(open)).toBe(false)
  targets.failedById(order('a'), refused, 0)
  expect(targets.stubborn(0)).toEqual([])
  expect(targets.isHopeless(open)).toBe(true)
})

test('once a cancel by id has worked, one that is refused says nothing of the others', () => {
  const targets = new Targets('all')
  targets.failed(only(targets), refused, 0)
  const open = [order('a'), order('b')]
  targets.foundOpen(open)
  targets.ackedById()
  targets.failedById(order('a'), refused, 0)
  expect(targets.stubborn(0).map(({ orderId }) => orderId)).toEqual(['b'])
  expect(targets.isHopeless([order('a')])).toBe(true)
})

test('what may pass stays due; what cannot fix itself does not', () => {
  const targets = new Targets('all')
  targets.failed(only(targets), busy, 0)
  targets.failedById(order('a'), busy, 0)
  expect(targets.hasDue).toBe(true)
  targets.failed(only(targets), new SecretUnavailable('x'), 0)
  expect(targets.hasDue).toBe(false)
})

test('the reason given is what Kraken said, not that time or budget ended', () => {
  const targets = new Targets('all')
  const target = only(targets)
  targets.failed(target, new NotTried('deadline'), 0)
  expect(targets.trouble).toMatchObject({ code: 'deadline' })
  targets.failed(target, busy, 0)
  for (const code of ['deadline', 'budget']) targets.failed(target, new NotTried(code), 0)
  expect(targets.trouble).toBe(busy)
  targets.acked(target)
  expect(targets.trouble).toBeNull()
})

test('the trouble of any symbol is told, until its cancel is acknowledged', () => {
  const targets = new Targets(['PF_XBTUSD', 'PF_ETHUSD'])
  const [bitcoin, ether] = targets.due(0) as [Target, Target]
  targets.acked(bitcoin)
  targets.failed(ether, busy, 0)
  expect(targets.trouble).toBe(busy)
  targets.acked(ether)
  expect(targets.trouble).toBeNull()
})

test('an order that two cancels concern goes by id at once only when both are refused', () => {
  const targets = new Targets(['FI_XBTUSD', 'PI_XBTUSD'])
  const [account, product] = targets.due(0) as [Target, Target]
  const inverse = order('a', 'PI_XBTUSD')
  targets.failed(account, refused, 0)
  targets.foundOpen([inverse])
  expect(targets.stubborn(0)).toEqual([])
  targets.failed(product, refused, 0)
  targets.foundOpen([inverse])
  expect(targets.stubborn(0)).toEqual([inverse])
})

test('an order that two cancels concern has survived when one of them was acknowledged', () => {
  const targets = new Targets(['FI_XBTUSD', 'PI_XBTUSD'])
  const [account, product] = targets.due(0) as [Target, Target]
  const inverse = order('a', 'PI_XBTUSD')
  targets.failed(account, busy, 0)
  for (const _ of [1, 2]) {
    expect(targets.stubborn(0)).toEqual([])
    targets.acked(product)
    targets.foundOpen([inverse])
  }
  expect(targets.stubborn(0)).toEqual([inverse])
})

test('a key that is refused is tried again after 1, 3, 7 and 15 s, and then no more: five cancels in all', () => {
  const targets = new Targets('all')
  const invalid = new ExchangeError('authenticationError')
  const sentAt: number[] = []
  for (let now = 100; now < 40_000; now += 50) {
    for (const target of targets.due(now)) {
      sentAt.push(now)
      targets.failed(target, invalid, now)
    }
  }
  expect(sentAt).toEqual([100, 1_100, 3_100, 7_100, 15_100])
  expect(targets.hasDue).toBe(false)
})

test('a key that is refused for good is refused for every symbol, also for those that the budget has kept back', () => {
  const targets = new Targets(['PF_XBTUSD', 'PF_ETHUSD'])
  const invalid = new ExchangeError('authenticationError')
  const sentAt: number[] = []
  for (let now = 0; now < 40_000; now += 50) {
    const [target, ...others] = targets.due(now)
    if (target === undefined) continue
    sentAt.push(now)
    targets.failed(target, invalid, now)
    for (const other of others) targets.failed(other, new NotTried('budget', 'spent'), now)
  }
  expect(sentAt).toEqual([0, 1_000, 3_000, 7_000, 15_000])
  expect(targets.hasDue).toBe(false)
  expect(targets.trouble).toBe(invalid)
})

test('a key that was refused and is taken again may be refused again, from the beginning', () => {
  const targets = new Targets('all')
  const invalid = new ExchangeError('EAPI:Invalid key')
  targets.failed(only(targets), invalid, 0)
  expect([targets.due(999), targets.due(1_000), targets.keyAt]).toMatchObject([[], [{}], 1_000])
  targets.acked(only(targets))
  expect(targets.keyAt).toBeNull()
})

test('symbols that are refused together count as one refusal of the key, and orders by id wait for it too', () => {
  const targets = new Targets(['PF_XBTUSD', 'PF_ETHUSD'])
  const invalid = new ExchangeError('nonceBelowThreshold')
  for (const target of targets.due(0)) targets.failed(target, invalid, 0)
  expect(targets.keyAt).toBe(1_000)
  for (const target of targets.due(1_000)) targets.acked(target)
  for (const _ of [1, 2]) {
    targets.foundOpen([order('a')])
    for (const target of targets.due(2_000)) targets.acked(target)
  }
  targets.foundOpen([order('a')])
  expect(targets.stubborn(2_000)).toHaveLength(1)
  targets.failedById(order('a'), invalid, 2_000)
  expect(targets.stubborn(2_999)).toEqual([])
  expect(targets.stubborn(3_000)).toHaveLength(1)
})
