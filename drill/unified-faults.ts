import { setTimeout as sleep } from 'node:timers/promises'
import { html, json } from './answer.ts'
import { spotError } from './endpoints.ts'
import type { EmbeddedExchange, Heard, Misbehaviour, Saying } from './exchange.ts'
import type { Fault } from './fault.ts'
import { isCancel as isCancelCall } from './order-desk.ts'
import type { Said, UnifiedSession } from './unified-session.ts'

/* Faults of the second road, and of both. What the switch must say is said of the roads that the fault names. */

type SayIt = NonNullable<Misbehaviour['message']>

const isCancel = ({ call }: Heard) => isCancelCall(call)
const isFirstCancel = (heard: Heard) => isCancel(heard) && heard.call.nth === 0
const isRead = ({ call }: Heard) => call.endpoint === 'subscribe executions'

/** The messages that match are answered so; the others are answered well. */
function when(matches: (heard: Heard) => boolean, say: SayIt): SayIt {
  return (heard, orderly, exchange) => (matches(heard) ? say(heard, orderly, exchange) : undefined)
}

const nothing: Saying = { said: [] }

/** Both what was asked and how it is answered are the first road's own: a web page for every call under /derivatives. */
const retired: Misbehaviour['answer'] = ({ path }) =>
  path.startsWith('/derivatives') || path.startsWith('/api/auth') ? html(404) : undefined

/** The second road is gone: no token, and no WebSocket. */
const secondIsDead: Pick<Misbehaviour, 'answer' | 'upgrade'> = {
  answer: ({ path }) => (path.startsWith('/0/private') ? { ...json({}), delivery: 'reset' } : undefined),
  upgrade: () => 'refuse',
}

const noEffect: SayIt = when(isCancel, ({ asked, session }) => ({
  said:
    asked.method === 'cancel_all' ? [session.cancelled(asked, 0)] : session.cancelOrders(asked, () => false),
}))

/** The second road's snapshots leave out every order of these. */
function snapshotsWithout(isMissing: (index: number) => boolean): SayIt {
  return when(isRead, (heard, orderly, { account }: EmbeddedExchange) => {
    const [response] = orderly()
    const shown = account.book.orders.filter((_, index) => !isMissing(index))
    return { said: [response as Said, heard.session.snapshot(shown)] }
  })
}

/** Every snapshot begins with an empty message; the orders come in another one, a moment later. */
const inPieces: SayIt = when(isRead, ({ session }, orderly, { account }) => {
  const [response] = orderly()
  setTimeout(session.later(session.snapshot(account.book.orders)), 60)
  return { said: [response as Said, session.snapshot([])] }
})

/** Every subscription is acknowledged as another one. */
function another(to: Parameters<UnifiedSession['another']>[1]): SayIt {
  return when(isRead, ({ asked, session }, orderly) => {
    orderly()
    return { said: session.another(asked, to) }
  })
}

/** The snapshots show the book of so long ago, and claim to be fresh. */
function lagging(ms: number): SayIt {
  return when(isRead, ({ session }, orderly, { account }) => {
    const [response] = orderly()
    return { said: [response as Said, session.snapshot(account.book.ordersAt(performance.now() - ms))] }
  })
}

