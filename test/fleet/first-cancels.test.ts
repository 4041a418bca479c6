import { expect, test } from 'vitest'
import { systemClock } from '../../lambda/clock.ts'
import { FirstCancels } from '../../lambda/fleet/first-cancels.ts'
import type { Exchange } from '../../lambda/kraken/exchange.ts'
import type { Scope } from '../../lambda/kraken/scope.ts'
import type { Road } from '../../lambda/sweep/roads.ts'

function gate(scope: Scope = 'all') {
  const served: string[] = []
  const budget = { begin: () => {}, served: (account: string) => served.push(account) }
  const first = new FirstCancels(systemClock, budget, ['a', 'b'], scope, performance.now() + 10_000)
  const reads: string[] = []
  const road = (account: string, name: Road['name'] = 'rest'): Road => {
    const exchange = {
      openOrders: async () => {
        reads.push(account)
        return { orders: [], sentAt: 0, answeredAt: 0, serverTime: null, clockSkewMs: null }
      },
    } as unknown as Exchange
    return { name, exchange }
  }
  const over = (account: string, name?: Road['name']) => first.over(account, [road(account, name)])[0] as Road
  return { first, served, reads, over }
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 20))

test('no book is read before every first cancel is written', async () => {
  const { first, reads, over } = gate()
  first.written('a')
  const read = over('a').exchange.openOrders()
  await soon()
  expect(reads).toEqual([])
  first.written('b')
  await read
  expect(reads).toEqual(['a'])
})

test('an account that has ended holds nobody up, and one that hangs not for long', async () => {
  const ended = gate()
  ended.first.written('a')
  ended.first.ended('b')
  await ended.over('a').exchange.openOrders()
  expect(ended.reads).toEqual(['a'])
  const hanging = gate()
  hanging.first.written('a')
  const startedAt = performance.now()
  await hanging.over('a').exchange.openOrders()
  expect(performance.now() - startedAt).toBeLessThan(1_000)
})

test('where stops are kept the book is read first, and an account with nothing to cancel keeps no units', async () => {
  const { reads, served, over } = gate({ symbols: 'all', keep: 'reduceOnly' })
  await over('a').exchange.openOrders()
  expect(reads).toEqual(['a'])
  expect(served).toEqual(['a'])
})

test('an account without the first road spends nothing of its budget', () => {
  const { served, over } = gate()
  over('a', 'unified')
  over('b', 'rest')
  expect(served).toEqual(['a'])
})
