import { type Answer, error, html, json } from '../drill/answer.ts'
import { isNamedBy, type RestingOrder } from '../drill/book.ts'
import {
  batchAnswer,
  cancelAllAnswer,
  cancelOrderAnswer,
  lyingAnswer,
  openOrdersAnswer,
  readBatch,
  spotError,
} from '../drill/endpoints.ts'
import type { Heard } from '../drill/exchange.ts'
import type { Call, OrderDesk } from '../drill/order-desk.ts'
import type { Said } from '../drill/unified-session.ts'
import type { RoadName } from '../lambda/kraken/exchange.ts'
import { bareUpdate, describedOddly, oddly, sayOddly, snapshotOddly } from './odd-answers.ts'
import { inPieces } from './pieces.ts'
import type { Fault, Plan } from './plan.ts'
import type { VirtualClock } from './virtual-time.ts'

/** What the exchange does with one call. */
export interface Response {
  readonly answer: Answer
  /** From the call's arrival until the answer leaves. */
  readonly delayMs: number
  /** The book that is shown is the one of that time. */
  readonly viewAt: number
  /** The call got the answer to what it asked for, not another one. */
  readonly isObeyed: boolean
  /** The key is good, and was called invalid. */
  readonly isKeyRefused?: boolean
  /** A cancel of one symbol cancelled them all. */
  readonly isScopeIgnored: boolean
  /** Orders that a read left out. */
  readonly hidden: ReadonlySet<string>
}

/** What the exchange does with one message on the Unified WebSocket. */
export interface Saying extends Pick<Response, 'delayMs' | 'viewAt' | 'isObeyed' | 'hidden'> {
  readonly said: readonly Said[]
  /** Said unasked after that, so far apart. */
  readonly later: readonly (() => void)[]
  readonly apartMs: number
  /** The connection is cut after that. */
  readonly isCut: boolean
}

/** How a call on a road that is gone is answered. */
const LOST: Readonly<Record<'reset' | 'silence' | 'retired', Answer>> = {
  reset: { ...json({}), delivery: 'reset' },
  silence: { ...json({}), delivery: 'never' },
  retired: html(404),
}
const NOTHING_HIDDEN: ReadonlySet<string> = new Set()

type Of<Do extends Fault['do']> = Extract<Fault, { do: Do }>

/** Makes the exchange, and others on the account, do what the plan says. */
export class FaultInjector {
  readonly #clock: VirtualClock
  readonly #desk: OrderDesk
  readonly #faults: readonly Fault[]
  readonly #faulty: Plan['faulty']
  /** How many calls each fault has answered. */
  readonly #uses = new Map<Fault, number>()
  #cancels = 0
  /** In the call that is being answered. */
  #ignoresScope = false
  /** An update that comes after the next one. */
  #heldBack: Said | null = null

  constructor(clock: VirtualClock, desk: OrderDesk, { faults, faulty }: Plan) {
    this.#clock = clock
    this.#desk = desk
    this.#faults = faults
    this.#faulty = faulty
  }

  /** How kept connections die; null when they do not. */
  get killsConnections(): 'reset' | 'silence' | null {
    return this.#all('kill connections')[0]?.how ?? null
  }

