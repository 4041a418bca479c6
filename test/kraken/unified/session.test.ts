import { beforeEach, expect, test } from 'vitest'
import { SUSPECT_AFTER_MS } from '../../../lambda/kraken/http/socket-pool.ts'
import { Session } from '../../../lambda/kraken/unified/session.ts'
import { Sessions } from '../../../lambda/kraken/unified/sessions.ts'
import { SessionToken } from '../../../lambda/kraken/unified/token.ts'
import { ToldOrders } from '../../../lambda/kraken/unified/told-orders.ts'
import type { WebSocketConnection, WebSocketListener } from '../../../lambda/kraken/unified/web-socket.ts'
import { VirtualClock } from '../../../siege/virtual-time.ts'

/* One session in virtual time, its other end played by hand. */

let clock: VirtualClock
let session: Session
let sent: { method: string; params: Record<string, unknown>; req_id: number }[]
let isClosed: boolean

beforeEach(() => {
  clock = new VirtualClock()
  sent = []
  isClosed = false
  const webSocket: WebSocketConnection = {
    connection: 'early',
    distanceMs: Infinity,
    send: (message) => sent.push(JSON.parse(message)),
    close: () => {
      isClosed = true
    },
  }
  session = new Session(webSocket, new SessionToken('TOKEN'), clock, new ToldOrders())
})

const say = (message: object) => session.hear(JSON.stringify(message))
const answer = (reqId: number | undefined, fields: object = {}) =>
  say({ method: 'any', req_id: reqId, success: true, ...fields })
const snapshot = (channel: string, data: unknown) => say({ channel, type: 'snapshot', data })

/** Lets so much time pass. */
const pass = (ms: number) => clock.passUntil(clock.sleep(ms))

/** What a promise comes to, be it an error. */
const outcomeOf = (promise: Promise<unknown>): Promise<unknown> => promise.catch((error) => error)

test('requests carry the token and a number each, and are answered by it', async () => {
  const first = session.request('cancel_all', { asset_class: 'derivatives' }, 1_000)
  const second = session.request('ping', {}, 1_000)
  expect(sent).toEqual([
    { method: 'cancel_all', params: { asset_class: 'derivatives', token: 'TOKEN' }, req_id: 1 },
    { method: 'ping', params: { token: 'TOKEN' }, req_id: 2 },
  ])
  answer(3)
  answer(undefined)
  answer(2, { result: 'b' })
  answer(1, { result: 'a' })
  answer(1, { result: 'again' })
  expect((await first).responses).toMatchObject([{ result: 'a' }])
  expect((await second).responses).toMatchObject([{ result: 'b' }])
  expect(session.connection).toBe('early')
})

test('an answer has its times, and the clock of the other end at half the way', async () => {
  await pass(500)
  const request = session.request('ping', {}, 1_000)
  await pass(40)
  answer(1, { time_out: new Date(clock.wallTime() + 3_000).toISOString() })
  expect(await request).toMatchObject({
    sentAt: 500,
    answeredAt: 540,
    serverTime: clock.wallTime() + 3_000,
    clockSkewMs: 3_020,
  })
  const untold = session.request('ping', {}, 1_000)
  answer(2)
  expect(await untold).toMatchObject({ serverTime: null, clockSkewMs: null })
})

test('without an answer in time the session ends, and everything that waits on it', async () => {
  const late = session.request('cancel_all', {}, 100)
  const other = session.request('ping', {}, 1_000)
  const [lateError, otherError] = [outcomeOf(late), outcomeOf(other)]
  await pass(99)
  expect(session.isOpen).toBe(true)
  await pass(2)
  expect(await lateError).toMatchObject({ code: 'timeout', message: 'Kraken did not answer in time' })
  expect(await otherError).toMatchObject({
    code: 'broken connection',
    message: 'The WebSocket to Kraken closed before the answer',
  })
  expect([session.isOpen, isClosed]).toEqual([false, true])
  answer(1)
  expect(await outcomeOf(session.request('ping', {}, 100))).toMatchObject({
    code: 'broken connection',
    message: 'The WebSocket to Kraken is closed',
  })
  expect(sent).toHaveLength(2)
})

