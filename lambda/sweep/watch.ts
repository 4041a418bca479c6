import type { Clock } from '../clock.ts'
import { asKnown } from '../errors.ts'
import type { Exchange, Order } from '../kraken/exchange.ts'
import { inScope, type Scope } from '../kraken/scope.ts'
import type { KeyPatience, KeyRecord } from './key-patience.ts'
import type { Road } from './roads.ts'
import type { Tally } from './tally.ts'
import { isAboutKey } from './targets.ts'

/** Between two looks at the book: 40 of the 500 units that REST allows in 10 s, and 18 cancels beside them. */
export const LOOK_EVERY_MS = 500
/** Where the road tells by itself, a look shows that it still would. */
const LISTENED_LOOK_EVERY_MS = 5_000

/** Nobody looked for longer than this: then it is not known that the book stayed empty. */
export const MOST_BLIND_MS = 2_000

/** Why it is watched no more: an order rests in scope, no road can look or nobody looked for long, or its time is over. */
type WatchEnd = 'open' | 'blind' | 'time'

interface Watch {
  readonly end: WatchEnd
  /** When an order would have been seen for the last time. */
  readonly seenAt: number
}

export interface WatchInputs {
  readonly roads: readonly Road[]
  readonly clock: Clock
  readonly scope: Scope
  readonly interrupted?: Promise<unknown> | undefined
  /** How the keys have fared in the sweeps before. */
  readonly keys: KeyRecord
  /** What they have come to know of orders. */
  readonly tally: Tally
  /** Between two looks; `LOOK_EVERY_MS` by default. */
  readonly lookEveryMs?: number
}

/** Waits until then, or until a sweep is due: who tells is listened to, and the book looked at. @param until monotonic milliseconds */
export async function watch(
  { roads, clock, scope, interrupted, keys, tally, lookEveryMs = LOOK_EVERY_MS }: WatchInputs,
  until: number,
): Promise<Watch> {
  const { promise: ended, resolve: end } = Promise.withResolvers<WatchEnd>()
  let seenAt = clock.now() // the sweep before has ended with its proof
  let isOver = false
  void ended.then(() => {
    isOver = true
  })
  const isOpen = (order: Order) => inScope(scope, tally.withTold(order))
  const watched = { clock, isOpen, isOver: () => isOver, ended, onOpen: () => end('open'), lookEveryMs }
  const blind = new Set<Exchange>()
  for (const { name, exchange } of roads) {
    void listen(exchange, watched)
    void look(exchange, { ...watched, patience: keys.of(name).reads }, (isSeen) => {
      if (isOver) return
      if (isSeen) blind.delete(exchange)
      else blind.add(exchange)
      if (blind.size === roads.length || clock.now() - seenAt > MOST_BLIND_MS) end('blind')
      else if (isSeen) seenAt = clock.now()
    })
  }
  void interrupted?.then(() => end('time'))
  const takeBack = clock.after(Math.max(0, until - clock.now()), () => end('time'))
  return { end: await ended.finally(takeBack), seenAt }
}

interface Watched {
  readonly clock: Clock
  readonly isOpen: (order: Order) => boolean
  readonly isOver: () => boolean
  readonly ended: Promise<unknown>
  readonly onOpen: () => void
  readonly lookEveryMs: number
}

/** Asks nobody. */
async function listen(exchange: Exchange, { isOpen, isOver, ended, onOpen }: Watched): Promise<void> {
  if (exchange.nextTold === undefined) return
  while (!isOver()) {
    if (exchange.toldOpen?.()?.some(isOpen)) return onOpen()
    await Promise.race([exchange.nextTold(), ended])
  }
}

interface Looking extends Watched {
  /** With a key that reads are refused with. */
  readonly patience: KeyPatience
}

/** @param onLook hears of every look whether the book could be read, and while the road tells by itself that it does */
async function look(exchange: Exchange, looking: Looking, onLook: (isSeen: boolean) => void): Promise<void> {
  const { clock, isOver, lookEveryMs } = looking
  let lookedAt = -Infinity // what another road's proof has overtaken is looked at soon
  for (let nextAt = clock.now() + lookEveryMs; ; nextAt = Math.max(nextAt + lookEveryMs, clock.now())) {
    await clock.sleep(Math.max(0, nextAt - clock.now()))
    if (isOver()) return
    const isTelling = exchange.isTelling?.() === true
    if (isTelling) onLook(true)
    if (isTelling && clock.now() < lookedAt + LISTENED_LOOK_EVERY_MS) continue
    lookedAt = clock.now()
    onLook(await canLook(exchange, looking))
  }
}

/** Looks at the book once, unless its key is to be left alone. */
async function canLook(exchange: Exchange, { clock, isOpen, onOpen, patience }: Looking): Promise<boolean> {
  if (!patience.mayTry(clock.now())) return false
  try {
    const { orders } = await exchange.openOrders()
    patience.noteSuccess()
    if (orders.some(isOpen)) onOpen()
    return true
  } catch (error) {
    const known = asKnown(error)
    if (isAboutKey(known) && !patience.noteRefusal(clock.now(), known)) patience.resume()
    return false
  }
}