export const UNIFIED_FAULTS: readonly Fault[] = [
  {
    name: 'unified:token-refused',
    about: 'the second key is not known',
    roads: 'unified',
    verdicts: ['FAILED'],
    answer: ({ path }) => (path.startsWith('/0/private') ? spotError('EAPI:Invalid key') : undefined),
  },
  {
    name: 'unified:key-doubted',
    about: 'the second key is good, and called invalid for 0.9 s',
    roads: 'unified',
    verdicts: ['EMPTY'],
    answer: ({ path, at }, _, { calls }) =>
      path.startsWith('/0/private') && at - (calls[0]?.at ?? 0) < 900
        ? spotError('EAPI:Invalid key')
        : undefined,
  },
  {
    name: 'unified:token-lost',
    about: 'the first call for a token is never answered',
    roads: 'unified',
    verdicts: ['EMPTY'],
    answer: ({ endpoint, nth }) =>
      endpoint === 'GetWebSocketsToken' && nth === 0 ? { ...json({}), delivery: 'never' } : undefined,
  },
  {
    name: 'unified:token-page',
    about: 'the call for a token is answered with a web page, every time',
    roads: 'unified',
    verdicts: ['FAILED'],
    answer: ({ path }) => (path.startsWith('/0/private') ? html(200) : undefined),
  },
  {
    name: 'unified:nonces',
    about: 'the first two nonces are refused: somebody else was faster',
    roads: 'unified',
    verdicts: ['EMPTY'],
    answer: ({ endpoint, nth }) =>
      endpoint === 'GetWebSocketsToken' && nth < 2 ? spotError('EAPI:Invalid nonce') : undefined,
  },
  {
    name: 'unified:refused',
    about: 'no WebSocket is ever opened',
    roads: 'unified',
    verdicts: ['FAILED'],
    upgrade: () => 'refuse',
  },
  {
    name: 'unified:no-handshake',
    about: 'the WebSocket is never answered',
    roads: 'unified',
    verdicts: ['FAILED'],
    upgrade: () => 'ignore',
  },
  {
    name: 'unified:closed-before-ack',
    about: 'the first cancel is cut off, and not done',
    roads: 'unified',
    verdicts: ['EMPTY'],
    message: when(isFirstCancel, () => ({ said: [], isCut: true })),
  },
  {
    name: 'unified:closed-instead-of-ack',
    about: 'the first cancel is done, and cut off before it is acknowledged',
    roads: 'unified',
    verdicts: ['EMPTY'],
    message: when(isFirstCancel, (_, orderly) => {
      orderly()
      return { said: [], isCut: true }
    }),
  },
  {
    name: 'unified:closed-after-ack',
    about: 'the connection is cut after every acknowledgement',
    roads: 'unified',
    verdicts: ['EMPTY'],
    message: when(isCancel, (_, orderly) => ({ said: orderly(), isCut: true })),
  },
  {
    name: 'unified:closed-as-subscribed',
    about: 'every connection is cut as it subscribes to the book',
    roads: 'unified',
    verdicts: ['UNVERIFIED'],
    message: when(isRead, () => ({ said: [], isCut: true })),
  },
  {
    name: 'unified:closed-at-once',
    about: 'every connection is cut as soon as it is open',
    roads: 'unified',
    verdicts: ['FAILED'],
    upgrade: () => 'cut',
  },
  {
    name: 'unified:too-many',
    about: 'every WebSocket is refused with HTTP 429',
    roads: 'unified',
    verdicts: ['FAILED'],
    upgrade: () => 'too many',
  },
  {
    name: 'unified:no-effect',
    about: 'cancels are acknowledged, and remove nothing, not even by id',
    roads: 'unified',
    verdicts: ['NOT_EMPTY'],
    message: noEffect,
  },
  {
    name: 'unified:stubborn-stops',
    about: 'cancel_all leaves the stops; they go by id only',
    roads: 'unified',
    verdicts: ['EMPTY'],
    message: when(
      ({ asked }) => asked.method === 'cancel_all',
      ({ asked, session }, _, { account }) => ({
        said: [session.cancelled(asked, account.book.remove(({ orderType }) => orderType !== 'stop').length)],
      }),
    ),
  },
  {
    name: 'unified:refuses',
    about: 'every cancel gets success: false',
    roads: 'unified',
    verdicts: ['NOT_EMPTY'],
    message: when(isCancel, ({ asked, session }) => ({
      said: [session.failure(asked, 'EService:Unavailable')],
    })),
  },
  {
    name: 'unified:no-success',
    about: 'every cancel is answered without a success, and not done',
    roads: 'unified',
    verdicts: ['NOT_EMPTY'],
    message: when(isCancel, ({ asked }) => ({
      said: [{ method: asked.method, req_id: asked.reqId, result: { count: 37 } }],
    })),
  },
  {
    name: 'unified:may-not-cancel',
    about: 'the second key may read but not cancel',
    roads: 'unified',
    verdicts: ['NOT_EMPTY'],
    start: ({ account: { unified } }) => {
      unified.rights.delete('cancel')
      return () => unified.rights.add('cancel')
    },
  },
  {
    name: 'unified:may-not-read',
    about: 'the second key may cancel but not read',
    roads: 'unified',
    verdicts: ['UNVERIFIED'],
    start: ({ account: { unified } }) => {
      unified.rights.delete('query')
      return () => unified.rights.add('query')
    },
  },
  {
    name: 'unified:late-snapshots',
    about: 'every snapshot comes 300 ms late',
    roads: 'unified',
    verdicts: ['EMPTY'],
    message: when(isRead, async (_, orderly) => {
      await sleep(300)
      return { said: orderly() }
    }),
  },
  {
    name: 'unified:no-snapshot',
    about: 'subscriptions are acknowledged, and no snapshot comes',
    roads: 'unified',
    verdicts: ['UNVERIFIED'],
    message: when(isRead, (_, orderly) => ({ said: orderly().slice(0, 1) })),
  },
  {
    name: 'unified:snapshot-first',
    about: 'snapshots come before the subscription is acknowledged',
    roads: 'unified',
    verdicts: ['EMPTY'],
    message: when(isRead, (_, orderly) => ({ said: orderly().toReversed() })),
  },
  {
    name: 'unified:in-pieces',
    about: 'every snapshot begins empty, and its orders come 60 ms later',
    roads: 'unified',
    verdicts: ['EMPTY'],
    message: inPieces,
  },
  {
    name: 'unified:in-pieces-no-effect',
    about: 'every snapshot begins empty, and its orders come 60 ms later; cancels remove nothing',
    roads: 'unified',
    verdicts: ['NOT_EMPTY'],
    message: (...of) => noEffect(...of) ?? inPieces(...of),
  },
  ...(['no orders', 'trades alone', 'spot'] as const).map(
    (to): Fault => ({
      name: `unified:another-subscription:${to.replace(' ', '-')}`,
      about: `subscriptions are acknowledged as others (${to}), with an empty list; cancels remove nothing`,
      roads: 'unified',
      verdicts: ['UNVERIFIED'],
      message: (...of) => noEffect(...of) ?? another(to)(...of),
    }),
  ),
  {
    name: 'unified:lagging',
    about:
      'snapshots are 1.2 s old; an order is accepted 300 ms after the first cancel, and an update tells of it',
    roads: 'unified',
    verdicts: ['EMPTY'],
    message: (heard, orderly, exchange) => {
      if (isFirstCancel(heard)) setTimeout(() => exchange.account.book.place({ cliOrdId: 'late-1' }), 300)
      return lagging(1_200)(heard, orderly, exchange)
    },
  },
  {
    name: 'unified:too-large',
    about: 'every snapshot is too large, and comes empty with an error',
    roads: 'unified',
    verdicts: ['UNVERIFIED'],
    message: when(isRead, (_, orderly) => ({
      said: [
        orderly()[0] as Said,
        { channel: 'executions', type: 'snapshot', data: [], error: 'snapshot_too_large' },
      ],
    })),
  },
  {
    name: 'unified:updates-twice',
    about: 'every update comes twice',
    roads: 'unified',
    verdicts: ['EMPTY'],
    update: (said) => [said, said],
  },
  {
    name: 'unified:updates-late',
    about: 'updates come after the ones that follow them',
    roads: 'unified',
    verdicts: ['EMPTY'],
    ...swapped(),
  },
  {
    name: 'unified:silence',
    about: 'the WebSocket opens, and nothing is ever said on it',
    roads: 'unified',
    verdicts: ['FAILED'],
    message: () => nothing,
    update: () => [],
  },
  {
    name: 'unified:garbage',
    about: 'every message is answered with what is no JSON',
    roads: 'unified',
    verdicts: ['FAILED'],
    message: () => ({ said: ['{"method":"cancel_all","success":tr'] }),
  },
  {
    name: 'unified:stray-garbage',
    about: 'garbage, unknown messages and foreign answers come before the first good ones',
    roads: 'unified',
    verdicts: ['EMPTY'],
    message: when(
      ({ call }) => call.nth === 0,
      ({ asked }, orderly) => ({
        said: [
          'no JSON at all',
          '[]',
          { channel: 'weather', type: 'snapshot', data: [] },
          { method: asked.method, req_id: asked.reqId + 1_000, success: true, result: { count: 99 } },
          ...orderly(),
        ],
      }),
    ),
  },
  {
    name: 'both:retired',
    about: 'the first road is gone, as after 1 March 2027: a web page with HTTP 404 for every call',
    roads: 'both',
    verdicts: ['EMPTY'],
    answer: retired,
  },
  {
    name: 'both:first-silent',
    about: 'no call on the first road is ever answered',
    roads: 'both',
    verdicts: ['EMPTY'],
    answer: ({ path }) => (path.startsWith('/derivatives') ? { ...json({}), delivery: 'never' } : undefined),
  },
  {
    name: 'both:second-dead',
    about: 'the second road is dead from the start',
    roads: 'both',
    verdicts: ['EMPTY'],
    ...secondIsDead,
  },
  {
    name: 'both:second-silent',
    about: 'nothing is ever said on the second road',
    roads: 'both',
    verdicts: ['EMPTY'],
    message: () => nothing,
    update: () => [],
  },
  {
    name: 'both:dead',
    about: 'both roads are dead',
    roads: 'both',
    verdicts: ['FAILED'],
    answer: () => ({ ...json({}), delivery: 'reset' }),
    upgrade: () => 'refuse',
  },
  {
    name: 'both:second-reads-only',
    about: 'the second key may read but not cancel, and the first road takes 300 ms longer',
    roads: 'both',
    verdicts: ['EMPTY'],
    start: ({ account: { unified } }) => {
      unified.rights.delete('cancel')
      return () => unified.rights.add('cancel')
    },
    answer: async ({ path }, orderly) => {
      if (path.startsWith('/derivatives')) await sleep(300)
      return orderly()
    },
  },
  {
    name: 'both:first-refuses',
    about: 'the first road refuses its key, the second works',
    roads: 'both',
    verdicts: ['EMPTY'],
    answer: ({ path }) =>
      path.startsWith('/derivatives') ? json({ result: 'error', error: 'accountInactive' }) : undefined,
  },
  {
    name: 'both:disagree',
    about: 'no cancel removes anything; the second road reads the book as empty, the first as it is',
    roads: 'both',
    verdicts: ['NOT_EMPTY'],
    answer: (call) =>
      isCancelCall(call)
        ? json({
            result: 'success',
            cancelStatus: {
              status: 'cancelled',
              cancelOnly: call.params.get('symbol') ?? 'all',
              cancelledOrders: [],
            },
          })
        : undefined,
    message: (heard, orderly, exchange) =>
      noEffect(heard, orderly, exchange) ?? snapshotsWithout(() => true)(heard, orderly, exchange),
  },
  {
    name: 'both:half-blind',
    about:
      'no cancel works on the second road, whose snapshots leave out every second order; the first works',
    roads: 'both',
    verdicts: ['EMPTY'],
    message: (heard, orderly, exchange) =>
      noEffect(heard, orderly, exchange) ??
      snapshotsWithout((index) => index % 2 === 0)(heard, orderly, exchange),
  },
]

/** Holds every update back until the next one, or for a while. */
function swapped(): Pick<Misbehaviour, 'update' | 'start'> {
  let held: Said[] = []
  return {
    start: () => {
      held = []
      return () => {}
    },
    update: (said) => {
      if (held.length === 0) {
        held = [said]
        return []
      }
      const out = [said, ...held]
      held = []
      return out
    },
  }
}
