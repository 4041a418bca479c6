import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../lambda/clock.ts'
import { Account } from './account.ts'
import { type Answer, error } from './answer.ts'
import { exchangeClock } from './clock.ts'
import { ENDPOINTS, spotError } from './endpoints.ts'
import { Ledger } from './ledger.ts'
import type { Asked } from './unified-session.ts'

/** One request, or one message on the Unified WebSocket, as it arrived. */
export interface Call {
  /** The last part of its path, `cancelallorders`; of a message its method, `cancel_all`, `subscribe executions`. */
  readonly endpoint: string
  readonly method: string
  readonly path: string
  readonly params: URLSearchParams
  /** Monotonic milliseconds, when its last byte was here. */
  readonly at: number
  /** How many calls of this endpoint came before. */
  readonly nth: number
  readonly isAuthentic: boolean
  /** Key and signature, or token, for an exchange that echoes them. */
  readonly credentials: { readonly apikey: string; readonly authent: string }
  /** Empty when none was sent. */
  readonly nonce: string
  readonly units: number
}

/** A request, from whatever network. */
export interface Arrived {
  readonly method: string
  /** Path and query. */
  readonly target: string
  /** Lower case, as in Node.js. */
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Which accounts a desk has, and what Kraken counts calls by. */
export interface Accounts {
  /** The first is the one that faults are about. */
  readonly names?: readonly string[]
  readonly countsBy?: 'key' | 'address'
  /** What counts the calls of the address, where other desks share it. */
  readonly ledger?: Ledger | undefined
}

/** Is it to cancel orders, on either road? The timer cancels none when it is set. */
export function isCancel({ endpoint }: Pick<Call, 'endpoint'>): boolean {
  return ['cancelallorders', 'cancelorder', 'batchorder', 'cancel_all', 'cancel_order'].includes(endpoint)
}

/** What stands behind the exchange's network: checks every signature, keeps the account, answers each call. */
export class OrderDesk {
  /** The first of its accounts, which is the only one where it was not asked for more. */
  readonly account: Account
  /** By name; what faults do, they do to the first. */
  readonly accounts: ReadonlyMap<string, Account>
  readonly calls: Call[] = []
  readonly #clock: Clock
  #counts = new Map<string, number>()

  constructor(clock: Clock = exchangeClock, { names = ['only'], countsBy = 'key', ledger }: Accounts = {}) {
    this.#clock = clock
    const shared = ledger ?? new Ledger(clock)
    const make = (uid?: string) => new Account(clock, countsBy === 'key' ? new Ledger(clock) : shared, uid)
    this.account = make()
    const others = names.slice(1).map((name) => [name, make(randomUUID())] as const)
    this.accounts = new Map([[names[0] ?? 'only', this.account], ...others])
  }

  /** Whose call it is, by its key; the first one's where nobody knows that key. */
  accountOf({ credentials: { apikey } }: Pick<Call, 'credentials'>): Account {
    return this.#holderOf((one) => one.apiKey === apikey || one.unified.apiKey === apikey)
  }

  /** Whose message it is, by its token. */
  accountOfMessage({ params }: Asked): Account {
    return this.#holderOf(({ unified }) => unified.issued.has(String(params.token)))
  }

  #holderOf(isIts: (account: Account) => boolean): Account {
    return [...this.accounts.values()].find(isIts) ?? this.account
  }

  /** Notes a call, whatever comes of it. */
  note({ method, target, headers, body }: Arrived): Call {
    const [path = '', query = ''] = target.split('?')
    const endpoint = path.split('/').at(-1) ?? ''
    const credentials = {
      apikey: String(headers.apikey ?? headers['api-key'] ?? ''),
      authent: String(headers.authent ?? headers['api-sign'] ?? ''),
    }
    const account = this.accountOf({ credentials })
    const nth = this.#count(account, endpoint)
    const params = new URLSearchParams(body === '' ? query : body)
    const units = ENDPOINTS[path]?.units ?? 0
    const call: Call = {
      endpoint,
      method,
      path,
      params,
      at: this.#clock.now(),
      nth,
      isAuthentic: isAuthentic(account, headers, path, query + body),
      credentials,
      nonce: String(headers.nonce ?? ''),
      units: typeof units === 'number' ? units : units(params),
    }
    this.calls.push(call)
    if (endpoint === 'cancelallordersafter') account.timer.note('rest', call.params.get('timeout'))
    return call
  }

  /** Notes a message on the Unified WebSocket as a call; its endpoint is the method, or the channel that it is about. */
  noteMessage(asked: Asked, isAuthentic: boolean): Call {
    const { method, params } = asked
    const endpoint = method.endsWith('subscribe') ? `${method} ${params.channel}` : method
    const account = this.accountOfMessage(asked)
    const nth = this.#count(account, endpoint)
    const call: Call = {
      endpoint,
      method: 'message',
      path: '/v2/private',
      params: new URLSearchParams(Array.isArray(params.order_id) ? { order_id: params.order_id.join() } : {}),
      at: this.#clock.now(),
      nth,
      isAuthentic,
      credentials: { apikey: '', authent: String(params.token ?? '') },
      nonce: '',
      units: 0,
    }
    this.calls.push(call)
    if (method === 'cancel_all_orders_after') account.timer.note('unified', params.timeout)
    return call
  }

  /** Why a call is not carried out; null when it is, and then it is charged. */
  refuse(call: Call): Answer | null {
    const endpoint = ENDPOINTS[call.path]
    if (endpoint === undefined || endpoint.method !== call.method) return error('notFound', 404)
    if (endpoint.key === 'unified') return this.#refuseSpot(call)
    if (!call.isAuthentic) return endpoint.refusal ?? error('authenticationError')
    const account = this.accountOf(call)
    if (!account.charge(call.units)) return error('apiLimitExceeded')
    if (endpoint.needsFullAccess && account.general !== 'FULL_ACCESS') return error('insufficientPrivileges')
    return null
  }

  #refuseSpot(call: Call): Answer | null {
    const { isAuthentic, credentials, params } = call
    const { unified } = this.accountOf(call)
    if (credentials.apikey !== unified.apiKey) return spotError('EAPI:Invalid key')
    if (!isAuthentic) return spotError('EAPI:Invalid signature')
    return unified.takeNonce(params.get('nonce')) ? null : spotError('EAPI:Invalid nonce')
  }

  /** Does what a call asks for, and gives the good answer, or why it is refused. */
  answer(call: Call): Answer {
    return this.refuse(call) ?? this.carryOut(call)
  }

  /** For a call that was not refused. */
  carryOut(call: Call): Answer {
    return ENDPOINTS[call.path]?.answer(this.accountOf(call), call.params) ?? error('notFound', 404)
  }

  forgetCalls(): void {
    this.calls.length = 0
    this.#counts.clear()
  }

  /** How many calls of this endpoint the account has made before. */
  #count(account: Account, endpoint: string): number {
    const key = `${account.uid} ${endpoint}`
    const nth = this.#counts.get(key) ?? 0
    this.#counts.set(key, nth + 1)
    return nth
  }
}

/** @param postData query and body, which are signed alike, exactly as sent */
function isAuthentic(
  account: Account,
  headers: IncomingHttpHeaders,
  path: string,
  postData: string,
): boolean {
  const { unified } = account
  if (ENDPOINTS[path]?.key === 'unified') {
    return (
      headers['api-key'] === unified.apiKey && headers['api-sign'] === unified.expectedSign(path, postData)
    )
  }
  const expected = account.expectedAuthent(postData, String(headers.nonce ?? ''), path)
  return headers.apikey === account.apiKey && headers.authent === expected
}