test('a session whose place is taken ends when it owes no answer', async () => {
  const owed = session.request('cancel_all', {}, 1_000)
  session.retire()
  expect([session.isOpen, isClosed]).toEqual([true, false])
  answer(1)
  await owed
  expect([session.isOpen, isClosed]).toEqual([false, true])
})

test('a session whose place is taken while a snapshot is due yet gives it, and then ends', async () => {
  const book = session.bookSoon(1_000)
  session.retire()
  answer(1)
  await pass(1)
  expect([session.isOpen, isClosed]).toEqual([true, false])
  snapshot('executions', [])
  expect((await book).orders).toEqual([])
  expect([session.isOpen, isClosed]).toEqual([false, true])
})

test('a session that closes fails the snapshot that is due at once', async () => {
  const book = outcomeOf(session.bookSoon(60_000))
  answer(1)
  await pass(1)
  session.heardClose()
  expect(await book).toMatchObject({ code: 'broken connection' })
  expect(clock.now()).toBeLessThan(10)
})

test('a session tells of what is placed once it has been asked for the book', async () => {
  expect(session.isSubscribed).toBe(false)
  const book = session.bookSoon(1_000)
  answer(1)
  snapshot('executions', [])
  await book
  expect(session.isSubscribed).toBe(true)
})

test('a session whose place is taken and that owes nothing ends at once', () => {
  session.retire()
  expect([session.isOpen, isClosed]).toEqual([false, true])
})

test('a session is suspect after a long silence, until a request is answered: what came may have lain in a buffer', async () => {
  await pass(SUSPECT_AFTER_MS)
  expect(session.isSuspect).toBe(false)
  say({ channel: 'heartbeat' })
  await pass(SUSPECT_AFTER_MS)
  expect(session.isSuspect).toBe(false)
  await pass(1)
  expect(session.isSuspect).toBe(true)
  say({ channel: 'heartbeat' })
  expect(session.isSuspect).toBe(true)
  const request = session.request('ping', {}, 1_000)
  answer(1)
  await request
  expect(session.isSuspect).toBe(false)
})

test('the book is asked for without trades, the first time and the next', async () => {
  const first = session.book(() => 1_000)
  await pass(0)
  answer(1)
  snapshot('executions', [{ order_id: 'a', order_status: 'new' }])
  expect((await first).orders).toHaveLength(1)
  const second = session.book(() => 1_000)
  await pass(0)
  answer(2)
  answer(3)
  snapshot('executions', [])
  expect((await second).orders).toEqual([])
  const wanted = { channel: 'executions', asset_class: 'derivatives', token: 'TOKEN' }
  expect(sent.map(({ method, params }) => [method, params])).toEqual([
    ['subscribe', { ...wanted, snap_orders: true, snap_trades: false }],
    ['unsubscribe', wanted],
    ['subscribe', { ...wanted, snap_orders: true, snap_trades: false }],
  ])
})

test('positions are asked for with a snapshot', async () => {
  const positions = session.positions(1_000)
  answer(1)
  snapshot('positions', { futures: [{ symbol: 'PF_XBTUSD', size: 1 }] })
  expect((await positions).positions).toMatchObject([{ symbol: 'PF_XBTUSD', side: 'long' }])
  expect(sent[0]?.params).toEqual({
    channel: 'positions',
    asset_class: 'derivatives',
    snapshot: true,
    token: 'TOKEN',
  })
})

test('positions without a list are an error, and no reason for another session', async () => {
  const positions = outcomeOf(session.positions(1_000))
  answer(1)
  snapshot('positions', {})
  expect(await positions).toMatchObject({ code: 'no positions', message: 'Kraken sent no list of positions' })
  expect(session.isOpen).toBe(true)
})

