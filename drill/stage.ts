import { rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { FleetSettingName, SettingName } from '../lambda/init/settings.ts'
import type { Account, Roads } from './account.ts'
import { fill } from './book.ts'
import { type Certificate, makeCertificate } from './certificate.ts'
import { EmbeddedExchange } from './exchange.ts'
import type { Accounts } from './order-desk.ts'
import { LambdaRuntime, type RuntimeInputs } from './runtime.ts'
import { EmbeddedSecretsManager } from './secrets.ts'

export interface FunctionInputs extends Partial<Omit<RuntimeInputs, 'env'>> {
  /** Beside those that lead to this stage. */
  readonly settings?: Partial<Record<SettingName | FleetSettingName | `AWS_${string}`, string>>
  /** What else stands in its environment. */
  readonly environment?: Readonly<Record<string, string>>
}

/** An exchange, a Secrets Manager that holds its key, and functions that run the bundle between them. */
export class Stage {
  readonly certificate: Certificate
  readonly exchange: EmbeddedExchange
  readonly secrets: EmbeddedSecretsManager
  readonly #functions: LambdaRuntime[] = []

  private constructor(certificate: Certificate, exchange: EmbeddedExchange, secrets: EmbeddedSecretsManager) {
    this.certificate = certificate
    this.exchange = exchange
    this.secrets = secrets
  }

  /** @param accounts where there are several, the secret is a fleet's */
  static async open(accounts: Accounts = {}): Promise<Stage> {
    const certificate = await makeCertificate()
    const exchange = await EmbeddedExchange.start(certificate, accounts)
    const secrets = await EmbeddedSecretsManager.start(certificate)
    secrets.put(accounts.names === undefined ? exchange.account.secret : fleetSecret(exchange.accounts))
    return new Stage(certificate, exchange, secrets)
  }

  /** A function in a new process, its init phase under way. */
  async startFunction({
    settings = {},
    environment = {},
    timeoutMs = 10_000,
    ...others
  }: FunctionInputs = {}): Promise<LambdaRuntime> {
    const env = {
      KRAKEN_SECRET_ID: 'kill-switch/drill',
      KRAKEN_FUTURES_URL: this.exchange.url,
      KRAKEN_UNIFIED_URL: this.exchange.unifiedUrl,
      KRAKEN_API_URL: this.exchange.apiUrl,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: this.secrets.url,
      NODE_EXTRA_CA_CERTS: this.certificate.caFile,
      ...settings,
      ...environment,
    }
    const started = new LambdaRuntime({ env, timeoutMs, ...others })
    this.#functions.push(started)
    await started.start()
    return started
  }

  /** Takes away what rests on every account, and puts so many orders of all kinds in its place. */
  rest(orders: number): void {
    for (const { book } of this.exchange.accounts.values()) {
      book.remove(() => true)
      fill(book, orders)
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#functions.map((running) => running.close()))
    await Promise.all([this.exchange.close(), this.secrets.close()])
    await rm(dirname(this.certificate.caFile), { recursive: true })
  }
}

/** The secret of these accounts, with the keys of these roads, as the user stores it. */
export function fleetSecret(accounts: ReadonlyMap<string, Account>, roads: Roads = 'rest'): string {
  const parts = [...accounts].map(([name, account]) => [name, JSON.parse(account.secretFor(roads))])
  return JSON.stringify({ accounts: Object.fromEntries(parts) })
}
