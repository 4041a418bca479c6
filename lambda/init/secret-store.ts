import https from 'node:https'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { SecretInvalid, SecretUnavailable } from '../errors.ts'
import type { SocketPool } from '../kraken/http/socket-pool.ts'
import type { FetchSecret } from './credentials.ts'
import type { FunctionSettings } from './function-settings.ts'

const CONNECT_TIMEOUT_MS = 1_000
const REQUEST_TIMEOUT_MS = 1_500
const TRIES = 2
/** Both tries and the pause between them; also bounds a body that stalls, which the timeouts above do not. */
const TOTAL_TIMEOUT_MS = 4_000

/**
 * Reads the secret through the AWS SDK, bounded in time and tries.
 *
 * Region, credentials, retry mode and defaults mode are given, so that the SDK reads no configuration file.
 *
 * @param pool of its endpoint; its early connection carries the first request, and later ones dial, since a kept one may
 * be dead
 */
export function secretStore({ secretId, aws }: FunctionSettings, pool: SocketPool): FetchSecret {
  const client = new SecretsManagerClient({
    region: aws.region,
    endpoint: aws.secretsEndpoint.href,
    credentials: aws.credentials,
    defaultsMode: 'standard',
    retryMode: 'standard',
    maxAttempts: TRIES,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    requestHandler: {
      connectionTimeout: CONNECT_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true, // by itself requestTimeout only warns
      httpsAgent: new EarlyAgent(pool),
    },
  })
  return async () => {
    const { SecretString } = await ask(client, secretId)
    if (SecretString === undefined) throw new SecretInvalid('it is binary, not text')
    return SecretString
  }
}

async function ask(client: SecretsManagerClient, secretId: string) {
  try {
    return await client.send(new GetSecretValueCommand({ SecretId: secretId }), {
      abortSignal: AbortSignal.timeout(TOTAL_TIMEOUT_MS),
    })
  } catch (error) {
    // The name alone: messages of the SDK may quote the request.
    const name = error instanceof Error && /^[A-Za-z]{1,60}$/.test(error.name) ? error.name : 'unknown error'
    throw new SecretUnavailable(name)
  }
}

/** Hands out the connection that was dialled at load, and then others of that pool: one place dials and verifies. */
class EarlyAgent extends https.Agent {
  readonly #pool: SocketPool

  constructor(pool: SocketPool) {
    super({ keepAlive: false }) // a connection serves one request, and its times are bounded above
    this.#pool = pool
  }

  /** @throws when the client asks for another host than the pool's: its credentials go nowhere else */
  override createConnection(...[options]: Parameters<https.Agent['createConnection']>) {
    if (!this.#pool.leadsTo(String(options.host), Number(options.port))) throw new Error('another host')
    const connection = this.#pool.take()
    if (!connection.isSuspect) return connection.socket
    connection.socket.destroy()
    return this.#pool.dial()
  }
}