test.each([
  ['EGeneral:Permission denied', true],
  ['EService:Busy', true],
  ['Already subscribed to executions channel', false],
])(
  'where a book is asked for again, and refused with %s, the session stays open: %s',
  async (error, staysOpen) => {
    await readBook(1, [])
    const book = outcomeOf(session.book(() => 1_000))
    await clock.passUntil(Promise.resolve())
    answer(3, { success: false, error })
    expect(await book).toMatchObject({ code: error })
    expect(session.isOpen).toBe(staysOpen)
    expect(session.openOrders).toBeNull()
  },
)

/** Reads the book; what is said after the response of that number are snapshots of these orders. */
async function readBook(subscription: number, ...snapshots: object[][]) {
  const book = session.book(() => 1_000)
  await clock.passUntil(Promise.resolve())
  if (subscription > 1) answer(subscription - 1)
  answer(subscription)
  for (const orders of snapshots) snapshot('executions', orders)
  return book
}
const idsOf = ({ orders }: { orders: readonly { orderId: string }[] }) => orders.map(({ orderId }) => orderId)

test('snapshots of another channel are nothing to it', async () => {
  const book = session.book(() => 1_000)
  await clock.passUntil(Promise.resolve())
  snapshot('balances', [{ order_id: 'a' }])
  snapshot('positions', { futures: [] })
  answer(1)
  snapshot('executions', [])
  expect(idsOf(await book)).toEqual([])
})

test('a snapshot that nobody waits for is more of the book: its orders are open, and stir', async () => {
  expect(idsOf(await readBook(1, [], [{ order_id: 'a' }, { order_id: 'b' }]))).toEqual(['a', 'b'])
  snapshot('executions', [{ order_id: 'c' }])
  expect(session.openOrders).toHaveLength(3)
  const next = await readBook(3, [])
  expect([idsOf(next), next.grownBy?.length]).toEqual([['a', 'b', 'c'], 3])
})

test('what was told of and then acknowledged is gone when a snapshot that is asked for after that leaves it out', async () => {
  await readBook(1, [], [{ order_id: 'a' }])
  session.noteAcked(['a'])
  expect(idsOf(await readBook(3, []))).toEqual([])
})

test('what comes before the response to the unsubscription is the old subscription, and no read', async () => {
  await readBook(1, [])
  const book = session.book(() => 1_000)
  await clock.passUntil(Promise.resolve())
  snapshot('executions', [])
  answer(3)
  await pass(500)
  answer(2)
  snapshot('executions', [{ order_id: 'a' }])
  expect(idsOf(await book)).toEqual(['a'])
})

test.each([
  ['orders are left out', { snap_orders: false }],
  ['orders are left out, in text', { snap_orders: 'false' }],
  ['another market', { asset_class: 'spot' }],
  ['another market, in a list', { asset_class: ['SPOT'] }],
])('an acknowledgement that says %s is none of ours, and its snapshot no book', async (_, result) => {
  const book = outcomeOf(session.book(() => 1_000))
  await clock.passUntil(Promise.resolve())
  answer(1, { result: { channel: 'executions', ...result } })
  snapshot('executions', [])
  expect(await book).toMatchObject({ code: 'another subscription', remedy: 'wait' })
  expect(session.isOpen).toBe(true)
  // The next read ends that subscription first.
  expect(idsOf(await readBook(3, [{ order_id: 'a' }]))).toEqual(['a'])
  expect(sent.map(({ method }) => method)).toEqual(['subscribe', 'unsubscribe', 'subscribe'])
})

test('of the echo no more is looked at: other fields may be worded otherwise', async () => {
  const book = session.book(() => 1_000)
  await clock.passUntil(Promise.resolve())
  answer(1, { result: { channel: 'execs', asset_class: 'futures', snap_trades: true, snap_orders: 1 } })
  snapshot('executions', [{ order_id: 'a' }])
  expect(idsOf(await book)).toEqual(['a'])
})

