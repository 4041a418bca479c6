import { expect, test } from 'vitest'
import { SecretUnavailable } from '../lambda/errors.ts'
import type { Order } from '../lambda/kraken/exchange.ts'
import { ExchangeError } from '../lambda/kraken/exchange-error.ts'
import { type Target, Targets } from '../lambda/targets.ts'

const order = (orderId: string, symbol: string | null = 'PF_XBTUSD') => ({ orderId, symbol }) as Order
const refused = new ExchangeError('insufficientPrivileges')
const busy = new ExchangeError('apiLimitExceeded')

const only = (targets: Targets) => targets.due()[0] as Target

test('all orders are one target, symbols one each, 19 at once', () => {
  expect(new Targets('all').due().map(({ symbol }) => symbol)).toEqual([undefined])
  const symbols = Array.from({ length: 20 }, (_, i) => `PF_COIN${i}USD`)
  expect(new Targets(symbols).due()).toHaveLength(19)
})

test('what was acknowledged is due again when the book shows its orders, and only then', () => {
  const targets = new Targets(['PF_XBTUSD', 'PF_ETHUSD'])
  for (const target of targets.due()) targets.acked(target)
  expect(targets.hasDue).toBe(false)
  targets.foundOpen([order('a')])
  expect(targets.due().map(({ symbol }) => symbol)).toEqual(['PF_XBTUSD'])
})

test('an order goes by id after two acknowledged cancels that left it; unacknowledged ones do not count', () => {
  const targets = new Targets('all')
  for (const _ of [1, 2, 3]) targets.foundOpen([order('a')])
  expect(targets.stubborn()).toEqual([])
  targets.acked(only(targets))
  targets.foundOpen([order('a')])
  expect(targets.stubborn()).toEqual([])
  targets.acked(only(targets))
  targets.foundOpen([order('a'), order('new')])
  expect(targets.stubborn().map(({ orderId }) => orderId)).toEqual(['a'])
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
      expect(targets.stubborn().map(({ orderId }) => orderId)).toEqual(gone)
    }
  },
)

test('each symbol is judged by its own cancel', () => {
  const targets = new Targets(['PF_XBTUSD', 'PF_ETHUSD'])
  const [bitcoin, ether] = targets.due() as [Target, Target]
  targets.failed(bitcoin, refused)
  targets.acked(ether)
  expect(targets.hasDue).toBe(false)
  targets.foundOpen([order('a'), order('b'), order(''), order('c', 'PF_ETHUSD')])
  expect(targets.due().map(({ symbol }) => symbol)).toEqual(['PF_ETHUSD'])
  expect(targets.hasDue).toBe(true)
  // The refused cancel leaves only the ids, and no probe is needed while another symbol can still be cancelled.
  expect(targets.stubborn().map(({ orderId }) => orderId)).toEqual(['a', 'b'])
})

test('20 orders a round go by id', () => {
  const targets = new Targets('all')
  const open = Array.from({ length: 30 }, (_, i) => order(`${i}`))
  for (const _ of [1, 2]) {
    targets.acked(only(targets))
    targets.foundOpen(open)
  }
  expect(targets.stubborn()).toHaveLength(20)
})

test('where cancel-all is refused for good, one order by id shows whether that works', () => {
  const targets = new Targets('all')
  targets.failed(only(targets), refused)
  expect(targets.hasDue).toBe(false)
  const open = [order('a'), order('b'), order('')]
  targets.foundOpen(open)
  expect(targets.stubborn()).toHaveLength(1)
  expect(targets.isHopeless(open)).toBe(false)
  targets.failedById(order('a'), refused)
  expect(targets.stubborn()).toEqual([])
  expect(targets.isHopeless(open)).toBe(true)
})

test('once a cancel by id has worked, one that is refused says nothing of the others', () => {
  const targets = new Targets('all')
  targets.failed(only(targets), refused)
  const open = [order('a'), order('b')]
  targets.foundOpen(open)
  targets.ackedById()
  targets.failedById(order('a'), refused)
  expect(targets.stubborn().map(({ orderId }) => orderId)).toEqual(['b'])
  expect(targets.isHopeless([order('a')])).toBe(true)
})

test('what may pass stays due; what cannot mend itself does not', () => {
  const targets = new Targets('all')
  targets.failed(only(targets), busy)
  targets.failedById(order('a'), busy)
  expect(targets.hasDue).toBe(true)
  targets.failed(only(targets), new SecretUnavailable('x'))
  expect(targets.hasDue).toBe(false)
})

test('the reason given is what Kraken said, not that time or budget ended', () => {
  const targets = new Targets('all')
  const target = only(targets)
  targets.failed(target, new ExchangeError('deadline'))
  expect(targets.trouble).toMatchObject({ code: 'deadline' })
  targets.failed(target, busy)
  for (const code of ['deadline', 'budget']) targets.failed(target, new ExchangeError(code))
  expect(targets.trouble).toBe(busy)
  targets.acked(target)
  expect(targets.trouble).toBeNull()
})

test('the trouble of any symbol is told, until its cancel is acknowledged', () => {
  const targets = new Targets(['PF_XBTUSD', 'PF_ETHUSD'])
  const [bitcoin, ether] = targets.due() as [Target, Target]
  targets.acked(bitcoin)
  targets.failed(ether, busy)
  expect(targets.trouble).toBe(busy)
  targets.acked(ether)
  expect(targets.trouble).toBeNull()
})

test('an order that two cancels concern goes by id at once only when both are refused', () => {
  const targets = new Targets(['FI_XBTUSD', 'PI_XBTUSD'])
  const [account, product] = targets.due() as [Target, Target]
  const inverse = order('a', 'PI_XBTUSD')
  targets.failed(account, refused)
  targets.foundOpen([inverse])
  expect(targets.stubborn()).toEqual([])
  targets.failed(product, refused)
  targets.foundOpen([inverse])
  expect(targets.stubborn()).toEqual([inverse])
})

test('an order that two cancels concern has survived when one of them was acknowledged', () => {
  const targets = new Targets(['FI_XBTUSD', 'PI_XBTUSD'])
  const [account, product] = targets.due() as [Target, Target]
  const inverse = order('a', 'PI_XBTUSD')
  targets.failed(account, busy)
  for (const _ of [1, 2]) {
    expect(targets.stubborn()).toEqual([])
    targets.acked(product)
    targets.foundOpen([inverse])
  }
  expect(targets.stubborn()).toEqual([inverse])
})
