/*
 * The hosts that a function talks to, in a process of their own: a Kraken with both its roads and a Secrets Manager that
 * check every signature, each at its distance. Spoken to by messages.
 */
import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Roads } from '../drill/account.ts'
import { type Book, fill } from '../drill/book.ts'
import { type Certificate, makeCertificate } from '../drill/certificate.ts'
import { EmbeddedExchange } from '../drill/exchange.ts'
import { type Death, LatencyProxy } from '../drill/latency-proxy.ts'
import type { Accounts } from '../drill/order-desk.ts'
import { EmbeddedSecretsManager } from '../drill/secrets.ts'
import { fleetSecret } from '../drill/stage.ts'
import { type Fleet, secretNameOf } from './fleet/accounts.ts'
import { onTheClock } from './machine-clock.ts'

export interface OpenInputs {
  readonly krakenRoundTripMs: number
  readonly secretsRoundTripMs: number
  /** Resting on the book: so many of all kinds, one of each symbol, or so many ordinary and reduce-only ones. */
  readonly orders: number | readonly string[] | { readonly plain: number; readonly guards: number }
  /** The keys that the secret holds; by default that of the first road. */
  readonly keys?: Roads
  /** More than one, each with so many orders. */
  readonly fleet?: Fleet | undefined
}

/** What goes into a function's environment. */
export interface Addresses {
  readonly krakenUrl: string
  /** Of the second road: each host as far away as the first. */
  readonly unifiedUrl: string
  readonly apiUrl: string
  readonly secretsUrl: string
  readonly caFile: string
}

/** One request to the exchange, or one message, as it arrived. */
export interface Arrival {
  readonly endpoint: string
  /** Whose it is, by name. */
  readonly account: string
  /** When its last byte was here, on the machine's clock; milliseconds. */
  readonly at: number
  readonly isAuthentic: boolean
}

export interface Commands {
  open(inputs: OpenInputs): Addresses
  /** Puts orders on the book, and forgets what arrived. */
  refill(orders: OpenInputs['orders']): void
  /** A bot places an order. @returns when it was accepted, on the machine's clock */
  place(): number
  arrivals(): readonly Arrival[]
  kill(death: Death): void
  /** Orders that rest now. */
  resting(): number
  /** What holds the keys, as a file does: of all accounts. */
  secret(): string
  close(): void
}

type Proxies = Readonly<Record<'kraken' | 'unified' | 'api' | 'secrets', LatencyProxy>>

class Upstreams {
  readonly #exchange: EmbeddedExchange
  readonly #secrets: EmbeddedSecretsManager
  readonly #proxies: Proxies

  private constructor(exchange: EmbeddedExchange, secrets: EmbeddedSecretsManager, proxies: Proxies) {
    this.#exchange = exchange
    this.#secrets = secrets
    this.#proxies = proxies
  }

  static async open(certificate: Certificate, inputs: OpenInputs): Promise<Upstreams> {
    const exchange = await EmbeddedExchange.start(certificate, accountsOf(inputs.fleet))
    const secrets = await EmbeddedSecretsManager.start(certificate)
    secrets.put(exchange.account.secretFor(inputs.keys ?? 'rest'))
    for (const [name, account] of exchange.accounts) secrets.putAs(secretNameOf(name), account.secret)
    for (const { secret, accounts } of inputs.fleet?.groups ?? [])
      secrets.putAs(
        secret,
        fleetSecret(new Map([...exchange.accounts].filter(([name]) => accounts.includes(name)))),
      )
    const { krakenRoundTripMs, secretsRoundTripMs } = inputs
    const upstreams = new Upstreams(exchange, secrets, {
      kraken: await LatencyProxy.start(exchange.url, krakenRoundTripMs),
      unified: await LatencyProxy.start(exchange.unifiedUrl, krakenRoundTripMs),
      api: await LatencyProxy.start(exchange.apiUrl, krakenRoundTripMs),
      secrets: await LatencyProxy.start(secrets.url, secretsRoundTripMs),
    })
    upstreams.refill(inputs.orders)
    return upstreams
  }

  get addresses(): Omit<Addresses, 'caFile'> {
    const { kraken, unified, api, secrets } = this.#proxies
    return { krakenUrl: kraken.url, unifiedUrl: unified.url, apiUrl: api.url, secretsUrl: secrets.url }
  }

  refill(orders: OpenInputs['orders']): void {
    for (const { book } of this.#exchange.accounts.values()) fillAnew(book, orders)
    this.#exchange.misbehave(null)
  }

  place(): number {
    const at = performance.now()
    this.#exchange.account.book.place({ cliOrdId: 'bot' })
    return onTheClock(at)
  }

  arrivals(): Arrival[] {
    const names = new Map([...this.#exchange.accounts].map(([name, account]) => [account, name]))
    return this.#exchange.calls.map((call) => ({
      endpoint: call.endpoint,
      account: names.get(this.#exchange.accountOf(call)) ?? '',
      at: onTheClock(call.at),
      isAuthentic: call.isAuthentic,
    }))
  }

  get resting(): number {
    return [...this.#exchange.accounts.values()].reduce((sum, { book }) => sum + book.orders.length, 0)
  }

  get secret(): string {
    const { account, accounts } = this.#exchange
    return accounts.size > 1 ? fleetSecret(accounts) : account.secret
  }

  kill(death: Death): void {
    this.#proxies.kraken.kill(death)
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.#proxies).map((proxy) => proxy.close()))
    await Promise.all([this.#exchange.close(), this.#secrets.close()])
  }
}

function accountsOf(fleet: Fleet | undefined): Accounts {
  if (fleet === undefined) return {}
  return { names: fleet.groups.flatMap(({ accounts }) => accounts), countsBy: fleet.countsBy }
}

function fillAnew(book: Book, orders: OpenInputs['orders']): void {
  book.remove(() => true)
  if (typeof orders === 'number') fill(book, orders)
  else if ('plain' in orders) {
    for (let i = 0; i < orders.guards; i++) book.place({ orderType: 'stop', reduceOnly: true })
    for (let i = 0; i < orders.plain; i++) book.place({ cliOrdId: `grid-${i}` })
  } else for (const symbol of orders) book.place({ symbol })
}

const certificate = await makeCertificate()
let upstreams: Upstreams | undefined

function opened(): Upstreams {
  if (upstreams === undefined) throw new Error('open comes first')
  return upstreams
}

const commands: { [Name in keyof Commands]: (input: never) => unknown } = {
  open: async (inputs: OpenInputs) => {
    upstreams = await Upstreams.open(certificate, inputs)
    return { ...upstreams.addresses, caFile: certificate.caFile }
  },
  refill: (orders: OpenInputs['orders']) => opened().refill(orders),
  place: () => opened().place(),
  arrivals: () => opened().arrivals(),
  kill: (death: Death) => opened().kill(death),
  resting: () => opened().resting,
  secret: () => opened().secret,
  close: async () => {
    await opened().close()
    upstreams = undefined
  },
}

process.on('message', async ({ id, name, input }: { id: number; name: keyof Commands; input: never }) => {
  try {
    process.send?.({ id, result: await commands[name](input) })
  } catch (error) {
    process.send?.({ id, error: String(error) })
  }
})
process.on('disconnect', async () => {
  await rm(dirname(certificate.caFile), { recursive: true })
  process.exit(0)
})