test('no snapshot in time is no book, though the subscription was acknowledged', async () => {
  const book = outcomeOf(session.book(() => 1_000))
  await clock.passUntil(Promise.resolve())
  answer(1)
  await pass(999)
  expect(session.isOpen).toBe(true)
  await pass(2)
  expect(await book).toMatchObject({ code: 'timeout' })
  expect(session.isOpen).toBe(false)
})

test('updates of the book alone change it, and what cannot be read stirs it', async () => {
  const read = (subscription: number) => readBook(subscription, [])
  await read(1)
  say({ channel: 'positions', type: 'update', data: [{ order_id: 'a', order_status: 'new' }] })
  expect(session.openOrders).toEqual([])
  expect((await read(3)).wasStirred).toBe(false)
  session.hear('{"channel":')
  expect((await read(5)).wasStirred).toBe(true)
  say({ channel: 'executions', type: 'update', data: [{ order_id: 'c', order_status: 'new' }] })
  expect(session.openOrders).toHaveLength(1)
  expect((await read(7)).grownBy).toHaveLength(1)
})

test.each<[string, object]>([
  ['of a type that is not known', { channel: 'executions', type: 'snapshot_part', data: [] }],
  ['without a type', { channel: 'executions', data: [{ order_id: 'd', order_status: 'new' }] }],
])('what is said of the orders in a message %s counts, or stirs at least', async (_, message) => {
  await readBook(1, [])
  say(message)
  const next = await readBook(3, [])
  const [told] = (message as { data: { order_id: string }[] }).data
  expect(idsOf(next)).toEqual(told === undefined ? [] : [told.order_id])
  expect(next.grownBy).toHaveLength(told === undefined ? 0 : 1)
})

test.each<[string, object]>([
  ['of the subscription, after its acknowledgement', { req_id: 1 }],
  ['that says of nothing what it is about', { req_id: undefined }],
  ['without a word of success', { req_id: 1, success: undefined }],
])('a refusal %s takes the read back: it stirs', async (_, fields) => {
  await readBook(1, [])
  say({ method: 'subscribe', error: 'EService:Unavailable', success: false, ...fields })
  expect((await readBook(3, [])).wasStirred).toBe(true)
})

test('what comes right after a snapshot stirs the next read, though this one has not ended', async () => {
  const book = session.book(() => 1_000)
  await clock.passUntil(Promise.resolve())
  snapshot('executions', [])
  session.hear('{"channel":')
  answer(1)
  expect((await book).wasStirred).toBe(false)
  expect((await readBook(3, [])).wasStirred).toBe(true)
})

test('a snapshot of the spot market is no book', async () => {
  const book = outcomeOf(session.book(() => 1_000))
  await clock.passUntil(Promise.resolve())
  answer(1)
  say({ channel: 'executions', type: 'snapshot', asset_class: 'spot', data: [] })
  expect(await book).toMatchObject({ code: 'another subscription' })
})

test('in maintenance, by its own word, Kraken shows no book that is evidence', async () => {
  const status = (system: string) => say({ channel: 'status', type: 'update', data: [{ system }] })
  status('maintenance')
  expect(await outcomeOf(session.book(() => 1_000))).toMatchObject({ code: 'maintenance', remedy: 'wait' })
  expect([sent, session.isOpen]).toEqual([[], true])
  for (const system of ['cancel_only', 'post_only', 'online']) status(system)
  expect(idsOf(await readBook(1, [{ order_id: 'a' }]))).toEqual(['a'])
})

test('a snapshot that cannot be read, and a refusal after it: the refusal is the error', async () => {
  const positions = outcomeOf(session.positions(1_000))
  snapshot('positions', {})
  answer(1, { success: false, error: 'EService:Busy' })
  expect(await positions).toMatchObject({ code: 'EService:Busy' })
})

