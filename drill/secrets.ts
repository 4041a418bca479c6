import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Certificate } from './certificate.ts'

/** How the embedded Secrets Manager answers, beside its secret. */
export interface SecretsBehaviour {
  /** An error of the service, such as `AccessDeniedException`. */
  readonly error?: string
  readonly latencyMs?: number
  /** No answer, ever. */
  readonly isStalled?: boolean
}

/** A Secrets Manager endpoint of our own, for the real AWS SDK: GetSecretValue with both stages of a rotation. */
export class EmbeddedSecretsManager {
  behaviour: SecretsBehaviour = {}
  /** Requests so far. */
  requests = 0
  readonly #server: Server
  readonly #isTls: boolean
  readonly #stages: { AWSCURRENT: unknown; AWSPREVIOUS: unknown } = { AWSCURRENT: '', AWSPREVIOUS: undefined }
  #version = 0

  private constructor(certificate: Certificate | null) {
    const listener = (request: IncomingMessage, response: ServerResponse) =>
      void this.#serve(request, response)
    this.#isTls = certificate !== null
    this.#server =
      certificate === null ? createHttpServer(listener) : createHttpsServer(certificate, listener)
  }

  static async start(certificate: Certificate | null): Promise<EmbeddedSecretsManager> {
    const secrets = new EmbeddedSecretsManager(certificate)
    await new Promise<void>((resolve) => secrets.#server.listen(0, '127.0.0.1', resolve))
    return secrets
  }

  /** What goes into `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `${this.#isTls ? 'https' : 'http'}://127.0.0.1:${port}`
  }

  /** Stores a new version; the one before stays as AWSPREVIOUS. A Buffer is stored as a binary secret. */
  put(secret: string | Buffer): void {
    this.#stages.AWSPREVIOUS = this.#stages.AWSCURRENT
    this.#stages.AWSCURRENT = secret
    this.#version += 1
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { latencyMs = 0, isStalled = false } = this.behaviour
    if (isStalled) return
    await sleep(latencyMs)
    const { status, body } = this.#answer(request, Buffer.concat(chunks).toString())
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body))
  }

  #answer({ headers }: IncomingMessage, body: string): { status: number; body: object } {
    if (this.behaviour.error !== undefined) return failure(this.behaviour.error)
    if (!headers.authorization?.startsWith('AWS4-HMAC-SHA256 '))
      return failure('MissingAuthenticationTokenException')
    if (headers['x-amz-target'] !== 'secretsmanager.GetSecretValue') return failure('InvalidRequestException')
    const { SecretId, VersionStage = 'AWSCURRENT' } = JSON.parse(body) as Readonly<Record<string, string>>
    const secret = VersionStage === 'AWSPREVIOUS' ? this.#stages.AWSPREVIOUS : this.#stages.AWSCURRENT
    if (secret === undefined) return failure('ResourceNotFoundException')
    return {
      status: 200,
      body: {
        ARN: `arn:aws:secretsmanager:eu-central-1:123456789012:secret:${SecretId}-AbCdEf`,
        Name: SecretId,
        VersionId: `00000000-0000-4000-8000-${String(this.#version).padStart(12, '0')}`,
        VersionStages: [VersionStage],
        CreatedDate: Date.now() / 1000,
        ...(Buffer.isBuffer(secret) ? { SecretBinary: secret.toString('base64') } : { SecretString: secret }),
      },
    }
  }
}

function failure(name: string): { status: number; body: object } {
  const isOurs = name === 'InternalServiceError'
  return { status: isOurs ? 500 : 400, body: { __type: name, message: `${name} of the embedded endpoint` } }
}
