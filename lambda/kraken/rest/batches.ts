import { allCancelled, batchesOf } from '../cancel-batches.ts'
import type { CancelAck, CancelOrdersOptions, Order } from '../exchange.ts'
import { NotTried } from '../exchange-error.ts'
import { type Budget, batchCost } from '../http/budget.ts'

/**
 * Kraken documents no limit. 50 is what another client sends, and what Kraken's other batches of cancels hold: 59 units, so
 * that eight of them, 400 orders, fit into the budget of ten seconds.
 *
 * @see https://docs.kraken.com/api-reference/order-management/batch-order-management
 * @see https://github.com/nautechsystems/nautilus_trader (crates/adapters/kraken/src/http/futures/client.rs, BATCH_CANCEL_LIMIT)
 */
const MOST_IDS = 50
/** After the budget was spent it goes on once so many fit again: each round looks at the book, too. */
const FEWEST_BATCHES = 4
/**
 * So many batches and as many duplicates fit into the budget. More at once get a fresh connection each, but for the first: the
 * connection that was used last has just brought the book.
 */
const MOST_DUPLICATED = 4

interface BatchInputs {
  readonly budget: Budget
  readonly orders: readonly Order[]
  readonly options: CancelOrdersOptions
  readonly cancelBatch: (batch: readonly Order[], isFresh: boolean) => Promise<CancelAck>
}

/**
 * Cancels orders by their ids, in as many batches as the budget has room for.
 *
 * @throws NotTried when it has not for all of them, with when to go on
 * @throws ExchangeError
 */
export async function cancelInBatches(inputs: BatchInputs): Promise<CancelAck> {
  const { budget, orders, options, cancelBatch } = inputs
  const batches = batchesOf(orders, Math.min(options.mostInOne, MOST_IDS))
  const fitting = batches.slice(0, howManyFit(batches, budget))
  const areMany = fitting.length > MOST_DUPLICATED
  const sent = fitting.map((batch, i) => cancelBatch(batch, areMany && i > 0))
  const left = batches.slice(fitting.length)
  if (left.length === 0) return allCancelled(sent, options.onLateAck)
  const untried = new Promise<never>((_, reject) => {
    const fail = () => reject(untilBudget(left, budget))
    void Promise.allSettled(sent).then(fail)
  })
  return allCancelled([...sent, untried], options.onLateAck)
}

function howManyFit(batches: readonly (readonly Order[])[], budget: Budget): number {
  let freeUnits = budget.freeUnits - budget.allowance.keptForReads
  const first = batches.findIndex((batch) => {
    freeUnits -= batchCost(batch.length)
    return freeUnits < 0
  })
  return first === -1 ? batches.length : first
}

function untilBudget(left: readonly (readonly Order[])[], budget: Budget): NotTried {
  const next = left.slice(0, FEWEST_BATCHES)
  const units = next.reduce((sum, batch) => sum + batchCost(batch.length), 0)
  const count = left.reduce((sum, batch) => sum + batch.length, 0)
  const what = count === 1 ? '1 cancel by id has' : `${count} cancels by id have`
  return new NotTried(
    'budget',
    `${what} to wait: Kraken's API budget takes some 400 in 10 s`,
    budget.waitMs(units + budget.allowance.keptForReads),
  )
}