/** Sessions whose WebSockets are open at once, and whose tokens are here when `give` is called. */
function sessionsByHand() {
  const listeners: WebSocketListener[] = []
  const webSocket: WebSocketConnection = {
    connection: 'fresh',
    distanceMs: Infinity,
    send: () => {},
    close: () => {},
  }
  const sessions = new Sessions(async (listener) => {
    listeners.push(listener)
    return webSocket
  }, clock)
  const open = () => {
    const { promise, resolve } = Promise.withResolvers<SessionToken>()
    return { opened: sessions.open(() => promise, 1_000), give: () => resolve(new SessionToken('TOKEN')) }
  }
  return { sessions, listeners, open }
}

test('what comes before the token is heard', async () => {
  const { listeners, open } = sessionsByHand()
  const { opened, give } = open()
  listeners[0]?.onMessage('{"channel":')
  give()
  const early = await opened
  const book = early.bookSoon(1_000)
  early.hear(JSON.stringify({ method: 'subscribe', req_id: 1, success: true }))
  early.hear(JSON.stringify({ channel: 'executions', type: 'snapshot', data: [] }))
  expect((await book).wasStirred).toBe(true)
})

test('a WebSocket that closes before the token is here is no session to keep', async () => {
  const { sessions, listeners, open } = sessionsByHand()
  const { opened, give } = open()
  listeners[0]?.onClose()
  give()
  expect((await opened).isOpen).toBe(false)
  expect(sessions.kept).toBeNull()
})

test('a session that closes is kept no longer, and the next one takes the place of the one before', async () => {
  const { sessions, listeners, open } = sessionsByHand()
  const first = open()
  first.give()
  const kept = await first.opened
  expect(sessions.kept).toBe(kept)
  const second = open()
  second.give()
  const next = await second.opened
  expect([sessions.kept, kept.isOpen, next.isOpen]).toEqual([next, false, true])
  listeners[1]?.onClose()
  expect(sessions.kept).toBeNull()
})

test.each<[string, number, boolean, boolean]>([
  ['nobody needs it any more and the one that is kept was heard', 0, false, true],
  ['somebody needs it', 0, true, false],
  ['the one that is kept is silent still', SUSPECT_AFTER_MS + 100, false, false],
])(
  'a session that is opened when %s: the one that is kept stays: %#',
  async (_, silentMs, isNeeded, stays) => {
    const { sessions, open } = sessionsByHand()
    const first = open()
    first.give()
    const kept = await first.opened
    await pass(silentMs)
    const spare = sessions.open(
      async () => new SessionToken('TOKEN'),
      1_000,
      () => isNeeded,
    )
    expect((await spare) === kept).toBe(stays)
    expect([sessions.kept === kept, kept.isOpen]).toEqual([stays, stays])
  },
)

test('a session that one caller needs no more is opened for another who does', async () => {
  const { sessions, open } = sessionsByHand()
  const first = open()
  first.give()
  const kept = await first.opened
  const fetchToken = async () => new SessionToken('TOKEN')
  const opened = [() => false, () => true].map((isNeeded) => sessions.open(fetchToken, 1_000, isNeeded))
  const [one, other] = await Promise.all(opened)
  expect([one === kept, other === kept, sessions.kept === other]).toEqual([false, false, true])
})

test('a token serves every session that is opened within ten minutes, and is renewed at once when Kraken does not know it', async () => {
  const { sessions } = sessionsByHand()
  let fetched = 0
  const open = async () => {
    const session = await sessions.open(async () => new SessionToken(`TOKEN${++fetched}`), 1_000)
    session.close()
  }
  for (const _ of [1, 2, 3]) await open()
  expect(fetched).toBe(1)
  expect(sessions.renewToken()).toBe(true)
  await open()
  expect(fetched).toBe(2)
  // Refused again: one more would be too.
  expect(sessions.renewToken()).toBe(false)
  await open()
  expect(fetched).toBe(2)
  await pass(2_000)
  expect(sessions.renewToken()).toBe(true)
  await open()
  await pass(10 * 60_000)
  await open()
  expect(fetched).toBe(4)
})