  /**
   * Begins what goes on beside the calls.
   *
   * @param store stores the account's new key as the secret
   */
  begin(store: () => void): void {
    const { fromMs: faultyFrom, toMs: faultyTo } = this.#faulty ?? { fromMs: 0, toMs: Infinity }
    for (const { symbol, reduceOnly = false, perSecond, fromMs, forMs } of this.#planned('live bot')) {
      const order = { symbol, reduceOnly }
      this.#clock.after(fromMs, () => this.#placeOn(order, 1_000 / perSecond, this.#clock.now() + forMs))
    }
    for (const { symbol, atMs } of this.#planned('place'))
      for (const ms of atMs) this.#clock.after(ms, () => this.#place({ symbol }))
    for (const { atMs, agoMs } of this.#planned('spend the budget')) {
      this.#clock.after(faultyFrom + atMs, () => this.#desk.account.exhaust(agoMs))
    }
    for (const { atMs, isStored } of this.#planned('rotate the key')) {
      this.#clock.after(faultyFrom + atMs, () => {
        this.#desk.account.rotate()
        this.#desk.account.unified.rotate()
        if (isStored) store()
      })
    }
    if (this.#planned('forbid cancels').length > 0) {
      this.#clock.after(faultyFrom, () => this.#allowCancels(false))
      if (faultyTo < Infinity) this.#clock.after(faultyTo, () => this.#allowCancels(true))
    }
  }

  #allowCancels(isAllowed: boolean): void {
    const { account } = this.#desk
    account.general = isAllowed ? 'FULL_ACCESS' : 'READ_ONLY'
    if (isAllowed) account.unified.rights.add('cancel')
    else account.unified.rights.delete('cancel')
  }

  respond(call: Call): Response {
    const behindMs = this.#all('read a copy')[0]?.behindMs ?? 0
    const viewAt = call.endpoint === 'openorders' ? call.at - behindMs : call.at
    const delayMs = this.#all('be slow')
      .filter((slow) => this.#isNext(slow, call))
      .reduce((sum, { ms }) => sum + ms, 0)
    this.#ignoresScope = false
    const answered = this.#answer(call, viewAt)
    return { ...answered, delayMs, viewAt, isScopeIgnored: this.#ignoresScope, hidden: NOTHING_HIDDEN }
  }

  #answer(call: Call, viewAt: number): Pick<Response, 'answer' | 'isObeyed' | 'isKeyRefused'> {
    const lostRoad = this.#lost(call.path.startsWith('/derivatives') ? 'rest' : 'unified')
    if (lostRoad !== null) return { answer: LOST[lostRoad], isObeyed: false }
    const doubted = this.#doubt(call)
    if (doubted !== null) return { answer: doubted, isObeyed: false, isKeyRefused: true }
    const insists = this.#all('insist on a nonce')[0]
    if (insists !== undefined && call.nonce === '') return { answer: error(insists.code), isObeyed: false }
    const odd = this.#all('answer oddly').find((fault) => this.#isNext(fault, call))
    if (odd !== undefined) {
      const done = odd.isDone ? this.#obey(call, viewAt) : null
      return { answer: oddly(odd.answer, call, done), isObeyed: false }
    }
    const lost = this.#all('lose the answer').find((fault) => this.#isNext(fault, call))
    if (lost !== undefined) {
      const answer = lost.isDone ? this.#obey(call, viewAt) : json({})
      return { answer: { ...answer, delivery: lost.delivery }, isObeyed: false }
    }
    const refusal = this.#desk.refuse(call)
    return { answer: refusal ?? this.#carryOut(call, viewAt), isObeyed: refusal === null }
  }

  /** Why a key that is good is not taken now; null when it is. */
  #doubt({ path }: Call): Answer | null {
    const isDoubted = this.#all('doubt the keys').some(({ forMs }) => this.#clock.now() < forMs)
    if (!isDoubted) return null
    return path.startsWith('/derivatives') ? error('authenticationError') : spotError('EAPI:Invalid key')
  }

  /** Does what was asked, as far as the faults let it. */
  #obey(call: Call, viewAt: number): Answer {
    return this.#desk.refuse(call) ?? this.#carryOut(call, viewAt)
  }

  #carryOut(call: Call, viewAt: number): Answer {
    if (call.endpoint === 'cancelallorders') return this.#cancelAll(call)
    if (call.endpoint === 'openorders') return this.#openOrders(viewAt)
    if (call.endpoint === 'batchorder') return this.#cancelBatch(call)
    if (call.endpoint === 'cancelorder' && this.#all('cancel nothing').length > 0) {
      return cancelOrderAnswer(call.params.get('order_id'), undefined, this.#desk.account.serverTime)
    }
    return this.#desk.carryOut(call)
  }

  #cancelAll(call: Call): Answer {
    const symbol = call.params.get('symbol')
    const ignores =
      symbol !== null && this.#all('ignore scope').some((fault) => this.#isUsed(fault, fault.times))
    const removed = this.#remove(ignores ? null : symbol)
    if (ignores) this.#ignoresScope = true
    const answer = cancelAllAnswer(ignores ? null : symbol, removed, this.#desk.account.serverTime)
    return this.#all('lying status').length > 0 ? lyingAnswer(answer) : answer
  }

  #cancelBatch({ params }: Call): Answer {
    const { serverTime } = this.#desk.account
    const ids = readBatch(params) ?? []
    const removed = this.#takeOff((order) => ids.includes(order.order_id), false)
    return batchAnswer(ids, removed, serverTime)
  }

  /** Takes orders off the book, as far as the faults let it; null for all symbols. */
  #remove(symbol: string | null): RestingOrder[] {
    const stubborn = this.#all('stubborn stops').length > 0
    return this.#takeOff((order) => symbol === null || isNamedBy(symbol, order), stubborn)
  }

  #takeOff(isWanted: (order: RestingOrder) => boolean, stubborn: boolean): RestingOrder[] {
    const { book } = this.#desk.account
    const nothing = this.#all('cancel nothing').length > 0
    const partial = this.#all('partial cancel').filter((fault) => this.#isUsed(fault, fault.times))
    let index = 0
    const removed = book.remove((order) => {
      if (!isWanted(order)) return false
      index += 1
      const isKept = partial.some(({ keepEvery }) => index % keepEvery === 0)
      return !nothing && !isKept && !(stubborn && order.orderType === 'stop')
    })
    for (const late of this.#all('late order')) {
      if (late.afterCancel === this.#cancels) {
        const { symbol, reduceOnly = false } = late
        this.#clock.after(late.lateMs, () => book.place({ symbol, reduceOnly, cliOrdId: 'late' }))
      }
    }
    this.#cancels += 1
    return removed
  }

  #openOrders(viewAt: number): Answer {
    const copy = this.#all('read a copy')[0]
    const orders = this.#ordersAt(viewAt)
    const lagMs = copy?.isDated === true ? this.#clock.now() - viewAt : 0
    const serverTime = new Date(Date.parse(this.#desk.account.serverTime) - lagMs).toISOString()
    const answer = openOrdersAnswer(orders, serverTime)
    return this.#all('describe oddly').reduce((described, { how }) => describedOddly(described, how), answer)
  }

  /** How WebSockets fail to open; null when they do not. */
  get losesWebSockets(): 'reset' | 'silence' | 'retired' | null {
    return this.#lost('unified')
  }

  #lost(road: RoadName): 'reset' | 'silence' | 'retired' | null {
    return this.#all('lose a road').find((fault) => fault.road === road)?.how ?? null
  }

  /** What becomes of one update of the second road. */
  twist(said: Said): readonly Said[] {
    const how = this.#all('twist updates')[0]?.how
    if (how === 'twice') return [said, said]
    if (how === 'lost') return []
    if (how === 'bare') return [bareUpdate(said)]
    if (how !== 'swapped') return [said]
    if (this.#heldBack === null) {
      this.#heldBack = said
      return []
    }
    const swapped = [said, this.#heldBack]
    this.#heldBack = null
    return swapped
  }

  respondTo(heard: Heard): Saying {
    const { call } = heard
    const isRead = call.endpoint === 'subscribe executions'
    const behindMs = this.#all('read a copy')[0]?.behindMs ?? 0
    const viewAt = isRead ? call.at - behindMs : call.at
    const delayMs = this.#all('be slow')
      .filter((slow) => this.#isNext(slow, call))
      .reduce((sum, { ms }) => sum + ms, 0)
    const hidden = isRead ? this.#hidden(viewAt) : NOTHING_HIDDEN
    const pieces = isRead ? this.#all('snapshot in pieces')[0] : undefined
    const saying = this.#say(heard, viewAt, hidden)
    if (pieces === undefined) return { delayMs, viewAt, hidden, later: [], apartMs: 0, ...saying }
    const shown = this.#ordersAt(viewAt).filter(({ order_id }) => !hidden.has(order_id))
    const ids = shown.map(({ order_id }) => order_id)
    const { said, left, later } = inPieces(heard.session, saying.said, ids, pieces)
    return {
      delayMs,
      viewAt,
      hidden: new Set([...hidden, ...left]),
      apartMs: pieces.apartMs,
      ...saying,
      said,
      later,
    }
  }

  #say(
    heard: Heard,
    viewAt: number,
    hidden: ReadonlySet<string>,
  ): Pick<Saying, 'said' | 'isCut' | 'isObeyed'> {
    const { call, asked, session } = heard
    const odd = this.#all('answer oddly').find((fault) => this.#isNext(fault, call))
    if (odd !== undefined) {
      const done = odd.isDone ? this.#obeyMessage(heard, viewAt, hidden) : []
      return { said: sayOddly(odd.answer, asked, session, done), isCut: false, isObeyed: false }
    }
    const lost = this.#all('lose the answer').find((fault) => this.#isNext(fault, call))
    if (lost !== undefined) {
      const done = lost.isDone ? this.#obeyMessage(heard, viewAt, hidden) : []
      const isHalf = lost.delivery.startsWith('half')
      return { said: isHalf ? done.slice(0, -1) : [], isCut: lost.delivery !== 'never', isObeyed: false }
    }
    const refusal = session.refuse(asked)
    const said =
      refusal === null ? this.#carryOutMessage(heard, viewAt, hidden) : [session.failure(asked, refusal)]
    return { said, isCut: false, isObeyed: refusal === null }
  }

  #obeyMessage(heard: Heard, viewAt: number, hidden: ReadonlySet<string>): readonly Said[] {
    const refusal = heard.session.refuse(heard.asked)
    return refusal === null ? this.#carryOutMessage(heard, viewAt, hidden) : []
  }

  #carryOutMessage(
    { call, asked, session }: Heard,
    viewAt: number,
    hidden: ReadonlySet<string>,
  ): readonly Said[] {
    if (call.endpoint === 'cancel_all') return [session.cancelled(asked, this.#remove(null).length)]
    if (call.endpoint === 'cancel_order') {
      const isStuck = this.#all('cancel nothing').length > 0
      return session.cancelOrders(asked, () => !isStuck)
    }
    const said = session.carryOut(asked)
    if (call.endpoint !== 'subscribe executions' || said.length < 2) return said
    const other = this.#all('subscribe to another').find((fault) => this.#isUsed(fault, fault.times))
    if (other !== undefined) return session.another(asked, other.to)
    const orders = this.#ordersAt(viewAt)
    const snapshot = this.#all('describe oddly').reduce(
      (described, { how }) => snapshotOddly(described, how),
      session.snapshot(orders.filter(({ order_id }) => !hidden.has(order_id))),
    )
    const [response] = said as [Said]
    return this.#all('snapshot first').length > 0 ? [snapshot, response] : [response, snapshot]
  }

  #ordersAt(viewAt: number): readonly RestingOrder[] {
    const { book } = this.#desk.account
    return viewAt === this.#clock.now() ? book.orders : book.ordersAt(viewAt)
  }

  /** The ids of the orders that the snapshot of a time leaves out. */
  #hidden(viewAt: number): ReadonlySet<string> {
    const every = this.#all('leave orders out')[0]?.every
    if (every === undefined) return NOTHING_HIDDEN
    const orders = this.#desk.account.book.ordersAt(viewAt)
    return new Set(orders.filter((_, index) => index % every === 0).map(({ order_id }) => order_id))
  }

  #placeOn(order: Partial<RestingOrder>, everyMs: number, until: number): void {
    if (this.#clock.now() > until) return
    this.#place(order)
    this.#clock.after(everyMs, () => this.#placeOn(order, everyMs, until))
  }

  #place(order: Partial<RestingOrder>): void {
    this.#desk.account.book.place({ ...order, cliOrdId: `bot-${Math.round(this.#clock.now())}` })
  }

  /** Those that go on now. */
  #all<Do extends Fault['do']>(what: Do): readonly Of<Do>[] {
    const now = this.#clock.now()
    const isCalm = this.#faulty !== null && (now < this.#faulty.fromMs || now >= this.#faulty.toMs)
    return isCalm && what !== 'late order' ? [] : this.#planned(what)
  }

  #planned<Do extends Fault['do']>(what: Do): readonly Of<Do>[] {
    return this.#faults.filter((fault): fault is Of<Do> => fault.do === what)
  }

  #isNext(fault: Of<'answer oddly' | 'lose the answer' | 'be slow'>, { endpoint, nth }: Call): boolean {
    if (fault.on !== 'any' && fault.on !== endpoint) return false
    return nth >= fault.from && this.#isUsed(fault, fault.times)
  }

  #isUsed(fault: Fault, times: number): boolean {
    const uses = this.#uses.get(fault) ?? 0
    if (uses >= times) return false
    this.#uses.set(fault, uses + 1)
    return true
  }
}
