import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { AWS_KEYS } from './aws-keys.ts'
import type { Certificate } from './certificate.ts'
import { LoopbackServer } from './loopback-server.ts'
import { isSignedV4 } from './sigv4.ts'

/** How the embedded Secrets Manager answers, beside its secret. */
export interface SecretsBehaviour {
  /** An error of the service, such as `AccessDeniedException`. */
  readonly error?: string
  readonly latencyMs?: number
  /** No answer, ever. */
  readonly isStalled?: boolean
}

/** A Secrets Manager endpoint of our own, for the real AWS SDK: checks signatures, has both stages of a rotation. */
export class EmbeddedSecretsManager {
  behaviour: SecretsBehaviour = {}
  /** Requests so far. */
  requests = 0
  #server!: LoopbackServer
  /** What was asked for, in turn. */
  readonly asked: string[] = []
  /** By name or ARN; any other gets the one secret that there is. */
  readonly #named = new Map<string, string>()
  readonly #stages: { AWSCURRENT: unknown; AWSPREVIOUS: unknown } = { AWSCURRENT: '', AWSPREVIOUS: undefined }
  #version = 0

  private constructor() {}

  /** @param certificate null for plain HTTP */
  static async start(certificate: Certificate | null): Promise<EmbeddedSecretsManager> {
    const secrets = new EmbeddedSecretsManager()
    secrets.#server = await LoopbackServer.start(certificate, (...request) => secrets.#serve(...request))
    return secrets
  }

  /** What goes into `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
  get url(): string {
    return this.#server.origin
  }

  /** Stores a new version; the one before stays as AWSPREVIOUS. A Buffer is stored as a binary secret. */
  put(secret: string | Buffer): void {
    this.#stages.AWSPREVIOUS = this.#stages.AWSCURRENT
    this.#stages.AWSCURRENT = secret
    this.#version += 1
  }

  /** Stores a secret under a name, beside the others. */
  putAs(id: string, secret: string): void {
    this.#named.set(id, secret)
  }

  close(): Promise<void> {
    return this.#server.close()
  }

  async #serve(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    this.requests += 1
    const { latencyMs = 0, isStalled = false } = this.behaviour
    if (isStalled) return
    await sleep(latencyMs)
    const answer = this.#answer(request, body)
    const bytes = Buffer.from(JSON.stringify(answer.body))
    response
      .writeHead(answer.status, {
        'content-type': 'application/x-amz-json-1.1',
        'content-length': bytes.length,
      })
      .end(bytes)
  }

  #answer(request: IncomingMessage, body: string): { status: number; body: object } {
    if (this.behaviour.error !== undefined) return failure(this.behaviour.error)
    if (!isSignedV4(request, body, AWS_KEYS.secretAccessKey)) return failure('InvalidSignatureException')
    if (request.headers['x-amz-target'] !== 'secretsmanager.GetSecretValue')
      return failure('InvalidRequestException')
    const { SecretId, VersionStage = 'AWSCURRENT' } = JSON.parse(body) as Readonly<Record<string, string>>
    this.asked.push(String(SecretId))
    const stage = VersionStage === 'AWSPREVIOUS' ? this.#stages.AWSPREVIOUS : this.#stages.AWSCURRENT
    const secret = this.#named.get(String(SecretId)) ?? stage
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