test('where there is no token, none is asked for again at once: the calls of one round fail alike', async () => {
  const { sessions } = sessionsByHand()
  let asked = 0
  const refuse = async () => {
    asked += 1
    throw new Error('refused')
  }
  const askedAt: number[] = []
  for (let at = 0; at < 10_000; at += 10) {
    const before = asked
    await expect(sessions.open(refuse, 1_000)).rejects.toThrow('refused')
    if (asked > before) askedAt.push(at)
    await pass(10)
  }
  expect(askedAt).toEqual([0, 50, 300, 800, 1_800, 3_800, 7_800])
  sessions.beginInvocation()
  await expect(sessions.open(refuse, 1_000)).rejects.toThrow('refused')
  expect(asked).toBe(8)
})

/** Opens a session whenever one may be, for so long. @returns when it did, from now */
async function openingsOf(
  { sessions, listeners }: ReturnType<typeof sessionsByHand>,
  forMs: number,
  onOpened: (session: Session, closeIt: () => void) => unknown,
): Promise<number[]> {
  const from = clock.now()
  const openedAt: number[] = []
  while (clock.now() - from < forMs) {
    const before = listeners.length
    const opening = sessions.open(async () => new SessionToken('TOKEN'), 1_000)
    const session = (await outcomeOf(opening)) as Session
    if (listeners.length > before) {
      openedAt.push(clock.now() - from)
      await onOpened(session, () => listeners.at(-1)?.onClose())
    } else expect(session).toMatchObject({ code: 'broken connection' })
    await pass(10)
  }
  return openedAt
}

const readOn = async (next: Session) => {
  const book = next.bookSoon(1_000)
  next.hear(JSON.stringify({ method: 'subscribe', req_id: 1, success: true }))
  next.hear(JSON.stringify({ channel: 'executions', type: 'snapshot', data: [] }))
  return idsOf(await book)
}

test('where Kraken closes each session before a book was read on it, the next ones are opened ever more rarely', async () => {
  const opened = await openingsOf(sessionsByHand(), 15_000, (_, closeIt) => closeIt())
  expect(opened).toEqual([0, 10, 260, 760, 1_760, 3_760, 7_760, 11_760])
})

test('an invocation opens its first session at once, and goes on as the one before', async () => {
  const made = sessionsByHand()
  await openingsOf(made, 4_000, (_, closeIt) => closeIt())
  made.sessions.beginInvocation()
  expect(await openingsOf(made, 9_000, (_, closeIt) => closeIt())).toEqual([0, 4_000, 8_000])
})

test('once a book was read the next session is opened at once, and what came before is forgotten', async () => {
  const made = sessionsByHand()
  await openingsOf(made, 2_000, (_, closeIt) => closeIt())
  await pass(4_000)
  const works = async (session: Session, closeIt: () => void) => {
    await readOn(session)
    closeIt()
  }
  expect(await openingsOf(made, 50, works)).toEqual([0, 10, 20, 30, 40])
  expect(await openingsOf(made, 1_000, (_, closeIt) => closeIt())).toEqual([0, 10, 260, 760])
})

test.each<[string, (session: Session, closeIt: () => void) => void]>([
  ['this end closed', (session) => session.close()],
  [
    'was closed by this end first',
    (session, closeIt) => {
      session.close()
      closeIt()
    },
  ],
])('a session that %s delays no other', async (_, end) => {
  expect(await openingsOf(sessionsByHand(), 50, end)).toEqual([0, 10, 20, 30, 40])
})

test('a session whose place is taken delays no other when Kraken closes it', async () => {
  const made = sessionsByHand()
  const first = made.open()
  first.give()
  const silent = await first.opened
  void outcomeOf(silent.positions(30_000)) // it owes an answer
  await made.open().opened
  for (const _ of [1, 2, 3]) made.listeners[0]?.onClose()
  made.sessions.kept?.close()
  expect(await openingsOf(made, 10, () => {})).toEqual([0])
})

test('a session that is closed before its token is here delays the next ones too', async () => {
  const { sessions, listeners, open } = sessionsByHand()
  for (const _ of [1, 2]) {
    const { opened, give } = open()
    listeners.at(-1)?.onClose()
    give()
    await opened
  }
  expect(await outcomeOf(open().opened)).toMatchObject({ code: 'broken connection' })
  await pass(250)
  expect(await open().opened).toBe(sessions.kept)
})

test('what one session was told, the next one knows; and after a pause nobody does', async () => {
  const { sessions, listeners, open } = sessionsByHand()
  const first = open()
  first.give()
  await first.opened
  const told = { channel: 'executions', type: 'update', data: [{ order_id: 'a', order_status: 'new' }] }
  listeners[0]?.onMessage(JSON.stringify(told))
  listeners[0]?.onClose()
  expect(await readOn(await open().opened)).toEqual(['a'])
  sessions.beginInvocation()
  expect(await readOn(await open().opened)).toEqual(['a'])
  await pass(SUSPECT_AFTER_MS + 1)
  sessions.beginInvocation()
  expect(await readOn(await open().opened)).toEqual([])
})

test('what was told is relied on while a session is alive that would hear of its end', async () => {
  const { sessions, listeners, open } = sessionsByHand()
  const first = open()
  first.give()
  await first.opened
  const told = { channel: 'executions', type: 'update', data: [{ order_id: 'a', order_status: 'new' }] }
  listeners[0]?.onMessage(JSON.stringify(told))
  expect(sessions.toldOpen?.map(({ orderId }) => orderId)).toEqual(['a'])
  listeners[0]?.onClose()
  expect(sessions.toldOpen).toBeNull()
  await open().opened
  expect(sessions.toldOpen?.map(({ orderId }) => orderId)).toEqual(['a'])
})

test('what one session heard to be cancelled is told when another has taken its place, until the next invocation', async () => {
  const { sessions, listeners, open } = sessionsByHand()
  const first = open()
  first.give()
  await first.opened
  const cancelled = (order_id: string, fields: object = {}) =>
    JSON.stringify({
      channel: 'executions',
      type: 'update',
      data: [{ order_id, order_status: 'canceled', ...fields }],
    })
  listeners[0]?.onMessage(cancelled('a', { symbol: 'PF_XBTUSD' }))
  await open().opened
  for (const id of ['a', 'b']) listeners[1]?.onMessage(cancelled(id))
  expect(Array.from(sessions.toldCancelled, ({ orderId, symbol }) => [orderId, symbol])).toEqual([
    ['a', 'PF_XBTUSD'], // the session that took its place knows only the id
    ['b', null],
  ])
  sessions.beginInvocation()
  expect([...sessions.toldCancelled]).toEqual([])
})

test('a channel whose subscription was refused once is left before it is asked for again', async () => {
  expect(idsOf(await readBook(1, [{ order_id: 'a' }]))).toEqual(['a'])
  const refused = session.book(() => 1_000)
  await clock.passUntil(Promise.resolve())
  say({ method: 'unsubscribe', req_id: 2, error: 'EService:Unavailable', success: false })
  say({ method: 'subscribe', req_id: 3, error: 'EService:Unavailable', success: false })
  await expect(refused).rejects.toMatchObject({ code: 'EService:Unavailable' })
  expect(idsOf(await readBook(5, [{ order_id: 'b' }]))).toEqual(['b'])
  expect(sent.slice(-2).map(({ method }) => method)).toEqual(['unsubscribe', 'subscribe'])
})
